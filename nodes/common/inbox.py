"""Steps 5 and 6 of 9 at the receiver - deliver, acknowledge. What the hub delivers is verified, stored, applied, and only then receipted.

DELIVERED means stored here, whatever becomes of the case. A repeat is stored already and is receipted again. What is not authentic is
neither stored nor receipted: the hub keeps it, and an operator reads why in the process log.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from core import receipts
from core.dsse import RECEIPT_DELIVERED_TYPE, pae
from core.envelope import sha256
from core.receipts import timestamp
from core.refusals import KEY_EXPIRED, KEY_NOT_YET_VALID, KEY_REVOKED, UNKNOWN_KEY, Refused
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

    async def take(
        self, deliveries: Sequence[exchange_pb2.Delivery], told: Sequence[exchange_pb2.LoggedReceipt]
    ) -> list[receipt_pb2.SignedReceipt]:
        """Stores and applies a chunk, with logged DELIVERED receipts (limits that count from receipt start); returns own receipts.

        Raises:
            Refused: UNAVAILABLE when database or hub is away; nothing is receipted then, and it all comes again.
        """
        steps, heard = await self._authentic(deliveries, told)
        if not steps and not heard:
            return []
        # If we crash before the commit, no receipt was sent and the hub sends everything again; after it, the repeat is receipted.
        async with self.database.writing() as transaction:
            contradicted = await self.applier.take(transaction, steps, heard)
        for step in contradicted:
            _LOG.error("the hub gave one step twice", case_id=step.case_id.hex(), step=step.step, message_id=step.message_id.hex())
        for step in steps:
            self.business_time.learn(step.recorded_at, step.business_at)
        return [self._receipt(step) for step in steps if step not in contradicted]

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

    async def _authentic(
        self, deliveries: Sequence[exchange_pb2.Delivery], told: Sequence[exchange_pb2.LoggedReceipt]
    ) -> tuple[list[Step], list[Heard]]:
        """What verifies, by the lists that are named; if a key of what names none is not good there, by older lists too."""
        loop = asyncio.get_running_loop()
        versions = await self.trust.named_by(delivery.accepted for delivery in deliveries if delivery.HasField("envelope"))
        found = await loop.run_in_executor(self.executor, self._verified, deliveries, told, versions)
        if found.doubtful:
            versions |= await self.trust.older()
            found = await loop.run_in_executor(self.executor, self._verified, deliveries, told, versions)
        for event, facts in found.refused:
            _LOG.error(event, **facts)
        return found.steps, found.heard

    def _verified(
        self, deliveries: Iterable[exchange_pb2.Delivery], told: Iterable[exchange_pb2.LoggedReceipt], versions: dict[int, Trust]
    ) -> _Verified:
        """In a worker thread."""
        found = _Verified([], [], [])
        for delivery in deliveries:
            try:
                found.steps.append(self.verifier.step(delivery, versions))
            except Refused as refusal:
                place = {"lane": delivery.lane, "delivery_seq": delivery.delivery_seq}
                found.refuse("a delivery is not authentic", refusal, names_a_list=delivery.HasField("envelope"), **place)
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


@dataclass(slots=True)
class _Verified:
    """What a chunk brought.

    Attributes:
        refused: what is to be logged of the rest.
        doubtful: whether an older list might vouch for some of it.
    """

    steps: list[Step]
    heard: list[Heard]
    refused: list[tuple[str, dict[str, object]]]
    doubtful: bool = False

    def refuse(self, event: str, refusal: Refused, *, names_a_list: bool, **place: int) -> None:
        """Notes what does not verify."""
        self.refused.append((event, {"number": refusal.kind.number, "field": refusal.field, **place}))
        self.doubtful |= not names_a_list and refusal.kind in _OF_KEYS


def _name(signed: receipt_pb2.SignedReceipt) -> bytes:
    return sha256(signed.key_id + signed.signature + signed.receipt)
