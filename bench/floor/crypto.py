"""Signing, verifying, sealing, opening: CPU microseconds of one operation through `pki`, and beside it through the library alone."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from pki.seal import Opener, seal
from pki.signer import Signer

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGNED: Final = 650
"""Bytes of a header with its type."""
_COUNT: Final = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Crypto:
    """Microseconds of one operation.

    Attributes:
        bare: the same four through the library alone, by name.
    """

    sign: float
    verify: float
    seal: float
    open: float
    bare: dict[str, float]


def measured(payload: int) -> Crypto:
    """Times all of them."""
    key, opening, message, plain = generate_private_key(SECP256R1()), X25519PrivateKey.generate(), os.urandom(_SIGNED), os.urandom(payload)
    signer, opener = Signer.of(key), Opener(opening)
    signature, sealed = signer.sign(message), seal(opener.public, b"info", plain)
    algorithm, public, suite = (
        ECDSA(SHA256(), deterministic_signing=True),
        key.public_key(),
        Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM),
    )
    return Crypto(
        sign=cpu_us(lambda: signer.sign(message)),
        verify=cpu_us(lambda: signer.public_key.verify(message, signature)),
        seal=cpu_us(lambda: seal(opener.public, b"info", plain)),
        open=cpu_us(lambda: opener.open(b"info", sealed)),
        bare={
            "sign": cpu_us(lambda: key.sign(message, algorithm)),
            "verify": cpu_us(lambda: public.verify(signature, message, algorithm)),
            "seal": cpu_us(lambda: suite.encrypt(plain, opening.public_key(), b"info")),
            "open": cpu_us(lambda: suite.decrypt(sealed, opening, b"info")),
        },
    )


def cpu_us(work: Callable[[], object]) -> float:
    """CPU microseconds of one call."""
    work()
    begun = time.process_time()
    for _ in range(_COUNT):
        work()
    return round(1e6 * (time.process_time() - begun) / _COUNT, 1)
