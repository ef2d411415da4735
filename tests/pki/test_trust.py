"""The trust list in force: whose key may be used for what, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from core.refusals import BAD_SIGNATURE, KEY_EXPIRED, KEY_NOT_YET_VALID, KEY_REVOKED, NO_IDENTITY, UNKNOWN_KEY, Refused
from pki import seal
from pki.identity import HUB, Role
from pki.issuer import load_certificate
from pki.signer import load_signer
from pki.trust import Trust, load_trust_list
from tests.pki.forging import AT, JIANGSU, SHANGHAI, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from pki.signer import Signer
    from tests.pki.forging import Forge

END = AT + timedelta(days=730)


@pytest.fixture(scope="module")
def trust(folder: Path) -> Trust:
    return load_trust_list((folder / "trust-list.bin").read_bytes(), (folder / "root.pem").read_bytes())


@pytest.fixture(scope="module")
def signer(folder: Path) -> Signer:
    return load_signer(folder / "members" / SHANGHAI / "node" / "signing.key")


def tls(folder: Path, code: str = SHANGHAI, role: Role = Role.NODE) -> bytes:
    return load_certificate(folder / "members" / code / role / "tls.pem").public_bytes(Encoding.DER)


def test_a_key_is_good_for_its_member_while_it_lasts(trust: Trust, signer: Signer) -> None:
    for at in (AT - timedelta(minutes=5), AT, END):
        assert trust.signing_key(signer.key_id, SHANGHAI, at) == signer.public_key
        trust.verify(SHANGHAI, signer.key_id, at, b"message", signer.sign(b"message"))


def test_a_key_is_not_good_before_and_after(trust: Trust, signer: Signer) -> None:
    early, late = AT - timedelta(minutes=5, seconds=1), END + timedelta(seconds=1)
    assert refusal(lambda: trust.signing_key(signer.key_id, SHANGHAI, early)) == (KEY_NOT_YET_VALID, "key_id")
    assert refusal(lambda: trust.signing_key(signer.key_id, SHANGHAI, late)) == (KEY_EXPIRED, "key_id")
    assert KEY_EXPIRED.retriable


@pytest.mark.parametrize("member", [JIANGSU, HUB, "990000", ""])
def test_a_key_of_another_member_is_unknown(trust: Trust, signer: Signer, member: str) -> None:
    assert refusal(lambda: trust.signing_key(signer.key_id, member, AT)) == (UNKNOWN_KEY, "key_id")


@pytest.mark.parametrize("other", ["tls.key", "witness.key"])
def test_a_key_of_another_purpose_is_unknown(trust: Trust, folder: Path, other: str) -> None:
    key = load_signer(folder / "members" / SHANGHAI / "node" / other)
    assert refusal(lambda: trust.signing_key(key.key_id, SHANGHAI, AT)) == (UNKNOWN_KEY, "key_id")


@pytest.mark.parametrize("member", [SHANGHAI, HUB])
def test_the_keys_of_issuers_sign_no_messages(trust: Trust, forge: Forge, member: str) -> None:
    for office in (forge.root, forge.office(member)):
        with pytest.raises(Refused) as caught:
            trust.signing_key(office.issuer.signer.key_id, member, AT)
        assert caught.value.kind is UNKNOWN_KEY


def test_another_message_or_signature_is_not_good(trust: Trust, signer: Signer) -> None:
    good = signer.sign(b"message")
    for message, signature in ((b"massage", good), (b"message", b""), (b"message", good[:-1])):
        with pytest.raises(Refused) as caught:
            trust.verify(SHANGHAI, signer.key_id, AT, message, signature)
        assert caught.value.kind is BAD_SIGNATURE


def test_raw_keys_are_looked_up_by_member_and_purpose(trust: Trust) -> None:
    assert trust.sealing_key(SHANGHAI)[0] == seal.SUITE
    assert trust.sealing_key(SHANGHAI) != trust.sealing_key(JIANGSU)
    for look_up in (
        lambda: trust.sealing_key(HUB),
        lambda: trust.witness_key(HUB),
        lambda: trust.witness_key("990000"),
    ):
        assert refusal(look_up)[0] is UNKNOWN_KEY


def test_only_listed_certificates_speak_and_only_while_they_last(trust: Trust, folder: Path) -> None:
    assert trust.tls_problem(tls(folder), AT) is None
    assert trust.tls_problem(tls(folder), END + timedelta(seconds=1)) is NO_IDENTITY
    signing = load_certificate(folder / "members" / SHANGHAI / "node" / "signing.pem").public_bytes(Encoding.DER)
    for der in (signing, tls(folder) + b"\0", b""):
        assert trust.tls_problem(der, AT) is NO_IDENTITY


def test_what_is_revoked_is_refused_at_every_time(forge: Forge, folder: Path, signer: Signer) -> None:
    trust = forge.load(forge.plain(forge.member(forge.revoking(SHANGHAI))))
    for at in (AT - timedelta(days=1), AT, END + timedelta(days=1)):
        with pytest.raises(Refused) as caught:
            trust.signing_key(signer.key_id, SHANGHAI, at)
        assert caught.value.kind is KEY_REVOKED
        assert trust.tls_problem(tls(folder), at) is KEY_REVOKED
    assert trust.tls_problem(tls(folder, HUB, Role.HUB), AT) is None
