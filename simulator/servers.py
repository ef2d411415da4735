"""The servers under a world: PostgreSQL for hub and nodes and Kafka between them, started in the folder or somebody else's.

Decides which they are, and that each process has a database and a role of its own. Somebody else's databases are named by DSN files and
must be empty: a world has no past.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg

from core.ids import PROVINCES
from core.refusals import Refused
from pki.identity import Role
from runtime import files
from runtime.apache import jars
from runtime.apache.cluster import Cluster
from runtime.embedded.broker import Broker
from runtime.embedded.postgres import Postgres
from runtime.kafka import KafkaUnavailable
from runtime.kafka.kind import is_embedded_kind
from runtime.postgres import LOST
from runtime.settings import KafkaSettings, TlsFiles
from simulator.processes import BROKER, POSTGRES
from simulator.programs import HUB
from simulator.trouble import NotInstalled, NotUsable

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.layout import Layout
    from simulator.processes import Processes

EMBEDDED: Final = "embedded"
APACHE: Final = "apache"
APACHE3: Final = "apache3"
_REACH_S: Final = 5.0
DATABASES: Final = ("hub", *(f"node-{code}" for code in PROVINCES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """What was asked for.

    Attributes:
        kafka: "embedded", "apache" (one node of Apache Kafka), "apache3" (three, with TLS) or `host:port`.
        dsn_folder: holds a DSN file for each of `DATABASES`; None embeds PostgreSQL.
    """

    kafka: str = EMBEDDED
    dsn_folder: Path | None = None

    async def check(self) -> None:
        """Looks whether the servers can be had, before anything is started or removed.

        Raises:
            NotInstalled: for Apache Kafka, when it cannot be fetched or run.
            NotUsable: when a DSN file is missing, a database cannot be used or has tables, or no broker is where it should be. The
                exchange itself would wait for them without end.
        """
        if self.kafka in {APACHE, APACHE3}:
            await _check_apache()
        elif self.kafka != EMBEDDED:
            await _check_answers(self.kafka)
        given = [self.dsn_folder / name for name in DATABASES] if self.dsn_folder else []
        if absent := [file.name for file in given if not file.is_file()]:
            raise NotUsable(f"{self.dsn_folder} has no DSN file named {', '.join(absent)}")
        for file in given:
            await _check_empty(file, file.read_text().strip())

    async def broker(self, layout: Layout, processes: Processes) -> KafkaSettings:
        """Starts the broker, if it is ours to start; the keys are made already."""
        if self.kafka in {APACHE, APACHE3}:
            return await self._apache(layout, processes)
        if self.kafka != EMBEDDED:
            return KafkaSettings(bootstrap=self.kafka, embedded=await is_embedded_kind(self.kafka))
        broker = Broker(layout.engine(BROKER))
        await processes.start_engine(BROKER, broker)
        return broker.settings

    async def _apache(self, layout: Layout, processes: Processes) -> KafkaSettings:
        """Starts Apache Kafka. Each node is a process of its own in `world.json`."""
        tls, hub = (_tls(layout, Role.BROKER), _tls(layout, Role.HUB)) if self.kafka == APACHE3 else (None, None)
        cluster = Cluster(layout.engine(BROKER), tls)
        async with asyncio.TaskGroup() as group:
            for number, broker in enumerate(cluster.brokers, start=1):
                group.create_task(processes.start_engine(f"{BROKER}-{number}" if tls else BROKER, broker))
        return cluster.settings(hub)

    async def databases(self, layout: Layout, processes: Processes) -> None:
        """Leaves a DSN file for each process, of an empty database."""
        if self.dsn_folder is not None:
            for name in DATABASES:
                files.write(layout.dsn(name), (self.dsn_folder / name).read_text(), private=True)
            return
        postgres = Postgres(layout.engine(POSTGRES))
        await processes.start_engine(POSTGRES, postgres)
        for name in DATABASES:
            own = name.replace("-", "_")
            files.write(layout.dsn(name), await postgres.create_database(own, own), private=True)


def _tls(layout: Layout, role: Role) -> TlsFiles:
    """How the hub, or what works for it, shows who it is."""
    folder = layout.member(HUB, role)
    return TlsFiles(certificate=folder / "tls.pem", key=folder / "tls.key", root=layout.root)


async def _check_apache() -> None:
    try:
        await jars.java()
    except Refused as refusal:
        raise NotInstalled(refusal.field) from refusal


async def _check_answers(address: str) -> None:
    try:
        await is_embedded_kind(address)
    except KafkaUnavailable as error:
        raise NotUsable(f"no broker answers at {address}") from error


async def _check_empty(dsn_file: Path, dsn: str) -> None:
    try:
        connection = await asyncpg.connect(dsn, timeout=_REACH_S)
        try:
            past = await connection.fetchval("select 1 from pg_tables where schemaname = 'public'")
        finally:
            await connection.close()
    except (*LOST, asyncpg.PostgresError) as error:
        raise NotUsable(f"the database that {dsn_file} names cannot be used: {error}") from error
    if past:
        raise NotUsable(f"the database that {dsn_file} names is not empty: a world needs new ones")
