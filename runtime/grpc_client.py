"""A gRPC channel on mutual TLS.

Decides what all clients have in common: the certificate shown, the root trusted, message sizes, keepalive, and coming back within two
seconds of a restarted server (the default back-off grows to two minutes). The server's host name is checked against its certificate,
its role is not: whatever matters is signed. Deadlines are the caller's: pass `timeout=` on each call with a single answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

from core.refusals import BAD_SETTINGS, Refused
from runtime import grpc_options
from runtime.grpc_errors import refused

if TYPE_CHECKING:
    from runtime.settings import TlsFiles

__all__ = ["channel", "refused"]


def channel(address: str, tls: TlsFiles) -> grpc.aio.Channel:
    """A channel to `address` (`host:port`); close it, or use `async with`. Connects on the first call.

    Raises:
        Refused: BAD_SETTINGS when a TLS file cannot be read.
    """
    try:
        credentials = grpc.ssl_channel_credentials(
            root_certificates=tls.root.read_bytes(),
            private_key=tls.key.read_bytes(),
            certificate_chain=tls.certificate.read_bytes(),
        )
    except OSError as exc:
        raise Refused(BAD_SETTINGS, f"TLS files: {exc}") from exc
    return grpc.aio.secure_channel(address, credentials, options=grpc_options.CLIENT)
