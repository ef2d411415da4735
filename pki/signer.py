"""Signing and verifying bytes: ECDSA P-256 with SHA-256, and Ed25519.

Decides how a key signs and whether a signature is good. The algorithm always follows from the key as it is registered;
no message, header or certificate field can name another. ECDSA is deterministic (RFC 6979): signing the same bytes again
gives the same signature and needs no randomness. ECDSA signatures are malleable, so signature bytes never serve as an
identifier. Both directions release the GIL and may be called from many threads. Callers sign `core.dsse.pae(…)` or a
checkpoint's text, never bare bodies. Whether a key may be used is decided by the trust list. SM2 would be a third case
of `Signer.sign` and `PublicKey.verify`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificates

from core.refusals import BAD_SETTINGS, UNKNOWN_KEY, Refused
from pki.files import read
from pki.keys import key_id, load_private, spki

if TYPE_CHECKING:
    from pathlib import Path

SigningKey: TypeAlias = EllipticCurvePrivateKey | Ed25519PrivateKey
VerifyingKey: TypeAlias = EllipticCurvePublicKey | Ed25519PublicKey

_SIGN: Final = ECDSA(SHA256(), deterministic_signing=True)
_VERIFY: Final = ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key ready to verify: parsed once, then used for every message.

    Attributes:
        key_id: SHA-256 of its SubjectPublicKeyInfo.
    """

    key_id: bytes
    _key: VerifyingKey

    @classmethod
    def of(cls, key: object) -> PublicKey:
        """Takes a parsed key of the library.

        Raises:
            Refused: UNKNOWN_KEY when it is neither P-256 nor Ed25519.
        """
        if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
            return cls(key_id(spki(key)), key)
        if isinstance(key, Ed25519PublicKey):
            return cls(key_id(spki(key)), key)
        raise Refused(UNKNOWN_KEY, "algorithm")

    @property
    def raw(self) -> bytes:
        """32 bytes of an Ed25519 key; the uncompressed point (65 bytes) of a P-256 key."""
        if isinstance(self._key, Ed25519PublicKey):
            return self._key.public_bytes_raw()
        return self._key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def is_p256(self) -> bool:
        """True for ECDSA P-256, false for Ed25519."""
        return isinstance(self._key, EllipticCurvePublicKey)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Tells whether the signature over exactly these bytes is good; a malformed signature is just not good."""
        try:
            if isinstance(self._key, Ed25519PublicKey):
                self._key.verify(signature, message)
            else:
                self._key.verify(signature, message, _VERIFY)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that signs.

    Attributes:
        public_key: the other half, for checking and for publishing.
    """

    _key: SigningKey
    public_key: PublicKey

    @classmethod
    def of(cls, key: SigningKey) -> Signer:
        """Takes a parsed private key of the library.

        Raises:
            Refused: UNKNOWN_KEY when it is neither P-256 nor Ed25519.
        """
        return cls(key, PublicKey.of(key.public_key()))

    @property
    def key_id(self) -> bytes:
        """SHA-256 of the public key's SubjectPublicKeyInfo, as it stands in an envelope."""
        return self.public_key.key_id

    def sign(self, message: bytes) -> bytes:
        """Signs exactly these bytes: DER (r, s) for P-256, 64 raw bytes for Ed25519."""
        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(message)
        return self._key.sign(message, _SIGN)


def load_signer(key_path: Path, certificate_path: Path | None = None) -> Signer:
    """Reads a signing key and makes sure that it is the one its certificate names.

    Args:
        key_path: PKCS #8 PEM.
        certificate_path: PEM with the leaf first; None for a key that has no certificate (log, witness).

    Raises:
        Refused: BAD_SETTINGS with the name of the file at fault.
    """
    key = load_private(key_path)
    if not isinstance(key, SigningKey):
        raise Refused(BAD_SETTINGS, key_path.name)
    if certificate_path is not None:
        try:
            certified = load_pem_x509_certificates(read(certificate_path))[0].public_key()
        except ValueError as exc:
            raise Refused(BAD_SETTINGS, certificate_path.name) from exc
        if certified != key.public_key():
            raise Refused(BAD_SETTINGS, certificate_path.name)
    return Signer.of(key)


def verify_signature(public_key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Tells whether the signature is good under this key; the key alone decides the algorithm."""
    return public_key.verify(message, signature)


def verify_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Verifies under a raw Ed25519 key (RFC 8032), as checkpoints and cosignatures do.

    Args:
        public: 32 bytes; anything that is not a key verifies nothing.
        message: the signed bytes.
        signature: 64 bytes; anything else is not good.
    """
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        return False
    return PublicKey.of(key).verify(message, signature)
