"""What is a trust list and what is none: each rule broken alone by somebody who holds every key, and damage anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.dsse import MEMBER_RECORD_TYPE, TRUST_LIST_TYPE, pae
from core.refusals import BAD_TRUST_LIST, Refused
from pki import certificates, crl, seal
from pki.documents import sign_trust_list
from pki.identity import HUB, Purpose, Role, Subject
from pki.keys import load_p256
from pki.names import LOCAL, Names
from pki.trust import Trust, load_trust_list
from tests.pki.forging import AT, FEW, JIANGSU, SHANGHAI, bad_place
from yrdx.v1 import trust_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pki.forging import Forge

RECORD = f"members[{SHANGHAI}]"
DAMAGE = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def place_of_record(forge: Forge, change: Callable[[trust_pb2.MemberRecord], object], code: str = SHANGHAI) -> str:
    """Where a list with a changed record does not verify."""
    record = forge.record(code)
    change(record)
    return bad_place(lambda: forge.load(forge.plain(forge.member(record))))


def place_of_list(forge: Forge, change: Callable[[trust_pb2.TrustList], object]) -> str:
    """Where a changed list does not verify."""
    trust_list = forge.plain(forge.member(forge.record(SHANGHAI)))
    change(trust_list)
    return bad_place(lambda: forge.load(trust_list))


# The list.


def test_the_unchanged_list_verifies(forge: Forge) -> None:
    assert set(forge.load(forge.plain(forge.member(forge.record(SHANGHAI)))).members) == {SHANGHAI, HUB}


def _clear(values: object) -> None:
    del values[:]  # type: ignore[attr-defined]  # a repeated field


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda one: setattr(one, "format", 2), "format"),
        (lambda one: setattr(one, "version", 0), "version"),
        (lambda one: one.tag_epochs.append(1), "tag_epochs"),
        (lambda one: _clear(one.tag_epochs), "tag_epochs"),
        (lambda one: setattr(one.issued_at, "seconds", 1 << 60), "issued_at"),
        (lambda one: one.members.append(one.members[0]), f"{RECORD}: twice"),
        (lambda one: one.members.pop(), "members: hub"),
        (lambda one: setattr(one.members[0], "code", "31"), "members: code"),
        (lambda one: setattr(one.members[0], "code", JIANGSU), f"members[{JIANGSU}].authority: subject"),
        (lambda one: one.root_revocation_lists.append(b""), "root_revocation_lists[1]"),
    ],
)
def test_each_rule_of_the_list(forge: Forge, change: Callable[[trust_pb2.TrustList], object], place: str) -> None:
    assert place_of_list(forge, change) == place


def test_the_root_alone_signs_it(forge: Forge) -> None:
    trust_list = forge.plain()
    signed = sign_trust_list(trust_list, forge.office(HUB).issuer.signer)
    assert bad_place(lambda: load_trust_list(signed, forge.root_pem)) == "signature"


def test_the_type_of_a_document_is_part_of_what_is_signed(forge: Forge) -> None:
    body = forge.plain().SerializeToString(deterministic=True)
    assert loaded(signed_as_it_is(forge, body), forge.root_pem)
    assert bad_place(lambda: load_trust_list(signed_as_it_is(forge, body, MEMBER_RECORD_TYPE), forge.root_pem)) == "signature"


def test_one_list_has_one_digest(forge: Forge) -> None:
    signed = (forge.folder / "trust-list.bin").read_bytes()
    wrapper = trust_pb2.SignedTrustList.FromString(signed)
    signature_first = b"\x12" + bytes([len(wrapper.signature)]) + wrapper.signature + signed[: -2 - len(wrapper.signature)]
    assert trust_pb2.SignedTrustList.FromString(signature_first) == wrapper
    for other in (signed + b"\x1a\x01x", signature_first):
        assert bad_place(lambda one=other: load_trust_list(one, forge.root_pem)) == "wrapper"  # type: ignore[misc]  # bound now


def test_an_authority_that_the_root_revoked(forge: Forge) -> None:
    serial = forge.office(SHANGHAI).issuer.certificate.serial_number
    entry = crl.revocation(serial, AT, crl.Reason.KEY_COMPROMISE)
    place = place_of_list(forge, lambda one: one.root_revocation_lists.append(crl.new_list(forge.root.issuer, 2, [entry], FEW)))
    assert place == f"{RECORD}.authority: revoked"


# The record.


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda one: setattr(one, "format", 0), ".record: format"),
        (lambda one: setattr(one, "revocation_list", b""), ".revocation_list"),
        (lambda one: one.certificates.append(one.certificates[0]), "a key is used twice"),
        (lambda one: one.keys.append(one.keys[0]), ".keys[2]: second of its suite"),
        (lambda one: setattr(one.keys[0], "value", b"x" * 31), ".keys"),
        (lambda one: setattr(one.keys[0], "purpose", Purpose.TLS), ".keys[0]: purpose"),
        (lambda one: setattr(one.keys[0], "purpose", Purpose.LOG), ".keys[0]: purpose"),
        (lambda one: setattr(one.keys[0], "purpose", 99), ".keys[0]"),
        (lambda one: setattr(one.certificates[0], "der", one.certificates[0].der + b"\0"), ".certificates[0]"),
        (lambda one: setattr(one.certificates[0], "der", b""), ".certificates[0]"),
    ],
)
def test_each_rule_of_a_record(forge: Forge, change: Callable[[trust_pb2.MemberRecord], object], place: str) -> None:
    assert place_of_record(forge, change).removeprefix(RECORD) == place


def test_a_record_speaks_for_its_own_member(forge: Forge) -> None:
    record, own = forge.record(JIANGSU), forge.office(SHANGHAI)
    member = forge.member(record, office=own, code=SHANGHAI)
    assert bad_place(lambda: forge.load(forge.plain(member))) == f"{RECORD}.record: code"


def test_a_key_of_another_suite_is_passed_over(forge: Forge) -> None:
    record = forge.record(SHANGHAI)
    record.keys.add(purpose=Purpose.SEALING, suite="hpke-of-tomorrow", value=b"anything")
    trust = forge.load(forge.plain(forge.member(record)))
    assert trust.sealing_key(SHANGHAI) == (seal.SUITE, record.keys[0].value)


def test_a_raw_key_of_another_member(forge: Forge) -> None:
    mine, other = forge.record(SHANGHAI), forge.record(JIANGSU)
    mine.keys[0].value = other.keys[0].value
    assert bad_place(lambda: forge.load(forge.plain(forge.member(mine), forge.member(other)))) == "a key is used twice"


def test_one_key_for_two_purposes(forge: Forge) -> None:
    key = load_p256(forge.folder / "members" / SHANGHAI / "node" / "tls.key").public_key()
    certificate = certificates.issue_leaf(
        key, Subject(SHANGHAI, Role.NODE), Purpose.SIGNING, names=Names(), authority=forge.office(SHANGHAI).issuer, validity=FEW
    )
    assert forge.refuses(certificate, Purpose.SIGNING, SHANGHAI) == "a key is used twice"


def test_the_authoritys_own_key_serves_nothing_else(forge: Forge) -> None:
    authority = forge.office(SHANGHAI).issuer
    certificate = certificates.issue_leaf(
        authority.key.public_key(), Subject(SHANGHAI, Role.NODE), Purpose.TLS, names=LOCAL, authority=authority, validity=FEW
    )
    assert forge.refuses(certificate, Purpose.TLS, SHANGHAI) == "a key is used twice"


def test_a_partial_or_foreign_revocation_list_is_none(forge: Forge) -> None:
    authority = forge.office(SHANGHAI).issuer
    builder = x509.CertificateRevocationListBuilder(authority.certificate.subject, FEW.not_before, FEW.not_after)
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    for extension, critical in ((own, False), (x509.CRLNumber(2), False), (x509.DeltaCRLIndicator(1), True)):
        builder = builder.add_extension(extension, critical)
    delta = builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)
    foreign = crl.new_list(forge.office(JIANGSU).issuer, 2, [], FEW)
    for der, place in ((delta, ": extensions"), (foreign, ": signature")):
        found = place_of_record(forge, lambda one: setattr(one, "revocation_list", der))  # noqa: B023 - called at once
        assert found == f"{RECORD}.revocation_list{place}"


# Damage.


def flipped(data: bytes, at: int, bit: int) -> bytes:
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def loaded(signed: bytes, root_pem: bytes) -> Trust | None:
    """A list, or None if it is refused as a bad list; nothing else may happen."""
    try:
        return load_trust_list(signed, root_pem)
    except Refused as exc:
        if exc.kind is not BAD_TRUST_LIST:
            raise
        return None


def signed_as_it_is(forge: Forge, body: bytes, document: str = TRUST_LIST_TYPE) -> bytes:
    signature = forge.root.issuer.signer.sign(pae(document, body))
    return trust_pb2.SignedTrustList(trust_list=body, signature=signature).SerializeToString(deterministic=True)


def speakers(trust: Trust) -> set[tuple[str, bytes]]:
    return {(code, listed.leaf.digest) for code, member in trust.members.items() for listed in member.certificates}


SPOT = {"at": st.integers(0, 1 << 20), "bit": st.integers(0, 7)}


@DAMAGE
@given(**SPOT)
def test_a_flipped_bit_anywhere_is_refused(forge: Forge, at: int, bit: int) -> None:
    signed = (forge.folder / "trust-list.bin").read_bytes()
    assert loaded(flipped(signed, at, bit), forge.root_pem) is None


@DAMAGE
@given(cut=st.integers(0, 1 << 20))
def test_a_cut_list_is_refused(forge: Forge, cut: int) -> None:
    signed = (forge.folder / "trust-list.bin").read_bytes()
    assert loaded(signed[: cut % len(signed)], forge.root_pem) is None


@DAMAGE
@given(junk=st.binary(max_size=200))
def test_junk_is_refused_even_under_the_roots_signature(forge: Forge, junk: bytes) -> None:
    assert loaded(junk, forge.root_pem) is None
    assert loaded(signed_as_it_is(forge, junk), forge.root_pem) is None


@DAMAGE
@example(at=15880, bit=6)  # a member becomes a field that nobody knows, and is ignored
@given(**SPOT)
def test_damage_that_the_root_signed_makes_no_new_speaker(forge: Forge, at: int, bit: int) -> None:
    plain = forge.plain(forge.member(forge.record(SHANGHAI)))
    body = flipped(plain.SerializeToString(deterministic=True), at, bit)
    trust = loaded(signed_as_it_is(forge, body), forge.root_pem)
    assert trust is None or speakers(trust) <= speakers(forge.load(plain))


@DAMAGE
@given(**SPOT)
def test_damage_that_an_authority_signed_makes_no_new_speaker(forge: Forge, at: int, bit: int) -> None:
    record = forge.record(SHANGHAI)
    body = flipped(record.SerializeToString(deterministic=True), at, bit)
    authority = forge.office(SHANGHAI).issuer.signer
    member = forge.member(record)
    member.record.record, member.record.signature = body, authority.sign(pae(MEMBER_RECORD_TYPE, body))
    trust = loaded(sign_trust_list(forge.plain(member), forge.root.issuer.signer), forge.root_pem)
    assert trust is None or speakers(trust) <= speakers(forge.load(forge.plain(forge.member(record))))
