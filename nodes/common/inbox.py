"""Steps 5 and 6 of 9 at the receiver - deliver, acknowledge. What the hub delivers is verified, stored, applied, and only then receipted.

DELIVERED means stored here, whatever becomes of the case. A repeat is stored already and is receipted again. What is not authentic is
neither stored nor receipted: the hub keeps it, and an operator reads why in the process log.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core import receipts
from core.dsse import RECEIPT_DELIVERED_TYPE, pae
from core.envelope import sha256
from core.receipts import timestamp
from core.refusals import Refused
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

    async def take(self, deliveries: Sequence[exchange_pb2.Delivery]) -> list[receipt_pb2.SignedReceipt]:
        """Stores and applies a chunk; returns the receipts of what is stored.

        Raises:
            Refused: UNAVAILABLE when database or hub is away; nothing is receipted then, and it all comes again.
        """
        versions = await self.trust.named_by(delivery.accepted for delivery in deliveries if delivery.HasField("envelope"))
        loop = asyncio.get_running_loop()
        steps = await loop.run_in_executor(self.executor, self._verified, deliveries, versions)
        if not steps:
            return []
        # If we crash before the commit, no receipt was sent and the hub sends everything again; after it, the repeat is receipted.
        async with self.database.writing() as transaction:
            contradicted = await self.applier.take(transaction, steps)
        for step in contradicted:
            _LOG.error("the hub gave one step twice", case_id=step.case_id.hex(), step=step.step, message_id=step.message_id.hex())
        for step in steps:
            self.business_time.learn(step.recorded_at, step.business_at)
        return [self._receipt(step) for step in steps if step not in contradicted]

    async def learn(self, told: Sequence[exchange_pb2.LoggedReceipt]) -> None:
        """Takes logged DELIVERED receipts; the limits that count from receipt start.

        Raises:
            Refused: UNAVAILABLE.
        """
        loop = asyncio.get_running_loop()
        verified = await loop.run_in_executor(self.executor, self._logged, told, self.trust.current)
        # If we crash before the commit, the receipts are asked for again when the stream opens.
        async with self.database.writing() as transaction:
            await self.applier.hear(transaction, verified)

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

    def _verified(self, deliveries: Iterable[exchange_pb2.Delivery], versions: dict[int, Trust]) -> list[Step]:
        steps = []
        for delivery in deliveries:
            try:
                steps.append(self.verifier.step(delivery, versions))
            except Refused as refusal:
                place = {"lane": delivery.lane, "delivery_seq": delivery.delivery_seq}
                _LOG.error("a delivery is not authentic", number=refusal.kind.number, field=refusal.field, **place)
        return steps

    def _logged(self, told: Iterable[exchange_pb2.LoggedReceipt], trust: Trust) -> list[tuple[Receipt, bytes]]:
        found = []
        for one in told:
            try:
                found.append((self.verifier.logged(one, trust), one.receipt.SerializeToString()))
            except Refused as refusal:
                _LOG.error("a logged receipt is not authentic", number=refusal.kind.number, field=refusal.field)
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
        return receipt_pb2.SignedReceipt(receipt=body, key_id=self.signer.key_id, signature=signature)
