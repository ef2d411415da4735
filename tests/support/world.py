"""Five members with keys, certificates and files, and what they say: signed, sealed messages, receipts and trust lists.

`World` extends the keys of `tests.support.trust` by TLS and sealing and writes what a real hub process reads. `Speaker` is a province's
voice: it numbers, seals and signs as a node does. Everything can be told to be wrong in one place.
"""

from __future__ import annotations

import os
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding

from core import ids, receipts, tags
from core.dsse import CANNOT_PROCESS_TYPE, HEADER_TYPE, pae
from core.envelope import seal_info, sha256
from core.ids import PROVINCES
from core.procedures import PROCEDURES
from core.receipts import RECEIPT_TYPES, timestamp
from core.rules import RuleBook, shipped_rules
from pki import certificates, seal
from pki.documents import sign_record, sign_trust_list
from pki.identity import HUB, Purpose, Role, Subject
from pki.issuer import pem
from pki.keys import new_p256, new_private, save_private
from pki.names import LOCAL
from pki.validity import Validity
from runtime.clock import SystemClock
from runtime.settings import TlsFiles
from tests.support.trust import BEGINNING, Keys
from yrdx.v1 import envelope_pb2, exchange_pb2, receipt_pb2, trust_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from pki.seal import Opener
    from pki.signer import Signer
    from runtime.clock import Clock

SHANGHAI, JIANGSU, ZHEJIANG, ANHUI = PROVINCES
TAG_KEY = b"t" * 32
REASONED = {action.name for procedure in PROCEDURES.values() for action in procedure.actions if action.needs_reason}


class World(Keys):
    """Keys of all members, with files in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(days=900)
        self.folder = folder
        self.tag_epochs = [1]
        self.serials: dict[tuple[str, Role], int] = {}
        self._openers: dict[str, Opener] = {}
        self._tls: dict[str, list[bytes]] = {member: [] for member in self.members}
        for member in self.members:
            for role in (Role.HUB if member == HUB else Role.NODE, Role.OPERATOR, Role.AUDITOR):
                self._add_tls(member, role)
        for code in PROVINCES:
            self._openers[code] = seal.Opener(new_private(Purpose.SEALING))  # type: ignore[arg-type]  # an X25519 key
        (folder / "root.pem").write_bytes(self.root_pem)
        self._write_hub()

    def tls(self, member: str, role: Role | None = None) -> TlsFiles:
        """The TLS files of a holder; without a role of the node, or the hub itself."""
        place = self._place(member, role or (Role.HUB if member == HUB else Role.NODE))
        return TlsFiles(certificate=place / "tls.pem", key=place / "tls.key", root=self.folder / "root.pem")

    def sealing_key(self, code: str) -> bytes:
        return self._openers[code].public

    def opener(self, code: str) -> Opener:
        return self._openers[code]

    def revoke_tls(self, member: str, role: Role) -> None:
        """Revokes a TLS certificate, in force with the next trust list."""
        self.revoked[member].append(self.serials[member, role])

    def trust_list(self, version: int = 1) -> bytes:
        signed = trust_pb2.SignedTrustList.FromString(super().trust_list(version))
        plain = trust_pb2.TrustList.FromString(signed.trust_list)
        plain.tag_epochs[:] = self.tag_epochs
        return sign_trust_list(plain, self.root.signer)

    def signed_trust_list(self, version: int = 1) -> trust_pb2.SignedTrustList:
        return trust_pb2.SignedTrustList.FromString(self.trust_list(version))

    def write_trust_list(self, version: int = 1) -> Path:
        path = self.folder / "trust-list.bin"
        path.write_bytes(self.trust_list(version))
        return path

    def hub_settings(self, dsn: str, bootstrap: str, address: str, **changes: Any) -> dict[str, Any]:
        """The hub's settings file, as a value."""
        (self.folder / "hub.dsn").write_text(dsn)
        hub = self._place(HUB, Role.HUB)
        files = self.tls(HUB)
        return {
            "name": "hub",
            "address": address,
            "tls": {"certificate": str(files.certificate), "key": str(files.key), "root": str(files.root)},
            "signing": {"certificate": str(hub / "signing.pem"), "key": str(hub / "signing.key")},
            "log_key": str(hub / "log.key"),
            "pepper": str(hub / "pepper.key"),
            "trust_root": str(self.folder / "root.pem"),
            "trust_list": str(self.write_trust_list()),
            "dsn_file": str(self.folder / "hub.dsn"),
            "kafka": {"bootstrap": bootstrap, "embedded": True},
            "log_directory": str(self.folder / "log"),
            "materials_directory": str(self.folder / "materials"),
            "business_time": "simulated",
            "business_start": "2026-01-26T00:30:00Z",
            **changes,
        }

    def _member(self, code: str) -> trust_pb2.Member:
        member = super()._member(code)
        record = trust_pb2.MemberRecord.FromString(member.record.record)
        record.certificates.extend(trust_pb2.Certificate(purpose=trust_pb2.KEY_PURPOSE_TLS, der=der) for der in self._tls[code])
        if code in self._openers:
            record.keys.append(trust_pb2.PublicKey(purpose=trust_pb2.KEY_PURPOSE_SEALING, suite=seal.SUITE, value=self.sealing_key(code)))
        member.record.CopyFrom(sign_record(record, self.authorities[code].signer))
        return member

    def _add_tls(self, member: str, role: Role) -> None:
        key, place = new_p256(), self._place(member, role)
        authority = self.authorities[member]
        certificate = certificates.issue_leaf(
            key.public_key(),
            Subject(member, role, (member[:2],) if role is Role.SYSTEM else ()),
            Purpose.TLS,
            names=LOCAL,
            authority=authority,
            validity=Validity.starting(BEGINNING, 900),
        )
        place.mkdir(parents=True)
        save_private(place / "tls.key", key)
        (place / "tls.pem").write_bytes(pem(certificate, authority.certificate))
        self._tls[member].append(certificate.public_bytes(Encoding.DER))
        self.serials[member, role] = certificate.serial_number

    def _write_hub(self) -> None:
        place, signing = self._place(HUB, Role.HUB), self.signing[HUB][-1]
        save_private(place / "signing.key", signing.signer._key)
        save_private(place / "log.key", self.log._key)
        (place / "pepper.key").write_bytes(b"p" * 32)
        (place / "signing.pem").write_bytes(ssl.DER_cert_to_PEM_cert(signing.der).encode())

    def _place(self, member: str, role: Role) -> Path:
        return self.folder / "members" / member / role


