"""What the hub writes and signs about a message or a case: receipts, due events, and log entries.

Receipts and entries hold no log index (docs/adr/0004): they are ready before the commit knows it. Every byte string made here is final; it
is stored, sent and hashed as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core import entries, receipts
from core.dsse import DUE_EVENT_TYPE, pae
from core.envelope import sha256
from core.receipts import RECEIPT_TYPES, timestamp
from yrdx.v1 import exchange_pb2, receipt_pb2

if TYPE_CHECKING:
    from core.envelope import ReadMessage
    from core.procedures.clocks import Due
    from core.procedures.model import Case
    from hub.ledger.moment import Moment
    from pki.signer import Signer


class Notary:
    """Signs for the hub at one moment. Safe to use in a worker thread; the signing releases the interpreter lock."""

    def __init__(self, signer: Signer, moment: Moment) -> None:
        """Takes the hub's signing key and the date of everything that is signed."""
        self.moment = moment
        self._signer = signer
        self._dates = dates(moment)

    def accepted(self, message: ReadMessage, step: int) -> receipt_pb2.SignedReceipt:
        """The receipt of a message that is the given step of its case."""
        return self._receipt(receipts.ACCEPTED, message, step=step)

    def refused(self, message: ReadMessage, number: int) -> receipt_pb2.SignedReceipt:
        """The receipt of a message that is refused for ever."""
        return self._receipt(receipts.REFUSED, message, refusal=number)

    def due(self, case: Case, event: Due) -> exchange_pb2.SignedDueEvent:
        """The event that the clock makes of a case."""
        body = receipts.due_event(case, event, self.moment.business_at)
        signature = self._signer.sign(pae(DUE_EVENT_TYPE, body))
        return exchange_pb2.SignedDueEvent(due_event=body, key_id=self._signer.key_id, signature=signature)

    def entry(self, kind: receipt_pb2.EntryKind, object_: bytes, **facts: Any) -> bytes:
        """A log entry about an object, named by its digest; `facts` are further fields of LogEntry."""
        return log_entry(kind, object_, **self._dates, **facts)

    def _receipt(self, kind: receipt_pb2.ReceiptKind, message: ReadMessage, **facts: Any) -> receipt_pb2.SignedReceipt:
        routing = message.routing
        body = receipt_pb2.Receipt(
            format=receipts.FORMAT,
            kind=kind,
            message_id=routing.message_id,
            header_digest=message.digest,
            case_id=routing.case_id,
            **self._dates,
            **facts,
        ).SerializeToString(deterministic=True)
        signature = self._signer.sign(pae(RECEIPT_TYPES[kind], body))
        return receipt_pb2.SignedReceipt(receipt=body, key_id=self._signer.key_id, signature=signature)


def dates(moment: Moment) -> dict[str, Any]:
    """The fields of a receipt or entry that date it."""
    return {
        "recorded_at": timestamp(moment.recorded_at),
        "business_at": timestamp(moment.business_at),
        "trust_list_version": moment.trust_list_version,
    }


def log_entry(kind: receipt_pb2.EntryKind, object_: bytes, **facts: Any) -> bytes:
    """A serialised LogEntry in its canonical form."""
    return receipt_pb2.LogEntry(format=entries.FORMAT, kind=kind, object=object_, **facts).SerializeToString(deterministic=True)


def signature_digest(key_id: bytes, signature: bytes) -> bytes:
    """How an entry names the signature of its header or due event."""
    return sha256(receipt_pb2.EntrySignature(key_id=key_id, signature=signature).SerializeToString(deterministic=True))
