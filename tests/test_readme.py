"""Both READMEs say the same, and every command in them exists and takes the options it is given."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import yaml

from audit.__main__ import app as audit
from hub.ops_client import app as ops
from nodes.desk_client.commands import app as desk
from pki.commands import app as pki
from simulator.__main__ import app as sim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyclopts import App

ROOT: Final = Path(__file__).parent.parent
ENGLISH, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))
APPS: Final[dict[str, App]] = {"yrdx-desk": desk, "yrdx-ops": ops, "yrdx-audit": audit, "yrdx-sim": sim, "yrdx-pki": pki}
CASE: Final = "01940000-0000-7000-8000-000000000001"


def blocks(text: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def commands(text: str) -> Iterator[list[str]]:
    """Every command of the blocks and of the running text, its variables put in."""
    variables: dict[str, str] = {}
    for line in "".join(blocks(text)).splitlines():
        if set_ := re.fullmatch(r'(\w+)="([^$]*)"', line):
            variables[set_[1]] = set_[2]
        elif line:
            yield shlex.split(re.sub(r"\$(\w+)", lambda found: variables[found[1]], line))
    for inline in re.findall(r"`((?:\.venv/bin/)?yrdx-\w+ [^`]+|make [^`]+)`", text):
        yield shlex.split(inline)


ALL: Final = list(commands(ENGLISH))


def test_both_languages_have_the_same_sections_and_commands() -> None:
    levels = [re.findall(r"^#+", text, re.MULTILINE) for text in (ENGLISH, CHINESE)]
    assert levels[0] == levels[1]
    assert blocks(ENGLISH) == blocks(CHINESE)
    assert list(commands(CHINESE)) == ALL


def test_both_languages_link_to_the_same_pages() -> None:
    english, chinese = (re.findall(r"\]\(([^)]+)\)", text) for text in (ENGLISH, CHINESE))
    assert (english[0], chinese[0]) == ("README.zh-CN.md", "README.md")
    assert sorted(english[1:]) == sorted(chinese[1:])


def test_the_two_commands_stand_first() -> None:
    assert blocks(ENGLISH)[0] == "make demo\nmake test\n"


@pytest.mark.parametrize("words", [words for words in ALL if words[0] == "make"], ids=" ".join)
def test_targets_are_in_the_makefile(words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert words[1] in targets


@pytest.mark.parametrize("words", [words for words in ALL if "yrdx-" in words[0]], ids=" ".join)
def test_programs_take_what_they_are_given(words: list[str]) -> None:
    program = Path(words[0]).name
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert program in scripts
    given = [CASE if word == "CASE" else word for word in words[1:]]
    APPS[program].parse_args(given, exit_on_error=False, print_error=False)


def test_every_program_for_people_is_shown() -> None:
    assert {Path(words[0]).name for words in ALL if "yrdx-" in words[0]} == set(APPS)


@pytest.mark.parametrize("words", [words for words in ALL if words[0] == "docker"], ids=" ".join)
def test_containers_that_are_named_exist(words: list[str]) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    profiles = {profile for service in compose["services"].values() for profile in service.get("profiles", [])}
    assert words[1] == "compose"
    if "--profile" in words:
        assert words[words.index("--profile") + 1] in profiles
    if "run" in words:
        assert words[-1] in compose["services"]


def test_anything_else_is_everyday_shell() -> None:
    assert {words[0] for words in ALL if "yrdx-" not in words[0]} <= {"make", "docker", "cp", "echo"}
