"""Counts what an operator wants to know about the ledger. Each figure is from its own moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, NamedTuple

from core.entries import read_entry
from hub.ledger.reach import reaching

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import asyncpg

_HEAD = "select size, business_at from log_head"
_CASES = "select min(next_due) as next_due, count(*) as open_cases from cases where open"
_MAIL = """
    select receiver, count(*) as undelivered, min(committed_at) as oldest from deliveries
    where delivered_receipt is null and held_at is null group by receiver"""
_HELD = "select receiver, count(*) as held from deliveries where delivered_receipt is null and held_at is not null group by receiver"
_AROUND = "select log_index, entry from entries where log_index in ($1 - 1, $1)"
_ONLY_UNDER = """
    select epoch, count(*) as claims from claims c
    where epoch = any($1::bigint[]) and not exists (
        select from claims other where other.case_id = c.case_id and other.epoch <> c.epoch and other.epoch = any($1::bigint[]))
    group by epoch"""
_OVERDUE = "select overdue, count(*) as cases from cases where open and overdue is not null group by overdue"


class Mail(NamedTuple):
    """What waits for a province."""

    undelivered: int
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The state of the ledger.

    Attributes:
        size: entries of the log.
        business_at: business time at its head.
        next_due: when the clock acts next on any case.
        open_cases: cases that are not closed.
        mail: by receiver, where anything waits.
        held: by receiver, where anything is held.
        overdue: open cases in which a province holds the ball while a limit has passed, where there are any.
        only_under: by epoch, where there are any: claims whose case has none under another epoch in force, so that it cannot go.
    """

    size: int
    business_at: datetime
    next_due: datetime | None
    open_cases: int
    mail: Mapping[str, Mail]
    held: Mapping[str, int]
    overdue: Mapping[str, int]
    only_under: Mapping[int, int]


async def read(pool: asyncpg.Pool, tag_epochs: Sequence[int]) -> Figures:
    """Reads all figures; `tag_epochs` are those in force.

    Raises:
        Refused: UNAVAILABLE when the database cannot be reached.
    """
    async with reaching(), pool.acquire() as connection:
        (head,) = await connection.fetch(_HEAD)
        (cases,) = await connection.fetch(_CASES)
        mail = {row["receiver"]: Mail(row["undelivered"], row["oldest"]) for row in await connection.fetch(_MAIL)}
        held = {row["receiver"]: row["held"] for row in await connection.fetch(_HELD)}
        overdue = {row["overdue"]: row["cases"] for row in await connection.fetch(_OVERDUE)}
        only_under = {row["epoch"]: row["claims"] for row in await connection.fetch(_ONLY_UNDER, tag_epochs)}
    return Figures(
        size=head["size"],
        business_at=head["business_at"],
        next_due=cases["next_due"],
        open_cases=cases["open_cases"],
        mail=mail,
        held=held,
        overdue=overdue,
        only_under=only_under,
    )


class Covered(NamedTuple):
    """How current a checkpoint is.

    Attributes:
        until: when its last entry was recorded; None for that of an empty log.
        waiting_since: when the first entry was recorded that it does not cover; None when it covers all.
    """

    until: datetime | None
    waiting_since: datetime | None


async def covered(pool: asyncpg.Pool, size: int) -> Covered:
    """Looks at both sides of a checkpoint over `size` entries.

    Raises:
        Refused: UNAVAILABLE when the database cannot be reached.
    """
    async with reaching(), pool.acquire() as connection:
        found = {row["log_index"]: row["entry"] for row in await connection.fetch(_AROUND, size)}
    recorded = {index: read_entry(entry).recorded_at.ToDatetime(UTC) for index, entry in found.items()}
    return Covered(recorded.get(size - 1), recorded.get(size))
