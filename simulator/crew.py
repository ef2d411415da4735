"""A task group for work that has no end of its own: when the body is done, what still runs is cancelled."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType


class Crew:
    """Owns watchers, screens and the like. A failure of one ends the body and all others, as in any task group."""

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Opens the group."""
        await self._group.__aenter__()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Cancels what runs and waits for it."""
        for task in self._tasks:
            task.cancel()
        await self._group.__aexit__(kind, error, traceback)

    def add(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Starts a task."""
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
