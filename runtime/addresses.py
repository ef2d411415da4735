"""Addresses of servers: choosing a port, and keeping it over a restart.

Decides which loopback port a server takes when its settings leave that open (port 0). It lies **below** the range from which the
kernel draws ports of outgoing connections: a client that tries again and again to reach a dead server on a port of that range is
sooner or later given that very port, connects to itself, and the restarted server finds its address in use.
"""

from __future__ import annotations

import secrets
import socket
from typing import TYPE_CHECKING

from core.refusals import BAD_SETTINGS, Refused
from runtime import files

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"
_FIRST, _LAST, _TRIES = 15_000, 32_000, 100


def free_port() -> int:
    """A loopback port that nobody listens on now. Another process may take it before the caller does: rare, and the caller fails.

    Raises:
        Refused: BAD_SETTINGS when there is none.
    """
    for _ in range(_TRIES):
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if not _taken(probe, port):
                return port
    raise Refused(BAD_SETTINGS, "no free port on the loopback address")


def settle(address: str, file: Path | None = None) -> str:
    """The address to listen on: what `file` remembers of the last run, else `address`, with a free port for port 0."""
    if file is not None and file.exists():
        return file.read_text().strip()
    host, _, port = address.rpartition(":")
    return f"{host}:{free_port()}" if port == "0" else address


def remember(file: Path, address: str) -> None:
    """Leaves `address` for the next run and for whoever looks for the server."""
    files.write(file, address)


def _taken(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        return True
    return False
