"""How the ledger's stores fail: as one retriable refusal, with the cause behind it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from core.refusals import UNAVAILABLE, Refused
from runtime.postgres import LOST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMIT_S = 20.0
"""Longer than a restart of PostgreSQL takes to refuse or accept, shorter than a caller waits."""


@asynccontextmanager
async def reaching() -> AsyncIterator[None]:
    """Runs statements; what they wrote is unknown when this fails.

    Raises:
        Refused: UNAVAILABLE when the database is away, ends the connection, is too slow, or does not do what it was told.
    """
    try:
        async with asyncio.timeout(LIMIT_S):
            yield
    except (*LOST, asyncpg.PostgresError) as error:
        raise Refused(UNAVAILABLE, "ledger") from error
