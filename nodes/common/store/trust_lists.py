"""Verified versions of the trust list, as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nodes.common.store.database import Connection, Transaction


def add(transaction: Transaction, version: int, content: bytes) -> None:
    """Keeps a version; a known one stays as it is."""
    transaction.later("insert into trust_lists (version, content) values ($1, $2) on conflict do nothing", version, content)


async def every(connection: Connection) -> list[bytes]:
    """Every version, oldest first."""
    return [row["content"] for row in await connection.fetch("select content from trust_lists order by version")]
