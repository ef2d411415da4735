"""A gRPC server on mutual TLS, from its first port to its drained end.

Decides what all servers of the exchange have in common: a client certificate is required, message sizes and keepalive are limited,
health says NOT_SERVING until `Serving.ready` and again before draining, then streams end with DRAINING and calls in flight have
`drain_s` to finish. Who may call what: `runtime.grpc_gate`.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health_pb2_grpc  # type: ignore[import-untyped]  # its wheel has no types
from grpc_health.v1.health import aio as health  # type: ignore[import-untyped]  # its wheel has no types
from grpc_health.v1.health_pb2 import HealthCheckResponse  # type: ignore[import-untyped]  # its wheel has no types

from core.refusals import BAD_SETTINGS, Refused
from runtime import addresses, grpc_options, process_log
from runtime.grpc_gate import Gate
from runtime.identity import ROLES, Identity, identity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping
    from pathlib import Path

    from runtime.settings import TlsFiles

__all__ = ["Identity", "Serving", "identity", "serving"]

_HEALTH = "grpc.health.v1.Health"
_REFLECTION = "grpc.reflection.v1alpha.ServerReflection"


class Serving:
    """A started server.

    Attributes:
        address: `host:port` it listens on.
    """

    def __init__(self, address: str, checks: health.HealthServicer, names: Collection[str], file: Path | None) -> None:
        self.address = address
        self._health = checks
        self._names = names
        self._file = file

    async def ready(self) -> None:
        """Says SERVING, writes the address file and one line to the process log."""
        for name in self._names:
            await self._health.set(name, HealthCheckResponse.SERVING)
        if self._file is not None:
            addresses.remember(self._file, self.address)
        process_log.get("grpc").info("ready", address=self.address)


def _everybody(_peer: Identity) -> None:
    """The check of a server that has none of its own."""


@asynccontextmanager
async def serving(
    address: str,
    tls: TlsFiles,
    add: Callable[[grpc.aio.Server], None],
    services: Mapping[str, Collection[str]],
    *,
    check_peer: Callable[[Identity], None] = _everybody,
    address_file: Path | None = None,
    reflection: bool = False,
    call_limit_s: float = 30.0,
    drain_s: float = 5.0,
) -> AsyncIterator[Serving]:
    """Serves from entry to exit; on exit drains.

    Args:
        address: `host:port`; port 0 takes a free one. What `address_file` remembers from the last run goes first.
        tls: this server's certificate and key, and the root of its callers.
        add: registers the servicers.
        services: full service name → roles that may call it.
        check_peer: the server's own check of an authenticated caller before each call; raises Refused. It is called on the event
            loop and must not block.
        address_file: where `ready` leaves the address.
        reflection: also serve reflection, to every role.
        call_limit_s: seconds that a method with a single answer may take.
        drain_s: seconds that calls in flight have at the end; a client's stream never takes them.

    Raises:
        Refused: BAD_SETTINGS for an empty or unknown role list, an unreadable TLS file or an address in use.
    """
    for name, roles in services.items():
        if not roles or not ROLES.issuperset(roles):
            raise Refused(BAD_SETTINGS, f"roles of {name}")
    gate = Gate({**services, _HEALTH: ROLES, _REFLECTION: ROLES}, check_peer, limit_s=call_limit_s)
    server = grpc.aio.server(interceptors=[gate], options=grpc_options.SERVER)
    add(server)
    checks = await _add_common(server, services, reflection=reflection)
    where = addresses.settle(address, address_file)
    _listen(server, where, tls)
    await server.start()
    try:
        yield Serving(where, checks, ["", *services], address_file)
    finally:
        await checks.enter_graceful_shutdown()
        gate.end_streams()
        await server.stop(drain_s)


async def _add_common(server: grpc.aio.Server, services: Collection[str], *, reflection: bool) -> health.HealthServicer:
    checks = health.HealthServicer()
    for name in ("", *services):
        await checks.set(name, HealthCheckResponse.NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if reflection:
        # off by default, hence imported here; its wheel has no types
        from grpc_reflection.v1alpha.reflection import enable_server_reflection  # type: ignore[import-untyped]  # noqa: PLC0415

        enable_server_reflection([*services, _HEALTH, _REFLECTION], server)
    return checks


def _listen(server: grpc.aio.Server, address: str, tls: TlsFiles) -> None:
    try:
        credentials = grpc.ssl_server_credentials(
            [(tls.key.read_bytes(), tls.certificate.read_bytes())],
            root_certificates=tls.root.read_bytes(),
            require_client_auth=True,
        )
        server.add_secure_port(address, credentials)
    except (OSError, RuntimeError) as exc:  # grpc says RuntimeError for an address in use
        raise Refused(BAD_SETTINGS, f"cannot listen on {address}") from exc
