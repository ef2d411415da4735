"""A task group in an exit stack, cancelled once more while the stack is being left."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from runtime.groups import pass_on_cancellation, task_group

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


def test_a_cancellation_at_the_moment_of_a_failure_is_not_lost() -> None:
    async def main() -> None:
        begun, failing = asyncio.Event(), asyncio.Event()

        async def fail() -> None:
            await failing.wait()
            raise ValueError

        async def again_and_again() -> None:
            while True:
                try:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(fail())
                        begun.set()
                        await asyncio.Event().wait()
                except* ValueError:
                    failing.clear()
                pass_on_cancellation()

        task = asyncio.ensure_future(again_and_again())
        await begun.wait()
        failing.set()
        task.cancel()
        _, left = await asyncio.wait([task], timeout=_PATIENCE_S)
        task.cancel()
        assert not left
        assert task.cancelled()

    asyncio.run(main())
