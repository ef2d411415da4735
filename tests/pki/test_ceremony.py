"""The ceremony over folders of different machines: what travels, what stays, and who refuses what."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from core.refusals import BAD_FIELD, BAD_SETTINGS, BAD_SIGNATURE, MALFORMED, NO_IDENTITY, NOT_CERTIFIED, Kind
from pki.ceremony.office import Office
from pki.ceremony.request import digest_of, make_tag_key, request_authority, request_holder
from pki.ceremony.root import new_root
from pki.ceremony.sign import sign
from pki.identity import HUB, Purpose, Role, Subject
from pki.keys import load_p256, new_private
from pki.names import LOCAL, Names
from pki.requests import new_request
from tests.pki.forging import AT, JIANGSU, SHANGHAI, refusal
from tests.pki.machines import Machines, files

if TYPE_CHECKING:
    from pathlib import Path


# Who has which key.


def test_no_private_key_is_anywhere_but_where_it_is_used(machines: Machines) -> None:
    """Neither authority nor root ever holds a holder's private key, in whatever form; requests and answers hold none."""
    keys = {path: path.read_bytes() for path in machines.place.rglob("*.key")}
    assert {str(path.relative_to(machines.place)) for path in keys} == {
        *("root/root.key", f"authority-{HUB}/authority.key", f"authority-{SHANGHAI}/authority.key"),
        *(f"hub/{name}.key" for name in ("tls", "signing", "log", "pepper")),
        *(f"node/{name}.key" for name in ("tls", "signing", "sealing", "witness", "officer", "storage")),
    }
    for path, key in keys.items():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        secret = bare(path, key)
        for name, data in files(machines.place).items():
            assert name == str(path.relative_to(machines.place)) or (key not in data and secret not in data), name


def bare(path: Path, key: bytes) -> bytes:
    """The secret number itself."""
    if key.startswith(b"-----") and path.stem not in {"sealing", "log", "witness"}:
        return load_p256(path).private_numbers().private_value.to_bytes(32, "big")
    return key


def test_an_authority_needs_nothing_but_the_request(machines: Machines, tmp_path: Path) -> None:
    request = request_holder(tmp_path / "far", Subject(SHANGHAI, Role.AUDITOR), Names(), os.urandom)
    travelled = tmp_path / "usb" / "request.pem"
    travelled.parent.mkdir()
    request.rename(travelled)
    answer = sign(machines.authority(SHANGHAI), travelled, digest_of(travelled), tmp_path / "answer", at=AT)
    assert answer == [tmp_path / "answer" / "tls.pem"]
    assert set(files(tmp_path / "far")) == {"tls.key"}


def test_keys_are_never_overwritten(machines: Machines) -> None:
    before = files(machines.place)
    node = Subject(SHANGHAI, Role.NODE)
    assert refusal(lambda: request_holder(machines.place / "node", node, LOCAL, os.urandom)) == (BAD_SETTINGS, "tls.key exists")
    assert refusal(lambda: request_authority(machines.authority(SHANGHAI).folder, SHANGHAI)) == (BAD_SETTINGS, "authority.key exists")
    assert refusal(lambda: new_root(machines.root.folder, AT)) == (BAD_SETTINGS, "root.key exists")
    make_tag_key(machines.place / "node", 2, os.urandom)
    assert refusal(lambda: make_tag_key(machines.place / "node", 2, os.urandom)) == (BAD_SETTINGS, "tag-2.key exists")
    (machines.place / "node" / "tag-2.key").unlink()
    assert files(machines.place) == before


# What is not asked for, and not signed.


@pytest.mark.parametrize(
    ("subject", "names", "field"),
    [
        (Subject(SHANGHAI, Role.NODE), Names(), "name"),
        (Subject(SHANGHAI, Role.AUDITOR), LOCAL, "name"),
        (Subject(SHANGHAI, Role.SYSTEM), LOCAL, "unit"),
    ],
)
def test_requests_that_no_holder_makes(tmp_path: Path, subject: Subject, names: Names, field: str) -> None:
    assert refusal(lambda: request_holder(tmp_path / "new", subject, names, os.urandom)) == (BAD_FIELD, field)
    assert not (tmp_path / "new").exists()


def test_units_are_prefixes_of_the_province(tmp_path: Path) -> None:
    assert refusal(lambda: Subject(SHANGHAI, Role.SYSTEM, ("32",))) == (NO_IDENTITY, "units")
    no_digits = Subject(SHANGHAI, Role.SYSTEM, ("31x",))
    assert refusal(lambda: request_holder(tmp_path / "new", no_digits, LOCAL, os.urandom))[0] is NO_IDENTITY
    assert refusal(lambda: request_authority(tmp_path / "new", "31")) == (BAD_FIELD, "member")


