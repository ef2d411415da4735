"""What a node keeps readable for itself only: AES-256-GCM under the node's own storage key.

Decides the stored form: nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes). `context` binds a value to its row and column,
so that a stored value moved elsewhere does not decrypt. Nonces are random: at most 2^32 values under one key
(NIST SP 800-38D section 8.3). Rollback of a whole table to an older state is not noticed here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.refusals import BAD_SETTINGS, CANNOT_OPEN, Refused
from pki.keys import SECRET_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

NONCE_BYTES: Final = 12


class StorageCipher:
    """Encrypts and decrypts under one key; usable from many threads."""

    def __init__(self, key: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        """Takes 32 bytes of key and a source of nonces.

        Raises:
            Refused: BAD_SETTINGS when the key is not 32 bytes long.
        """
        if len(key) != SECRET_BYTES:
            raise Refused(BAD_SETTINGS, "storage key")
        self._cipher = AESGCM(key)
        self._random = random

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        """Encrypts a value that only the same context decrypts."""
        nonce = self._random(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, context)

    def decrypt(self, stored: bytes, context: bytes) -> bytes:
        """Gives the value back.

        Raises:
            Refused: CANNOT_OPEN when the bytes were changed, belong to another context or were written under another key.
        """
        try:
            return self._cipher.decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], context)
        except (InvalidTag, ValueError) as exc:
            raise Refused(CANNOT_OPEN, "stored") from exc
