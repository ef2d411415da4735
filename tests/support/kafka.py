"""The Kafka that tests of the hub run on: `pytest --kafka embedded`, or `apache` (one node), or `apache3` (three, with TLS).

The embedded broker is new for every test. Apache Kafka takes seconds to start: one serves the whole run, and every test finds what the
earlier ones left in it, as a hub with a new ledger would. Whoever ended one of its nodes has it running again in the next test.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from pki import development
from pki.identity import HUB, Role
from runtime.apache.cluster import Cluster
from runtime.clock import SystemClock
from runtime.embedded.broker import Broker
from runtime.settings import KafkaSettings, TlsFiles
from tests.support.hosting import hosted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from tests.support.hosting import Hosted

EMBEDDED, APACHE, APACHE3 = KINDS = ("embedded", "apache", "apache3")


class Transport(Protocol):
    """What tests do with a broker; of a cluster `pid` and `ended` are those of one node."""

    @property
    def settings(self) -> KafkaSettings: ...
    @property
    def pid(self) -> int: ...
    async def ended(self) -> int: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class Apache:
    """The Apache Kafka of this run.

    Attributes:
        cluster: lives on the loop of another thread.
        folder: keys of whoever might use it, if it speaks TLS.
    """

    running: Apache | None = None

    def __init__(self, cluster: Hosted[Cluster], folder: Path, kind: str) -> None:
        self.cluster, self.folder, self._kind = cluster, folder, kind

    @property
    def settings(self) -> KafkaSettings:
        return self.settings_of(Role.HUB)

    def settings_of(self, role: Role | None) -> KafkaSettings:
        """For whoever has this role at the hub, or for nobody."""
        return self.cluster.thing.settings(_tls(self.folder, role) if role and self._kind == APACHE3 else None)

    @property
    def pid(self) -> int:
        return self.cluster.thing.brokers[0].pid

    async def ended(self) -> int:
        return await self.cluster.beside(self.cluster.thing.brokers[0].ended())

    async def start(self) -> None:
        await self.cluster.beside(self.cluster.thing.start())

    async def stop(self) -> None:
        await self.cluster.beside(self.cluster.thing.stop())


@contextmanager
def chosen(kind: str, folder: Path) -> Iterator[None]:
    """From here on `transport` gives this kind; the embedded one needs nothing."""
    if kind == EMBEDDED:
        yield
        return
    if kind == APACHE3:
        development.init(folder / "pki", SystemClock().now(), os.urandom)
    with hosted(Cluster(folder / "kafka", _tls(folder, Role.BROKER) if kind == APACHE3 else None)) as cluster:
        Apache.running = Apache(cluster, folder, kind)
        yield
        Apache.running = None


@asynccontextmanager
async def transport(folder: Path) -> AsyncIterator[Transport]:
    """A running Kafka; what is embedded lives in `folder` until the block ends."""
    if Apache.running is None:
        async with Broker(folder) as broker:
            yield broker
    else:
        await Apache.running.start()
        yield Apache.running


def as_values(settings: KafkaSettings) -> Any:
    """As it stands in a settings file."""
    return msgspec.to_builtins(settings, enc_hook=str)


def _tls(folder: Path, role: Role) -> TlsFiles:
    keys = folder / "pki" / "members" / HUB / role
    return TlsFiles(certificate=keys / "tls.pem", key=keys / "tls.key", root=folder / "pki" / "root.pem")
