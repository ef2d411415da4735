"""Check 9: every receipt is signed by whom it must be, and says what its entry says.

The hub's ACCEPTED or REFUSED receipt repeats message, header digest, case, both times, trust list, step and refusal. A DELIVERED receipt
is the receiver's, for a message or due event that was accepted before it, once a receiver. Not covered: that everything accepted was
delivered (mail waits without limit), and the receiver's own clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.findings import Check
from audit.objects import parse
from core.dsse import pae
from core.entries import ACTION, DELIVERED, REFUSED
from core.receipts import RECEIPT_TYPES, read_receipt
from core.refusals import Refused
from pki.identity import HUB
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from audit.entries import Record
    from audit.findings import Findings
    from audit.gaps import Gaps
    from audit.objects import Objects
    from audit.signatures import Signatures
    from core.envelope import ReadMessage

_KINDS = {
    ACTION: receipt_pb2.RECEIPT_KIND_ACCEPTED,
    REFUSED: receipt_pb2.RECEIPT_KIND_REFUSED,
    DELIVERED: receipt_pb2.RECEIPT_KIND_DELIVERED,
}


@dataclass(frozen=True, slots=True)
class Deliverable:
    """A message or due event that stands in the log and may be delivered.

    Attributes:
        digest: SHA-256 of the header or of the due event.
        receivers: codes of the provinces it goes to.
        action: name of the action; empty for a due event.
    """

    digest: bytes
    receivers: frozenset[str]
    action: str = ""


class Receipts:
    """Reads receipts, compares them with their entries and hands their signatures on to be verified."""

    def __init__(self, objects: Objects, signatures: Signatures, gaps: Gaps, findings: Findings) -> None:
        """Starts with nothing to deliver."""
        self._objects, self._signatures, self._gaps, self._findings = objects, signatures, gaps, findings
        self._deliverable: dict[bytes, Deliverable] = {}
        self._delivered: set[tuple[bytes, str]] = set()
        self._parties: dict[bytes, frozenset[str]] = {}

    def accepted(self, message: ReadMessage) -> None:
        """From here on this message may be delivered to its receiver."""
        routing = message.routing
        self._parties.setdefault(routing.case_id, frozenset((routing.sender, routing.receiver)))
        self._deliverable[routing.message_id] = Deliverable(message.digest, frozenset((routing.receiver,)), routing.action)

    def due(self, record: Record) -> None:
        """From here on this due event may be delivered to both provinces of its case."""
        receivers = self._parties.get(record.entry.case_id, frozenset())
        self._deliverable[record.entry.message_id] = Deliverable(record.entry.object, receivers)

    def check_hub(self, record: Record) -> None:
        """Checks the hub's receipt of an ACTION or REFUSED entry."""
        entry = record.entry
        if (found := self._read(record)) is None:
            return
        signed, receipt = found
        said = {
            "message_id": entry.message_id,
            "header_digest": entry.object,
            "case_id": entry.case_id,
            "recorded_at": entry.recorded_at,
            "business_at": entry.business_at,
            "trust_list_version": entry.trust_list_version,
            "step": entry.step,
            "refusal": entry.refusal,
            "receiver": "",
        }
        self._compare(record, receipt, said)
        self._expect(record, HUB, signed)

    def check_delivered(self, record: Record) -> Deliverable | None:
        """Checks the receiver's receipt of a DELIVERED entry.

        Returns:
            What was delivered, or None when the entry has no effect.
        """
        entry = record.entry
        if (found := self._read(record)) is None:
            return None
        signed, receipt = found
        self._compare(record, receipt, {"message_id": entry.message_id, "header_digest": entry.object, "case_id": entry.case_id})
        what = self._deliverable.get(entry.message_id)
        if what is None or what.digest != entry.object:
            if not self._gaps.hide(entry.case_id):
                self._add(record, "is about nothing that was accepted before it")
            return None
        if receipt.receiver not in what.receivers:
            self._add(record, f"is from {receipt.receiver or 'nobody'}, to whom it was not sent")
            return None
        if (entry.message_id, receipt.receiver) in self._delivered:
            self._add(record, f"is a second receipt of {receipt.receiver}")
            return None
        self._delivered.add((entry.message_id, receipt.receiver))
        self._expect(record, receipt.receiver, signed)
        return what

    def _read(self, record: Record) -> tuple[receipt_pb2.SignedReceipt, receipt_pb2.Receipt] | None:
        data = self._objects.read(record.index, record.entry.receipt)
        if data is None:
            return None
        self._findings.count(Check.RECEIPTS)
        signed = parse(receipt_pb2.SignedReceipt(), data)
        if signed is None:
            self._add(record, "names a receipt that cannot be read")
            return None
        try:
            receipt = read_receipt(signed.receipt)
        except Refused as refusal:
            self._add(record, f"names a receipt that must be refused: {refusal.kind.name} {refusal.field}")
            return None
        if receipt.kind != _KINDS[record.entry.kind]:
            self._add(record, "names a receipt of another kind")
            return None
        return signed, receipt

    def _compare(self, record: Record, receipt: receipt_pb2.Receipt, said: dict[str, object]) -> None:
        wrong = [field for field, value in said.items() if getattr(receipt, field) != value]
        if wrong:
            self._add(record, f"has a receipt with another {', '.join(wrong)}")

    def _expect(self, record: Record, member: str, signed: receipt_pb2.SignedReceipt) -> None:
        message = pae(RECEIPT_TYPES[_KINDS[record.entry.kind]], signed.receipt)
        self._signatures.expect(Check.RECEIPTS, record, member, signed, message)

    def _add(self, record: Record, text: str) -> None:
        self._findings.add(Check.RECEIPTS, text, entry=record.index)
