"""Signing keys: published vectors, confusion of algorithms, files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import BAD_SETTINGS, UNKNOWN_KEY, Refused
from pki.identity import Purpose
from pki.keys import load_p256, load_private, load_secret, new_private, save_private, save_secret
from pki.signer import PublicKey, Signer, load_signer, verify_ed25519, verify_signature

if TYPE_CHECKING:
    from pathlib import Path

P256 = Signer.of(generate_private_key(SECP256R1()))
ED25519 = Signer.of(Ed25519PrivateKey.generate())
BOTH = pytest.mark.parametrize("signer", [P256, ED25519], ids=["p256", "ed25519"])


def test_p256_equals_rfc_6979_a_2_5() -> None:
    key = derive_private_key(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, SECP256R1())
    r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    assert Signer.of(key).sign(b"sample") == encode_dss_signature(r, s)


def test_ed25519_equals_rfc_8032_7_1_test_2() -> None:
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = Signer.of(Ed25519PrivateKey.from_private_bytes(seed))
    assert signer.public_key.raw.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signer.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


@BOTH
def test_key_id_is_the_digest_of_the_public_key_info(signer: Signer) -> None:
    der = signer._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert signer.key_id == signer.public_key.key_id == hashlib.sha256(der).digest()


@BOTH
def test_signing_twice_gives_the_same_bytes(signer: Signer) -> None:
    assert signer.sign(b"header") == signer.sign(b"header")


@BOTH
def test_a_good_signature_verifies_and_another_message_does_not(signer: Signer) -> None:
    signature = signer.sign(b"header")
    assert verify_signature(signer.public_key, b"header", signature)
    assert not verify_signature(signer.public_key, b"headers", signature)


@BOTH
@given(junk=st.binary(max_size=80))
def test_junk_is_never_a_signature_and_never_an_error(signer: Signer, junk: bytes) -> None:
    assert not signer.public_key.verify(b"header", junk)


@BOTH
def test_trailing_bytes_are_no_signature(signer: Signer) -> None:
    assert not signer.public_key.verify(b"header", signer.sign(b"header") + b"\x00")


def test_the_key_decides_the_algorithm() -> None:
    assert not P256.public_key.verify(b"header", ED25519.sign(b"header"))
    assert not ED25519.public_key.verify(b"header", P256.sign(b"header"))


def test_raw_ed25519_verification() -> None:
    signature = ED25519.sign(b"note")
    assert verify_ed25519(ED25519.public_key.raw, b"note", signature)
    assert not verify_ed25519(ED25519.public_key.raw, b"not", signature)
    assert not verify_ed25519(b"short", b"note", signature)
    assert not verify_ed25519(P256.public_key.raw, b"note", P256.sign(b"note"))


def test_other_algorithms_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        PublicKey.of(generate_private_key(SECP384R1()).public_key())
    assert refused.value.kind is UNKNOWN_KEY


@pytest.mark.parametrize("purpose", list(Purpose))
def test_private_files_are_private_and_never_overwritten(tmp_path: Path, purpose: Purpose) -> None:
    path = tmp_path / "deep" / "folder" / "x.key"
    save_private(path, new_private(purpose))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == path.parent.parent.stat().st_mode & 0o777 == 0o700
    before = path.read_bytes()
    with pytest.raises(Refused, match="exists"):
        save_private(path, new_private(purpose))
    assert path.read_bytes() == before
    assert type(load_private(path)) is type(new_private(purpose))


def test_secrets_come_from_the_given_randomness(tmp_path: Path) -> None:
    save_secret(tmp_path / "tag-1.key", lambda size: b"\x07" * size)
    assert load_secret(tmp_path / "tag-1.key") == b"\x07" * 32
    assert (tmp_path / "tag-1.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"x" * 33, None])
def test_a_bad_secret_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "s.key").write_bytes(content)
    with pytest.raises(Refused) as refused:
        load_secret(tmp_path / "s.key")
    assert (refused.value.kind, refused.value.field) == (BAD_SETTINGS, "s.key")


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", None])
def test_a_bad_key_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "signing.key").write_bytes(content)
    with pytest.raises(Refused) as refused:
        load_signer(tmp_path / "signing.key")
    assert (refused.value.kind, refused.value.field) == (BAD_SETTINGS, "signing.key")


def test_a_sealing_key_cannot_sign_and_ed25519_asks_for_no_certificate(tmp_path: Path) -> None:
    save_private(tmp_path / "sealing.key", new_private(Purpose.SEALING))
    save_private(tmp_path / "log.key", new_private(Purpose.LOG))
    with pytest.raises(Refused, match=r"sealing\.key"):
        load_signer(tmp_path / "sealing.key")
    with pytest.raises(Refused, match=r"log\.key"):
        load_p256(tmp_path / "log.key")
    assert len(load_signer(tmp_path / "log.key").sign(b"checkpoint")) == 64
