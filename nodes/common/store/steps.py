"""Steps of cases as they became known, and the logged receipts that start limits: rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - a dataclass keeps its annotations
from typing import TYPE_CHECKING, Final
from uuid import UUID

from core.envelope import ReadMessage  # noqa: TC001 - as above
from yrdx.v1.household_transfer_pb2 import SealedContent  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import asyncpg

    from nodes.common.store.database import Connection, Transaction

HUB: Final = "hub"

_COLUMNS = "case_id, step, message_id, sender, body, key_id, signature, accepted, recorded_at, business_at, content, problem"
_ADD = f"""
    insert into steps ({_COLUMNS}, applied)
    select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
        $9::timestamptz[], $10::timestamptz[], $11::bytea[], $12::integer[], $13::boolean[])
    on conflict do nothing returning message_id"""  # noqa: S608 - our own names
_SELECT = """
    select s.case_id, s.step, s.message_id, s.sender, s.body, s.key_id, s.signature, s.accepted, s.recorded_at, s.business_at,
        coalesce(nullif(s.content, ''), o.content, '') as content, s.problem
    from steps s left join outbox o on o.message_id = s.message_id"""
_OF_CASE = f"{_SELECT} where s.case_id = $1 order by s.step"
_WAITING = f"{_SELECT} where s.case_id = any($1::uuid[]) and not s.applied"
_HEADERS = f"""
    select {_COLUMNS.replace("content", "''::bytea as content")} from steps where case_id = $1 and step <= $2 order by step"""  # noqa: S608
_AT = """
    select s.case_id, s.step, s.message_id, s.body from unnest($1::uuid[], $2::bigint[]) as w (case_id, step)
    join steps s using (case_id, step)"""
_GAPS = """
    select exists (select from steps where case_id = any($1::uuid[]) and not applied)
        or exists (select from delivered where case_id = any($1::uuid[]) and not applied)"""
_BODIES = "select message_id, body from steps where message_id = any($1::uuid[]) and sender <> 'hub'"
_ADD_DELIVERED = """
    insert into delivered (message_id, case_id, receipt, business_at, step, applied)
    select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::timestamptz[], $5::bigint[], $6::boolean[])
    on conflict do nothing returning message_id"""
_DELIVERED = "select message_id, case_id, business_at, step from delivered where case_id = $1"
_DELIVERED_WAITING = """
    select message_id, case_id, business_at, step from delivered where case_id = any($1::uuid[]) and not applied"""
_WITHOUT_RECEIPT = """
    select s.message_id from steps s join cases c using (case_id) left join delivered d using (message_id)
    where d.message_id is null and s.sender <> 'hub' and c.state <> 'closed' limit $1"""
_NEWEST = "select recorded_at, business_at from steps order by recorded_at desc limit 1"
_UNAPPLIED = "select distinct case_id from steps where not applied"
_APPLIED = "update steps set applied = step <= $2 where case_id = $1 and applied <> (step <= $2) and step > $3"
_DELIVERED_APPLIED = "update delivered set applied = true where case_id = $1 and step <= $2 and not applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a case, verified.

    Attributes:
        message_id: of the message, or id of the due event.
        sender: province, or `HUB` for a due event.
        body: header or due event, verbatim.
        accepted: the hub's signed receipt; empty for a due event.
        content: the SealedContent under the storage key; where it could not be opened, the sealed bytes as they came; empty for a due
            event, and for an own message once the case has closed. Of an own message the outbox keeps it, and only a step that was read
            from the database has it.
        problem: number of why the content cannot be used, or 0.
        message: `body` as it was read when the step came; None for a due event, and for a step from the database.
        opened: what `content` says, as it was opened when the step came; None as above.
    """

    case_id: bytes
    step: int
    message_id: bytes
    sender: str
    body: bytes
    key_id: bytes
    signature: bytes
    accepted: bytes
    recorded_at: datetime
    business_at: datetime
    content: bytes = b""
    problem: int = 0
    message: ReadMessage | None = field(default=None, compare=False)
    opened: SealedContent | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A logged DELIVERED receipt: it acts on its case after `step` steps."""

    message_id: bytes
    case_id: bytes
    business_at: datetime
    step: int


async def add(transaction: Transaction, steps: Sequence[Step], applied: Collection[tuple[bytes, int]]) -> set[bytes]:
    """Stores those whose place is free and whose message is new; returns the ids of their messages.

    Args:
        transaction: the caller's.
        steps: in any order.
        applied: places, case and step, that will be in the state of their case at the end of this transaction.
    """
    columns = (
        [UUID(bytes=one.case_id) for one in steps],
        [one.step for one in steps],
        [UUID(bytes=one.message_id) for one in steps],
        *([getattr(one, name) for one in steps] for name in _COLUMNS.split(", ")[3:]),
        [(one.case_id, one.step) in applied for one in steps],
    )
    # If we crash before the commit, nothing was acknowledged and the hub sends it again; after it, the repeat changes nothing.
    return {row["message_id"].bytes for row in await transaction.fetch(_ADD, *columns)}


async def contradicting(connection: Connection, steps: Sequence[Step]) -> list[Step]:
    """Those of these steps whose place, or whose message, is taken by something else: the hub contradicts itself."""
    if not steps:
        return []
    rows = await connection.fetch(_AT, _uuids([one.case_id for one in steps]), [one.step for one in steps])
    known = {(row["case_id"].bytes, row["step"], row["message_id"].bytes, row["body"]) for row in rows}
    return [one for one in steps if (one.case_id, one.step, one.message_id, one.body) not in known]


async def of_case(connection: Connection, case_id: bytes) -> list[Step]:
    """Every known step of a case, in order; there may be gaps."""
    return [_step(row) for row in await connection.fetch(_OF_CASE, UUID(bytes=case_id))]


async def headers(connection: Connection, case_id: bytes, last: int) -> list[Step]:
    """The steps of a case up to one of them, in order, without their content."""
    return [_step(row) for row in await connection.fetch(_HEADERS, UUID(bytes=case_id), last)]


async def waiting(connection: Connection, case_ids: Collection[bytes]) -> tuple[list[Step], list[Receipt]]:
    """Steps of these cases that are not in their state, because an earlier one has not come, and receipts that name such a step."""
    ids = _uuids(case_ids)
    if not await connection.fetchval(_GAPS, ids):  # as it nearly always is: one round trip instead of two
        return [], []
    steps, receipts = await connection.fetch(_WAITING, ids), await connection.fetch(_DELIVERED_WAITING, ids)
    return [_step(row) for row in steps], [_receipt(row) for row in receipts]


async def bodies(connection: Connection, message_ids: Collection[bytes]) -> dict[bytes, bytes]:
    """The headers of these messages, as far as they are known; a due event has none."""
    return {row["message_id"].bytes: row["body"] for row in await connection.fetch(_BODIES, _uuids(message_ids))}


async def add_delivered(transaction: Transaction, receipts: Sequence[tuple[Receipt, bytes]], applied: Collection[bytes]) -> list[Receipt]:
    """Stores logged receipts with their signed bytes; returns those that are new, a repeat changes nothing.

    Args:
        transaction: the caller's.
        receipts: each with its signed bytes.
        applied: messages whose receipt will have acted on its case at the end of this transaction.
    """
    new = await transaction.fetch(
        _ADD_DELIVERED,
        [UUID(bytes=one.message_id) for one, _ in receipts],
        [UUID(bytes=one.case_id) for one, _ in receipts],
        [signed for _, signed in receipts],
        [one.business_at for one, _ in receipts],
        [one.step for one, _ in receipts],
        [one.message_id in applied for one, _ in receipts],
    )
    ids = {row["message_id"].bytes for row in new}
    return list({one.message_id: one for one, _ in receipts if one.message_id in ids}.values())


async def delivered(connection: Connection, case_id: bytes) -> list[Receipt]:
    """Logged receipts of a case's messages."""
    return [_receipt(row) for row in await connection.fetch(_DELIVERED, UUID(bytes=case_id))]


