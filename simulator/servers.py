"""The servers under a world: PostgreSQL for hub and nodes and a broker between them, embedded ones of the folder or somebody else's.

Decides which they are, and that each process has a database and a role of its own. Somebody else's databases are named by DSN files and
must be empty: a world has no past.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg

from core.ids import PROVINCES
from runtime import files
from runtime.embedded.broker import Broker
from runtime.embedded.postgres import Postgres
from runtime.postgres import LOST
from runtime.settings import KafkaSettings
from simulator.processes import BROKER, POSTGRES
from simulator.trouble import NotInstalled, NotUsable

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.layout import Layout
    from simulator.processes import Processes

EMBEDDED: Final = "embedded"
APACHE: Final = "apache"
_REACH_S: Final = 5.0
DATABASES: Final = ("hub", *(f"node-{code}" for code in PROVINCES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """What was asked for.

    Attributes:
        kafka: "embedded", "apache" or `host:port`.
        dsn_folder: holds a DSN file for each of `DATABASES`; None embeds PostgreSQL.
    """

    kafka: str = EMBEDDED
    dsn_folder: Path | None = None

    async def check(self) -> None:
        """Looks whether the servers can be had, before anything is started or removed.

        Raises:
            NotInstalled: for Apache Kafka, which does not come with this software yet.
            NotUsable: when a DSN file is missing, a database cannot be used or has tables, or no broker is where it should be. The
                exchange itself would wait for them without end.
        """
        if self.kafka == APACHE:
            raise NotInstalled("Apache Kafka does not come with yrdx: start a broker (4.x, KRaft) and name it with --kafka HOST:PORT")
        if self.kafka != EMBEDDED:
            await _check_reachable(self.kafka)
        given = [self.dsn_folder / name for name in DATABASES] if self.dsn_folder else []
        if absent := [file.name for file in given if not file.is_file()]:
            raise NotUsable(f"{self.dsn_folder} has no DSN file named {', '.join(absent)}")
        for file in given:
            await _check_empty(file, file.read_text().strip())

    async def broker(self, layout: Layout, processes: Processes) -> KafkaSettings:
        """Starts the broker, if it is ours to start."""
        if self.kafka != EMBEDDED:
            return KafkaSettings(bootstrap=self.kafka)
        broker = Broker(layout.engine(BROKER))
        await processes.start_engine(BROKER, broker)
        return KafkaSettings(bootstrap=broker.address, embedded=True)

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


async def _check_reachable(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_REACH_S):
            _, writer = await asyncio.open_connection(host, int(port))
    except (OSError, OverflowError, TimeoutError) as error:
        raise NotUsable(f"no broker can be reached at {address}") from error
    writer.close()


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
