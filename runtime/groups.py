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


def refusal_in(group: BaseExceptionGroup[BaseException]) -> Refused | None:
    """The first refusal in a group of failures, or None."""
    for error in group.exceptions:
        found = refusal_in(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, Refused):
            return found
    return None
