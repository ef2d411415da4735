"""A client that speaks HTTP/2 frame by frame: what no gRPC library lets its user send."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from runtime.settings import TlsFiles

SETTINGS, PING, GOAWAY = 4, 6, 7
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEAD_BYTES: Final = 9


@dataclass(frozen=True, slots=True)
class Connection:
    """An open connection without streams (RFC 9113, 4.1)."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, kind: int, payload: bytes = b"") -> None:
        """Sends a frame of the connection itself, stream 0, without flags."""
        self.writer.write(len(payload).to_bytes(3) + bytes((kind, 0)) + bytes(4) + payload)

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """Kind and payload of what comes, until the peer hangs up."""
        try:
            while True:
                head = await self.reader.readexactly(_HEAD_BYTES)
                yield head[3], await self.reader.readexactly(int.from_bytes(head[:3]))
        except asyncio.IncompleteReadError:
            return


@asynccontextmanager
async def connected(address: str, tls: TlsFiles) -> AsyncIterator[Connection]:
    """A connection on mutual TLS, as far as its first SETTINGS."""
    context = ssl.create_default_context(cafile=str(tls.root))
    context.load_cert_chain(tls.certificate, tls.key)
    context.set_alpn_protocols(["h2"])
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    connection = Connection(reader, writer)
    writer.write(_PREFACE)
    connection.send(SETTINGS)
    try:
        yield connection
    finally:
        writer.transport.abort()  # what is still unread does not matter
