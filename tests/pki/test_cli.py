"""The command `yrdx-pki`: every command, its exit status, and never a traceback."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.refusals import Refused
from pki.ceremony.describe import describe
from pki.trust import load_trust_list
from tests.pki.forging import SHANGHAI
from tests.support.tables import table

PROGRAM = Path(sys.executable).with_name("yrdx-pki")
COMMANDS = ("init", "request", "sign", "inspect", "revoke", "crl", "policy", "trust-list")


def run(place: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Runs the installed program in a folder, without variables of ours."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "120", "LC_ALL": "C.UTF-8"}
    done = subprocess.run([PROGRAM, *map(str, words)], cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def fine(place: Path, *words: object) -> str:
    done = run(place, *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_help_and_an_example_for_every_command(tmp_path: Path) -> None:
    assert all(command in fine(tmp_path, "--help") for command in COMMANDS)
    for command in COMMANDS:
        assert f"Example: yrdx-pki {command} " in fine(tmp_path, command, "--help")


def test_a_whole_ceremony(tmp_path: Path) -> None:
    """Each command as the people say it, from an empty folder to a revoked key."""
    assert "CN=root,O=yrdx" in fine(tmp_path, "init", "root", "--root-only")
    for member, role in (("hub", "hub"), (SHANGHAI, "node")):
        office = f"authority-{member}"
        digest = read_out(fine(tmp_path, "request", member, "authority", "--out", office))
        fine(tmp_path, "sign", f"{office}/request.pem", "--office", "root", "--digest", digest)
        digest = read_out(fine(tmp_path, "request", member, role, "--out", role, "--name", "a.example", "--name", "10.0.0.1"))
        assert f"{role} of {member}" in fine(tmp_path, "inspect", f"{role}/request.pem")
        assert "tls.pem: signed" in fine(tmp_path, "sign", f"{role}/request.pem", "--office", office, "--digest", digest, "--days", 30)
    office = f"authority-{SHANGHAI}"
    files = [word for member in ("hub", SHANGHAI) for word in ("--member", f"authority-{member}/member.bin")]
    first = fine(tmp_path, "trust-list", "root", *files, "--epoch", 1)
    assert first.startswith("trust list    version 1, issued ")
    assert first == fine(tmp_path, "inspect", "root/trust-list.bin")
    assert "0 revoked" in fine(tmp_path, "crl", office)
    assert "keyCompromise" in fine(tmp_path, "revoke", "node/signing.pem", "--office", office, "--reason", "key-compromise")
    (tmp_path / "policy.json").write_bytes(table(SHANGHAI))
    assert "version 1 of 310000 signed" in fine(tmp_path, "policy", "policy.json", "--office", office)
    assert "number 3, 1 revoked" in fine(tmp_path, "crl", office, "--renew", "--days", 5)
    second = fine(tmp_path, "trust-list", "root", "--member", f"{office}/member.bin")
    assert re.search(r"signing +node, serial [0-9a-f]+, REVOKED", second)
    assert re.search(r"policy +310000-1, version 1, [0-9a-f]{64}", second)
    assert load_trust_list((tmp_path / "root/trust-list.bin").read_bytes(), (tmp_path / "root/root.pem").read_bytes()).version == 2


def read_out(printed: str) -> str:
    found = re.search(r"digest, to be read out: ([0-9a-f]{64})$", printed, re.MULTILINE)
    assert found
    return found[1]


def test_init_makes_a_development_folder_and_says_what(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_bytes(table(SHANGHAI))
    printed = fine(tmp_path, "init", "new", "--name", "hub.example", "--policy", "policy.json")
    assert printed.count("policy      ") == 1
    assert printed.count("\nmember ") == 5
    assert (tmp_path / "new" / "members" / SHANGHAI / "node" / "tag-1.key").stat().st_size == 32
    again = run(tmp_path, "init", "new")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr == "yrdx-pki: root.key exists: cannot be used here\n"


@pytest.mark.parametrize(
    ("file", "first"),
    [
        ("root.pem", "certificate   CN=root,O=yrdx,C=CN"),
        ("root.crl", "revocation list number 1, 0 revoked"),
        ("trust-list.bin", "trust list    version 1, issued 2026-01-26 00:30:00Z, tag epochs 1"),
        (f"authorities/{SHANGHAI}/request.pem", f"request       authority of {SHANGHAI}"),
        (f"authorities/{SHANGHAI}/member.bin", f"member        {SHANGHAI} 上海, record 4"),
        (f"members/{SHANGHAI}/system/tls.pem", f"certificate   CN=system,OU={SHANGHAI},O=yrdx,C=CN"),
        (f"members/{SHANGHAI}/system/request.pem", f"request       system of {SHANGHAI}"),
    ],
)
def test_inspect(folder: Path, file: str, first: str) -> None:
    lines = describe(folder / file, folder / "root.pem")
    assert lines[0] == first
    if "/system/" in file:
        assert f"  identity    spiffe://yrdx/province/{SHANGHAI}/units/31" in lines
        assert "  name        127.0.0.1" in lines


def test_findings(folder: Path, tmp_path: Path) -> None:
    """What does not verify or is not signed: exit status 1, with the number of the refusal."""
    other = tmp_path / "root.pem"
    fine(tmp_path, "init", "other", "--root-only")
    other.write_bytes((tmp_path / "other" / "root.pem").read_bytes())
    request, office = folder / "members" / SHANGHAI / "auditor" / "request.pem", folder / "authorities" / SHANGHAI
    for number, words in (
        ("2010 BAD_TRUST_LIST (signature)", ("inspect", folder / "trust-list.bin", "--root", other)),
        ("1001 MALFORMED (tls.key)", ("inspect", folder / "members" / SHANGHAI / "node" / "tls.key")),
        ("8010 NOT_CERTIFIED (digest)", ("sign", request, "--office", office, "--digest", "00")),
        ("8010 NOT_CERTIFIED (issuer)", ("revoke", folder / "root.pem", "--office", office)),
    ):
        done = run(tmp_path, *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"yrdx-pki: {number}. ")


@pytest.mark.parametrize(
    "words",
    [
        "nonsense",
        "init",
        "request 310000",
        "request 310000 pope --out x",
        "request 31 node --out x --name a",
        "request hub node --out x --name a",
        "request 310000 hub --out x --name a",
        "request 310000 node --out x",
        "request 310000 node --out x --name 上海",
        "request 310000 system --out x --name a --unit 32",
        "request 310000 auditor --out x --tag-epoch 1",
        "request hub hub --out x --name a --tag-epoch 1",
        "request 310000 node --out x --name a --tag-epoch 0",
        "sign nothing.pem --office nowhere --digest 00",
        "sign nothing.pem --office nowhere --digest 00 --days 0",
        "inspect nothing.pem",
        "inspect .",
        "revoke nothing.pem --office nowhere",
        "revoke nothing.pem --office nowhere --reason boredom",
        "crl nowhere",
        "trust-list nowhere",
        "request 310000 auditor --out /proc/x",
    ],
)
def test_wrong_usage(tmp_path: Path, words: str) -> None:
    done = run(tmp_path, *words.split())
    assert done.returncode == 2
    assert done.stderr
    assert not list(tmp_path.rglob("*.key"))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(at=st.integers(0, 1 << 20), value=st.integers(0, 255), data=st.data())
def test_inspect_of_damage_is_lines_or_a_refusal(folder: Path, tmp_path: Path, at: int, value: int, data: st.DataObject) -> None:
    names = ("root.pem", "root.crl", "trust-list.bin", f"authorities/{SHANGHAI}/member.bin", f"members/{SHANGHAI}/node/request.pem")
    damaged = bytearray((folder / data.draw(st.sampled_from(names))).read_bytes())
    damaged[at % len(damaged)] = value
    (tmp_path / "damaged").write_bytes(damaged)
    with contextlib.suppress(Refused):
        assert describe(tmp_path / "damaged", folder / "root.pem")
