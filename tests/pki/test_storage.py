"""The storage cipher: form, binding to its context, every change noticed."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import BAD_SETTINGS, CANNOT_OPEN, Refused
from pki.storage import StorageCipher

KEY = bytes(range(32))
CIPHER = StorageCipher(KEY)


@given(plain=st.binary(max_size=100), context=st.binary(max_size=40))
def test_decrypts_what_it_encrypted(plain: bytes, context: bytes) -> None:
    stored = CIPHER.encrypt(plain, context)
    assert len(stored) == len(plain) + 28
    assert CIPHER.decrypt(stored, context) == plain


def test_the_form_is_nonce_then_ciphertext_then_tag() -> None:
    stored = StorageCipher(KEY, random=lambda size: b"\x05" * size).encrypt(b"plain", b"context")
    assert stored == b"\x05" * 12 + AESGCM(KEY).encrypt(b"\x05" * 12, b"plain", b"context")


def test_nonces_differ_by_default() -> None:
    assert CIPHER.encrypt(b"plain", b"")[:12] != CIPHER.encrypt(b"plain", b"")[:12]


@given(at=st.integers(0, 32), flip=st.integers(1, 255))
def test_no_changed_byte_decrypts(at: int, flip: int) -> None:
    stored = bytearray(CIPHER.encrypt(b"plain", b"context"))
    stored[at] ^= flip
    with pytest.raises(Refused) as refused:
        CIPHER.decrypt(bytes(stored), b"context")
    assert refused.value.kind is CANNOT_OPEN


@pytest.mark.parametrize(
    ("cipher", "stored", "context"),
    [
        (CIPHER, CIPHER.encrypt(b"plain", b"row 1"), b"row 2"),
        (StorageCipher(bytes(32)), CIPHER.encrypt(b"plain", b"row 1"), b"row 1"),
        (CIPHER, b"", b"row 1"),
        (CIPHER, b"x" * 27, b"row 1"),
    ],
    ids=["other context", "other key", "empty", "short"],
)
def test_what_does_not_decrypt(cipher: StorageCipher, stored: bytes, context: bytes) -> None:
    with pytest.raises(Refused) as refused:
        cipher.decrypt(stored, context)
    assert refused.value.kind is CANNOT_OPEN


@pytest.mark.parametrize("key", [b"", b"x" * 16, b"x" * 33])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    with pytest.raises(Refused) as refused:
        StorageCipher(key)
    assert refused.value.kind is BAD_SETTINGS
