"""What the trust list refuses in certificates, though they are properly signed: each by one thing that is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from core.refusals import BAD_FIELD
from pki import certificates
from pki.identity import HUB, Purpose, Role, Subject
from pki.issuer import Issuer
from pki.keys import new_p256
from pki.names import LOCAL, Names, alternative_names
from pki.profile import directory_name, leaf_extensions
from pki.trust import load_trust_list
from pki.validity import Validity
from tests.pki.forging import AT, FEW, JIANGSU, SHANGHAI, bad_place, refusal

if TYPE_CHECKING:
    from tests.pki.forging import Forge

NODE = Subject(SHANGHAI, Role.NODE)


def leaf(authority: Issuer, subject: Subject = NODE, purpose: Purpose = Purpose.TLS, names: Names = LOCAL) -> x509.Certificate:
    key = new_p256().public_key()
    return certificates.issue_leaf(key, subject, purpose, names=names, authority=authority, validity=FEW)


def free(authority: Issuer, *, name: x509.Name | None = None, key: Any = None, validity: Validity = FEW, **swap: Any) -> x509.Certificate:
    """A TLS certificate of Shanghai's node that may be wrong anywhere; `extensions` is the whole list."""
    usual = (*leaf_extensions(Purpose.TLS, Role.NODE), (alternative_names(NODE, LOCAL), False))
    own = (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), False)
    return certificates._build(
        name or directory_name(SHANGHAI, Role.NODE),
        key or new_p256().public_key(),
        (*swap.get("extensions", usual), own),
        validity,
        issuer=swap.get("issuer", authority.certificate.subject),
        key=authority.key,
    )


def test_a_further_certificate_is_accepted(forge: Forge) -> None:
    certificate = leaf(forge.office(SHANGHAI).issuer)
    trust = forge.load_with(certificate, Purpose.TLS, SHANGHAI)
    assert trust.tls_problem(certificate.public_bytes(Encoding.DER), AT) is None


def test_another_provinces_authority_cannot_name_this_province(forge: Forge) -> None:
    """Neither in its own record, nor in the record of the province it names, nor with only the URI of that province."""
    jiangsu = forge.office(JIANGSU).issuer
    named = leaf(jiangsu)
    assert forge.refuses(named, Purpose.TLS, JIANGSU).endswith(": member")
    assert forge.refuses(named, Purpose.TLS, SHANGHAI).endswith(": signature")
    half = free(jiangsu, name=directory_name(JIANGSU, Role.NODE))
    assert forge.refuses(half, Purpose.TLS, JIANGSU).endswith(": member")
    own_uri = ((alternative_names(Subject(JIANGSU, Role.NODE), LOCAL), False),)
    other_half = free(jiangsu, extensions=(*leaf_extensions(Purpose.TLS, Role.NODE), *own_uri))
    assert forge.refuses(other_half, Purpose.TLS, JIANGSU).endswith(": subject")


def test_another_provinces_authority_cannot_speak_as_this_member(forge: Forge) -> None:
    record, jiangsu = forge.record(SHANGHAI), forge.office(JIANGSU)
    place = bad_place(lambda: forge.load(forge.plain(forge.member(record, office=jiangsu))))
    assert place == f"members[{SHANGHAI}].authority: subject"
    own = forge.office(SHANGHAI).issuer.certificate.public_bytes(Encoding.DER)
    place = bad_place(lambda: forge.load(forge.plain(forge.member(record, office=jiangsu, authority_certificate=own))))
    assert place == f"members[{SHANGHAI}].record: signature"


def test_an_authority_that_the_root_did_not_make(forge: Forge) -> None:
    root = certificates.issue_root(new_p256(), Validity.starting(AT, 7300))
    key = new_p256()
    false = Issuer(certificates.issue_authority(key.public_key(), SHANGHAI, root, FEW), key)
    member = forge.member(forge.record(SHANGHAI), authority_certificate=false.certificate.public_bytes(Encoding.DER))
    assert bad_place(lambda: forge.load(forge.plain(member))) == f"members[{SHANGHAI}].authority: signature"


def test_a_certificate_below_another_authority_of_the_same_name(forge: Forge) -> None:
    """An authority may sign itself a second key; the root has not seen it."""
    shanghai, key = forge.office(SHANGHAI), new_p256()
    second = Issuer(certificates.issue_authority(key.public_key(), SHANGHAI, shanghai.issuer, FEW), key)
    assert forge.refuses(leaf(second), Purpose.TLS, SHANGHAI).endswith(": signature")


@pytest.mark.parametrize(
    ("made", "listed", "place"),
    [
        (Purpose.TLS, Purpose.SIGNING, "extension 2.5.29.15"),
        (Purpose.SIGNING, Purpose.TLS, "extension 2.5.29.15"),
        (Purpose.TLS, Purpose.SEALING, "purpose"),
        (Purpose.TLS, 0, "certificates[5]"),
    ],
)
def test_a_certificate_under_another_purpose(forge: Forge, made: Purpose, listed: int, place: str) -> None:
    names = LOCAL if listed == Purpose.TLS else Names()
    certificate = free(forge.office(SHANGHAI).issuer, extensions=_extensions(made, names))
    assert forge.refuses(certificate, listed, SHANGHAI).endswith(place)


def _extensions(purpose: Purpose, names: Names) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    return (*leaf_extensions(purpose, Role.NODE), (alternative_names(NODE, names), False))


