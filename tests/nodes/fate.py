"""Where a process dies: at any place where something becomes durable or is heard elsewhere, before it or after it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodes.common.store.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import asyncpg

    from nodes.common.store.database import Transaction


class Killed(Exception):  # noqa: N818 - what happened to the process
    """The process died here."""


@dataclass
class Fate:
    """Decides where a process dies.

    Attributes:
        passed: places that were passed so far.
        dies_at: the place at which it dies, counted from 0; never when negative.
    """

    passed: int = 0
    dies_at: int = -1

    def place(self) -> None:
        if self.passed == self.dies_at:
            self.passed += 1
            raise Killed
        self.passed += 1


class FatefulDatabase(Database):
    """A database whose process may die just before or just after a commit."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], fate: Fate) -> None:
        super().__init__(pool)
        self._fate = fate

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        async with super().writing() as transaction:
            yield transaction
            self._fate.place()
        self._fate.place()
