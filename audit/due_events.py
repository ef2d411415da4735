"""Check 10, its first half: a due event is well-formed, signed by the hub and says what its entry says.

The second half, that it was really due, needs the state of the case: `audit.replay`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.findings import Check
from audit.objects import parse
from core.dsse import DUE_EVENT_TYPE, pae
from core.receipts import read_due_event
from core.refusals import Refused
from pki.identity import HUB
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from audit.entries import Record
    from audit.findings import Findings
    from audit.objects import Objects
    from audit.signatures import Signatures


@dataclass(frozen=True, slots=True)
class DueEvents:
    """Reads due events and hands their signatures on to be verified."""

    objects: Objects
    signatures: Signatures
    findings: Findings

    def read(self, record: Record) -> receipt_pb2.DueEvent | None:
        """The event that a DUE entry records, or None when it cannot be read."""
        entry = record.entry
        data = self.objects.read(record.index, entry.object)
        signed = self.objects.read(record.index, entry.signature)
        if data is None:
            return None
        self.findings.count(Check.DUE_EVENTS)
        try:
            event = read_due_event(data)
        except Refused as refusal:
            self._add(record, f"records an event that must be refused: {refusal.kind.name} {refusal.field}")
            return None
        said = {"event_id": entry.message_id, "case_id": entry.case_id, "step": entry.step, "business_at": entry.business_at}
        if wrong := [field for field, value in said.items() if getattr(event, field) != value]:
            self._add(record, f"records an event with another {', '.join(wrong)}")
        if signed is not None:
            self._check_signature(record, data, signed)
        return event

    def _check_signature(self, record: Record, data: bytes, signed: bytes) -> None:
        signature = parse(receipt_pb2.EntrySignature(), signed)
        if signature is None:
            self._add(record, "names a signature that cannot be read")
            return
        self.signatures.expect(Check.DUE_EVENTS, record, HUB, signature, pae(DUE_EVENT_TYPE, data))

    def _add(self, record: Record, text: str) -> None:
        self.findings.add(Check.DUE_EVENTS, text, entry=record.index)
