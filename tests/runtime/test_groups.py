"""A task group in an exit stack, cancelled once more while the stack is being left."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from runtime.groups import task_group

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_PATIENCE_S = 5


@pytest.fixture
def alarm() -> Iterator[None]:
    """Breaks into a loop that never gives up the thread."""

    def ring(*_: object) -> None:
        raise AssertionError("the exit stack goes round in circles")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(_PATIENCE_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
def test_a_second_cancellation_ends_what_the_first_began() -> None:
    asyncio.run(_cancelled_twice())


async def _cancelled_twice() -> None:
    leaving = asyncio.Event()

    async def linger() -> None:
        leaving.set()
        await asyncio.Event().wait()

    @asynccontextmanager
    async def service() -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(task_group())
            group.create_task(asyncio.Event().wait())
            stack.push_async_callback(linger)
            yield

    async def life() -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(service())
            await asyncio.Event().wait()

    task = asyncio.ensure_future(life())
    await asyncio.sleep(0)
    task.cancel()
    await leaving.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
