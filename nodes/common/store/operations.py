"""Irreversible actions between their strokes, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from nodes.common.store.database import Matter
from yrdx.v1 import desk_pb2, register_pb2

if TYPE_CHECKING:
    from collections.abc import Collection

    import asyncpg

    from nodes.common.store.database import Connection, Transaction
    from pki.storage import StorageCipher

_ADD = """
    insert into operations (operation_id, case_id, action, message_id, stroke, request_id, decision, reserved)
    values ($1, $2, $3, $4, $5, $6, $7, '')"""
_COLUMNS = "operation_id, case_id, action, message_id, stroke, request_id, decision, reserved, refusal"
_FIND = f"select {_COLUMNS} from operations where operation_id = $1"  # noqa: S608 - our own names
_UNFINISHED = f"select {_COLUMNS} from operations where stroke not in ('done', 'rejected')"  # noqa: S608
_OF_CASE = f"{_UNFINISHED} and case_id = $1"
_OF_REQUEST = f"select {_COLUMNS} from operations where request_id = $1"  # noqa: S608
_SAVE = "update operations set action = $2, message_id = $3, stroke = $4, request_id = $5, decision = $6, reserved = $7, refusal = $8 \
where operation_id = $1"
_ANSWERED = """
    update operations set stroke = case when message_id = any($1::uuid[]) then 'finalising' else 'releasing' end
    where (message_id = any($1::uuid[]) or message_id = any($2::uuid[])) and stroke = 'submitted' returning 1"""


class Stroke(StrEnum):
    """Where an operation stands; what is to be done next follows from it alone."""

    RESERVING = "reserving"
    SUBMITTED = "submitted"
    FINALISING = "finalising"
    RELEASING = "releasing"
    FAILED = "failed"
    ANNULLING = "annulling"
    REJECTING = "rejecting"
    DONE = "done"
    REJECTED = "rejected"


@dataclass(slots=True, kw_only=True)
class Operation:
    """One irreversible action.

    Attributes:
        operation_id: the register's name for it, for ever.
        message_id: of the message that carries the action.
        request_id: of the desk call that asked for it.
        decision: that call.
        reserved: the register's answer to Reserve; None before.
        refusal: why the register would not reserve, or 0.
    """

    operation_id: bytes
    case_id: bytes
    action: str
    message_id: bytes
    request_id: bytes
    decision: desk_pb2.DecideRequest
    stroke: Stroke = Stroke.RESERVING
    reserved: register_pb2.ReserveResponse | None = None
    refusal: int = 0


class Operations:
    """The operations table; every method works in the caller's transaction."""

    def __init__(self, cipher: StorageCipher) -> None:
        """Takes the cipher of the storage key."""
        self._cipher = cipher

    def add(self, transaction: Transaction, operation: Operation) -> None:
        """Makes the operation id durable, before the register hears it."""
        ids = UUID(bytes=operation.operation_id), UUID(bytes=operation.case_id), operation.action, UUID(bytes=operation.message_id)
        decision = self._sealed(operation.decision.SerializeToString(), operation.operation_id)
        transaction.touch(Matter.OPERATIONS)
        transaction.later(_ADD, *ids, operation.stroke, UUID(bytes=operation.request_id), decision)

    async def find(self, connection: Connection, operation_id: bytes) -> Operation:
        """The operation of that id, which is known to exist."""
        row = await connection.fetchrow(_FIND, UUID(bytes=operation_id))
        assert row is not None  # noqa: S101 - operations are never deleted
        return self._row(row)

    async def of_request(self, connection: Connection, request_id: bytes) -> Operation | None:
        """The operation that a desk call began."""
        row = await connection.fetchrow(_OF_REQUEST, UUID(bytes=request_id))
        return None if row is None else self._row(row)

    async def of_case(self, connection: Connection, case_id: bytes) -> Operation | None:
        """The unfinished operation of a case; there is at most one."""
        row = await connection.fetchrow(_OF_CASE, UUID(bytes=case_id))
        return None if row is None else self._row(row)

    async def unfinished(self, connection: Connection) -> list[Operation]:
        """Every operation that is not over."""
        return [self._row(row) for row in await connection.fetch(_UNFINISHED)]

    def save(self, transaction: Transaction, operation: Operation) -> None:
        """Writes where it stands now."""
        name = operation.operation_id
        reserved = operation.reserved.SerializeToString() if operation.reserved is not None else None
        transaction.touch(Matter.OPERATIONS)
        transaction.later(
            _SAVE,
            UUID(bytes=name),
            operation.action,
            UUID(bytes=operation.message_id),
            operation.stroke,
            UUID(bytes=operation.request_id),
            self._sealed(operation.decision.SerializeToString(), name),
            b"" if reserved is None else self._sealed(reserved, name),
            operation.refusal,
        )

    def _row(self, row: asyncpg.Record) -> Operation:
        name = row["operation_id"].bytes
        reserved = register_pb2.ReserveResponse.FromString(self._cipher.decrypt(row["reserved"], name)) if row["reserved"] else None
        return Operation(
            operation_id=name,
            case_id=row["case_id"].bytes,
            action=row["action"],
            message_id=row["message_id"].bytes,
            request_id=row["request_id"].bytes,
            decision=desk_pb2.DecideRequest.FromString(self._cipher.decrypt(row["decision"], name)),
            stroke=Stroke(row["stroke"]),
            reserved=reserved,
            refusal=row["refusal"],
        )

    def _sealed(self, plain: bytes, context: bytes) -> bytes:
        return self._cipher.encrypt(plain, context)


async def answered(transaction: Transaction, accepted: Collection[bytes], refused: Collection[bytes]) -> None:
    """The hub has answered these messages: only this ends the second stroke, never a time-out or a cancel (design I2)."""
    if await transaction.fetch(_ANSWERED, [UUID(bytes=one) for one in accepted], [UUID(bytes=one) for one in refused]):
        transaction.touch(Matter.OPERATIONS)
