"""Revocation lists (RFC 5280 section 5): made by the root and by each authority, carried inside the trust list.

Decides form and reading. A list is in force because a trust-list version carries it, and that version takes effect at
its log index; therefore neither its dates nor the revocation dates in it decide anything here. They are for people and
for tools such as `openssl verify -crl_check_all`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from pki.reading import ends_with_signature, reading, require, signed_by
from pki.signer import PublicKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pki.issuer import Issuer
    from pki.validity import Validity

_EXPECTED = {ExtensionOID.CRL_NUMBER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER}


class Reason(Enum):
    """Why a certificate was revoked; informs people, decides nothing."""

    KEY_COMPROMISE = x509.ReasonFlags.key_compromise
    SUPERSEDED = x509.ReasonFlags.superseded
    CESSATION = x509.ReasonFlags.cessation_of_operation


def revocation(serial: int, at: datetime, reason: Reason) -> x509.RevokedCertificate:
    """Makes one entry."""
    builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
    return builder.add_extension(x509.CRLReason(reason.value), critical=False).build()


def new_list(issuer: Issuer, number: int, entries: Sequence[x509.RevokedCertificate], validity: Validity) -> bytes:
    """Signs a list with all entries so far.

    Args:
        issuer: root or authority.
        number: CRL number, one more than the last.
        entries: earlier entries, read by `read_list`, and new ones.
        validity: this update and next update.

    Returns:
        DER.
    """
    name, key = issuer.certificate.subject, issuer.key
    builder = x509.CertificateRevocationListBuilder(name, validity.not_before, validity.not_after, revoked_certificates=list(entries))
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    builder = builder.add_extension(authority_key, critical=False)
    return builder.sign(key, SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def read_list(der: bytes, issuer: x509.Certificate, where: str) -> x509.CertificateRevocationList:
    """Reads a list that this issuer signed.

    Raises:
        Refused: BAD_TRUST_LIST at `where`; also for a partial list (delta, or of one distribution point).
    """
    with reading(where):
        found = x509.load_der_x509_crl(der)
        signature = found.signature
        algorithm, public = found.signature_algorithm_oid, PublicKey.of(issuer.public_key())
        require(signed_by(public, algorithm, found.tbs_certlist_bytes, signature), f"{where}: signature")
        require(ends_with_signature(der, signature), f"{where}: encoding")
        require(found.issuer == issuer.subject, f"{where}: issuer")
        require({extension.oid for extension in found.extensions} == _EXPECTED, f"{where}: extensions")
    return found


def number(found: x509.CertificateRevocationList) -> int:
    """Gives the CRL number of a list that was read."""
    return found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def serials(found: x509.CertificateRevocationList) -> frozenset[int]:
    """Gives the serial numbers that a list revokes."""
    return frozenset(entry.serial_number for entry in found)
