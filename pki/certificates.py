"""Issuing certificates: root, authority, holder.

Decides serial numbers (random, RFC 5280 section 4.1.2.2), names and lifetimes; what a certificate carries is decided by
`pki.profile`, whether it should be issued at all by the ceremony. A certificate lies within its issuer's lifetime, so that
checking the last one checks them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from core.refusals import BAD_FIELD, Refused
from pki.identity import Purpose
from pki.issuer import Issuer
from pki.names import Names, alternative_names
from pki.profile import (
    AUTHORITY,
    HOLDINGS,
    ROOT,
    Extensions,
    authority_extensions,
    directory_name,
    leaf_extensions,
    root_extensions,
)
from pki.validity import Validity

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey

    from pki.identity import Subject


def issue_root(key: EllipticCurvePrivateKey, validity: Validity) -> Issuer:
    """Makes the self-signed root: the anchor of everybody."""
    name = directory_name(common_name=ROOT)
    return Issuer(_build(name, key.public_key(), root_extensions(), validity, issuer=name, key=key), key)


def issue_authority(public: EllipticCurvePublicKey, member: str, root: Issuer, validity: Validity) -> x509.Certificate:
    """Makes the certificate of a member's authority.

    Raises:
        Refused: BAD_FIELD "validity" when it would outlive the root.
    """
    return _issue(directory_name(member, AUTHORITY), public, authority_extensions(member), validity, root)


def issue_leaf(
    public: EllipticCurvePublicKey,
    subject: Subject,
    purpose: Purpose,
    *,
    names: Names,
    authority: Issuer,
    validity: Validity,
) -> x509.Certificate:
    """Makes a holder's certificate for one purpose; host names go into a TLS server's only.

    Raises:
        Refused: BAD_FIELD "validity" when it would outlive the authority.
    """
    served = names if purpose is Purpose.TLS and HOLDINGS[subject.role].server else Names()
    extensions = (*leaf_extensions(purpose, subject.role), (alternative_names(subject, served), False))
    return _issue(directory_name(subject.member, subject.role), public, extensions, validity, authority)


def _issue(name: x509.Name, public: EllipticCurvePublicKey, extensions: Extensions, validity: Validity, issuer: Issuer) -> x509.Certificate:
    if not validity.within(Validity.of(issuer.certificate)):
        raise Refused(BAD_FIELD, "validity")
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    extensions = (*extensions, (authority_key, False))
    return _build(name, public, extensions, validity, issuer=issuer.certificate.subject, key=issuer.key)


def _build(
    name: x509.Name,
    public: EllipticCurvePublicKey,
    extensions: Extensions,
    validity: Validity,
    *,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=name,
        public_key=public,
        serial_number=x509.random_serial_number(),
        not_valid_before=validity.not_before,
        not_valid_after=validity.not_after,
    )
    for extension, critical in (*extensions, (x509.SubjectKeyIdentifier.from_public_key(public), False)):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, SHA256(), ecdsa_deterministic=True)
