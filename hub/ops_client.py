"""`yrdx-ops`: what an operator asks the hub, or of a node its status and drain.

Exit status: 0 fine, 1 refused or no answer, or of `status` that a figure is beyond a threshold, 2 usage.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Any, Final

from cyclopts import App
from google.protobuf.message import DecodeError

from hub import ops_shown
from hub.alarms import alarms
from runtime.command_line import FINE, Server, Usage, call, id_of, run, say, show
from runtime.figures import figures
from runtime.plain import plain
from yrdx.v1 import operations_pb2, operations_pb2_grpc, trust_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import grpc

    from hub.alarms import Alarm

    Ask = Callable[[operations_pb2_grpc.OperationsAsyncStub], Awaitable[None]]

_ROLE: Final = "operator"
_CALL_S: Final = 10.0
_DRAIN_S: Final = 60.0
_ALARM: Final = 1
_HERE: Final = Server()

app = App(
    name="yrdx-ops",
    help="Ask a hub or a node how it is, and tell it the few things that an operator may.",
    help_epilogue="""Examples:
  yrdx-ops status --dir up
  yrdx-ops drain --dir up --party node-330000
  yrdx-ops held --dir up
  yrdx-ops trust-list publish trust-list.bin --address hub.example:7443 \\
    --certificate tls.pem --key tls.key --root root.pem

The certificate is that of role operator: the hub's for the hub, a province's
for its node. Without --party, --dir means the hub.
Exit status: 0 fine, 1 refused or no answer, 2 usage. `status` also ends with 1
when a figure is beyond a threshold of docs/operations.md: it is marked ! (注意,
warn) or !! (须处理, act), and stands under "alarms" with --json.""",
    help_format="plaintext",
    version_flags=(),
)
trust_list = App(name="trust-list", help="The list of members and their keys.", version_flags=())
app.command(trust_list)


@app.command
def status(*, server: Server = _HERE) -> int:
    """How the process is: clocks, log, trust list, figures, members; what is alarming is marked.

    Exit status 1 when a figure is beyond a threshold, or without an answer.
    Example: yrdx-ops status --dir up --party node-330000
    """
    alarming: list[Alarm] = []

    async def ask(stub: operations_pb2_grpc.OperationsAsyncStub) -> None:
        found = await stub.Status(operations_pb2.StatusRequest(), timeout=_CALL_S)
        alarming.extend(alarms(figures(found)))
        if server.json:
            say({**plain(found), "alarms": ops_shown.plainly(alarming)})
        else:
            show(ops_shown.facts(found, alarming), *([ops_shown.members(found, alarming)] if found.members else []))

    return _call(server, ask) or (_ALARM if alarming else FINE)


@app.command
def members(*, server: Server = _HERE) -> int:
    """The members: who is connected, what waits for whom, what is overdue.

    Example: yrdx-ops members --dir up
    """

    async def ask(stub: operations_pb2_grpc.OperationsAsyncStub) -> None:
        found = await stub.Status(operations_pb2.StatusRequest(), timeout=_CALL_S)
        if server.json:
            say({"members": plain(found)["members"]})
        else:
            show(ops_shown.members(found, alarms(figures(found))))

    return _call(server, ask)


@app.command
def drain(*, server: Server = _HERE) -> int:
    """Take on no new work and finish what is in hand; returns when that is done. A restart ends it.

    Example: yrdx-ops drain --dir up --party node-330000
    """

    async def ask(stub: operations_pb2_grpc.OperationsAsyncStub) -> None:
        await stub.Drain(operations_pb2.DrainRequest(), timeout=_DRAIN_S)
        _done({"drained": True}, "drained: nothing is in hand, nothing new is taken on", as_json=server.json)

    return _call(server, ask)


@app.command
def held(*, server: Server = _HERE) -> int:
    """The deliveries that their receiver could not process five times: what follows in their case waits there.

    Example: yrdx-ops held --dir up
    """

    async def ask(stub: operations_pb2_grpc.OperationsAsyncStub) -> None:
        found = await stub.Held(operations_pb2.HeldRequest(), timeout=_CALL_S)
        if server.json:
            say(plain(found))
        else:
            show(ops_shown.held(found.held) if found.held else "nothing is held")

    return _call(server, ask)


@app.command
def replay(message: str, /, *, receiver: str, server: Server = _HERE) -> int:
    """Have a held delivery sent again, once its receiver has mended the cause.

    Example: yrdx-ops replay MESSAGE --receiver 310000 --dir up

    Args:
        message: its id, as `held` shows it.
        receiver: code of the province that could not process it.
        server: whom to call.
    """

    async def ask(stub: operations_pb2_grpc.OperationsAsyncStub) -> None:
        await stub.Replay(operations_pb2.ReplayRequest(message_id=id_of(message), receiver=receiver), timeout=_CALL_S)
        _done({"replayed": message}, f"{message} is on its way again", as_json=server.json)

    return _call(server, ask)


@trust_list.command
def publish(file: Path, /, *, server: Server = _HERE) -> int:
    """Put the next version of the trust list in force, from its log entry on.

    Example: yrdx-ops trust-list publish trust-list.bin --dir up

    Args:
        file: what `yrdx-pki trust-list` wrote.
        server: whom to call.
    """

    async def ask(stub: operations_pb2_grpc.OperationsAsyncStub) -> None:
        request = operations_pb2.PublishTrustListRequest(trust_list=_signed(file))
        index = (await stub.PublishTrustList(request, timeout=_CALL_S)).log_index
        _done({"log_index": index}, f"in force from log index {index}", as_json=server.json)

    return _call(server, ask)


def _call(server: Server, ask: Ask) -> int:
    named = server if server.party or not server.world else server.of("hub")

    async def on(link: grpc.aio.Channel) -> None:
        await ask(operations_pb2_grpc.OperationsStub(link))

    return call(named, _ROLE, on)


def _done(value: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        say(value)
    else:
        show(text)


def _signed(file: Path) -> trust_pb2.SignedTrustList:
    try:
        return trust_pb2.SignedTrustList.FromString(file.read_bytes())
    except (OSError, DecodeError) as error:
        raise Usage(f"{file} is no trust list that can be read") from error


def main() -> None:
    """Parses the command line and exits."""
    run(app)


if __name__ == "__main__":
    main()
