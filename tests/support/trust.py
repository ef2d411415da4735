"""A small world of keys for tests: root, five authorities, their signing keys, and trust lists over them. Nothing touches a disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.serialization import Encoding

from core.ids import PROVINCES
from core.note import KeyType, NoteKey
from core.receipts import timestamp
from pki import certificates, crl
from pki.documents import sign_record, sign_trust_list
from pki.identity import HUB, Purpose, Role, Subject
from pki.issuer import Issuer, pem
from pki.keys import new_p256, new_private
from pki.names import Names
from pki.signer import Signer
from pki.validity import Validity
from yrdx.v1 import trust_pb2

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
ORIGIN = "yrdx-hub"


@dataclass
class SigningKey:
    """A signing key with its certificate."""

    signer: Signer
    der: bytes
    serial: int


@dataclass
class Keys:
    """The keys of all members; `trust_list` signs a version over them as they are now."""

    days: int = 300
    members: tuple[str, ...] = (HUB, *PROVINCES)
    root: Issuer = field(init=False)
    authorities: dict[str, Issuer] = field(init=False, default_factory=dict)
    signing: dict[str, list[SigningKey]] = field(init=False, default_factory=dict)
    revoked: dict[str, list[int]] = field(init=False, default_factory=dict)
    log: Signer = field(init=False)
    policies: dict[str, bytes] = field(default_factory=dict)
    """Policy tables by province, in force with the next trust list."""

    def __post_init__(self) -> None:
        self.root = certificates.issue_root(new_p256(), Validity.starting(BEGINNING, 2000))
        self.log = Signer.of(new_private(Purpose.LOG))  # type: ignore[arg-type]  # an Ed25519 key
        for member in self.members:
            key = new_p256()
            certificate = certificates.issue_authority(key.public_key(), member, self.root, Validity.starting(BEGINNING, 1000))
            self.authorities[member] = Issuer(certificate, key)
            self.signing[member] = []
            self.revoked[member] = []
            self.add_key(member)

    @property
    def root_pem(self) -> bytes:
        return pem(self.root.certificate)

    @property
    def log_key(self) -> NoteKey:
        return NoteKey(ORIGIN, KeyType.NOTE, self.log.public_key.raw)

    def signer(self, member: str) -> Signer:
        """The newest signing key of a member."""
        return self.signing[member][-1].signer

    def policy_of(self, member: str) -> bytes:
        """Digest of a member's table as it will be in the next trust list; empty: it has none."""
        table = self.policies.get(member)
        return hashlib.sha256(table).digest() if table else b""

    def add_key(self, member: str, starting: datetime = BEGINNING, days: int | None = None) -> None:
        """Gives a member a further signing key, in force with the next trust list."""
        key = new_p256()
        subject = Subject(member, Role.HUB if member == HUB else Role.NODE)
        certificate = certificates.issue_leaf(
            key.public_key(),
            subject,
            Purpose.SIGNING,
            names=Names(),
            authority=self.authorities[member],
            validity=Validity.starting(starting, days or self.days),
        )
        der = certificate.public_bytes(Encoding.DER)
        self.signing[member].append(SigningKey(Signer.of(key), der, certificate.serial_number))

    def revoke(self, member: str) -> None:
        """Revokes the newest signing key of a member, in force with the next trust list."""
        self.revoked[member].append(self.signing[member][-1].serial)

    def trust_list(self, version: int = 1) -> bytes:
        """A serialised SignedTrustList over all keys."""
        validity = Validity.starting(BEGINNING, 900)
        members = [self._member(code) for code in self.members]
        trust_list = trust_pb2.TrustList(
            format=1,
            version=version,
            issued_at=timestamp(BEGINNING),
            members=members,
            root_revocation_lists=[crl.new_list(self.root, version, [], validity)],
            tag_epochs=[1],
        )
        return sign_trust_list(trust_list, self.root.signer)

    def _member(self, code: str) -> trust_pb2.Member:
        authority, validity = self.authorities[code], Validity.starting(BEGINNING, 900)
        entries = [crl.revocation(serial, BEGINNING, crl.Reason.SUPERSEDED) for serial in self.revoked[code]]
        log = [trust_pb2.PublicKey(purpose=trust_pb2.KEY_PURPOSE_LOG, suite="ed25519", value=self.log.public_key.raw)]
        record = trust_pb2.MemberRecord(
            format=1,
            code=code,
            serial=1,
            certificates=[trust_pb2.Certificate(purpose=trust_pb2.KEY_PURPOSE_SIGNING, der=key.der) for key in self.signing[code]],
            keys=log if code == HUB else [],
            revocation_list=crl.new_list(authority, 1, entries, validity),
            policy=self.policies.get(code, b""),
        )
        return trust_pb2.Member(
            code=code,
            name=code,
            authority_certificate=authority.certificate.public_bytes(Encoding.DER),
            record=sign_record(record, authority.signer),
        )
