"""One gRPC stream on mutual TLS between two processes: CPU of both, a message."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from bench import cpu
from pki import development
from runtime.addresses import LOOPBACK, free_port
from runtime.clock import SystemClock
from runtime.grpc_client import channel
from runtime.settings import TlsFiles

if TYPE_CHECKING:
    from pathlib import Path

    import grpc

COUNT: Final = 3000
METHOD: Final = "/bench/Stream"
WARM: Final = b"\1"
"""Asks for one message instead of all."""


async def measured(folder: Path, payload: int) -> float:
    """Microseconds."""
    development.init(folder, SystemClock().now(), os.urandom)
    address = f"{LOOPBACK}:{free_port()}"
    words = (sys.executable, "-m", "bench.floor.hop_server", str(folder), address, str(payload + 1000))
    server = await asyncio.create_subprocess_exec(*words)
    try:
        async with channel(address, tls(folder, "310000")) as link:
            await link.channel_ready()
            stream: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = link.unary_stream(METHOD)
            await _read(stream(WARM), 1)
            before, begun = cpu.spent({"server": server.pid}), time.process_time()
            await _read(stream(b""), COUNT)
            after, took = cpu.spent({"server": server.pid}), time.process_time() - begun
    finally:
        server.terminate()
        await server.wait()
    return 1e6 * (took + sum(cpu.between(before, after).values())) / COUNT


async def _read(messages: Any, count: int) -> None:
    async for _ in messages:
        count -= 1
    if count:
        raise SystemExit("a stream ended early")


def tls(folder: Path, member: str) -> TlsFiles:
    """The TLS files of the hub, or of a province's node."""
    keys = folder / "members" / member / ("hub" if member == "hub" else "node")
    return TlsFiles(certificate=keys / "tls.pem", key=keys / "tls.key", root=folder / "root.pem")
