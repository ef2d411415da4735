"""At the issuer: answers a request with certificates.

Decides whether a holder may have what it asks for, in this order: (1) the request is the one whose digest the holder read
out; (2) it has the form of `pki.requests` and proves possession; (3) it is for a member of this authority; (4) none of its
keys is known already, in whatever purpose. That the person who asks is the one to ask is for the people at the ceremony.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.ceremony.office import AUTHORITY_DAYS, HOLDER_DAYS, require
from pki.ceremony.record import last_record, publish
from pki.certificates import issue_authority, issue_leaf
from pki.files import read, replace
from pki.issuer import pem
from pki.members import SUITES
from pki.profile import AUTHORITY
from pki.requests import read_authority_request, read_request
from pki.signer import PublicKey
from pki.validity import Validity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from pki.ceremony.office import Office
    from pki.identity import Purpose
    from pki.requests import Request
    from yrdx.v1 import trust_pb2


def sign(office: Office, request: Path, digest: str, out: Path, *, at: datetime, days: int | None = None) -> list[Path]:
    """Signs what a holder asks of its authority, or an authority of the root.

    Args:
        office: who signs.
        request: the request.
        digest: SHA-256 of the request in hex, as the holder read it out.
        out: folder for the certificates.
        at: now.
        days: lifetime; by default that of the kind.

    Returns:
        The certificates.

    Raises:
        Refused: NOT_CERTIFIED with the check that failed, BAD_SIGNATURE, MALFORMED, BAD_FIELD "days" or "validity".
    """
    text = read(request)
    require(hmac.compare_digest(hashlib.sha256(text).hexdigest().encode(), digest.strip().lower().encode()), "digest")
    if office.is_root:
        return [_sign_authority(office, text, out, Validity.starting(at, days or AUTHORITY_DAYS))]
    return _sign_holder(office, read_request(text), out, at, days or HOLDER_DAYS)


def _sign_authority(office: Office, text: bytes, out: Path, validity: Validity) -> Path:
    member, public = read_authority_request(text)
    require(public != office.issuer.key.public_key(), "key known")
    certificate = issue_authority(public, member, office.issuer, validity)
    _keep(office, certificate)
    replace(out / f"{AUTHORITY}.pem", pem(certificate))
    return out / f"{AUTHORITY}.pem"


def _sign_holder(office: Office, request: Request, out: Path, at: datetime, days: int) -> list[Path]:
    require(request.subject.member == office.member, "member")
    record = last_record(office)
    _check_new(office, request, record)
    certificates = {
        purpose: issue_leaf(
            public,
            request.subject,
            purpose,
            names=request.names,
            authority=office.issuer,
            validity=Validity.starting(at, days),
        )
        for purpose, public in request.certified.items()
    }
    for purpose, certificate in certificates.items():
        _keep(office, certificate)
        replace(out / f"{purpose.name.lower()}.pem", pem(certificate, office.issuer.certificate))
    # If we crash here, the holder has certificates that no trust list names, which nobody accepts; it is asked to request again.
    _add(record, certificates, request.raw)
    publish(office, record, at)
    return [out / f"{purpose.name.lower()}.pem" for purpose in certificates]


def _keep(office: Office, certificate: x509.Certificate) -> None:
    """Keeps a copy, so that a certificate can be revoked even when its holder has lost it."""
    replace(office.folder / "issued" / f"{certificate.serial_number:x}.pem", pem(certificate))


def _check_new(office: Office, request: Request, record: trust_pb2.MemberRecord) -> None:
    known = {office.issuer.signer.key_id, *(key.value for key in record.keys)}
    known |= {PublicKey.of(x509.load_der_x509_certificate(listed.der).public_key()).key_id for listed in record.certificates}
    asked = [*(PublicKey.of(key).key_id for key in request.certified.values()), *request.raw.values()]
    require(len(set(asked)) == len(asked) and known.isdisjoint(asked), "key known")


def _add(record: trust_pb2.MemberRecord, certificates: Mapping[Purpose, x509.Certificate], raw: Mapping[Purpose, bytes]) -> None:
    """Adds certificates beside the older ones, so that who uses an expired one is told so; a raw key takes the older one's place."""
    for purpose, certificate in certificates.items():
        record.certificates.add(purpose=purpose.value, der=certificate.public_bytes(Encoding.DER))
    replaced = {(purpose.value, SUITES[purpose]) for purpose in raw}
    kept = [key for key in record.keys if (int(key.purpose), key.suite) not in replaced]
    del record.keys[:]
    record.keys.extend(kept)
    for purpose, value in raw.items():
        record.keys.add(purpose=purpose.value, suite=SUITES[purpose], value=value)
