"""The four strokes of an irreversible action (迁出注销, 落户): reserve, submit, finalise, entered. Register and hub share no transaction.

What is to be done next follows from the stored stroke alone, and doing it twice is harmless, so that kill -9 between any two strokes is
healed by the same function that runs normally. A stroke is written down only while the operation still stands where it was read: an officer
who annuls, or another instance of this node, may have moved it.

    reserving ─▶ submitted ─▶ finalising ─▶ done            reserved in the register, accepted by the hub, made, `entered` said
        │            └──────▶ releasing  ─▶ done            the hub refused: the reservation ends
        └─▶ rejecting ─▶ rejected                           the register would not: nothing was said, nothing stays reserved
                              finalising ─▶ failed          the register cannot: `execution-failed` is said; healed later, or annulled
                              failed ─▶ annulling ─▶ done

Rules that a model check found necessary (docs/spec/Strokes.tla): the operation id is durable before Reserve; `case_seq` is given after
Reserve succeeded; once submitted, only the hub's stored answer ends a reservation; that it ends is durable before Release;
`execution-failed` only before `entered`; `annul` only once the register has answered Release with *released*.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, NoReturn

from core.receipts import timestamp
from core.refusals import ACTION_NOT_LEGAL, BY_NUMBER, CHANGE_IMPOSSIBLE, OPERATION_RELEASED, OPERATION_UNKNOWN, UNAVAILABLE, Refused
from nodes.common.decisions import ANNUL
from nodes.common.messages import Saying
from nodes.common.services import SERVICES
from nodes.common.store import outbox as outbox_rows
from nodes.common.store import steps as steps_of
from nodes.common.store.database import Matter
from nodes.common.store.operations import Operation, Stroke
from runtime import process_log
from yrdx.v1 import envelope_pb2, register_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from datetime import datetime

    from google.protobuf.message import Message

    from nodes.common.decisions import Decisions
    from nodes.common.messages import Writer
    from nodes.common.register import Register
    from nodes.common.store.cases import CaseRow
    from nodes.common.store.database import Database, Transaction
    from nodes.common.store.operations import Operations
    from runtime.clock import Clock, Sleep

_POLL_S: Final = 1.0
_AT_ONCE: Final = 16
_FAILED_AGAIN_S: Final = 10.0
_FINALISED: Final = register_pb2.OPERATION_STATE_FINALISED
_IMPOSSIBLE: Final = frozenset({CHANGE_IMPOSSIBLE, OPERATION_RELEASED, OPERATION_UNKNOWN})
"""What a register says about the change itself; any other refusal is about the call, which is made again."""

_LOG = process_log.get("nodes.strokes")


class _MovedError(Exception):
    """Somebody else has carried the operation on meanwhile: what was to be written about it is out of date."""


@dataclass(slots=True, kw_only=True)
class Strokes:
    """Carries operations from stroke to stroke.

    Attributes:
        decisions: writes down what an officer decided.
    """

    database: Database
    operations: Operations
    register: Register
    decisions: Decisions
    writer: Writer
    clock: Clock
    sleep: Sleep
    _locks: defaultdict[bytes, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _tried: dict[bytes, datetime] = field(default_factory=dict)
    _reached: bool = field(default=True)

    async def carry(self, operation_id: bytes) -> Operation:
        """Does what can be done now, as far as it goes; returns where the operation stands then.

        Raises:
            Refused: a retriable kind when register or database cannot do it now; the operation stands where it stood.
        """
        async with self._locks[operation_id]:
            while True:
                async with self.database.reading() as connection:
                    operation = await self.operations.find(connection, operation_id)
                stroke = self._STROKES.get(operation.stroke)
                try:
                    if stroke is None or not await stroke(self, operation):
                        break
                except _MovedError:
                    continue
        if operation.stroke in {Stroke.DONE, Stroke.REJECTED}:
            self._locks.pop(operation_id, None)
            self._tried.pop(operation_id, None)
        return operation

    async def run(self) -> NoReturn:
        """Carries every unfinished operation, for ever."""
        while True:
            changed = self.database.changed(Matter.OPERATIONS)
            try:
                async with self.database.reading() as connection:
                    unfinished = await self.operations.unfinished(connection)
                await self._carry_all([one for one in unfinished if one.stroke in self._STROKES])
                self._reached = True
            except Refused as refusal:
                self._complain(refusal)
                await self.sleep(_POLL_S)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_S):
                    await changed.wait()

    def _complain(self, refusal: Refused) -> None:
        if self._reached:
            self._reached = False
            _LOG.warning("operations cannot go on", reason=str(refusal))

    async def _carry_all(self, operations: list[Operation]) -> None:
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(operation: Operation) -> None:
            async with room:
                try:
                    await self.carry(operation.operation_id)
                except Refused as refusal:
                    known = {"operation_id": operation.operation_id.hex(), "stroke": operation.stroke.value}
                    _LOG.info("a stroke must be tried again", reason=str(refusal), **known)

        async with asyncio.TaskGroup() as group:
            for operation in operations:
                group.create_task(one(operation))

    async def _reserve(self, operation: Operation) -> bool:
        """Stroke 1, and with it the message of stroke 2."""
        async with self.database.reading() as connection:
            row = await self.decisions.cases.known(connection, operation.case_id)
        service, codec = SERVICES[row.service], self.decisions.codec
        try:
            request = service.reservation(operation.decision, operation.operation_id, row.facts, codec)
            # If we crash after this call, the register holds the record for an operation that is durable here: it is asked again.
            reserved = await self.register.reserve(request)
            service.check_reserved(operation.action, reserved, row.facts, codec)
            # If we crash before the commit, nothing was said and Reserve gets the same answer again; after it, the outbox goes on.
            async with self._standing(operation) as (transaction, row):
                operation.reserved = reserved
                await self.decisions.say(transaction, row, operation)
                self._move(transaction, operation, Stroke.SUBMITTED)
        except Refused as refusal:
            if refusal.kind.retriable:
                raise
            await self._reject(operation, refusal)
            return True
        return False

    async def _reject(self, operation: Operation, refusal: Refused) -> None:
        """The register will not. That is durable before Release: a Release on its way must never meet a later, successful Reserve."""
        # If we crash before the commit, Reserve is asked again, whatever it answers then; after it, it never is.
        async with self._standing(operation) as (transaction, _):
            operation.refusal = refusal.kind.number
            self._move(transaction, operation, Stroke.REJECTING)

    async def _end_rejected(self, operation: Operation) -> bool:
        """Nothing was said to anybody: what the register may hold for us is released, then the officer is told."""
        # If we crash after this call, Release is asked again and answers the same.
        await self.register.release(operation.operation_id)
        async with self._standing(operation) as (transaction, row):
            self._move(transaction, operation, Stroke.REJECTED)
            self.decisions.take_back(transaction, row, operation, operation.refusal)
        return False

    async def _finalise(self, operation: Operation) -> bool:
        """Strokes 3 and 4. A change that cannot be made is said once and tried again from time to time."""
        if operation.stroke is Stroke.FAILED and not self._is_time(operation):
            return False
        effective_at = await self._accepted_at(operation)
        request = register_pb2.FinaliseRequest(operation_id=operation.operation_id, effective_at=timestamp(effective_at))
        try:
            # If we crash after this call, the change is made and not said: Finalise is asked again and answers the same.
            since = (await self.register.finalise(request)).since
        except Refused as refusal:
            if refusal.kind not in _IMPOSSIBLE or operation.stroke is Stroke.FAILED:
                raise
            await self._fail(operation, refusal)
            return False
        await self._end(operation, "entered", transfer_pb2.Entered(operation_id=operation.operation_id, entered_at=since))
        return False

    async def _fail(self, operation: Operation, refusal: Refused) -> None:
        _LOG.error("the register cannot make a change", operation_id=operation.operation_id.hex(), number=refusal.kind.number)
        failed = transfer_pb2.ExecutionFailed(
            operation_id=operation.operation_id, reason_code=refusal.kind.name.lower(), reason=refusal.kind.zh
        )
        self._tried[operation.operation_id] = self.clock.now()
        await self._end(operation, "execution-failed", failed, Stroke.FAILED)

    async def _release(self, operation: Operation) -> bool:
        """The hub refused the action for ever: the record is free again."""
        # If we crash after this call, Release is asked again and answers the same.
        await self.register.release(operation.operation_id)
        async with self._standing(operation) as (transaction, _):
            self._move(transaction, operation, Stroke.DONE)
        return False

    async def _annul(self, operation: Operation) -> bool:
        """OUT gives up what could not be executed, unless the register has made the change after all."""
        released = await self.register.release(operation.operation_id)
        # If we crash before the commit, Release answers the same again.
        async with self._standing(operation) as (transaction, row):
            if released.state == _FINALISED:
                entered = transfer_pb2.Entered(
                    operation_id=operation.operation_id, entered_at=timestamp(self.decisions.business_time.now())
                )
                self._put(transaction, row, self._saying(row, operation, "entered", entered))
                self.decisions.take_back(transaction, row, operation, ACTION_NOT_LEGAL.number)
            else:
                await self.decisions.say(transaction, row, operation)
            self._move(transaction, operation, Stroke.DONE)
        return False

    async def _end(self, operation: Operation, action: str, payload: Message, stroke: Stroke = Stroke.DONE) -> None:
        """Says what became of the action, in the name of the officer who decided it."""
        # If we crash before the commit, the register answers the same again; after it, the outbox goes on.
        async with self._standing(operation) as (transaction, row):
            self._put(transaction, row, self._saying(row, operation, action, payload))
            self._move(transaction, operation, stroke)

    @asynccontextmanager
    async def _standing(self, operation: Operation) -> AsyncIterator[tuple[Transaction, CaseRow]]:
        """A transaction with the case of an operation that still stands where it was read.

        Raises:
            _MovedError: it does not; nothing may be written.
        """
        async with self.database.writing() as transaction:
            found = await self.operations.find(transaction, operation.operation_id)
            if (found.stroke, found.message_id) != (operation.stroke, operation.message_id):
                raise _MovedError
            yield transaction, await self.decisions.cases.known(transaction, operation.case_id)

    def _move(self, transaction: Transaction, operation: Operation, stroke: Stroke) -> None:
        operation.stroke = stroke
        self.operations.save(transaction, operation)

    def _saying(self, row: CaseRow, operation: Operation, action: str, payload: Message) -> Saying:
        failed = action == "execution-failed"
        return Saying(
            message_id=self.writer.new_id(),
            action=action,
            payload=payload,
            officer=operation.decision.officer,
            legal_basis=operation.decision.legal_basis,
            reason_class=envelope_pb2.REASON_CLASS_NOT_EXECUTABLE if failed else envelope_pb2.REASON_CLASS_UNSPECIFIED,
            concerns=_concerned(operation, row),
        )

    def _put(self, transaction: Transaction, row: CaseRow, saying: Saying) -> None:
        outbox_rows.add(transaction, self.writer.write(row, saying))
        self.decisions.applier.save(transaction, row)

    async def _accepted_at(self, operation: Operation) -> datetime:
        """Business time at which the hub accepted the action: the change takes effect then, whenever it is made."""
        async with self.database.reading() as connection:
            known = await steps_of.of_case(connection, operation.case_id)
            row = await self.decisions.cases.known(connection, operation.case_id)
        concerned = _concerned(operation, row)
        accepted = next((step for step in known if step.message_id == concerned), None)
        if accepted is None:  # the hub gave the step to another message too, see the process log
            raise Refused(UNAVAILABLE, "step")
        return accepted.business_at

    def _is_time(self, operation: Operation) -> bool:
        last, now = self._tried.get(operation.operation_id), self.clock.now()
        if last is not None and (now - last).total_seconds() < _FAILED_AGAIN_S:
            return False
        self._tried[operation.operation_id] = now
        return True

    _STROKES: ClassVar[Mapping[Stroke, Callable[[Strokes, Operation], Awaitable[bool]]]] = {
        Stroke.RESERVING: _reserve,
        Stroke.REJECTING: _end_rejected,
        Stroke.FINALISING: _finalise,
        Stroke.FAILED: _finalise,
        Stroke.RELEASING: _release,
        Stroke.ANNULLING: _annul,
    }


def _concerned(operation: Operation, row: CaseRow) -> bytes:
    """The irreversible action that an operation executes.

    Of one that is being annulled it is the one that the case waits for. Otherwise the case cannot tell: an earlier step may not have come
    yet, and then it still stands before the action.
    """
    if operation.action != ANNUL:
        return operation.message_id
    assert row.case is not None  # noqa: S101 - only what has failed in it can be annulled
    return row.case.concerns


def outcome(operation: Operation) -> None:
    """Tells an officer at once that the register would not.

    Raises:
        Refused: the register's reason.
    """
    if operation.stroke is Stroke.REJECTED:
        raise Refused(BY_NUMBER[operation.refusal], "register")