def test_people_and_systems_do_not_sign_messages(forge: Forge) -> None:
    for role in (Role.SYSTEM, Role.OPERATOR, Role.AUDITOR):
        certificate = leaf(forge.office(SHANGHAI).issuer, Subject(SHANGHAI, role), Purpose.SIGNING, Names())
        assert forge.refuses(certificate, Purpose.SIGNING, SHANGHAI).endswith(": purpose")


def test_extensions_are_those_of_the_profile(forge: Forge) -> None:
    usual = _extensions(Purpose.TLS, LOCAL)
    basic, usage, extended, names = usual
    surplus = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
    issuing = (x509.BasicConstraints(ca=True, path_length=0), True)
    wrong = {
        "extension 2.5.29.19": [(usage, extended, names), (issuing, usage, extended, names), ((basic[0], False), usage, extended, names)],
        "extension 2.5.29.37": [(basic, usage, surplus, names), (basic, usage, names)],
        "extensions": [
            (*usual, (x509.OCSPNoCheck(), False)),
            (*usual, (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"x"), True)),
        ],
    }
    for place, cases in wrong.items():
        for extensions in cases:
            certificate = free(forge.office(SHANGHAI).issuer, extensions=extensions)
            assert forge.refuses(certificate, Purpose.TLS, SHANGHAI).endswith(f": {place}")


def test_names_are_for_servers_and_of_three_kinds(forge: Forge) -> None:
    authority = forge.office(SHANGHAI).issuer
    auditor = Subject(SHANGHAI, Role.AUDITOR)
    with_host = (*leaf_extensions(Purpose.TLS, Role.AUDITOR), (alternative_names(auditor, LOCAL), False))
    mail = x509.SubjectAlternativeName([*(x509.UniformResourceIdentifier(uri) for uri in NODE.uris()), x509.RFC822Name("a@b.c")])
    with_mail = (*leaf_extensions(Purpose.TLS, Role.NODE), (mail, False))
    for certificate in (
        free(authority, name=directory_name(SHANGHAI, Role.AUDITOR), extensions=with_host),
        free(authority, extensions=with_mail),
    ):
        assert forge.refuses(certificate, Purpose.TLS, SHANGHAI).endswith(": names")


def test_the_signature_algorithm_is_ours(forge: Forge) -> None:
    authority = forge.office(SHANGHAI).issuer
    builder = x509.CertificateBuilder(
        authority.certificate.subject, directory_name(SHANGHAI, Role.NODE), new_p256().public_key(), 1, FEW.not_before, FEW.not_after
    )
    for extension, critical in _extensions(Purpose.TLS, LOCAL):
        builder = builder.add_extension(extension, critical)
    certificate = builder.sign(authority.key, SHA384())
    assert forge.refuses(certificate, Purpose.TLS, SHANGHAI).endswith(": signature")


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_serial_numbers_are_positive(forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5280 section 4.1.2.2. The library makes no such certificate, so this one is put together by hand."""
    authority = forge.office(SHANGHAI).issuer
    monkeypatch.setattr(x509, "random_serial_number", lambda: 0x7F01)
    tbs = free(authority).tbs_certificate_bytes.replace(b"\x02\x02\x7f\x01", b"\x02\x02\x80\x01", 1)
    signature = authority.key.sign(tbs, ECDSA(SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    der = _sequence(tbs + algorithm + bytes([3, len(signature) + 1, 0]) + signature)
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.serial_number < 0
    assert forge.refuses(certificate, Purpose.TLS, SHANGHAI).endswith(": serial")


def _sequence(content: bytes) -> bytes:
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


def test_a_certificate_has_one_encoding(forge: Forge) -> None:
    """A bit string may claim unused bits at its end; a signature whose last bit is 0 would then have a second encoding."""
    authority = forge.office(SHANGHAI).issuer
    made = next(one for one in iter(lambda: free(authority), None) if not one.signature[-1] & 1)
    der = bytearray(made.public_bytes(Encoding.DER))
    der[-len(made.signature) - 1] = 1
    certificate = x509.load_der_x509_certificate(bytes(der))
    assert certificate.signature == made.signature
    assert forge.refuses(certificate, Purpose.TLS, SHANGHAI).endswith(": encoding")


def test_another_curve_is_refused(forge: Forge) -> None:
    certificate = free(forge.office(SHANGHAI).issuer, key=generate_private_key(SECP384R1()).public_key())
    assert forge.refuses(certificate, Purpose.TLS, SHANGHAI).endswith("certificates[5]")


def test_a_certificate_lies_within_its_issuer(forge: Forge) -> None:
    authority = forge.office(SHANGHAI).issuer
    end = authority.certificate.not_valid_after_utc
    too_long = free(authority, validity=Validity(FEW.not_before, end + timedelta(seconds=1)))
    assert forge.refuses(too_long, Purpose.TLS, SHANGHAI).endswith(": validity")
    key = new_p256().public_key()
    issue = {"names": LOCAL, "authority": authority, "validity": Validity.starting(AT, 4000)}
    assert refusal(lambda: certificates.issue_leaf(key, NODE, Purpose.TLS, **issue)) == (BAD_FIELD, "validity")  # type: ignore[arg-type]  # by name


def test_an_authority_is_no_anchor(forge: Forge) -> None:
    authority = (forge.folder / "authorities" / HUB / "authority.pem").read_bytes()
    signed = (forge.folder / "trust-list.bin").read_bytes()
    assert bad_place(lambda: load_trust_list(signed, authority)) == "root: signature"
    assert bad_place(lambda: load_trust_list(signed, b"")) == "root"
