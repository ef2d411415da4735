"""Private keys and secrets: made, kept in files, named by their key id.

Decides which algorithm serves which purpose: ECDSA P-256 for TLS and signing, X25519 for sealing, Ed25519 for the log
and for witnesses. Private keys are unencrypted PKCS #8 (RFC 5958) in PEM, guarded by file mode 0600 and the province's
own disk; secrets (officer, tag, storage, pepper) are 32 raw bytes. Who may use a key is decided by the trust list.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from core.refusals import BAD_SETTINGS, Refused
from pki.files import read, write_new
from pki.identity import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PrivateKey: TypeAlias = EllipticCurvePrivateKey | Ed25519PrivateKey | X25519PrivateKey
PublicPart: TypeAlias = EllipticCurvePublicKey | Ed25519PublicKey | X25519PublicKey

SECRET_BYTES: Final = 32


def key_id(spki_der: bytes) -> bytes:
    """Names a public key: SHA-256 of its SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) in DER."""
    return hashlib.sha256(spki_der).digest()


def spki(public: PublicPart) -> bytes:
    """Gives a public key as SubjectPublicKeyInfo in DER."""
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def new_private(purpose: Purpose) -> PrivateKey:
    """Makes a fresh key of the algorithm this purpose uses; randomness is the operating system's, by the library."""
    if purpose in {Purpose.TLS, Purpose.SIGNING}:
        return new_p256()
    return X25519PrivateKey.generate() if purpose is Purpose.SEALING else Ed25519PrivateKey.generate()


def new_p256() -> EllipticCurvePrivateKey:
    """Makes a fresh P-256 key, the algorithm of every key that has a certificate."""
    return generate_ec(SECP256R1())


def save_private(path: Path, private: PrivateKey) -> None:
    """Writes a private key to a new file, 0600.

    Raises:
        Refused: BAD_SETTINGS when the file exists already.
    """
    write_new(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def load_private(path: Path) -> PrivateKey:
    """Reads a private key.

    Raises:
        Refused: BAD_SETTINGS with the file's name when it is absent, unreadable or of an algorithm not used here.
    """
    try:
        private = load_pem_private_key(read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise Refused(BAD_SETTINGS, path.name) from exc
    if not isinstance(private, PrivateKey):
        raise Refused(BAD_SETTINGS, path.name)
    return private


def load_p256(path: Path) -> EllipticCurvePrivateKey:
    """Reads a private key that must be P-256: an authority's, or one that asks for a certificate.

    Raises:
        Refused: BAD_SETTINGS with the file's name otherwise.
    """
    private = load_private(path)
    if not isinstance(private, EllipticCurvePrivateKey) or not isinstance(private.curve, SECP256R1):
        raise Refused(BAD_SETTINGS, path.name)
    return private


def save_secret(path: Path, random: Callable[[int], bytes]) -> None:
    """Writes 32 fresh bytes of `random` (in production `os.urandom`) to a new file, 0600.

    Raises:
        Refused: BAD_SETTINGS when the file exists already.
    """
    write_new(path, random(SECRET_BYTES))


def load_secret(path: Path) -> bytes:
    """Reads a secret.

    Returns:
        32 bytes.

    Raises:
        Refused: BAD_SETTINGS with the file's name when it is absent or of another length.
    """
    secret = read(path)
    if len(secret) != SECRET_BYTES:
        raise Refused(BAD_SETTINGS, path.name)
    return secret
