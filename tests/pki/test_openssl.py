"""What another implementation says about our certificates, requests and revocation lists: the system's openssl."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from pki import certificates
from pki.ceremony.office import Office
from pki.ceremony.revoke import revoke
from pki.crl import Reason
from pki.identity import HUB, Purpose, Role, Subject
from pki.issuer import Issuer, pem
from pki.keys import new_p256
from pki.names import Names
from pki.profile import authority_extensions, directory_name
from tests.pki.forging import AT, FEW, JIANGSU, SHANGHAI

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pki.forging import Forge

OPENSSL = shutil.which("openssl") or "openssl is not installed"


def openssl(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OPENSSL, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)


def verify(folder: Path, authority: str, leaf: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """At the time of the ceremony, so that the test is good for ever."""
    untrusted = folder / "authorities" / authority / "authority.pem"
    at = ("-attime", int(AT.timestamp()))
    return openssl("verify", "-x509_strict", *at, *words, "-CAfile", folder / "root.pem", "-untrusted", untrusted, leaf)


def revocation_lists(folder: Path, code: str, place: Path) -> tuple[str, ...]:
    path = place / "all.crl"
    path.write_bytes((folder / "root.crl").read_bytes() + (folder / "authorities" / code / "authority.crl").read_bytes())
    return "-crl_check_all", "-CRLfile", str(path)


def test_every_certificate_verifies_up_to_the_root_and_is_not_revoked(folder: Path, tmp_path: Path) -> None:
    leaves = [*folder.glob("members/*/*/tls.pem"), *folder.glob("members/*/*/signing.pem")]
    assert len(leaves) == 4 * 5 + 5
    for leaf in leaves:
        done = verify(folder, leaf.parts[-3], leaf, *revocation_lists(folder, leaf.parts[-3], tmp_path))
        assert done.stdout == f"{leaf}: OK\n", done.stderr


@pytest.mark.parametrize(
    ("role", "purpose", "good"), [("node", "sslserver", True), ("node", "sslclient", True), ("auditor", "sslserver", False)]
)
def test_purposes(folder: Path, role: str, purpose: str, *, good: bool) -> None:
    done = verify(folder, SHANGHAI, folder / "members" / SHANGHAI / role / "tls.pem", "-purpose", purpose)
    assert (done.returncode == 0) is good


def test_a_signing_certificate_is_none_for_tls(folder: Path) -> None:
    done = verify(folder, SHANGHAI, folder / "members" / SHANGHAI / "node" / "signing.pem", "-purpose", "sslclient")
    assert "unsuitable certificate purpose" in done.stderr


def test_an_authority_cannot_name_another_province(forge: Forge, tmp_path: Path) -> None:
    leaf = certificates.issue_leaf(
        new_p256().public_key(),
        Subject(SHANGHAI, Role.NODE),
        Purpose.TLS,
        names=Names(("localhost",)),
        authority=forge.office(JIANGSU).issuer,
        validity=FEW,
    )
    (tmp_path / "leaf.pem").write_bytes(pem(leaf))
    done = verify(forge.folder, JIANGSU, tmp_path / "leaf.pem")
    assert "permitted subtree violation" in done.stderr
    assert done.returncode != 0


def test_an_authority_cannot_make_another_authority(forge: Forge, tmp_path: Path) -> None:
    """Path length 0: what it signs may sign nothing. (RFC 5280 does not count one of the same name, `pki.trust` does.)"""
    key, jiangsu = new_p256(), forge.office(JIANGSU)
    name, extensions = directory_name(JIANGSU, "under"), authority_extensions(JIANGSU)
    below = certificates._issue(name, key.public_key(), extensions, FEW, jiangsu.issuer)
    leaf = certificates.issue_leaf(
        new_p256().public_key(),
        Subject(JIANGSU, Role.AUDITOR),
        Purpose.TLS,
        names=Names(),
        authority=Issuer(below, key),
        validity=FEW,
    )
    (tmp_path / "leaf.pem").write_bytes(pem(leaf))
    (tmp_path / "chain.pem").write_bytes(pem(below, jiangsu.issuer.certificate))
    at = ("-attime", int(AT.timestamp()))
    done = openssl("verify", *at, "-CAfile", forge.folder / "root.pem", "-untrusted", tmp_path / "chain.pem", tmp_path / "leaf.pem")
    assert "path length constraint exceeded" in done.stderr


@pytest.mark.parametrize("at_root", [True, False], ids=["authority", "holder"])
def test_what_is_revoked_no_longer_verifies(folder: Path, tmp_path: Path, *, at_root: bool) -> None:
    copy = tmp_path / "pki"
    shutil.copytree(folder, copy)
    office, leaf = copy / "authorities" / SHANGHAI, copy / "members" / SHANGHAI / "node" / "tls.pem"
    revoke(Office.enter(copy if at_root else office), office / "authority.pem" if at_root else leaf, Reason.KEY_COMPROMISE, AT)
    done = verify(copy, SHANGHAI, leaf, *revocation_lists(copy, SHANGHAI, tmp_path))
    assert "certificate revoked" in done.stderr
    other = verify(copy, HUB, copy / "members" / HUB / "hub" / "tls.pem", *revocation_lists(copy, HUB, tmp_path))
    assert other.returncode == 0


def test_requests_are_genuine_to_it(folder: Path) -> None:
    for path in (folder / "authorities" / HUB / "request.pem", folder / "members" / SHANGHAI / "node" / "request.pem"):
        done = openssl("req", "-in", path, "-noout", "-verify")
        assert done.returncode == 0
        assert "verify OK" in done.stdout + done.stderr


def test_keys_are_in_its_format(folder: Path) -> None:
    for path in folder.rglob("*.key"):
        if path.stem not in {"officer", "storage", "pepper", "tag-1"}:
            assert openssl("pkey", "-in", path, "-noout", "-check").returncode == 0, path
