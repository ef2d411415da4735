"""Steps 5 and 6 of 9 at the receiver - deliver, acknowledge. What the hub delivers is verified, stored, applied, and only then receipted.

DELIVERED means stored here, whatever becomes of the case. A repeat is stored already and is receipted again. What is not authentic, or
fails to be applied, is neither stored nor receipted: the hub is told so, signed (cannot-process), sends it again and holds it after the
fifth such answer; an operator reads why in the process log. One message that fails keeps no other from being applied.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from core import receipts
from core.dsse import CANNOT_PROCESS_TYPE, RECEIPT_DELIVERED_TYPE, pae
from core.envelope import read_header, sha256
from core.receipts import read_due_event, timestamp
from core.refusals import (
    CANNOT_PROCESS,
    KEY_EXPIRED,
    KEY_NOT_YET_VALID,
    KEY_REVOKED,
    UNAVAILABLE,
    UNKNOWN_KEY,
    Refused,
)
from nodes.common.store import steps as steps_of
from runtime import process_log
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Executor

    from nodes.common.apply import Applier
    from nodes.common.business_time import BusinessTime
    from nodes.common.store.database import Database
    from nodes.common.store.steps import Receipt, Step
    from nodes.common.trust import NodeTrust
    from nodes.common.verify import Verifier
    from pki.signer import Signer
    from pki.trust import Trust
    from runtime.clock import Clock
    from yrdx.v1 import exchange_pb2

    Heard = tuple[Receipt, bytes]

_REMEMBERED: Final = 10_000
_OF_KEYS: Final = frozenset({UNKNOWN_KEY, KEY_REVOKED, KEY_EXPIRED, KEY_NOT_YET_VALID})

_LOG = process_log.get("nodes.inbox")


class Failed(NamedTuple):
    """A delivery that cannot be processed, and the number of why."""

    message_id: bytes
    case_id: bytes
    body: bytes
    number: int


class Answers(NamedTuple):
    """What the hub is to be told about a chunk."""

    receipts: list[receipt_pb2.SignedReceipt]
    cannot_process: list[receipt_pb2.SignedCannotProcess]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """The inbox of one province."""

    province: str
    database: Database
    verifier: Verifier
    trust: NodeTrust
    applier: Applier
    signer: Signer
    business_time: BusinessTime
    clock: Clock
    executor: Executor
    _said: set[bytes] = field(default_factory=set)
    """Own receipts of late, as `_name` names them: when the hub has logged one it comes back, and need not be verified."""

    async def take(self, deliveries: Sequence[exchange_pb2.Delivery], told: Sequence[exchange_pb2.LoggedReceipt]) -> Answers:
        """Stores and applies a chunk, with logged DELIVERED receipts (limits that count from receipt start); returns own answers.

        Raises:
            Refused: UNAVAILABLE when database or hub is away; nothing is receipted then, and it all comes again.
        """
        found = await self._authentic(deliveries, told)
        taken, broken = await self._stored(found.steps, found.heard) if found.steps or found.heard else ([], [])
        for step in taken:
            self.business_time.learn(step.recorded_at, step.business_at)
        failed = found.failed + [Failed(step.message_id, step.case_id, step.body, CANNOT_PROCESS.number) for step in broken]
        return Answers([self._receipt(step) for step in taken], [self._cannot_process(one) for one in failed])

    async def _stored(self, steps: Sequence[Step], heard: Sequence[Heard]) -> tuple[list[Step], list[Step]]:
        """Those that are stored, and those that fail; if all together fail, each is tried alone.

        Raises:
            Refused: UNAVAILABLE.
        """
        try:
            return await self._store(steps, heard), []
        except Exception as error:  # whatever a message does to us, it must not keep the others from being applied
            if isinstance(error, Refused) and error.kind is UNAVAILABLE:
                raise
            what = {"kind": type(error).__name__, "case_ids": sorted({step.case_id.hex() for step in steps})}
            _LOG.error("what came cannot be applied", steps=len(steps), receipts=len(heard), **what)
        if len(steps) + len(heard) == 1:
            return [], list(steps)
        apart = [((step,), ()) for step in steps] + [((), (one,)) for one in heard]
        results = [await self._stored(*alone) for alone in apart]
        return [step for taken, _ in results for step in taken], [step for _, broken in results for step in broken]

    async def _store(self, steps: Sequence[Step], heard: Sequence[Heard]) -> list[Step]:
        # If we crash before the commit, no receipt was sent and the hub sends everything again; after it, the repeat is receipted.
        async with self.database.writing() as transaction:
            contradicted = await self.applier.take(transaction, steps, heard)
        for step in contradicted:
            _LOG.error("the hub gave one step twice", case_id=step.case_id.hex(), step=step.step, message_id=step.message_id.hex())
        return [step for step in steps if step not in contradicted]

    async def resume(self) -> None:
        """Applies what a crash left unapplied.

        Raises:
            Refused: UNAVAILABLE.
        """
        async with self.database.writing() as transaction:
            await self.applier.resume(transaction, await steps_of.unapplied(transaction))
            times = await steps_of.newest_times(transaction)
        if times is not None:
            self.business_time.learn(*times)

    async def _authentic(self, deliveries: Sequence[exchange_pb2.Delivery], told: Sequence[exchange_pb2.LoggedReceipt]) -> _Verified:
        """What verifies, by the lists that are named; if a key of what names none is not good there, by older lists too."""
        loop = asyncio.get_running_loop()
        versions = await self.trust.named_by(delivery.accepted for delivery in deliveries if delivery.HasField("envelope"))
        found = await loop.run_in_executor(self.executor, self._verified, deliveries, told, versions)
        if found.doubtful:
            versions |= await self.trust.older()
            found = await loop.run_in_executor(self.executor, self._verified, deliveries, told, versions)
        for event, facts in found.refused:
            _LOG.error(event, **facts)
        return found

    def _verified(
        self, deliveries: Iterable[exchange_pb2.Delivery], told: Iterable[exchange_pb2.LoggedReceipt], versions: dict[int, Trust]
    ) -> _Verified:
        """In a worker thread."""
        found = _Verified()
        for delivery in deliveries:
            try:
                found.steps.append(self.verifier.step(delivery, versions))
            except Refused as refusal:
                place = {"lane": delivery.lane, "delivery_seq": delivery.delivery_seq}
                found.refuse("a delivery is not authentic", refusal, names_a_list=delivery.HasField("envelope"), **place)
                found.failed += _named(delivery, refusal.kind.number)
        for one in told:
            try:
                is_own = _name(one.receipt) in self._said
                self._said.discard(_name(one.receipt))
                found.heard.append((self.verifier.logged(one, None if is_own else versions), one.receipt.SerializeToString()))
            except Refused as refusal:
                found.refuse("a logged receipt is not authentic", refusal, names_a_list=False)
        return found

    def _receipt(self, step: Step) -> receipt_pb2.SignedReceipt:
        body = receipt_pb2.Receipt(
            format=receipts.FORMAT,
            kind=receipts.DELIVERED,
            message_id=step.message_id,
            header_digest=sha256(step.body),
            case_id=step.case_id,
            recorded_at=timestamp(self.clock.now()),
            receiver=self.province,
        ).SerializeToString(deterministic=True)
        signature = self.signer.sign(pae(RECEIPT_DELIVERED_TYPE, body))
        signed = receipt_pb2.SignedReceipt(receipt=body, key_id=self.signer.key_id, signature=signature)
        if len(self._said) > _REMEMBERED:
            self._said.clear()
        self._said.add(_name(signed))
        return signed

    def _cannot_process(self, failed: Failed) -> receipt_pb2.SignedCannotProcess:
        body = receipt_pb2.CannotProcess(
            format=receipts.FORMAT,
            message_id=failed.message_id,
            header_digest=sha256(failed.body),
            case_id=failed.case_id,
            receiver=self.province,
            recorded_at=timestamp(self.clock.now()),
            refusal=failed.number,
        ).SerializeToString(deterministic=True)
        signature = self.signer.sign(pae(CANNOT_PROCESS_TYPE, body))
        return receipt_pb2.SignedCannotProcess(cannot_process=body, key_id=self.signer.key_id, signature=signature)


def _named(delivery: exchange_pb2.Delivery, number: int) -> list[Failed]:
    """The failure of a delivery, as far as it says what it is."""
    try:
        if delivery.HasField("due_event"):
            event = read_due_event(delivery.due_event.due_event)
            return [Failed(event.event_id, event.case_id, delivery.due_event.due_event, number)]
        routing = read_header(delivery.envelope.header).routing
    except Refused:
        return []
    return [Failed(routing.message_id, routing.case_id, delivery.envelope.header, number)]


@dataclass(slots=True)
class _Verified:
    """What a chunk brought.

    Attributes:
        failed: what the hub is to be told of the rest.
        refused: what is to be logged of it.
        doubtful: whether an older list might vouch for some of it.
    """

    steps: list[Step] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    refused: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    doubtful: bool = False

    def refuse(self, event: str, refusal: Refused, *, names_a_list: bool, **place: int) -> None:
        """Notes what does not verify."""
        self.refused.append((event, {"number": refusal.kind.number, "field": refusal.field, **place}))
        self.doubtful |= not names_a_list and refusal.kind in _OF_KEYS


def _name(signed: receipt_pb2.SignedReceipt) -> bytes:
    return sha256(signed.key_id + signed.signature + signed.receipt)
