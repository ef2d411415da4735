"""A root or an authority at work, and certificates in files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from core.refusals import BAD_SETTINGS, Refused
from pki.files import read
from pki.keys import load_p256
from pki.signer import Signer

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Issuer:
    """A root or an authority at work: its certificate and the key that belongs to it."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey

    @property
    def signer(self) -> Signer:
        """Signs documents (trust list, member record) with the same key: DSSE bytes never look like DER."""
        return Signer.of(self.key)


def load_issuer(certificate_path: Path, key_path: Path) -> Issuer:
    """Reads an issuer from its two files.

    Raises:
        Refused: BAD_SETTINGS with the name of the file at fault, also when the key is not the certificate's.
    """
    certificate, key = load_certificate(certificate_path), load_p256(key_path)
    if certificate.public_key() != key.public_key():
        raise Refused(BAD_SETTINGS, key_path.name)
    return Issuer(certificate, key)


def load_certificate(path: Path) -> x509.Certificate:
    """Reads the first certificate of a PEM file.

    Raises:
        Refused: BAD_SETTINGS with the file's name.
    """
    try:
        return x509.load_pem_x509_certificates(read(path))[0]
    except ValueError as exc:
        raise Refused(BAD_SETTINGS, path.name) from exc


def pem(*certificates: x509.Certificate) -> bytes:
    """Writes certificates as PEM, in the order given: the holder's first, then its authority's."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)
