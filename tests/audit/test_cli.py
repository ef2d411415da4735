"""The command line: what it prints, its exit status, and that it needs nothing but files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.log_folder import sample
from tests.support.trust import Keys

PROGRAM = Path(sys.executable).with_name("yrdx-audit")
NOBODY_TO_TALK_TO = """
import sys

def hook(event, _):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system")):
        raise PermissionError("nobody to talk to")

sys.addaudithook(hook)
"""


def run(*words: object) -> subprocess.CompletedProcess[str]:
    """Runs the installed program somewhere else, without variables of ours."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "120"}
    done = subprocess.run([PROGRAM, *map(str, words)], cwd="/", env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample().write(tmp_path_factory.mktemp("audited") / "log")


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    made = sample().write(tmp_path / "log")
    (made / "surplus").write_bytes(b"")
    (made / "policy").unlink()
    return made


def test_a_log_in_order(folder: Path) -> None:
    done = run("verify", folder)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0].startswith("log yrdx-hub, 38 entries, root ")
    assert [int(line.split()[0]) for line in lines[1:-1]] == list(range(1, 14))
    assert all(line.endswith(" checked  ok") for line in lines[1:-1])
    assert lines[-1] == "verdict: ok"


def test_findings(damaged: Path) -> None:
    done = run("verify", damaged)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-3:] == [
        "F02 policy: is missing",
        "F02 surplus: does not belong to a log of 38 entries",
        "verdict: 2 findings",
    ]


def test_a_limit_of_findings(damaged: Path) -> None:
    done = run("verify", damaged, "--limit", 1)
    assert done.stdout.splitlines()[-3:] == ["F02 policy: is missing", "... and 1 more (--limit, --json)", "verdict: 2 findings"]


def test_json(folder: Path, damaged: Path) -> None:
    good, bad = run("verify", folder, "--json"), run("verify", damaged, "--json")
    assert (good.returncode, bad.returncode) == (0, 1)
    report = json.loads(good.stdout)
    assert (report["verdict"], report["log"]["size"], report["findings"]) == ("ok", 38, [])
    assert [check["number"] for check in report["checks"]] == list(range(1, 14))
    assert all(check["checked"] > 0 and check["findings"] == 0 for check in report["checks"])
    report = json.loads(bad.stdout)
    assert report["verdict"] == "findings"
    assert report["findings"][0] == {"check": 2, "entry": None, "place": "policy", "text": "is missing"}


def test_another_root(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other.pem").write_bytes(Keys().root_pem)
    assert run("verify", folder, "--root", folder.parent / "root.pem").returncode == 0
    assert run("verify", folder, "--root", tmp_path / "other.pem").returncode == 1


@pytest.mark.parametrize("words", [["verify"], ["verify", "/nowhere"], ["verify", "/etc/hostname"], ["verify", "/", "--x"], ["prove"]])
def test_usage(words: list[str]) -> None:
    done = run(*words)
    assert (done.returncode, done.stdout == "" or "Usage" in done.stdout) == (2, True)
    assert done.stderr


def test_usage_of_a_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no certificate")
    assert run("verify", folder, "--root", tmp_path / "no.pem").returncode == 2
    assert run("verify", folder, "--root", tmp_path / "absent.pem").returncode == 2
    assert run("verify", folder, "--limit", -1).returncode == 2
    assert run("verify", folder, "--threads", 0).returncode == 2
    assert run("verify", tmp_path).returncode == 2  # no root.pem beside it


def test_help_has_examples() -> None:
    done = run("verify", "--help")
    assert done.returncode == 0
    assert "yrdx-audit verify demo-out/log" in done.stdout


def test_no_network_is_needed(folder: Path, tmp_path: Path) -> None:
    """It opens no socket and starts no other program: Python asks our hook before it does either (PEP 578), and gets no."""
    (tmp_path / "sitecustomize.py").write_text(NOBODY_TO_TALK_TO)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

    def alone(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*map(str, words)], env=environment, capture_output=True, text=True, timeout=60, check=False)

    done = alone(PROGRAM, "verify", folder)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["verdict: ok"]), done.stderr
    for talk in ("import socket; socket.socket()", "import socket; socket.getaddrinfo('a', 1)", "import os; os.system('true')"):
        assert "nobody to talk to" in alone(sys.executable, "-c", talk).stderr, "else the hook proves nothing"


def test_no_network_is_needed_as_the_kernel_sees_it(folder: Path) -> None:
    """In a network namespace without any interface that is up, where the kernel lets us make one; elsewhere the hook has to do."""
    words = ["unshare", "--net", "--map-root-user", str(PROGRAM), "verify", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 or done.stderr.startswith("unshare: ")
