"""What is told of the processes of a world when they end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from runtime.clock import sleep
from simulator.crew import Crew
from simulator.layout import Layout
from simulator.processes import BROKER, Processes

if TYPE_CHECKING:
    from pathlib import Path


class Engine:
    """A server that ends with these statuses, one after the other, and lives after the last."""

    pid, address = 1, "127.0.0.1:1"

    def __init__(self, *statuses: int) -> None:
        self._statuses = list(statuses)

    async def start(self) -> None:
        """Is there at once."""

    async def ended(self) -> int:
        if not self._statuses:
            await asyncio.get_running_loop().create_future()
        return self._statuses.pop(0)


def test_every_death_is_told_with_its_exit_status(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    both = asyncio.Event()

    async def died(name: str, status: int) -> None:
        told.append((name, status))
        if len(told) == 2:
            both.set()

    async def main() -> None:
        processes = Processes(Layout.of(tmp_path), sleep)
        await processes.start_engine(BROKER, Engine(-9, 1))  # type: ignore[arg-type]  # what `Processes` uses of it
        async with Crew() as crew, asyncio.timeout(5):
            processes.watch(crew, died)
            await both.wait()

    asyncio.run(main())
    assert told == [(BROKER, -9), (BROKER, 1)]
