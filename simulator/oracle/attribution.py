"""I7: every entry is signed by whom it must be and names unit, officer, basis and time; provable with the root certificate alone.

Keys come from the trust list in force at the entry, which must verify up to `root.pem`. Receipts and events say what their entries say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from core.checkpoint import open_checkpoint
from core.dsse import DUE_EVENT_TYPE, HEADER_TYPE, RECEIPT_ACCEPTED_TYPE, RECEIPT_DELIVERED_TYPE, RECEIPT_REFUSED_TYPE, pae
from core.entries import ACTION, DELIVERED, REFUSED, TRUST_LIST
from core.ids import PROVINCES
from core.note import parse_vkey
from core.refusals import Refused
from pki.identity import HUB
from pki.signer import verify_ed25519
from pki.trust import Trust, load_trust_list
from simulator.oracle.facts import Artefact, Delivery, Event, Message
from simulator.oracle.log import parsed
from simulator.oracle.verdict import I7
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.oracle.facts import Entry, Run
    from simulator.oracle.history import History
    from simulator.oracle.verdict import Tally

_UNIT: Final = re.compile(r"[0-9]{12}")
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")
_DIGEST: Final = 32
_RECEIPTS: Final[Mapping[int, tuple[int, str]]] = {
    ACTION: (receipt_pb2.RECEIPT_KIND_ACCEPTED, RECEIPT_ACCEPTED_TYPE),
    REFUSED: (receipt_pb2.RECEIPT_KIND_REFUSED, RECEIPT_REFUSED_TYPE),
    DELIVERED: (receipt_pb2.RECEIPT_KIND_DELIVERED, RECEIPT_DELIVERED_TYPE),
}


class _Witness:
    """Checks entry after entry under the trust list in force."""

    def __init__(self, run: Run, tally: Tally) -> None:
        self._run, self._tally = run, tally
        self.trust: Trust | None = None

    def artefact(self, artefact: Artefact) -> None:
        if artefact.entry.raw.kind != TRUST_LIST:
            return
        try:
            trust = load_trust_list(artefact.data, self._run.root)
        except Refused:
            self._say(artefact.entry, "is a trust list that does not verify up to root.pem", holds=False)
            return
        follows = trust.version == (self.trust.version + 1 if self.trust else trust.version)
        self._say(artefact.entry, f"puts trust list {trust.version} in force out of its turn", holds=follows)
        self.trust = trust

    def message(self, message: Message) -> None:
        entry, routing, header = message.entry, message.routing, message.header
        right = {
            "message": (routing.message_id, routing.case_id) == (entry.raw.message_id, entry.raw.case_id),
            "parties": routing.sender in PROVINCES and routing.receiver in PROVINCES and routing.sender != routing.receiver,
            "unit": bool(_UNIT.fullmatch(routing.unit)) and routing.unit[:2] == routing.sender[:2],
            "officer": len(header.officer_reference) == _DIGEST,
            "basis": bool(_CODE.fullmatch(header.legal_basis)) and bool(_CODE.fullmatch(header.purpose)),
            "time": header.HasField("created_at"),
        }
        wrong = ", ".join(name for name, holds in right.items() if not holds)
        self._tally.check(I7, f"{message.place} has no proper {wrong}", holds=not wrong)
        signature = parsed(receipt_pb2.EntrySignature, self._run.log.objects.get(entry.raw.signature))
        self._signed(entry, routing.sender, signature, pae(HEADER_TYPE, message.header_bytes))
        self._receipt(entry, HUB)

    def delivery(self, delivery: Delivery) -> None:
        self._receipt(delivery.entry, delivery.receipt.receiver)

    def event(self, event: Event) -> None:
        entry, raw, said = event.entry, event.entry.raw, event.event
        told = (said.event_id, said.case_id, said.step, said.business_at)
        self._say(entry, "says other than its event", holds=told == (raw.message_id, raw.case_id, raw.step, raw.business_at))
        signature = parsed(receipt_pb2.EntrySignature, self._run.log.objects.get(raw.signature))
        self._signed(entry, HUB, signature, pae(DUE_EVENT_TYPE, event.data))

    def checkpoint(self) -> None:
        """The log signed its state with the key that the hub registered."""
        log = self._run.log
        try:
            key = parse_vkey(log.vkey.removesuffix("\n"))
            open_checkpoint(log.note, key, verify_ed25519)
            right = self.trust is not None and key.public == self.trust.log_key()
        except Refused:
            right = False
        self._tally.check(I7, "log/checkpoint: is not signed with the log key of the hub", holds=right)

    def _receipt(self, entry: Entry, signer: str) -> None:
        kind, kind_type = _RECEIPTS[entry.raw.kind]
        signed = parsed(receipt_pb2.SignedReceipt, self._run.log.objects.get(entry.raw.receipt))
        receipt = parsed(receipt_pb2.Receipt, signed.receipt if signed else None)
        if signed is None or receipt is None:
            self._say(entry, "has no receipt that can be read", holds=False)
            return
        self._say(entry, "has a receipt that says other than the entry", holds=receipt.kind == kind and _agree(receipt, entry))
        self._signed(entry, signer, signed, pae(kind_type, signed.receipt))

    def _signed(
        self, entry: Entry, member: str, signature: receipt_pb2.EntrySignature | receipt_pb2.SignedReceipt | None, message: bytes
    ) -> None:
        try:
            if self.trust is not None and signature is not None:
                self.trust.verify(member, signature.key_id, entry.recorded_at, message, signature.signature)
            right = self.trust is not None and signature is not None
        except Refused:
            right = False
        self._say(entry, f"is not signed by {member}", holds=right)

    def version(self, entry: Entry) -> None:
        """The entry names the trust list in force."""
        version = self.trust.version if self.trust else 0
        named = entry.raw.trust_list_version
        self._say(entry, f"names trust list {named} where {version} is in force", holds=named == version)

    def _say(self, entry: Entry, text: str, *, holds: bool) -> None:
        self._tally.check(I7, f"{entry.place} {text}", holds=holds)


def check(run: Run, _history: History, tally: Tally) -> None:
    """Looks at every entry, then at the checkpoint."""
    witness = _Witness(run, tally)
    for happening in run.log.happenings:
        if isinstance(happening, Artefact):
            witness.artefact(happening)
        elif isinstance(happening, Message):
            witness.message(happening)
        elif isinstance(happening, Delivery):
            witness.delivery(happening)
        else:
            witness.event(happening)
        witness.version(happening.entry)
    witness.checkpoint()


def _agree(receipt: receipt_pb2.Receipt, entry: Entry) -> bool:
    raw = entry.raw
    same = (receipt.message_id, receipt.header_digest, receipt.case_id) == (raw.message_id, raw.object, raw.case_id)
    if raw.kind == DELIVERED:
        return same
    told = (receipt.recorded_at, receipt.business_at, receipt.trust_list_version, receipt.step, receipt.refusal)
    return same and told == (raw.recorded_at, raw.business_at, raw.trust_list_version, raw.step, raw.refusal)