def test_only_the_request_that_was_read_out_is_signed(machines: Machines, tmp_path: Path) -> None:
    mine = request_holder(tmp_path / "mine", Subject(SHANGHAI, Role.AUDITOR), Names(), os.urandom)
    other = request_holder(tmp_path / "other", Subject(SHANGHAI, Role.AUDITOR), Names(), os.urandom)
    before = files(machines.place / f"authority-{SHANGHAI}")
    for digest in (digest_of(mine), "", "密", digest_of(other)[:-1]):
        assert refusal(lambda: sign(machines.authority(SHANGHAI), other, digest, tmp_path, at=AT)) == (NOT_CERTIFIED, "digest")  # noqa: B023 - called at once
    assert files(machines.place / f"authority-{SHANGHAI}") == before
    assert sign(machines.authority(SHANGHAI), mine, f" {digest_of(mine).upper()}\n", tmp_path, at=AT)


def refused(office: Office, request: bytes, place: Path) -> tuple[Kind, str]:
    """How an issuer refuses a request whose digest is right."""
    path = place / "changed.pem"
    path.write_bytes(request)
    before = files(office.folder)
    answer = refusal(lambda: sign(office, path, digest_of(path), place / "answer", at=AT))
    assert files(office.folder) == before
    assert not (place / "answer").exists()
    return answer


def test_an_authority_signs_for_its_own_member_only(machines: Machines, tmp_path: Path) -> None:
    machines.found(JIANGSU)
    request = request_holder(tmp_path / "new", Subject(SHANGHAI, Role.AUDITOR), Names(), os.urandom).read_bytes()
    assert refused(machines.authority(JIANGSU), request, tmp_path) == (NOT_CERTIFIED, "member")
    assert refused(machines.authority(HUB), request, tmp_path) == (NOT_CERTIFIED, "member")


def test_a_key_is_certified_once(machines: Machines, tmp_path: Path) -> None:
    shanghai = machines.authority(SHANGHAI)
    again = (machines.place / "node" / "request.pem").read_bytes()
    assert refused(shanghai, again, tmp_path) == (NOT_CERTIFIED, "key known")
    node = Subject(SHANGHAI, Role.NODE)
    keys = {purpose: new_private(purpose) for purpose in (Purpose.TLS, Purpose.SIGNING, Purpose.SEALING, Purpose.WITNESS)}
    twice = new_request(node, LOCAL, {**keys, Purpose.SIGNING: keys[Purpose.TLS]})
    assert refused(shanghai, twice, tmp_path) == (NOT_CERTIFIED, "key known")
    authoritys = new_request(node, LOCAL, {**keys, Purpose.TLS: shanghai.issuer.key})
    assert refused(shanghai, authoritys, tmp_path) == (NOT_CERTIFIED, "key known")


def test_possession_is_proven(machines: Machines, tmp_path: Path) -> None:
    """Somebody else's public key under one's own name: the signature in the request is not by that key."""
    text = request_holder(tmp_path / "new", Subject(SHANGHAI, Role.AUDITOR), Names(), os.urandom).read_bytes()
    lines = text.split(b"\n")
    lines[-3] = lines[-3][:-6] + (b"AAAA" if lines[-3][-6:-2] != b"AAAA" else b"BBBB") + lines[-3][-2:]
    assert refused(machines.authority(SHANGHAI), b"\n".join(lines), tmp_path) in [(BAD_SIGNATURE, "request"), (MALFORMED, "request")]


def test_a_request_is_whole(machines: Machines, tmp_path: Path) -> None:
    text = request_holder(tmp_path / "new", Subject(SHANGHAI, Role.NODE), LOCAL, os.urandom).read_bytes()
    begin = text.index(b"-----BEGIN PUBLIC KEY")
    shanghai = machines.authority(SHANGHAI)
    for changed in (b"", text[begin:], text[:begin], text + text[begin:], text[:-1], b"x" + text, text * 2):
        kind, _ = refused(shanghai, changed, tmp_path)
        assert kind is MALFORMED


def test_root_and_authority_do_not_sign_each_others_requests(machines: Machines, tmp_path: Path) -> None:
    holder = request_holder(tmp_path / "holder", Subject(SHANGHAI, Role.AUDITOR), Names(), os.urandom).read_bytes()
    authority = request_authority(tmp_path / "authority", SHANGHAI).read_bytes()
    assert refused(machines.root, holder, tmp_path) == (MALFORMED, "request: subject")
    assert refused(machines.authority(SHANGHAI), authority, tmp_path) == (MALFORMED, "request")


def test_an_office_has_its_own_key(machines: Machines) -> None:
    shanghai, hub = machines.place / f"authority-{SHANGHAI}", machines.place / f"authority-{HUB}"
    (shanghai / "authority.pem").write_bytes((hub / "authority.pem").read_bytes())
    assert refusal(lambda: Office.enter(shanghai)) == (BAD_SETTINGS, "authority.key")
    (shanghai / "authority.pem").write_bytes(b"")
    assert refusal(lambda: Office.enter(shanghai)) == (BAD_SETTINGS, "authority.pem")
