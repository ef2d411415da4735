"""Sealing: the RFC's vectors through an independent reading of the RFC, and everything that must not open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import BAD_SETTINGS, CANNOT_OPEN, UNKNOWN_KEY, Refused
from pki.identity import Purpose
from pki.keys import new_private, save_private
from pki.seal import OVERHEAD, Opener, load_opener, seal
from tests.pki.rfc9180 import key_and_nonce, open_first

if TYPE_CHECKING:
    from pathlib import Path

SHANGHAI = X25519PrivateKey.generate()
JIANGSU = X25519PrivateKey.generate()
OPENER = Opener(SHANGHAI)

INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")  # "Ode on a Grecian Urn", all vectors of the RFC
PLAINTEXT = b"Beauty is truth, truth beauty"
AAD = b"Count-0"
# RFC 9180 appendix A.1.1 (AES-128-GCM), sequence number 0: skRm, enc, ct.
A_1_1 = (
    "4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8",
    "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
    "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
)
# Our suite (mode 0, KEM 32, KDF 1, AEAD 2), from the RFC's machine-readable vectors as PyPI's cryptography-vectors 50.0.2
# carries them (HPKE/test-vectors.json), sequence number 0: skRm, enc, ct, key, base_nonce.
OURS = (
    "497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d",
    "6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256",
    "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a",
    "f50b0609186798729ed0564b36ef2ef8044f1f9d05636874d1f46c819c7a669f",
    "151d9929e2449747889bc923",
)


def _private(text: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(bytes.fromhex(text))


@pytest.mark.parametrize(("vector", "key_bytes"), [(A_1_1, 16), (OURS, 32)], ids=["a.1.1", "ours"])
def test_the_oracle_reads_the_published_vectors(vector: tuple[str, ...], key_bytes: int) -> None:
    sealed = bytes.fromhex(vector[1] + vector[2])
    assert open_first(_private(vector[0]), sealed, INFO, AAD, key_bytes) == PLAINTEXT


def test_opens_the_published_context_of_our_suite() -> None:
    """The published key and nonce with empty additional data (we never use any): what a sender with skEm would send."""
    private, enc, _, key, nonce = OURS
    sealed = bytes.fromhex(enc) + AESGCM(bytes.fromhex(key)).encrypt(bytes.fromhex(nonce), PLAINTEXT, None)
    assert Opener(_private(private)).open(INFO, sealed) == PLAINTEXT
    assert key_and_nonce(_private(private), bytes.fromhex(enc), INFO, 32) == (bytes.fromhex(key), bytes.fromhex(nonce))


@given(plaintext=st.binary(max_size=200), info=st.binary(max_size=200))
def test_the_oracle_opens_what_we_seal_and_so_do_we(plaintext: bytes, info: bytes) -> None:
    sealed = seal(OPENER.public, info, plaintext)
    assert len(sealed) == len(plaintext) + OVERHEAD
    assert open_first(SHANGHAI, sealed, info) == OPENER.open(info, sealed) == plaintext


def test_sealing_twice_never_gives_the_same_bytes() -> None:
    assert seal(OPENER.public, b"info", b"payload")[:32] != seal(OPENER.public, b"info", b"payload")[:32]


def test_another_province_cannot_open() -> None:
    with pytest.raises(Refused) as refused:
        Opener(JIANGSU).open(b"info", seal(OPENER.public, b"info", b"payload"))
    assert refused.value.kind is CANNOT_OPEN


def test_other_info_does_not_open() -> None:
    with pytest.raises(Refused) as refused:
        OPENER.open(b"other routing", seal(OPENER.public, b"info", b"payload"))
    assert refused.value.kind is CANNOT_OPEN


@given(at=st.integers(0, OVERHEAD + 6), flip=st.integers(1, 255))
def test_no_changed_byte_opens(at: int, flip: int) -> None:
    sealed = bytearray(seal(OPENER.public, b"info", b"payload"))
    sealed[at] ^= flip
    with pytest.raises(Refused) as refused:
        OPENER.open(b"info", bytes(sealed))
    assert refused.value.kind is CANNOT_OPEN


@given(st.binary(max_size=100))
def test_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(Refused) as refused:
        OPENER.open(b"info", junk)
    assert refused.value.kind is CANNOT_OPEN


@pytest.mark.parametrize("public", [b"", b"x" * 31, b"x" * 33, bytes(32)], ids=["empty", "short", "long", "small order"])
def test_an_unusable_public_key_is_refused(public: bytes) -> None:
    with pytest.raises(Refused) as refused:
        seal(public, b"info", b"payload")
    assert refused.value.kind is UNKNOWN_KEY


def test_the_key_file_must_hold_a_sealing_key(tmp_path: Path) -> None:
    save_private(tmp_path / "sealing.key", SHANGHAI)
    save_private(tmp_path / "signing.key", new_private(Purpose.SIGNING))
    assert load_opener(tmp_path / "sealing.key").public == OPENER.public
    with pytest.raises(Refused) as refused:
        load_opener(tmp_path / "signing.key")
    assert (refused.value.kind, refused.value.field) == (BAD_SETTINGS, "signing.key")
