"""Writes down what a batch decided: rows for the commit, and beside them what others will be told. Pure but for the signing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from core import entries
from core.envelope import sha256
from core.ids import lane
from core.receipts import timestamp
from hub.ledger.notary import signature_digest
from hub.ledger.rows import AcknowledgementRow, ClaimRow, DeliveryRow, DueEventRow, MessageRow, Rows
from hub.ledger.work import Logged, Placed
from yrdx.v1 import envelope_pb2, exchange_pb2

if TYPE_CHECKING:
    from core.procedures.clocks import Due
    from core.procedures.model import Case
    from hub.ledger.notary import Notary
    from hub.ledger.snapshot import StoredDelivery
    from hub.ledger.work import Acknowledgement, Submission
    from yrdx.v1 import receipt_pb2


class Draft:
    """A batch as it will be committed.

    Attributes:
        rows: for the commit.
        placed: deliveries beside `rows.deliveries`, one for one, still without numbers.
        logged: DELIVERED receipts beside `rows.acknowledgements`, one for one.
    """

    def __init__(self, notary: Notary) -> None:
        """Starts empty."""
        self.rows = Rows()
        self.placed: list[Placed] = []
        self.logged: list[Logged] = []
        self._notary = notary

    def accepted(self, work: Submission, step: int) -> receipt_pb2.SignedReceipt:
        """An accepted message: stored, claimed, logged, delivered."""
        routing = work.message.routing
        signed = self._notary.accepted(work.message, step)
        position = self._message(work, signed, step=step)
        self.rows.claims += [ClaimRow(UUID(bytes=work.case_id), claim.tag, claim.epoch) for claim in work.claims]
        envelope = envelope_pb2.Envelope(
            header=work.envelope.header,
            key_id=work.envelope.key_id,
            signature=work.envelope.signature,
            sealed_payload=work.envelope.sealed_payload,
        )  # never the tag opening: it goes no further
        delivery = exchange_pb2.Delivery(envelope=envelope, accepted=signed)
        self._deliver(position, routing.receiver, delivery, routing.message_id, routing.case_id)
        return signed

    def refused(self, work: Submission, number: int) -> receipt_pb2.SignedReceipt:
        """A refused message: stored without its payload, logged."""
        signed = self._notary.refused(work.message, number)
        self._message(work, signed, refusal=number)
        return signed

    def due(self, case: Case, event: Due) -> None:
        """What the clock does to `case` as it stood before: logged, delivered to both provinces."""
        signed = self._notary.due(case, event)
        entry = self._notary.entry(
            entries.DUE,
            sha256(signed.due_event),
            case_id=case.case_id,
            message_id=event.event_id,
            signature=signature_digest(signed.key_id, signed.signature),
            step=case.step + 1,
        )
        position = self.rows.add_entry(case.case_id, entry, event.event_id)
        ids = UUID(bytes=event.event_id), UUID(bytes=case.case_id)
        self.rows.due_events.append(DueEventRow(position, *ids, signed.due_event, signed.key_id, signed.signature))
        for province in case.parties.values():
            self._deliver(position, province, exchange_pb2.Delivery(due_event=signed), event.event_id, case.case_id)

    def acknowledged(self, work: Acknowledgement, stored: StoredDelivery, step: int) -> None:
        """A DELIVERED receipt: stored, logged, told to both parties of its message."""
        receipt, signed = work.receipt, work.signed.SerializeToString(deterministic=True)
        ids = {"case_id": receipt.case_id, "message_id": receipt.message_id}
        entry = self._notary.entry(entries.DELIVERED, stored.digest, receipt=sha256(signed), **ids)
        position = self.rows.add_entry(receipt.case_id, entry, receipt.message_id, receipt.receiver)
        keys = UUID(bytes=receipt.case_id), UUID(bytes=receipt.message_id)
        self.rows.acknowledgements.append(AcknowledgementRow(position, *keys, receipt.receiver, signed, step))
        concerned = (stored.sender, receipt.receiver) if stored.sender else ()
        told = exchange_pb2.LoggedReceipt(receipt=work.signed, business_at=timestamp(self._notary.moment.business_at), step=step)
        self.logged.append(Logged(receipt.receiver, stored.lane, stored.seq, concerned, told))

    def _message(self, work: Submission, signed: receipt_pb2.SignedReceipt, *, step: int = 0, refusal: int = 0) -> int:
        message, envelope, routing = work.message, work.envelope, work.message.routing
        receipt = signed.SerializeToString(deterministic=True)
        entry = self._notary.entry(
            entries.REFUSED if refusal else entries.ACTION,
            message.digest,
            case_id=routing.case_id,
            message_id=routing.message_id,
            signature=signature_digest(envelope.key_id, envelope.signature),
            receipt=sha256(receipt),
            step=step,
            refusal=refusal,
        )
        position = self.rows.add_entry(routing.case_id, entry, routing.message_id)
        row = MessageRow(
            entry=position,
            message_id=UUID(bytes=routing.message_id),
            header_digest=message.digest,
            case_id=UUID(bytes=routing.case_id),
            sender=routing.sender,
            receiver=routing.receiver,
            header=message.header_bytes,
            key_id=envelope.key_id,
            signature=envelope.signature,
            sealed_payload=b"" if refusal else envelope.sealed_payload,
            receipt=receipt,
            refusal=refusal,
        )
        self.rows.messages.append(row)
        return position

    def _deliver(self, position: int, receiver: str, delivery: exchange_pb2.Delivery, message_id: bytes, case_id: bytes) -> None:
        delivery.lane = lane(case_id)
        row = DeliveryRow(position, receiver, delivery.lane, UUID(bytes=message_id), UUID(bytes=case_id))
        self.rows.deliveries.append(row)
        self.placed.append(Placed(receiver, delivery))
