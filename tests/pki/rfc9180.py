"""RFC 9180 base mode for X25519, HKDF-SHA256, AES-GCM, written from the RFC's text: an oracle independent of `pki.seal`.

Only the steps a receiver needs (sections 4 and 5.1). X25519 and AES-GCM themselves are the library's.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEM_SUITE = b"KEM\x00\x20"
AEAD_IDS = {16: 1, 32: 2}


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labelled + b"\x01", hashlib.sha256)[:length]


def key_and_nonce(private: X25519PrivateKey, enc: bytes, info: bytes, key_bytes: int) -> tuple[bytes, bytes]:
    """Decap, then KeySchedule with mode_base."""
    dh = private.exchange(X25519PublicKey.from_public_bytes(enc))
    kem_context = enc + private.public_key().public_bytes_raw()
    eae_prk = _extract(KEM_SUITE, b"", b"eae_prk", dh)
    shared_secret = _expand(KEM_SUITE, eae_prk, b"shared_secret", kem_context, 32)
    suite = b"HPKE\x00\x20\x00\x01" + AEAD_IDS[key_bytes].to_bytes(2, "big")
    psk_id_hash = _extract(suite, b"", b"psk_id_hash", b"")
    context = b"\x00" + psk_id_hash + _extract(suite, b"", b"info_hash", info)
    secret = _extract(suite, shared_secret, b"secret", b"")
    return _expand(suite, secret, b"key", context, key_bytes), _expand(suite, secret, b"base_nonce", context, 12)


def open_first(private: X25519PrivateKey, sealed: bytes, info: bytes, aad: bytes = b"", key_bytes: int = 32) -> bytes:
    """Opens message 0 of a context given as encapsulated key followed by ciphertext."""
    key, nonce = key_and_nonce(private, sealed[:32], info, key_bytes)
    return AESGCM(key).decrypt(nonce, sealed[32:], aad)
