"""Check 8: every message, accepted or refused, is signed by its sender with a key that was good when it was recorded, and came once.

The header is read as strictly as the hub must read it. Not covered: the sealed payload, which the log does not hold, and the tags behind
the commitment: whether two cases concern one person is the hub's word here, and the receiving provinces' check.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.findings import Check
from audit.objects import parse
from core.dsse import HEADER_TYPE, pae
from core.envelope import read_header
from core.refusals import Refused
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from audit.entries import Record
    from audit.findings import Findings
    from audit.objects import Objects
    from audit.signatures import Signatures
    from core.envelope import ReadMessage


@dataclass(frozen=True, slots=True)
class Messages:
    """Reads messages and hands their signatures on to be verified."""

    objects: Objects
    signatures: Signatures
    findings: Findings
    seen: dict[bytes, int]
    """Message id to the entry that recorded it."""

    def read(self, record: Record) -> ReadMessage | None:
        """The message that an ACTION or REFUSED entry records, or None when it cannot be read."""
        entry = record.entry
        header = self.objects.read(record.index, entry.object)
        signed = self.objects.read(record.index, entry.signature)
        if header is None:
            return None
        self.findings.count(Check.MESSAGES)
        try:
            message = read_header(header)
        except Refused as refusal:
            self._add(record, f"has a header that must be refused: {refusal.kind.name} {refusal.field}")
            return None
        if (message.routing.message_id, message.routing.case_id) != (entry.message_id, entry.case_id):
            self._add(record, "records the header of another message or case")
        first = self.seen.setdefault(message.routing.message_id, record.index)
        if first != record.index:
            self._add(record, f"records a message that entry {first} recorded already")
        if signed is not None:
            self._check_signature(record, message, signed)
        return message

    def _check_signature(self, record: Record, message: ReadMessage, data: bytes) -> None:
        signature = parse(receipt_pb2.EntrySignature(), data)
        if signature is None:
            self._add(record, "names a signature that cannot be read")
            return
        self.signatures.expect(Check.MESSAGES, record, message.routing.sender, signature, pae(HEADER_TYPE, message.header_bytes))

    def _add(self, record: Record, text: str) -> None:
        self.findings.add(Check.MESSAGES, text, entry=record.index)
