"""Own messages on their way to the hub, as rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - a dataclass keeps its annotations
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from core.envelope import ReadMessage, read_header
from nodes.common.store.database import Matter
from yrdx.v1 import envelope_pb2
from yrdx.v1.household_transfer_pb2 import SealedContent  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import asyncpg

    from nodes.common.store.database import Connection, Transaction

_REMEMBERED: Final = 500

_ADD = """
    insert into outbox (message_id, case_id, action, header, key_id, signature, sealed_payload, tag_opening, content, created_at, try_after)
    select *, at from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
        $9::bytea[], $10::timestamptz[]) as said (message, about, action, header, key, signature, sealed, opening, content, at)"""
_WAITING = """
    select message_id, signature from outbox where answer is null and refusal = 0 and try_after <= $1 order by position limit $2"""
_SEVERAL = """
    select message_id, case_id, action, header, key_id, signature, sealed_payload, tag_opening, content, created_at, refusal from outbox
    where message_id = any($1::uuid[])"""
_OF_CASE = """
    select message_id, case_id, action, header, key_id, signature, sealed_payload, tag_opening, content, created_at, refusal from outbox
    where case_id = $1 and not exists (select from steps where steps.message_id = outbox.message_id) order by position"""
_ANSWERED = """
    update outbox o set answer = a.answer, refusal = a.refusal, sealed_payload = '', tag_opening = ''
    from unnest($1::uuid[], $2::bytea[], $3::integer[]) as a (message_id, answer, refusal)
    where o.message_id = a.message_id and o.answer is null returning o.message_id"""
_WRITE_AGAIN = """
    update outbox set header = $2, key_id = $3, signature = $4, sealed_payload = $5, tag_opening = $6, content = $7
    where message_id = $1 and answer is null"""
_PUT_OFF = "update outbox set try_after = $2 where message_id = $1"
_FORGET = "update outbox set content = '' where case_id = $1 and content <> '' and (answer is not null or refusal <> 0)"
_STUCK = "update outbox set refusal = $2 where message_id = $1 and answer is null"
_OLDEST = "select min(created_at) from outbox where answer is null and refusal = 0"
_COUNT = "select count(*) from outbox where answer is null and refusal = 0"


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message that is durable here.

    Attributes:
        envelope: as it is sent.
        content: its SealedContent, sealed under the storage key; empty once its case has closed.
        created_at: real time.
        refusal: number of its refusal, signed or not; 0 while it has none.
        plain: what `content` says, in the process that wrote the message; None when it was read from the database.
        header: as it was read then; None as above.
    """

    message_id: bytes
    case_id: bytes
    action: str
    envelope: envelope_pb2.Envelope
    content: bytes
    created_at: datetime
    refusal: int = 0
    plain: SealedContent | None = field(default=None, compare=False)
    header: ReadMessage | None = field(default=None, compare=False)

    @cached_property
    def read(self) -> ReadMessage:
        """Its header."""
        return self.header or read_header(self.envelope.header)


def add(transaction: Transaction, message: Outgoing) -> None:
    """Puts a message into the outbox. If we crash before the commit, it was never said; after it, it will be sent until it is answered."""
    envelope = message.envelope
    opening = envelope.tag_opening.SerializeToString() if envelope.HasField("tag_opening") else b""
    ids = UUID(bytes=message.message_id), UUID(bytes=message.case_id)
    signed = envelope.header, envelope.key_id, envelope.signature, envelope.sealed_payload
    transaction.together(_ADD, *ids, message.action, *signed, opening, message.content, message.created_at)
    transaction.afterwards(partial(_remember, transaction.said, message))
    transaction.touch(Matter.MESSAGES)


def write_again(transaction: Transaction, message: Outgoing) -> None:
    """Puts other bytes in the place of a message that the hub did not take and, as it was, never will."""
    transaction.said.pop(message.message_id, None)
    envelope = message.envelope
    opening = envelope.tag_opening.SerializeToString()
    signed = envelope.header, envelope.key_id, envelope.signature, envelope.sealed_payload
    transaction.later(_WRITE_AGAIN, UUID(bytes=message.message_id), *signed, opening, message.content)


async def waiting(connection: Connection, at: datetime, limit: int, said: Mapping[bytes, Outgoing]) -> list[Outgoing]:
    """Unanswered messages that may be sent now, oldest first; the bytes of those of `said` are not read again.

    A message that was written again has another signature; what is remembered of it is not what is to be sent.
    """
    due = [(row["message_id"].bytes, row["signature"]) for row in await connection.fetch(_WAITING, at, limit)]
    known = {one: said[one] for one, signature in due if one in said and said[one].envelope.signature == signature}
    others = [UUID(bytes=one) for one, _ in due if one not in known]
    if others:
        known |= {message.message_id: message for message in map(_row, await connection.fetch(_SEVERAL, others))}
    return [known[one] for one, _ in due if one in known]


async def of_case(connection: Connection, case_id: bytes) -> Sequence[Outgoing]:
    """Messages of a case that are no step of it: unanswered, or refused."""
    return [_row(row) for row in await connection.fetch(_OF_CASE, UUID(bytes=case_id))]


async def answered(transaction: Transaction, answers: Sequence[tuple[bytes, bytes, int]]) -> set[bytes]:
    """Stores the hub's receipts: message id, receipt, number of a refusal. Returns the messages that had none yet.

    The sealed bytes have served; the content is there to be read, and to be sealed again, until the case closes.
    """
    for message_id, _, _ in answers:
        transaction.said.pop(message_id, None)
    ids = [UUID(bytes=message_id) for message_id, _, _ in answers]
    rows = await transaction.fetch(_ANSWERED, ids, [receipt for _, receipt, _ in answers], [refusal for _, _, refusal in answers])
    return {row["message_id"].bytes for row in rows}


def put_off(transaction: Transaction, message_id: bytes, until: datetime) -> None:
    """Sends a message again not before that."""
    transaction.later(_PUT_OFF, UUID(bytes=message_id), until)


def give_up(transaction: Transaction, message_id: bytes, refusal: int) -> None:
    """Sends a message no more that the hub will never take as it is; an operator must look at it."""
    transaction.said.pop(message_id, None)
    transaction.later(_STUCK, UUID(bytes=message_id), refusal)


def forget(transaction: Transaction, case_id: bytes) -> None:
    """Removes the content of a case's messages that will not be sent any more."""
    transaction.later(_FORGET, UUID(bytes=case_id))


async def count(connection: Connection) -> int:
    """How many wait for an answer."""
    return int(await connection.fetchval(_COUNT) or 0)


async def oldest(connection: Connection) -> datetime | None:
    """When the oldest of them was written down; None when there is none."""
    found: datetime | None = await connection.fetchval(_OLDEST)
    return found


def _remember(said: dict[bytes, Outgoing], message: Outgoing) -> None:
    """While the hub is away they pile up; those that are sent first stay."""
    if len(said) < _REMEMBERED:
        said[message.message_id] = message


def _row(row: asyncpg.Record) -> Outgoing:
    envelope = envelope_pb2.Envelope(
        header=row["header"], key_id=row["key_id"], signature=row["signature"], sealed_payload=row["sealed_payload"]
    )
    if row["tag_opening"]:
        envelope.tag_opening.ParseFromString(row["tag_opening"])
    return Outgoing(
        message_id=row["message_id"].bytes,
        case_id=row["case_id"].bytes,
        action=row["action"],
        envelope=envelope,
        content=row["content"],
        created_at=row["created_at"],
        refusal=row["refusal"],
    )
