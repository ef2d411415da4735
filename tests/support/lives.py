"""What tests start, hold up and end at will."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Life:
    """Something that is entered and left in a task of its own, as often as wanted."""

    group: asyncio.TaskGroup
    _task: asyncio.Task[None] | None = None

    async def begin(self, manager: Any) -> Any:
        """Enters; returns what was entered."""
        started: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._task = self.group.create_task(_live(manager, started))
        return await started

    @property
    def lives(self) -> bool:
        return self._task is not None and not self._task.done()

    async def end(self) -> None:
        """Cancels it wherever it is and waits until it is left."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])


@dataclass
class Hold:
    """A place in the way of a call where it can be held up.

    Attributes:
        reached: set once a call has come here.
        open: lets all calls through.
    """

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self) -> None:
        self.reached.set()
        await self.open.wait()


async def _live(manager: Any, started: asyncio.Future[Any]) -> None:
    try:
        async with manager as thing:
            started.set_result(thing)
            await asyncio.get_running_loop().create_future()
    except BaseException as error:
        if not started.done():
            started.set_exception(error)
            return
        raise
