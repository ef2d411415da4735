"""Prints what a file of the ceremony says, for the people who decide about it.

Decides the kind of file from its first bytes. Trust lists and member files are verified up to the root before anything of
them is shown; requests prove possession of their keys; of certificates and revocation lists nothing is verified here.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from core.refusals import MALFORMED, Refused
from pki import crl
from pki.ceremony.record import read_member_file
from pki.files import read
from pki.keys import key_id, spki
from pki.members import read_member
from pki.names import Names
from pki.profile import AUTHORITY
from pki.reading import read_root, reading
from pki.requests import read_authority_request, read_request
from pki.signer import PublicKey
from pki.trust import load_trust_list
from pki.validity import Validity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pki.members import Listed, Member
    from pki.trust import Trust

_LONGEST_CODE: Final = 6


def describe(path: Path, root: Path) -> list[str]:
    """Says what a file is and what is in it.

    Args:
        path: the file.
        root: the anchor in PEM; read for trust lists and member files only.

    Raises:
        Refused: MALFORMED for what is no file of the ceremony (private keys are none either), BAD_TRUST_LIST with the
            place that does not verify, BAD_SIGNATURE for a request, BAD_SETTINGS with a file that cannot be read.
    """
    data = read(path)
    if not data.startswith(b"-----"):
        return [*_verified(data, read(root))]
    with reading(path.name, MALFORMED):
        if data.startswith(b"-----BEGIN CERTIFICATE REQUEST"):
            return [*_request(data)]
        if data.startswith(b"-----BEGIN CERTIFICATE"):
            return [line for found in x509.load_pem_x509_certificates(data) for line in _certificate(found)]
        if data.startswith(b"-----BEGIN X509 CRL"):
            return [*list_lines(x509.load_pem_x509_crl(data))]
    raise Refused(MALFORMED, path.name)


def trust_lines(trust: Trust) -> Iterator[str]:
    """Says what a version of the trust list says."""
    yield f"trust list    version {trust.version}, issued {_time(trust.issued_at)}, tag epochs {', '.join(map(str, trust.tag_epochs))}"
    yield _row("digest", trust.digest.hex())
    for member in trust.members.values():
        yield from _member(member)


def list_lines(found: x509.CertificateRevocationList) -> Iterator[str]:
    """Says what a revocation list says."""
    yield f"revocation list number {crl.number(found)}, {len(crl.serials(found))} revoked"
    yield _row("issuer", found.issuer.rfc4514_string())
    following = found.next_update_utc
    yield _row("valid", f"{_time(found.last_update_utc)} to {_time(following) if following else 'unknown'}")
    for entry in found:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        yield _row("revoked", f"{entry.serial_number:x}  {_time(entry.revocation_date_utc)}  {reason.value}")


def _verified(data: bytes, root_pem: bytes) -> Iterator[str]:
    """Both kinds are protobuf; a member file begins with the length of its short code, a trust list with its own, which is longer."""
    if data[1:2] <= bytes([_LONGEST_CODE]):
        return _member(read_member(read_member_file(data), read_root(root_pem), frozenset()))
    return trust_lines(load_trust_list(data, root_pem))


def _member(member: Member) -> Iterator[str]:
    yield f"member        {member.code} {member.name}, record {member.record_serial}"
    for listed in member.certificates:
        yield _row(listed.leaf.purpose.name.lower(), _listed(listed))
    for purpose, raw in member.keys.items():
        yield _row(purpose.name.lower(), raw.hex())
    if member.table is not None:
        policy = member.table.policy
        yield _row("policy", f"{policy.name}, version {policy.version}, {member.table.digest.hex()}")


def _listed(listed: Listed) -> str:
    leaf = listed.leaf
    units = f" for units {', '.join(leaf.subject.units)}" if leaf.subject.units else ""
    until = "REVOKED" if listed.revoked else f"until {_time(leaf.validity.not_after)}"
    return f"{leaf.subject.role}{units}, serial {leaf.serial:x}, {until}"


def _request(pem: bytes) -> Iterator[str]:
    digest = hashlib.sha256(pem).hexdigest()
    if x509.load_pem_x509_csr(pem).subject.rfc4514_string().startswith(f"CN={AUTHORITY},"):
        member, public = read_authority_request(pem)
        yield f"request       authority of {member}"
        yield _row("key", key_id(spki(public)).hex())
    else:
        request = read_request(pem)
        yield f"request       {request.subject.role} of {request.subject.member}"
        yield from (_row("identity", uri) for uri in request.subject.uris())
        yield from (_row("name", name) for name in _hosts(request.names))
        yield from (_row(purpose.name.lower(), key_id(spki(public)).hex()) for purpose, public in request.certified.items())
        yield from (_row(purpose.name.lower(), raw.hex()) for purpose, raw in request.raw.items())
    yield _row("digest", digest)


def _certificate(certificate: x509.Certificate) -> Iterator[str]:
    validity = Validity.of(certificate)
    yield f"certificate   {certificate.subject.rfc4514_string()}"
    yield _row("issuer", certificate.issuer.rfc4514_string())
    yield _row("serial", f"{certificate.serial_number:x}")
    yield _row("valid", f"{_time(validity.not_before)} to {_time(validity.not_after)}")
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            yield from (_row("identity", uri) for uri in extension.value.get_values_for_type(x509.UniformResourceIdentifier))
            yield from (_row("name", name) for name in _hosts(Names.of(extension.value)))
    yield _row("key", PublicKey.of(certificate.public_key()).key_id.hex())
    yield _row("digest", hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest())


def _hosts(names: Names) -> list[str]:
    return [*names.dns, *map(str, names.addresses)]


def _row(label: str, value: str) -> str:
    return f"  {label:<12}{value}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"
