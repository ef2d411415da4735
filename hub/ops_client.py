"""`yrdx-ops`: what an operator asks the hub, or of a node its status and drain. Exit status: 0 fine, 1 refused or no answer, 2 usage."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Any, Final

from cyclopts import App
from google.protobuf.message import DecodeError
from rich.table import Table

from core.ids import PROVINCES
from runtime.command_line import Server, Usage, call, moment, run, say, show
from runtime.plain import plain
from yrdx.v1 import operations_pb2, operations_pb2_grpc, trust_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import grpc

    Ask = Callable[[operations_pb2_grpc.OperationsAsyncStub], Awaitable[None]]

_ROLE: Final = "operator"
_CALL_S: Final = 10.0
_DRAIN_S: Final = 60.0
_HERE: Final = Server()

app = App(
    name="yrdx-ops",
    help="Ask a hub or a node how it is, and tell it the few things that an operator may.",
    help_epilogue="""Examples:
  yrdx-ops status --dir up
  yrdx-ops drain --dir up --party node-330000
  yrdx-ops trust-list publish trust-list.bin --address hub.example:7443 \
    --certificate tls.pem --key tls.key --root root.pem

The certificate is that of role operator: the hub's for the hub, a province's
for its node. Without --party, --dir means the hub.
Exit status: 0 fine, 1 refused or no answer, 2 usage.""",
    help_format="plaintext",
    version_flags=(),
)
trust_list = App(name="trust-list", help="The list of members and their keys.", version_flags=())
app.command(trust_list)


@app.command
def status(*, server: Server = _HERE) -> int:
    """How the process is: clocks, log, trust list, figures, members."""

    async def ask(stub: operations_pb2_grpc.OperationsAsyncStub) -> None:
        found = await stub.Status(operations_pb2.StatusRequest(), timeout=_CALL_S)
        if server.json:
            say(plain(found))
        else:
            show(_facts(found), *([_members(found)] if found.members else []))

    return _call(server, ask)


@app.command
def members(*, server: Server = _HERE) -> int:
    """The members: who is connected, what waits for whom, what is overdue."""

    async def ask(stub: operations_pb2_grpc.OperationsAsyncStub) -> None:
        found = await stub.Status(operations_pb2.StatusRequest(), timeout=_CALL_S)
        if server.json:
            say({"members": plain(found)["members"]})
        else:
            show(_members(found))

    return _call(server, ask)


@app.command
def drain(*, server: Server = _HERE) -> int:
    """Take on no new work and finish what is in hand; returns when that is done. A restart ends it."""

    async def ask(stub: operations_pb2_grpc.OperationsAsyncStub) -> None:
        await stub.Drain(operations_pb2.DrainRequest(), timeout=_DRAIN_S)
        _done({"drained": True}, "drained: nothing is in hand, nothing new is taken on", as_json=server.json)

    return _call(server, ask)


@trust_list.command
def publish(file: Path, /, *, server: Server = _HERE) -> int:
    """Put the next version of the trust list in force, from its log entry on.

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


def _facts(found: operations_pb2.StatusResponse) -> Table:
    table = Table(box=None, show_header=False)
    rows = {
        "name": f"{found.name}, version {found.version}",
        "state": ", ".join(["draining"] * found.draining + ["idle" if found.idle else "busy"]),
        "recorded time": moment(found, "recorded_at"),
        "business time": moment(found, "business_at"),
        "next due": moment(found, "next_due"),
        **({"log": _log(found)} if found.log_size else {}),
        "trust list": f"version {found.trust_list_version}",
        **{name.replace("_", " "): str(found.counters[name]) for name in sorted(found.counters)},
    }
    for row in rows.items():
        table.add_row(*row)
    return table


def _log(found: operations_pb2.StatusResponse) -> str:
    return f"{found.log_size} entries, checkpoint {found.checkpoint_size} {found.checkpoint_root.hex()}".rstrip()


def _members(found: operations_pb2.StatusResponse) -> Table:
    table = Table("code", "member", "connected", "undelivered", "oldest undelivered", "overdue", box=None)
    for member in found.members:
        known = PROVINCES.get(member.code)
        name = f"{known.name_zh} {known.name_en}" if known else ""
        connected = "yes" if member.connected else "no"
        table.add_row(member.code, name, connected, str(member.undelivered), moment(member, "oldest_undelivered"), str(member.overdue))
    return table


def main() -> None:
    """Parses the command line and exits."""
    run(app)


if __name__ == "__main__":
    main()
