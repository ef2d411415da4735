"""Whose stream is open: one instance of a province's node at a time, others stand by.

A lease lasts as long as its heartbeat is fresh, by the database's clock. Each taking gives it a new epoch, so that a stream which lost its
lease cannot prolong it. The same instance takes its own lease over at once: its earlier stream is broken, or it would not ask again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.ledger.reach import reaching

if TYPE_CHECKING:
    import asyncpg

STALE_S = 10.0
"""A heartbeat older than this is that of a dead holder."""

_TAKE = """
    insert into leases as l (province, instance, holder, epoch, heartbeat) values ($1, $2, $3, 1, clock_timestamp())
    on conflict (province) do update
        set instance = excluded.instance, holder = excluded.holder, epoch = l.epoch + 1, heartbeat = excluded.heartbeat
        where l.instance = excluded.instance or l.heartbeat < excluded.heartbeat - make_interval(secs => $4)
    returning epoch"""
_RENEW = "update leases set heartbeat = clock_timestamp() where province = $1 and epoch = $2"
_RELEASE = "update leases set heartbeat = '-infinity' where province = $1 and epoch = $2"
_RELEASE_ALL = "update leases set heartbeat = '-infinity' where holder = $1"


class Leases:
    """The leases table, for one hub process. Every method raises Refused(UNAVAILABLE) when the database cannot be reached."""

    def __init__(self, pool: asyncpg.Pool, holder: str) -> None:
        """Takes the hub's pool and the name of this process."""
        self._pool = pool
        self._holder = holder

    async def take(self, province: str, instance: str) -> int | None:
        """Takes the lease if it is free, stale or this instance's own.

        Returns:
            Its epoch, or None when another instance holds it.
        """
        async with reaching():
            # If we crash here, the lease is ours until it is stale, or until the next start of this process frees it.
            epoch: int | None = await self._pool.fetchval(_TAKE, province, instance, self._holder, STALE_S)
        return epoch

    async def renew(self, province: str, epoch: int) -> bool:
        """Keeps the lease fresh; false when somebody else has it by now."""
        async with reaching():
            return bool(await self._pool.execute(_RENEW, province, epoch) == "UPDATE 1")

    async def release(self, province: str, epoch: int) -> None:
        """Frees the lease, if it is still this one."""
        async with reaching():
            await self._pool.execute(_RELEASE, province, epoch)

    async def release_all(self) -> None:
        """Frees what an earlier life of this process held."""
        async with reaching():
            await self._pool.execute(_RELEASE_ALL, self._holder)
