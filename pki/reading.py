"""Reading certificates of others strictly: everything that `pki.profile` does not ask for is refused.

Decides, for one certificate and its issuer: (1) it parses, with nothing behind it; (2) the issuer's key signed it, with
the one algorithm in use here, whatever the certificate names; (3) it has exactly the extensions of its profile; (4) its
directory name and alternative names say one and the same holder; (5) it lies within its issuer's lifetime. The caller
still owes: whether it was revoked, and whether the time is within its lifetime.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtensionOID, SignatureAlgorithmOID

from core.refusals import BAD_TRUST_LIST, Kind, Refused
from pki.identity import Purpose, Subject, parse_uris
from pki.profile import (
    AUTHORITY,
    CERTIFIED,
    HOLDINGS,
    ROOT,
    Extensions,
    authority_extensions,
    directory_name,
    leaf_extensions,
    root_extensions,
)
from pki.signer import PublicKey
from pki.validity import Validity

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBRARY_ERRORS: Final = (
    ValueError,
    OverflowError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,
)
"""What the library raises, often late, for bytes that are no certificate, request or revocation list. It only warns of
serial numbers below 1, unless warnings are errors; `_check` refuses them in either case."""

_IDENTIFIERS: Final = frozenset({ExtensionOID.SUBJECT_KEY_IDENTIFIER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A holder's certificate that was read and found in order.

    Attributes:
        subject: whom it names.
        purpose: TLS or SIGNING.
        public_key: its key, ready to verify.
        serial: number under its authority.
        validity: its lifetime.
        digest: SHA-256 of the certificate in DER.
    """

    subject: Subject
    purpose: Purpose
    public_key: PublicKey
    serial: int
    validity: Validity
    digest: bytes


def require(condition: bool, where: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Refuses the trust list (BAD_TRUST_LIST) for what stands at `where`, unless the condition holds."""
    if not condition:
        raise Refused(BAD_TRUST_LIST, where)


@contextmanager
def reading(where: str, kind: Kind = BAD_TRUST_LIST) -> Iterator[None]:
    """Turns whatever goes wrong inside into one kind of refusal at `where`; a more exact place said inside is kept."""
    try:
        yield
    except _LIBRARY_ERRORS as exc:
        raise Refused(kind, where) from exc
    except Refused as exc:
        if exc.kind is kind:
            raise
        raise Refused(kind, where) from exc


def ends_with_signature(der: bytes, signature: bytes) -> bool:
    """Tells whether the signature at the end is of whole bytes; unused bits would give one certificate several encodings."""
    return der.endswith(b"\0" + signature)


def signed_by(public: PublicKey, algorithm: x509.ObjectIdentifier, signed: bytes, signature: bytes) -> bool:
    """Tells whether a P-256 key signed these DER bytes; a certificate that names another algorithm is not accepted."""
    return public.is_p256 and algorithm == SignatureAlgorithmOID.ECDSA_WITH_SHA256 and public.verify(signed, signature)


def read_root(pem: bytes) -> x509.Certificate:
    """Reads the anchor.

    Raises:
        Refused: BAD_TRUST_LIST "root" when it is not a root of this profile.
    """
    with reading("root"):
        root = x509.load_pem_x509_certificate(pem)
        _check(root, root, directory_name(common_name=ROOT), root_extensions(), "root")
    return root


def read_authority(der: bytes, member: str, root: x509.Certificate, where: str) -> x509.Certificate:
    """Reads the certificate of this member's authority, issued by the root.

    Raises:
        Refused: BAD_TRUST_LIST at `where`.
    """
    with reading(where):
        authority = x509.load_der_x509_certificate(der)
        _check(authority, root, directory_name(member, AUTHORITY), authority_extensions(member), where)
    return authority


def read_leaf(der: bytes, purpose: Purpose, member: str, authority: x509.Certificate, where: str) -> Leaf:
    """Reads a certificate of one of this member's holders, issued by its authority for this purpose.

    Raises:
        Refused: BAD_TRUST_LIST at `where`.
    """
    with reading(where):
        certificate = x509.load_der_x509_certificate(der)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        subject = parse_uris(names.get_values_for_type(x509.UniformResourceIdentifier))
        holding = HOLDINGS[subject.role]
        require(subject.member == member, f"{where}: member")
        require(purpose in CERTIFIED and purpose in holding.purposes, f"{where}: purpose")
        _check_names(names, hosts_allowed=purpose is Purpose.TLS and holding.server, where=where)
        expected = (*leaf_extensions(purpose, subject.role), (names, False))
        _check(certificate, authority, directory_name(member, subject.role), expected, where)
        public = PublicKey.of(certificate.public_key())
        require(public.is_p256 or purpose is Purpose.SIGNING, f"{where}: algorithm")  # TLS stacks do P-256 for sure
        digest = hashlib.sha256(der).digest()
        return Leaf(subject, purpose, public, certificate.serial_number, Validity.of(certificate), digest)


def _check_names(names: x509.SubjectAlternativeName, *, hosts_allowed: bool, where: str) -> None:
    kinds = {type(name) for name in names} - {x509.UniformResourceIdentifier}
    require(kinds <= ({x509.DNSName, x509.IPAddress} if hosts_allowed else set()), f"{where}: names")


def _check(certificate: x509.Certificate, issuer: x509.Certificate, name: x509.Name, expected: Extensions, where: str) -> None:
    """Checks (2) to (5) of the module's list; (4) here for the directory name."""
    algorithm, signature = certificate.signature_algorithm_oid, certificate.signature
    issuer_key = PublicKey.of(issuer.public_key())
    require(signed_by(issuer_key, algorithm, certificate.tbs_certificate_bytes, signature), f"{where}: signature")
    require(ends_with_signature(certificate.public_bytes(Encoding.DER), signature), f"{where}: encoding")
    require(certificate.serial_number > 0, f"{where}: serial")
    require(certificate.issuer == issuer.subject, f"{where}: issuer")
    require(certificate.subject == name, f"{where}: subject")
    found = {(extension.oid, extension.critical): extension.value for extension in certificate.extensions}
    for value, critical in expected:
        require(found.pop((value.oid, critical), None) == value, f"{where}: extension {value.oid.dotted_string}")
    require({oid for oid, _ in found} <= _IDENTIFIERS, f"{where}: extensions")
    require(Validity.of(certificate).within(Validity.of(issuer)), f"{where}: validity")
