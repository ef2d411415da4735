"""Steps of cases as they became known, and the logged receipts that start limits: rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - a dataclass keeps its annotations
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from nodes.common.store.database import Connection

HUB: Final = "hub"

_COLUMNS = "case_id, step, message_id, sender, body, key_id, signature, accepted, recorded_at, business_at, content, problem"
_ADD = f"""
    insert into steps ({_COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict do nothing"""  # noqa: S608
_OF_CASE = f"select {_COLUMNS} from steps where case_id = $1 order by step"  # noqa: S608
_AT = "select message_id, body from steps where case_id = $1 and step = $2"
_ADD_DELIVERED = """
    insert into delivered (message_id, receipt, business_at, step)
    select * from unnest($1::uuid[], $2::bytea[], $3::timestamptz[], $4::bigint[]) on conflict do nothing returning message_id"""
_DELIVERED = """
    select d.message_id, d.business_at, d.step from delivered d join steps s using (message_id) where s.case_id = $1"""
_WITHOUT_RECEIPT = """
    select s.message_id from steps s join cases c using (case_id) left join delivered d using (message_id)
    where d.message_id is null and s.sender <> 'hub' and c.state <> 'closed' limit $1"""
_CASES_OF = "select distinct case_id from steps where message_id = any($1::uuid[])"
_NEWEST = "select recorded_at, business_at from steps order by recorded_at desc limit 1"
_UNAPPLIED = "select distinct case_id from steps where not applied"
_APPLIED = "update steps set applied = true where case_id = $1 and step <= $2 and not applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a case, verified.

    Attributes:
        message_id: of the message, or id of the due event.
        sender: province, or `HUB` for a due event.
        body: header or due event, verbatim.
        accepted: the hub's signed receipt; empty for a due event.
        content: the SealedContent under the storage key; where it could not be opened, the sealed bytes as they came.
        problem: number of why the content cannot be used, or 0.
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


@dataclass(frozen=True, slots=True)
class Receipt:
    """A logged DELIVERED receipt: it acts on its case after `step` steps."""

    message_id: bytes
    business_at: datetime
    step: int


async def add(connection: Connection, steps: Collection[Step]) -> list[Step]:
    """Stores what is new; returns those whose place is taken by something else: the hub contradicts itself."""
    rows = [
        (
            UUID(bytes=one.case_id),
            one.step,
            UUID(bytes=one.message_id),
            one.sender,
            one.body,
            one.key_id,
            one.signature,
            one.accepted,
            one.recorded_at,
            one.business_at,
            one.content,
            one.problem,
        )
        for one in steps
    ]
    # If we crash before the commit, nothing was acknowledged and the hub sends it again; after it, the repeat changes nothing.
    await connection.executemany(_ADD, rows)
    return [one for one in steps if not await _is_stored(connection, one)]


async def of_case(connection: Connection, case_id: bytes) -> list[Step]:
    """Every known step of a case, in order; there may be gaps."""
    rows = await connection.fetch(_OF_CASE, UUID(bytes=case_id))
    ids = ("case_id", "message_id")
    return [Step(**{name: value.bytes if name in ids else value for name, value in row.items()}) for row in rows]


async def add_delivered(connection: Connection, receipts: Collection[tuple[Receipt, bytes]]) -> list[bytes]:
    """Stores logged receipts with their signed bytes; returns the messages of those that are new, a repeat changes nothing."""
    ids = [UUID(bytes=one.message_id) for one, _ in receipts]
    rows = await connection.fetch(
        _ADD_DELIVERED, ids, [signed for _, signed in receipts], [one.business_at for one, _ in receipts], [one.step for one, _ in receipts]
    )
    return [row["message_id"].bytes for row in rows]


async def delivered(connection: Connection, case_id: bytes) -> list[Receipt]:
    """Logged receipts of a case's messages."""
    rows = await connection.fetch(_DELIVERED, UUID(bytes=case_id))
    return [Receipt(row["message_id"].bytes, row["business_at"], row["step"]) for row in rows]


async def without_receipt(connection: Connection, limit: int) -> list[bytes]:
    """Messages of open cases for which no logged receipt is known."""
    return [row["message_id"].bytes for row in await connection.fetch(_WITHOUT_RECEIPT, limit)]


async def cases_of(connection: Connection, message_ids: Collection[bytes]) -> list[bytes]:
    """The cases that these messages belong to, as far as they are known."""
    return [row["case_id"].bytes for row in await connection.fetch(_CASES_OF, [UUID(bytes=one) for one in message_ids])]


async def newest_times(connection: Connection) -> tuple[datetime, datetime] | None:
    """The two clocks of the newest step: real time and business time."""
    row = await connection.fetchrow(_NEWEST)
    return None if row is None else (row["recorded_at"], row["business_at"])


async def unapplied(connection: Connection) -> Sequence[bytes]:
    """Cases with steps that are known and not applied: they wait for an earlier one, or a crash came between."""
    return [row["case_id"].bytes for row in await connection.fetch(_UNAPPLIED)]


async def applied(connection: Connection, case_id: bytes, step: int) -> None:
    """The steps of a case up to this one are in its state."""
    await connection.execute(_APPLIED, UUID(bytes=case_id), step)


async def _is_stored(connection: Connection, step: Step) -> bool:
    row = await connection.fetchrow(_AT, UUID(bytes=step.case_id), step.step)
    return row is not None and row["message_id"].bytes == step.message_id and row["body"] == step.body
