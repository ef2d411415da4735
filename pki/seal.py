"""Sealing to a province: HPKE, RFC 9180, base mode, one message a context.

Decides how a payload becomes readable by the receiving province alone. Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
AES-256-GCM; the sealed form is encapsulated key (32 bytes) ‖ ciphertext ‖ tag (16 bytes). `info` binds the seal to its
routing (`core.envelope.seal_info`): lifted into another message it does not open. Sealing authenticates nobody: the
sender's signature covers the digest of the sealed bytes. Every call uses a fresh ephemeral key, so sealed bytes are
stored before they are first sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from core.refusals import BAD_SETTINGS, CANNOT_OPEN, UNKNOWN_KEY, Refused
from pki.keys import load_private

if TYPE_CHECKING:
    from pathlib import Path

SUITE: Final = "hpke-x25519-hkdf-sha256-aes256gcm"
OVERHEAD: Final = 48
"""Bytes that sealing adds."""

_HPKE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def seal(public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Seals to the holder of a registered key.

    Args:
        public: raw X25519 key (32 bytes), from `Trust.sealing_key`.
        info: what the seal is bound to; opening needs the same bytes.
        plaintext: a serialised payload.

    Returns:
        The sealed bytes, `OVERHEAD` longer than the plaintext, different at every call.

    Raises:
        Refused: UNKNOWN_KEY when the bytes are no usable X25519 key.
    """
    try:
        return _HPKE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public), info)
    except ValueError as exc:  # wrong length, or a point of small order (RFC 9180 section 7.1.4)
        raise Refused(UNKNOWN_KEY, "sealing") from exc


class Opener:
    """Opens what was sealed to one private key; usable from many threads."""

    def __init__(self, private: X25519PrivateKey) -> None:
        """Takes the private key of the receiving province."""
        self._private = private

    @property
    def public(self) -> bytes:
        """The raw public key (32 bytes) that others seal to."""
        return self._private.public_key().public_bytes_raw()

    def open(self, info: bytes, sealed: bytes) -> bytes:
        """Opens sealed bytes.

        Raises:
            Refused: CANNOT_OPEN when they were sealed to another key or with other info, were changed, or are too short.
                Which of these it was cannot be told.
        """
        try:
            return _HPKE.decrypt(sealed, self._private, info)
        except (InvalidTag, ValueError) as exc:
            raise Refused(CANNOT_OPEN, "sealed") from exc


def load_opener(path: Path) -> Opener:
    """Reads a sealing key (PKCS #8 PEM).

    Raises:
        Refused: BAD_SETTINGS with the file's name when it is absent or not X25519.
    """
    private = load_private(path)
    if not isinstance(private, X25519PrivateKey):
        raise Refused(BAD_SETTINGS, path.name)
    return Opener(private)
