"""At the issuer: takes back a certificate, or renews the dates of the list of what was taken back.

Decides that only an issuer's own certificates get into its list. Nothing changes for anybody until the root signs a trust
list that carries the new list, and then at the log index of that version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki import crl
from pki.ceremony.office import LIST_DAYS, require
from pki.ceremony.record import last_record, publish
from pki.issuer import load_certificate
from pki.reading import signed_by

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography import x509

    from pki.ceremony.office import Office


def revoke(office: Office, certificate_path: Path, reason: crl.Reason, at: datetime) -> x509.CertificateRevocationList:
    """Revokes the first certificate of a file; again without effect if it is revoked already.

    Args:
        office: whoever issued it.
        certificate_path: the holder's file, or the issuer's copy in `issued/`.
        reason: for people.
        at: now.

    Returns:
        The newest list.

    Raises:
        Refused: NOT_CERTIFIED "issuer" for a certificate of somebody else, BAD_SETTINGS with a file's name.
    """
    certificate = load_certificate(certificate_path)
    require(_issued(office, certificate), "issuer")
    found = office.revoked()
    if found is None or certificate.serial_number not in crl.serials(found):
        found = office.revoke([crl.revocation(certificate.serial_number, at, reason)], at)
    # If we crash here, the member file carries the older list; the same command again brings it up to date.
    _hand_over(office, at)
    return found


def renew(office: Office, at: datetime, days: int = LIST_DAYS) -> x509.CertificateRevocationList:
    """Signs the list again with later dates.

    Returns:
        The newest list.

    Raises:
        Refused: BAD_FIELD "days", BAD_SETTINGS with a file's name.
    """
    found = office.revoke((), at, days)
    # If we crash here, the member file carries the older list: the same entries, earlier dates.
    _hand_over(office, at)
    return found


def _hand_over(office: Office, at: datetime) -> None:
    if not office.is_root:
        publish(office, last_record(office), at)


def _issued(office: Office, certificate: x509.Certificate) -> bool:
    public, algorithm = office.issuer.signer.public_key, certificate.signature_algorithm_oid
    return signed_by(public, algorithm, certificate.tbs_certificate_bytes, certificate.signature)
