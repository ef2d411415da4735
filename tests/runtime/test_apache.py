"""Apache Kafka before it runs: what is missing is said, nothing but the named jars is used, and nodes are told who may do what."""

from __future__ import annotations

import asyncio
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.refusals import ENGINE_MISSING, UNAVAILABLE, Kind, Refused
from runtime.apache import jars
from runtime.apache.node import Node, Quorum
from runtime.settings import TlsFiles

ROOT = Path(__file__).parents[2]
INSTALL = "apt-get install openjdk-17-jdk-headless maven"
JARS = {"kafka.jar": "kafka", "logging.jar": "logging"}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any program, where Kafka consists of two jars."""
    for name in ("bin", "here", "maven"):
        (tmp_path / name).mkdir()
    lines = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in JARS.items()]
    (tmp_path / "here" / "jars.sha256").write_text("".join(lines))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(jars, "HERE", tmp_path / "here")
    return tmp_path


def install(machine: Path, name: str, script: str) -> None:
    program = machine / "bin" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def install_java(machine: Path, version: str = "17.0.15") -> None:
    install(machine, "java", f"echo 'openjdk version \"{version}\" 2025-04-15' >&2")


def install_maven(machine: Path, **files: str) -> None:
    """A Maven that brings these files."""
    for name, text in files.items():
        (machine / "maven" / name).write_text(text)
    copy = f'-DoutputDirectory=*) /bin/cp {machine}/maven/* "${{word#*=}}";;'
    install(machine, "mvn", f'for word in "$@"; do case "$word" in {copy} esac; done')


def refusal(machine: Path) -> tuple[Kind, str]:
    with pytest.raises(Refused) as refused:
        asyncio.run(jars.java(machine / "cache"))
    return refused.value.kind, refused.value.field


def test_without_java_or_with_an_old_one_it_says_what_to_install(machine: Path) -> None:
    assert refusal(machine) == (ENGINE_MISSING, f"Apache Kafka needs java: {INSTALL}")
    for version in ("11.0.2", "1.8.0_392"):
        install_java(machine, version)
        assert refusal(machine) == (ENGINE_MISSING, f"Apache Kafka needs Java 17, here is {version.split('.')[0]}: {INSTALL}")
    install_java(machine)
    assert refusal(machine) == (ENGINE_MISSING, f"Apache Kafka needs mvn: {INSTALL}")


def test_what_maven_brings_is_kept_and_needs_maven_no_more(machine: Path) -> None:
    install_java(machine, "21")
    install_maven(machine, **JARS)
    found = asyncio.run(jars.java(machine / "cache"))
    assert {path.name: path.read_text() for path in found.jars.iterdir()} == JARS
    (machine / "bin" / "mvn").unlink()
    assert asyncio.run(jars.java(machine / "cache")) == found


@pytest.mark.parametrize("brought", [{"kafka.jar": "kafka"}, {**JARS, "kafka.jar": "changed"}, {**JARS, "more.jar": "more"}])
def test_other_jars_are_not_used_and_not_kept(machine: Path, brought: dict[str, str]) -> None:
    install_java(machine)
    install_maven(machine, **brought)
    kind, field = refusal(machine)
    (odd,) = {name for name in {*JARS, *brought} if JARS.get(name) != brought.get(name)}
    assert kind is UNAVAILABLE
    assert odd in field
    assert [path.name for path in (machine / "cache").iterdir()] == ["maven.log"]


def test_jars_that_were_changed_after_they_were_fetched_are_fetched_again(machine: Path) -> None:
    install_java(machine)
    install_maven(machine, **JARS)
    found = asyncio.run(jars.java(machine / "cache")).jars
    (found / "kafka.jar").write_text("changed")
    asyncio.run(jars.java(machine / "cache"))
    assert (found / "kafka.jar").read_text() == "kafka"


def test_a_maven_that_fails_is_said_with_its_log(machine: Path) -> None:
    install_java(machine)
    install(machine, "mvn", "echo no such artefact; exit 1")
    kind, field = refusal(machine)
    assert kind is UNAVAILABLE
    assert (machine / "cache" / "maven.log").read_text() == "no such artefact\n"
    assert "maven.log" in field


@pytest.mark.parametrize("command", [["-m", "runtime.apache"], ["-m", "simulator", "run", "--kafka", "apache", "--out", "{}"]])
def test_commands_end_with_status_3_and_a_sentence(tmp_path: Path, command: list[str]) -> None:
    words = [word.format(tmp_path / "out") for word in command]
    ended = subprocess.run(
        [sys.executable, *words], env={"PATH": str(tmp_path)}, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    said = " ".join((ended.stdout + ended.stderr).split())
    assert (ended.returncode, said.count("Traceback")) == (3, 0)
    assert INSTALL in said


def nodes(folder: Path, count: int, tls: TlsFiles | None) -> list[dict[str, str]]:
    """What the nodes of a cluster are told."""
    quorum = Quorum([f"127.0.0.1:{19_000 + number}" for number in range(count)])
    made = [
        Node(folder=folder, number=number, address=f"127.0.0.1:{20_000 + number}", quorum=quorum, tls=tls) for number in range(1, count + 1)
    ]
    return [dict(line.split("=", 1) for line in node.properties().splitlines()) for node in made]


def test_three_nodes_confirm_what_two_have_and_let_nobody_in_but_themselves_and_the_hub(tmp_path: Path) -> None:
    told = nodes(tmp_path, 3, TlsFiles(certificate=tmp_path / "tls.pem", key=tmp_path / "tls.key", root=tmp_path / "root.pem"))
    for values in told:
        assert (values["default.replication.factor"], values["min.insync.replicas"]) == ("3", "2")
        assert values["ssl.client.auth"] == "required"
        assert values["listener.security.protocol.map"] == "CONTROLLER:SSL,SSL:SSL"
        assert "PLAINTEXT" not in "".join(values.values())
        assert values["super.users"] == "User:CN=broker,OU=hub,O=yrdx,C=CN;User:CN=hub,OU=hub,O=yrdx,C=CN"
        assert "allow.everyone.if.no.acl.found" not in values
    assert len({values["listeners"] for values in told}) == 3


def test_one_node_speaks_plain_text_on_the_loopback_address_alone(tmp_path: Path) -> None:
    (values,) = nodes(tmp_path, 1, None)
    assert (values["default.replication.factor"], values["min.insync.replicas"]) == ("1", "1")
    assert values["listeners"] == values["advertised.listeners"] == "PLAINTEXT://127.0.0.1:20001,CONTROLLER://127.0.0.1:19000"


def test_no_node_makes_topics_by_itself(tmp_path: Path) -> None:
    (values,) = nodes(tmp_path, 1, None)
    assert values["auto.create.topics.enable"] == "false"


def test_ids_have_the_form_of_kafka_and_look_like_no_option() -> None:
    seen = set()
    for number in range(500):
        quorum = Quorum([f"127.0.0.1:{number}", f"127.0.0.1:{number + 1000}"])
        voters = [re.fullmatch(r"(\d)@([\d.]+:\d+):([\w-]{22})", voter) for voter in quorum.initial.split(",")]
        assert [(voter[1], voter[2]) for voter in voters if voter] == list(zip("12", quorum.controllers, strict=True))
        ids = {quorum.cluster_id, *(voter[3] for voter in voters if voter)}
        assert not any(each.startswith("-") for each in ids)
        seen |= ids
    assert len(seen) == 1500