@dataclass
class Speaker:
    """A province's voice.

    Attributes:
        signer: signs its messages; the newest key of the province unless set.
        sequences: the last `case_seq` of each case.
    """

    world: World
    code: str
    book: RuleBook = field(default_factory=shipped_rules)
    signer: Signer | None = None
    clock: Clock = field(default_factory=SystemClock)
    sequences: dict[bytes, int] = field(default_factory=dict)

    def say(self, case_id: bytes, action: str, to: str, *, payload: bytes = b"payload", **changes: Any) -> envelope_pb2.Envelope:
        """The next message of a case; `changes` are fields of the header, or `routing=` a dict of fields of the routing."""
        changes.setdefault("case_seq", self.sequences.get(case_id, 0) + 1)
        self.sequences[case_id] = changes["case_seq"]
        return self.envelope(case_id, action, to, payload=payload, **changes)

    def apply(self, to: str, number: str, case_id: bytes | None = None, **changes: Any) -> envelope_pb2.Envelope:
        """Opens a case about the person with this number; sends tags for every epoch in force."""
        opening = self.opening(number)
        pairs = [(tag.epoch, tag.value) for tag in opening.tags]
        commitment = tags.commitment(opening.salt, pairs)
        envelope = self.say(case_id or new_id(), "apply", to, **{"tag_commitment": commitment, **changes})
        envelope.tag_opening.CopyFrom(opening)
        return envelope

    def opening(self, number: str) -> envelope_pb2.TagOpening:
        epochs = self.world.tag_epochs
        found = [envelope_pb2.Tag(epoch=epoch, value=tags.tag(TAG_KEY, "person", f"{number}/{epoch}")) for epoch in epochs]
        return envelope_pb2.TagOpening(salt=os.urandom(32), tags=found)

    def envelope(
        self, case_id: bytes, action: str, to: str, *, payload: bytes, routing: Any = None, **changes: Any
    ) -> envelope_pb2.Envelope:
        """Seals and signs."""
        way = self._routing(case_id, action, to, routing or {})
        sealed = seal.seal(self.world.sealing_key(to), seal_info(way), payload)
        procedure, calendar, policy = self.book.current("household-transfer", self.world.policy_of(self.code))
        values: dict[str, Any] = {
            "format": 1,
            "routing": way,
            "created_at": timestamp(self.clock.now()),
            "legal_basis": "gtz-2021-12-43",
            "purpose": "household-transfer",
            "officer_reference": b"o" * 32,
            "payload_digest": sha256(sealed),
            "plaintext_commitment": b"c" * 32,
            "reason_class": 1 if action in REASONED else 0,
            "procedure_digest": procedure,
            "calendar_digest": calendar,
            "policy_digest": policy,
        }
        header = envelope_pb2.Header(**{**values, **changes}).SerializeToString(deterministic=True)
        return self.sign(envelope_pb2.Envelope(header=header, sealed_payload=sealed))

    def sign(self, envelope: envelope_pb2.Envelope) -> envelope_pb2.Envelope:
        """Signs the header as it is, with the present key."""
        signer = self.signer or self.world.signer(self.code)
        envelope.key_id, envelope.signature = signer.key_id, signer.sign(pae(HEADER_TYPE, envelope.header))
        return envelope

    def delivered(self, delivery: exchange_pb2.Delivery, **changes: Any) -> receipt_pb2.SignedReceipt:
        """The DELIVERED receipt of a delivery."""
        values = {**_identity(delivery), "receiver": self.code, "recorded_at": timestamp(self.clock.now()), **changes}
        body = receipt_pb2.Receipt(format=1, kind=receipts.DELIVERED, **values).SerializeToString(deterministic=True)
        signer = self.signer or self.world.signer(self.code)
        signature = signer.sign(pae(RECEIPT_TYPES[receipts.DELIVERED], body))
        return receipt_pb2.SignedReceipt(receipt=body, key_id=signer.key_id, signature=signature)

    def cannot_process(self, delivery: exchange_pb2.Delivery, **changes: Any) -> receipt_pb2.SignedCannotProcess:
        """The answer that a delivery cannot be processed; no two are alike."""
        values = {**_identity(delivery), "receiver": self.code, "recorded_at": timestamp(self.clock.now()), "refusal": 8013, **changes}
        body = receipt_pb2.CannotProcess(format=1, **values).SerializeToString(deterministic=True)
        signer = self.signer or self.world.signer(self.code)
        signature = signer.sign(pae(CANNOT_PROCESS_TYPE, body))
        return receipt_pb2.SignedCannotProcess(cannot_process=body, key_id=signer.key_id, signature=signature)

    def _routing(self, case_id: bytes, action: str, to: str, changes: dict[str, Any]) -> bytes:
        values = {
            "message_id": new_id(),
            "case_id": case_id,
            "service": "household-transfer",
            "action": action,
            "sender": self.code,
            "receiver": to,
            "unit": f"{self.code[:2]}0101000000",
        }
        return envelope_pb2.Routing(**{**values, **changes}).SerializeToString(deterministic=True)


def new_id() -> bytes:
    return ids.uuid7(time.time_ns() // 1_000_000, os.urandom(10))


def routing(envelope: envelope_pb2.Envelope) -> envelope_pb2.Routing:
    return envelope_pb2.Routing.FromString(envelope_pb2.Header.FromString(envelope.header).routing)


def _identity(delivery: exchange_pb2.Delivery) -> dict[str, bytes]:
    if delivery.HasField("due_event"):
        event = receipt_pb2.DueEvent.FromString(delivery.due_event.due_event)
        return {"message_id": event.event_id, "case_id": event.case_id, "header_digest": sha256(delivery.due_event.due_event)}
    way = routing(delivery.envelope)
    return {"message_id": way.message_id, "case_id": way.case_id, "header_digest": sha256(delivery.envelope.header)}
