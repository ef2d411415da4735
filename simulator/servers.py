"""The servers under a world: PostgreSQL for hub and nodes and a broker between them, embedded ones of the folder or somebody else's.

Decides which they are, and that each process has a database and a role of its own. Somebody else's databases are named by DSN files and
must be empty: a world has no past.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import asyncpg

from core.ids import PROVINCES
from runtime import files
from runtime.embedded.broker import Broker
from runtime.embedded.postgres import Postgres
from runtime.postgres import pool
from runtime.settings import KafkaSettings
from simulator.processes import BROKER, POSTGRES
from simulator.trouble import NotInstalled, NotUsable

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.clock import Sleep
    from simulator.layout import Layout
    from simulator.processes import Processes

EMBEDDED: Final = "embedded"
APACHE: Final = "apache"
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

    def check(self) -> None:
        """Looks whether the servers can be had, before anything is started.

        Raises:
            NotInstalled: for Apache Kafka, which does not come with this software yet.
            NotUsable: without all DSN files.
        """
        if self.kafka == APACHE:
            raise NotInstalled("Apache Kafka does not come with yrdx: start a broker (4.x, KRaft) and name it with --kafka HOST:PORT")
        absent = [name for name in DATABASES if self.dsn_folder and not (self.dsn_folder / name).is_file()]
        if absent:
            raise NotUsable(f"{self.dsn_folder} has no DSN file named {', '.join(absent)}")

    async def broker(self, layout: Layout, processes: Processes) -> KafkaSettings:
        """Starts the broker, if it is ours to start."""
        if self.kafka != EMBEDDED:
            return KafkaSettings(bootstrap=self.kafka)
        broker = Broker(layout.engine(BROKER))
        await processes.start_engine(BROKER, broker)
        return KafkaSettings(bootstrap=broker.address, embedded=True)

    async def databases(self, layout: Layout, processes: Processes, sleep: Sleep) -> None:
        """Leaves a DSN file for each process, of an empty database."""
        if self.dsn_folder is not None:
            for name in DATABASES:
                files.write(layout.dsn(name), (self.dsn_folder / name).read_text(), private=True)
                await _check_empty(layout.dsn(name), sleep)
            return
        postgres = Postgres(layout.engine(POSTGRES))
        await processes.start_engine(POSTGRES, postgres)
        for name in DATABASES:
            own = name.replace("-", "_")
            files.write(layout.dsn(name), await postgres.create_database(own, own), private=True)


async def _check_empty(dsn_file: Path, sleep: Sleep) -> None:
    try:
        async with pool(dsn_file, size=1, sleep=sleep) as connections:
            if await connections.fetchval("select 1 from pg_tables where schemaname = 'public'"):
                raise NotUsable(f"the database of {dsn_file.name} is not empty: a run needs new ones")
    except asyncpg.PostgresError as error:
        raise NotUsable(f"the database of {dsn_file.name} cannot be used: {error}") from error