async def without_receipt(connection: Connection, limit: int) -> list[bytes]:
    """Messages of open cases for which no logged receipt is known."""
    return [row["message_id"].bytes for row in await connection.fetch(_WITHOUT_RECEIPT, limit)]


async def newest_times(connection: Connection) -> tuple[datetime, datetime] | None:
    """The two clocks of the newest step: real time and business time."""
    row = await connection.fetchrow(_NEWEST)
    return None if row is None else (row["recorded_at"], row["business_at"])


async def unapplied(connection: Connection) -> Sequence[bytes]:
    """Cases with steps that are known and not applied: they wait for an earlier one."""
    return [row["case_id"].bytes for row in await connection.fetch(_UNAPPLIED)]


def applied(transaction: Transaction, case_id: bytes, before: int, step: int) -> None:
    """The steps of a case are in its state up to this one; they were up to `before`."""
    transaction.later(_APPLIED, UUID(bytes=case_id), step, before)


def delivered_applied(transaction: Transaction, case_id: bytes, step: int) -> None:
    """The receipts of a case that name a step up to this one have acted."""
    transaction.later(_DELIVERED_APPLIED, UUID(bytes=case_id), step)


def _step(row: asyncpg.Record) -> Step:
    ids = ("case_id", "message_id")
    return Step(**{name: value.bytes if name in ids else value for name, value in row.items()})


def _receipt(row: asyncpg.Record) -> Receipt:
    return Receipt(
        message_id=row["message_id"].bytes,
        case_id=row["case_id"].bytes,
        business_at=row["business_at"],
        step=row["step"],
    )


def _uuids(ids: Collection[bytes]) -> list[UUID]:
    return [UUID(bytes=one) for one in ids]
