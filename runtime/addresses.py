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
    """A loopback port that nobody has now. Another process may take it before the caller does: rare, and the caller fails.

    Raises:
        Refused: BAD_SETTINGS when there is none.
    """
    with _bound() as probe:
        return _port(probe)


def reserve_port() -> int:
    """A free port that is given to nobody else until this process ends, and on which a program of ours can listen.

    It is bound and not listened on; whoever listens must say SO_REUSEADDR, as gRPC's servers do.

    Raises:
        Refused: BAD_SETTINGS when there is none.
    """
    holder = _bound()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port = _port(holder)
    holder.detach()  # open as long as we are
    return port


def settle(address: str, file: Path | None = None) -> str:
    """The address to listen on: what `file` remembers of the last run, else `address`, with a free port for port 0."""
    if file is not None and file.exists():
        return file.read_text().strip()
    host, _, port = address.rpartition(":")
    return f"{host}:{free_port()}" if port == "0" else address


def remember(file: Path, address: str) -> None:
    """Leaves `address` for the next run and for whoever looks for the server."""
    files.write(file, address)


def _bound() -> socket.socket:
    """A socket with a port that nobody else is bound to."""
    for _ in range(_TRIES):
        probe = socket.socket()
        try:
            probe.bind((LOOPBACK, _FIRST + secrets.randbelow(_LAST - _FIRST)))
        except OSError:
            probe.close()
            continue
        return probe
    raise Refused(BAD_SETTINGS, "no free port on the loopback address")


def _port(bound: socket.socket) -> int:
    port: int = bound.getsockname()[1]
    return port
