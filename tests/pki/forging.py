"""The development folder with hands on every key: says anything, properly signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from core.ids import PROVINCES
from core.receipts import timestamp
from core.refusals import BAD_TRUST_LIST, Kind, Refused
from pki import crl
from pki.ceremony.office import Office
from pki.ceremony.record import last_record
from pki.documents import sign_record, sign_trust_list
from pki.identity import HUB
from pki.trust import Trust, load_trust_list
from pki.validity import Validity
from yrdx.v1 import trust_pb2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

AT = datetime(2026, 1, 26, 0, 30, tzinfo=UTC)
LATER = AT + timedelta(days=10)
SHANGHAI, JIANGSU, ZHEJIANG, ANHUI = PROVINCES
FEW = Validity.starting(AT, 30)


@dataclass
class Forge:
    """Root and authorities of one folder. Nothing here writes to it."""

    folder: Path

    @property
    def root(self) -> Office:
        return Office.enter(self.folder)

    @property
    def root_pem(self) -> bytes:
        return (self.folder / "root.pem").read_bytes()

    def office(self, code: str) -> Office:
        return Office.enter(self.folder / "authorities" / code)

    def record(self, code: str) -> trust_pb2.MemberRecord:
        return last_record(self.office(code))

    def revoking(self, code: str) -> trust_pb2.MemberRecord:
        """The record with all its certificates revoked."""
        record = self.record(code)
        serials = [x509.load_der_x509_certificate(listed.der).serial_number for listed in record.certificates]
        entries = [crl.revocation(serial, AT, crl.Reason.SUPERSEDED) for serial in serials]
        record.revocation_list = crl.new_list(self.office(code).issuer, 2, entries, FEW)
        return record

    def member(self, record: trust_pb2.MemberRecord, *, office: Office | None = None, **changes: Any) -> trust_pb2.Member:
        """A member as its authority says, or another office says for it."""
        issuer = (office or self.office(record.code)).issuer
        values = {
            "code": record.code,
            "name": record.code,
            "authority_certificate": issuer.certificate.public_bytes(Encoding.DER),
            "record": sign_record(record, issuer.signer),
        }
        return trust_pb2.Member(**{**values, **changes})

    def plain(self, *members: trust_pb2.Member) -> trust_pb2.TrustList:
        """A list over these members, and the hub where it is not among them."""
        present = {member.code for member in members}
        hub = [] if HUB in present else [self.member(self.record(HUB))]
        lists = [self.root.list_now(AT)]
        return trust_pb2.TrustList(
            format=1, version=1, issued_at=timestamp(AT), members=[*members, *hub], root_revocation_lists=lists, tag_epochs=[1]
        )

    def load(self, trust_list: trust_pb2.TrustList) -> Trust:
        return load_trust_list(sign_trust_list(trust_list, self.root.issuer.signer), self.root_pem)

    def load_with(self, certificate: x509.Certificate, purpose: int, code: str) -> Trust:
        """A list in which this member's authority also lists this certificate."""
        record = self.record(code)
        record.certificates.add(purpose=purpose, der=certificate.public_bytes(Encoding.DER))
        return self.load(self.plain(self.member(record)))

    def refuses(self, certificate: x509.Certificate, purpose: int, code: str) -> str:
        """Where that list does not verify."""
        return bad_place(lambda: self.load_with(certificate, purpose, code))


def refusal(call: Callable[[], object]) -> tuple[Kind, str]:
    """What a call is refused for; fails if it is not."""
    try:
        call()
    except Refused as exc:
        return exc.kind, exc.field
    raise AssertionError("not refused")


def bad_place(call: Callable[[], object]) -> str:
    """Where a trust list does not verify."""
    kind, place = refusal(call)
    assert kind is BAD_TRUST_LIST
    return place
