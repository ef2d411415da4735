"""The office of an issuer: a folder with its certificate, its key and the list of what it revoked.

    root.pem root.key root.crl trust-list.bin                    the root's, on a machine without network
    authority.pem authority.key authority.crl member.bin         an authority's, in its province

Decides names and how long things last. A revocation list is the issuer's own memory: each new one holds all entries of
the last and counts on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from core.refusals import BAD_SETTINGS, NOT_CERTIFIED, Refused
from pki import crl
from pki.files import read, replace
from pki.issuer import Issuer, load_issuer
from pki.profile import AUTHORITY, ROOT
from pki.reading import reading
from pki.validity import Validity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

ROOT_DAYS: Final = 7300
AUTHORITY_DAYS: Final = 3650
HOLDER_DAYS: Final = 730
LIST_DAYS: Final = 90
"""Until a revocation list's next update. Tools mind it; the exchange does not, see `pki.crl`."""


@dataclass(frozen=True, slots=True)
class Office:
    """An issuer where it works.

    Attributes:
        folder: where its files are.
        name: "root" or "authority", the first part of its files' names.
        issuer: its certificate and key.
    """

    folder: Path
    name: str
    issuer: Issuer

    @classmethod
    def enter(cls, folder: Path) -> Office:
        """Opens the root's folder or an authority's.

        Raises:
            Refused: BAD_SETTINGS with the name of the file that is absent or does not belong to the others.
        """
        name = ROOT if (folder / f"{ROOT}.key").exists() else AUTHORITY
        return cls(folder, name, load_issuer(folder / f"{name}.pem", folder / f"{name}.key"))

    @property
    def is_root(self) -> bool:
        """Tells the root from an authority."""
        return self.name == ROOT

    @property
    def member(self) -> str:
        """GB/T 2260 code, or "hub", of an authority's member; empty for the root."""
        units = self.issuer.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        return str(units[0].value) if units else ""

    def revoked(self) -> x509.CertificateRevocationList | None:
        """Gives the newest revocation list; None before the first.

        Raises:
            Refused: BAD_SETTINGS with the file's name when this issuer did not sign what is there.
        """
        path = self.folder / f"{self.name}.crl"
        if not path.exists():
            return None
        with reading(path.name, BAD_SETTINGS):
            der = x509.load_pem_x509_crl(read(path)).public_bytes(Encoding.DER)
            return crl.read_list(der, self.issuer.certificate, path.name)

    def list_now(self, at: datetime) -> bytes:
        """Gives the newest revocation list in DER, and makes the first if there is none."""
        found = self.revoked()
        return (self.revoke((), at) if found is None else found).public_bytes(Encoding.DER)

    def revoke(self, added: Sequence[x509.RevokedCertificate], at: datetime, days: int = LIST_DAYS) -> x509.CertificateRevocationList:
        """Writes the next list: all entries so far and the added ones; without any it renews the dates alone.

        Raises:
            Refused: BAD_FIELD "days".
        """
        last = self.revoked()
        entries, count = ([], 0) if last is None else ([*last], crl.number(last))  # an empty list is false
        der = crl.new_list(self.issuer, count + 1, [*entries, *added], Validity.starting(at, days))
        new = x509.load_der_x509_crl(der)
        replace(self.folder / f"{self.name}.crl", new.public_bytes(Encoding.PEM))
        return new


def require(condition: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Refuses to sign (NOT_CERTIFIED) for what is named, unless the condition holds."""
    if not condition:
        raise Refused(NOT_CERTIFIED, what)
