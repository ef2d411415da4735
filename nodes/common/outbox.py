"""Step 1 of 9 at the sender - submit. Own messages go to the hub in batches, again and again, until each has its signed answer.

An answer is ACCEPTED (the message becomes a step of its case) or REFUSED, for ever; a retriable refusal puts the message off, and so does
one whose cause lies outside the message and can be mended (a clock, a key, what the hub knows); what the hub will never take as it is
(malformed, a conflict) stays here, is not sent again, and shows on the desk. A message that waits for an earlier one of its case is simply
sent again. The sealed bytes are those that were stored; only the signature is made anew when this process has another key than the one that
signed.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

import grpc

from core import receipts
from core.refusals import (
    FUTURE_CLOCK,
    KEY_REVOKED,
    POLICY_SUPERSEDED,
    TAG_EPOCH_MISSING,
    UNAVAILABLE,
    UNKNOWN_KEY,
    UNKNOWN_PROVINCE,
    UNKNOWN_RULES,
    Refused,
)
from nodes.common.store import operations as operations_of
from nodes.common.store import outbox as rows
from nodes.common.store.database import Matter
from nodes.common.store.steps import Step
from nodes.common.verify import moment
from runtime import process_log
from runtime.grpc_errors import from_problem, refused
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor

    from nodes.common.apply import Applier
    from nodes.common.business_time import BusinessTime
    from nodes.common.messages import Writer
    from nodes.common.pace import Pace
    from nodes.common.store.database import Database, Transaction
    from nodes.common.store.outbox import Outgoing
    from nodes.common.trust import NodeTrust
    from nodes.common.verify import Verifier
    from pki.trust import Trust
    from runtime.clock import Clock, Sleep
    from yrdx.v1 import envelope_pb2, exchange_pb2_grpc, receipt_pb2

MAX_BATCH: Final = 256
MAX_BYTES: Final = 8 * 1024 * 1024
_CALL_S: Final = 30.0
_IDLE_S: Final = 0.5
_PAUSE_S: Final = 0.5
_MENDED_S: Final = 30.0
_CAN_BE_MENDED: Final = frozenset({FUTURE_CLOCK, UNKNOWN_KEY, UNKNOWN_PROVINCE, UNKNOWN_RULES, KEY_REVOKED})
"""The same bytes may be accepted once an operator has done something; a new key signs them again."""
_WRITTEN_AGAIN: Final = frozenset({TAG_EPOCH_MISSING, POLICY_SUPERSEDED})
"""The hub will never take the same bytes: what they say about epochs or policy is of the trust list before."""

_LOG = process_log.get("nodes.outbox")


@dataclass(slots=True, kw_only=True)
class Outbox:
    """The sender of one province."""

    province: str
    database: Database
    exchange: exchange_pb2_grpc.ExchangeAsyncStub
    writer: Writer
    trust: NodeTrust
    verifier: Verifier
    applier: Applier
    business_time: BusinessTime
    clock: Clock
    sleep: Sleep
    executor: Executor
    pace: Pace
    _reached: bool = field(default=True)

    async def run(self) -> NoReturn:
        """Sends for ever; waits while hub or database is away."""
        while True:
            changed = self.database.changed(Matter.MESSAGES)
            try:
                async with self.pace.turn():
                    sent = await self._send()
                if sent:
                    continue
            except Refused as refusal:
                self._complain(refusal)
                await self.sleep(_PAUSE_S)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_S):
                    await changed.wait()

    async def _send(self) -> bool:
        """One batch; whether there was one."""
        async with self.database.reading() as connection:
            waiting = _fitting(await rows.waiting(connection, self.clock.now(), MAX_BATCH, self.database.said))
        if not waiting:
            return False
        request = exchange_pb2.SubmitRequest(envelopes=[self._current(one) for one in waiting])
        try:
            response = await self.exchange.Submit(request, timeout=_CALL_S)
        except grpc.aio.AioRpcError as error:
            raise refused(error) or Refused(UNAVAILABLE, "hub") from error
        if len(response.results) != len(waiting):
            raise Refused(UNAVAILABLE, "results")
        self._reached = True
        self.writer.checkpoint = response.checkpoint
        await self._settle(waiting, response.results)
        return True

    def _current(self, message: Outgoing) -> envelope_pb2.Envelope:
        """The stored envelope, signed again over the same bytes if this process has another key."""
        envelope = message.envelope
        if envelope.key_id == self.writer.signer.key_id:
            return envelope
        return self.writer.signed(
            envelope.header, envelope.sealed_payload, envelope.tag_opening if envelope.HasField("tag_opening") else None
        )

    async def _settle(self, sent: Sequence[Outgoing], results: Sequence[exchange_pb2.SubmitResult]) -> None:
        """Stores what the hub answered."""
        versions = await self.trust.named_by(result.receipts[0] for result in results if result.receipts)
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self.executor, self._answers, sent, results, versions)
        if any(isinstance(answer, Refused) and answer.kind in _WRITTEN_AGAIN for answer in answers):
            await self.trust.refresh()  # before the transaction: it asks the hub
        # If we crash before the commit, the batch is sent again and gets the same answers.
        async with self.database.writing() as transaction:
            for message, answer in zip(sent, answers, strict=True):
                if isinstance(answer, Refused):
                    await self._refused(transaction, message, answer)
            await self._take(transaction, sent, results, answers)

    def _answers(
        self, sent: Sequence[Outgoing], results: Sequence[exchange_pb2.SubmitResult], versions: dict[int, Trust]
    ) -> list[receipt_pb2.Receipt | Refused]:
        """The verified receipt of each message, or why there is none."""
        return [self._answer(message, result, versions) for message, result in zip(sent, results, strict=True)]

    def _answer(self, message: Outgoing, result: exchange_pb2.SubmitResult, versions: dict[int, Trust]) -> receipt_pb2.Receipt | Refused:
        if not result.receipts:
            return from_problem(result.problem)
        try:
            return self.verifier.answer(message.read, result.receipts[0], versions)
        except Refused as refusal:
            _LOG.error("the hub's answer is not authentic", message_id=message.message_id.hex(), reason=str(refusal))
            return Refused(UNAVAILABLE, "receipt")

    async def _take(
        self,
        transaction: Transaction,
        sent: Sequence[Outgoing],
        results: Sequence[exchange_pb2.SubmitResult],
        answers: Sequence[receipt_pb2.Receipt | Refused],
    ) -> None:
        """Stores signed answers; what is accepted becomes a step."""
        taken = [
            (message, result.receipts[0].SerializeToString(), answer)
            for message, result, answer in zip(sent, results, answers, strict=True)
            if not isinstance(answer, Refused)
        ]
        if not taken:
            return
        new = await rows.answered(transaction, [(message.message_id, signed, answer.refusal) for message, signed, answer in taken])
        steps = []
        for message, signed, answer in taken:
            self.business_time.learn(moment(answer.recorded_at), moment(answer.business_at))
            if message.message_id not in new:
                continue
            if answer.kind == receipts.ACCEPTED:
                steps.append(self._step(message, signed, answer))
            else:
                await self._close_decision(transaction, message, answer.refusal)
        refused_ids = [message.message_id for message, _, answer in taken if answer.kind != receipts.ACCEPTED]
        if any(message.read.action.irreversible for message, _, _ in taken):
            await operations_of.answered(transaction, [step.message_id for step in steps], refused_ids)
        for step in await self.applier.take(transaction, steps):
            _LOG.error("the hub gave one step twice", case_id=step.case_id.hex(), step=step.step, message_id=step.message_id.hex())

    def _step(self, message: Outgoing, signed: bytes, answer: receipt_pb2.Receipt) -> Step:
        return Step(
            case_id=message.case_id,
            step=answer.step,
            message_id=message.message_id,
            sender=self.province,
            body=message.envelope.header,
            key_id=message.envelope.key_id,
            signature=message.envelope.signature,
            accepted=signed,
            recorded_at=moment(answer.recorded_at),
            business_at=moment(answer.business_at),
            content=b"",  # the outbox has it
            message=message.read,
            opened=message.plain or self.writer.opened(message),
        )

    async def _refused(self, transaction: Transaction, message: Outgoing, refusal: Refused) -> None:
        """An unsigned refusal: later again, or never."""
        after_s = refusal.retry_after_s
        if after_s is None:
            known = {"message_id": message.message_id.hex(), "number": refusal.kind.number, "field": refusal.field}
            _LOG.error("the hub does not take a message", **known)
            after_s = _MENDED_S if refusal.kind in _CAN_BE_MENDED else None
        if refusal.kind in _WRITTEN_AGAIN:
            self._write_again(transaction, message)
        if after_s is not None:
            rows.put_off(transaction, message.message_id, self.clock.now() + timedelta(seconds=after_s))
            return
        rows.give_up(transaction, message.message_id, refusal.kind.number)
        await self._close_decision(transaction, message, refusal.kind.number)

    def _write_again(self, transaction: Transaction, message: Outgoing) -> None:
        """Gives an opening what is in force now: as it was the hub will never take it."""
        try:
            # If we crash before the commit, the old form is sent again and gets the same answer.
            rows.write_again(transaction, self.writer.write_again(message))
        except Refused as refusal:
            _LOG.error("an opening cannot be written again", message_id=message.message_id.hex(), reason=str(refusal))

    async def _close_decision(self, transaction: Transaction, message: Outgoing, number: int) -> None:
        """A decision that came to nothing is no longer pending; the desk sees why."""
        row = await self.applier.cases.known(transaction, message.case_id)
        row.refusal = number
        row.pending = "" if row.pending == message.action else row.pending
        self.applier.save(transaction, row)

    def _complain(self, refusal: Refused) -> None:
        if self._reached:
            self._reached = False
            _LOG.warning("cannot submit; messages wait here", reason=str(refusal))


def _fitting(messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
    """As many from the front as one call may carry, at least one."""
    total = 0
    for number, message in enumerate(messages):
        total += len(message.envelope.sealed_payload)
        if total > MAX_BYTES and number:
            return messages[:number]
    return messages
