"""What the command line clients have in common: whom they call and as whom, what they say of a refusal, how they end.

Exit status: 0 fine, 1 refused or no answer, 2 usage; never a traceback. With `--json` an answer, and a refusal too, is one JSON line on
standard output; otherwise refusals go to standard error, with number and both texts.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import grpc
import msgspec
from cyclopts import App, CycloptsError, Group, Parameter

from core.calendar import SHANGHAI
from core.ids import uuid_bytes
from core.refusals import Refused
from runtime.grpc_client import channel, refused
from runtime.settings import TlsFiles

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp
    from rich.table import Table

FINE, REFUSED, USAGE = 0, 1, 2

_WIDTH = 200
"""Columns where there is no terminal: a script wants a row on a line."""

_CONNECTION = Group("Connection")

Ask = Callable[[grpc.aio.Channel], Awaitable[None]]


class Usage(Exception):  # noqa: N818 - reads as the sentence it is
    """What was asked for makes no sense; the text tells why."""


class _Row(msgspec.Struct):
    """What we need of a line of `world.json`."""

    name: str
    address: str


@Parameter(name="*", group=_CONNECTION)
@dataclass(frozen=True, kw_only=True)
class Server:
    """Whom to call and as whom: an address with three TLS files, or a party of a simulated world."""

    address: Annotated[str | None, Parameter(help="HOST:PORT of the server")] = None
    certificate: Annotated[Path | None, Parameter(help="own TLS certificate (PEM)")] = None
    key: Annotated[Path | None, Parameter(help="its private key")] = None
    root: Annotated[Path | None, Parameter(help="certificate of the root")] = None
    world: Annotated[Path | None, Parameter(name="--dir", help="instead: folder of `yrdx-sim up` or `run`, while it runs")] = None
    party: Annotated[str | None, Parameter(help="with --dir: whom to call, for example hub or node-330000")] = None
    json: Annotated[bool, Parameter(negative=(), help="answer as JSON")] = False

    def found(self, role: str) -> tuple[str, TlsFiles]:
        """Address and TLS files; `role` chooses the certificate in a simulated world.

        Raises:
            Usage: when something is missing or contradicts.
        """
        given = (self.address, self.certificate, self.key, self.root)
        if self.world is not None and not any(given):
            return self._of_world(self.world, role)
        if self.world or self.party or not (self.address and self.certificate and self.key and self.root):
            raise Usage("name --address, --certificate, --key and --root; or --dir and --party")
        return self.address, TlsFiles(certificate=self.certificate, key=self.key, root=self.root)

    def of(self, party: str) -> Server:
        """The same with a party of its world named."""
        return replace(self, party=party)

    def _of_world(self, world: Path, role: str) -> tuple[str, TlsFiles]:
        try:
            rows = msgspec.json.decode((world / "world.json").read_bytes(), type=list[_Row])
        except (OSError, msgspec.MsgspecError) as error:
            raise Usage(f"no world in {world}: {error}") from error
        address = next((row.address for row in rows if row.name == self.party), None)
        if address is None or self.party is None:
            raise Usage(f"--party is one of {', '.join(row.name for row in rows)}")
        pki = world / "world" / "pki"
        keys = pki / "members" / self.party.removeprefix("node-") / role
        return address, TlsFiles(certificate=keys / "tls.pem", key=keys / "tls.key", root=pki / "root.pem")


def call(server: Server, role: str, ask: Ask) -> int:
    """Runs `ask` on a channel to the server; the exit status."""
    try:
        address, tls = server.found(role)
        return asyncio.run(_asked(address, tls, ask, as_json=server.json))
    except Usage as wrong:
        return _said(USAGE, str(wrong))
    except Refused as refusal:  # a TLS file that cannot be read
        return _said(USAGE, refusal.field or refusal.kind.en)


def say(value: dict[str, Any]) -> None:
    """One JSON line on standard output."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def show(*parts: str | Table) -> None:
    """Lines and tables on standard output."""
    from rich.console import Console  # noqa: PLC0415 - costs 0.1 s, which `--help` and `--json` need not wait for

    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    for part in parts:
        console.print(part, highlight=False, markup=False)
    sys.stdout.flush()


def moment(message: Any, field: str) -> str:
    """A time of a message as people read it, in China's time; a dash when it is not set."""
    value: Timestamp = getattr(message, field)
    return f"{value.ToDatetime(SHANGHAI):%Y-%m-%d %H:%M:%S}" if message.HasField(field) else "–"


def id_of(text: str) -> bytes:
    """An id that somebody typed.

    Raises:
        Usage: when it is none.
    """
    try:
        return uuid_bytes(text)
    except Refused as refusal:
        raise Usage(f"{text} is no id") from refusal


def run(app: App) -> NoReturn:
    """Parses the command line, runs the command and exits."""
    try:
        status = app(exit_on_error=False, result_action="return_value")
    except CycloptsError:  # already printed
        sys.exit(USAGE)
    except BrokenPipeError:  # whoever read us has seen enough; Python would complain again when it flushes at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FINE)
    sys.exit(status if isinstance(status, int) else FINE)


async def _asked(address: str, tls: TlsFiles, ask: Ask, *, as_json: bool) -> int:
    async with channel(address, tls) as link:
        try:
            await ask(link)
        except grpc.aio.AioRpcError as error:
            refusal = refused(error)
            if refusal is None:
                return _said(REFUSED, f"no answer from {address}: {error.code().name} {error.details() or ''}".rstrip())
            return _refusal(refusal, as_json=as_json)
    return FINE


def _refusal(refusal: Refused, *, as_json: bool) -> int:
    kind = refusal.kind
    if as_json:
        facts = {"number": kind.number, "name": kind.name, "field": refusal.field, "zh": kind.zh, "en": kind.en}
        say({"refused": {**facts, "retry_after_s": refusal.retry_after_s}})
        return REFUSED
    again = "" if refusal.retry_after_s is None else f"\n可在 {refusal.retry_after_s:g} 秒后重试 · try again in {refusal.retry_after_s:g} s"
    return _said(REFUSED, f"{refusal}\n{kind.zh}\n{kind.en}{again}")


def _said(status: int, text: str) -> int:
    sys.stderr.write(text + "\n")
    return status
