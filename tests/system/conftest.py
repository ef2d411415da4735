"""One world that was lived in: four provinces, every kind of case, every Kafka record said twice, looked at before it ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from hub.topics import PARTITIONS, TOPICS
from runtime.clock import SystemClock, sleep
from runtime.kafka import Consumer, Outgoing, Producer
from simulator.crew import Crew
from simulator.layout import Layout
from simulator.run import Options, Run
from simulator.servers import Servers
from tests.system.seen import Seen, kafka, look

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from simulator.filings import Filing
    from simulator.officers.journal import Journal
    from simulator.report.figures import Report
    from simulator.world import World

CASES, SEED = 24, 7


@dataclass(frozen=True)
class Lived:
    """What is left of it.

    Attributes:
        folder: as `yrdx-sim run` leaves it.
        repeated: records that were published a second time.
    """

    folder: Path
    report: Report
    seen: Seen
    repeated: int


class Haunted(Run):
    """A run in which somebody repeats whatever is published, and looks at everything in the end."""

    seen: Seen
    repeated: int = 0

    async def _played(self, scene: World, filings: Sequence[Filing], journal: Journal) -> None:
        async with Crew() as crew:
            for topic in TOPICS:
                crew.add(self._repeat(topic))
            await super()._played(scene, filings, journal)
        self.seen = await look(self.layout)

    async def _repeat(self, topic: str) -> None:
        """Publishes each record of an inbox once more, in its partition."""
        settings, said = kafka(self.layout), set[bytes]()
        async with Consumer(settings, topic, PARTITIONS) as consumer, Producer(settings, [topic], PARTITIONS) as producer:
            async for record in consumer:
                if record.value not in said:
                    said.add(record.value)
                    await producer.publish(topic, [Outgoing(record.partition, b"again", record.value)])
                    self.repeated += 1


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Tests leave its folder as it is."""
    folder = tmp_path_factory.mktemp("lived")
    options = Options(cases=CASES, seed=SEED, servers=Servers(), kills=())
    run = Haunted(options, Layout.of(folder), Console(quiet=True), SystemClock(), sleep)
    report = asyncio.run(run.report())
    return Lived(folder, report, run.seen, run.repeated)
