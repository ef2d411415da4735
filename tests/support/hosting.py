"""What lives on an event loop in a thread of its own, so that several tests, each with a loop of its own, may use it."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from contextlib import AbstractAsyncContextManager

Thing = TypeVar("Thing")
Result = TypeVar("Result")

PATIENCE_S = 180.0


@dataclass(frozen=True)
class Hosted(Generic[Thing]):
    """Something that was entered on the loop of another thread."""

    thing: Thing
    _loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Runs a coroutine beside the thing; blocks this thread meanwhile."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    async def beside(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The same, while this thread's loop goes on."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


@contextmanager
def hosted(manager: AbstractAsyncContextManager[Thing]) -> Iterator[Hosted[Thing]]:
    """Enters `manager` in a new thread and leaves it there when the block ends, both within one task."""
    started: Future[Hosted[Thing]] = Future()
    stop: Future[None] = Future()

    async def live() -> None:
        try:
            async with manager as thing:
                started.set_result(Hosted(thing, asyncio.get_running_loop()))
                await asyncio.wrap_future(stop)
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = Thread(target=lambda: asyncio.run(live()), name="hosted")
    thread.start()
    try:
        yield started.result(PATIENCE_S)
    finally:
        stop.set_result(None)
        thread.join()
