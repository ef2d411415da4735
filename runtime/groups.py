"""Task groups in exit stacks, and those that end by a refusal."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from core.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def task_group() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that an exit stack may hold.

    A bare one raises anew the cancellation that it was left with. When a second cancellation comes while a stack is being left, the stack
    (Python 3.11 to 3.13) then makes that exception its own context, and the next stack around it follows the circle for ever.
    """
    async with asyncio.TaskGroup() as group:
        yield group


def pass_on_cancellation() -> None:
    """To be called where a loop goes on after a task group failed: a cancellation that came at the same moment is not lost there.

    The group raises its failures alone then (Python before 3.13), and whoever handles them would never hear that he is to end.

    Raises:
        CancelledError: when the current task was cancelled.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def refusal_in(group: BaseExceptionGroup[BaseException]) -> Refused | None:
    """The first refusal in a group of failures, or None."""
    for error in group.exceptions:
        found = refusal_in(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, Refused):
            return found
    return None
