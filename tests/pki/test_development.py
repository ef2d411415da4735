"""The development ceremony leaves what every process of a world reads, and nothing private that others can read."""

from __future__ import annotations

import os
import stat
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from core.ids import PROVINCES
from core.refusals import BAD_SETTINGS, Refused
from pki import development
from pki.identity import HUB, Role, Subject
from pki.issuer import load_certificate
from pki.keys import load_secret
from pki.names import Names
from pki.seal import load_opener
from pki.signer import load_signer
from pki.trust import Trust, load_trust_list
from tests.pki.forging import AT

if TYPE_CHECKING:
    from pathlib import Path

NODE_FILES = {"tls", "signing", "sealing", "witness", "officer", "storage", "tag-1"}


@pytest.fixture(scope="module")
def trust(folder: Path) -> Trust:
    return load_trust_list((folder / "trust-list.bin").read_bytes(), (folder / "root.pem").read_bytes())


def test_the_trust_list_verifies(trust: Trust) -> None:
    assert (trust.version, trust.tag_epochs, set(trust.members)) == (1, (1,), {HUB, *PROVINCES})
    assert trust.issued_at == AT


@pytest.mark.parametrize("code", PROVINCES)
def test_a_node_has_its_keys_and_the_list_names_them(folder: Path, trust: Trust, code: str) -> None:
    place = folder / "members" / code / Role.NODE
    assert {path.stem for path in place.glob("*.key")} == NODE_FILES
    signer = load_signer(place / "signing.key", place / "signing.pem")
    assert trust.signing_key(signer.key_id, code, AT) == signer.public_key
    assert trust.sealing_key(code)[1] == load_opener(place / "sealing.key").public
    assert trust.witness_key(code) == load_signer(place / "witness.key").public_key.raw
    assert len({load_secret(place / f"{name}.key") for name in ("officer", "storage", "tag-1")}) == 3


def test_the_hub_has_its_keys_and_no_tag_key(folder: Path, trust: Trust) -> None:
    place = folder / "members" / HUB / Role.HUB
    assert {path.stem for path in place.glob("*.key")} == {"tls", "signing", "log", "pepper"}
    signer = load_signer(place / "signing.key", place / "signing.pem")
    assert trust.signing_key(signer.key_id, HUB, AT) == signer.public_key
    assert trust.log_key() == load_signer(place / "log.key").public_key.raw


def test_provinces_share_one_tag_key_and_no_other_key(folder: Path) -> None:
    tag_keys = {path.read_bytes() for path in folder.rglob("tag-1.key")}
    others = [path.read_bytes() for path in folder.rglob("*.key") if path.name != "tag-1.key"]
    assert len(tag_keys) == 1
    assert len(set(others)) == len(others)
    assert tag_keys.isdisjoint(others)


def test_every_tls_certificate_may_speak_and_is_followed_by_its_authority(folder: Path, trust: Trust) -> None:
    places = sorted(folder.glob("members/*/*/tls.pem"))
    assert len(places) == 4 + 4 * len(PROVINCES)
    for path in places:
        assert trust.tls_problem(_der(path, 0), AT) is None
        assert _der(path, 1) == _der(folder / "authorities" / path.parts[-3] / "authority.pem", 0)


def test_a_provincial_system_may_speak_for_its_province(trust: Trust) -> None:
    for code in PROVINCES:
        subjects = {listed.leaf.subject for listed in trust.members[code].certificates}
        assert Subject(code, Role.SYSTEM, (code[:2],)) in subjects
        assert {subject.role for subject in subjects} == {Role.NODE, Role.SYSTEM, Role.OPERATOR, Role.AUDITOR}


def test_private_files_are_for_their_owner_only(folder: Path) -> None:
    for path in folder.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600 if path.suffix == ".key" else 0o644), path


def test_servers_are_reached_under_the_names_given(tmp_path: Path) -> None:
    development.init(tmp_path, AT, os.urandom, names=Names.parse(["hub.example", "::1"]))
    certificate = load_certificate(tmp_path / "members" / HUB / "hub" / "tls.pem")
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["spiffe://yrdx/hub/hub", "hub.example", "::1"]


def test_a_second_time_nothing_is_overwritten(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(Refused) as caught:
        development.init(folder, AT, os.urandom)
    assert caught.value.kind is BAD_SETTINGS
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_it_is_quick(tmp_path: Path) -> None:
    started = time.process_time()
    development.init(tmp_path, AT + timedelta(days=1), os.urandom)
    assert time.process_time() - started < 1


def _der(path: Path, index: int) -> bytes:
    return x509.load_pem_x509_certificates(path.read_bytes())[index].public_bytes(Encoding.DER)
