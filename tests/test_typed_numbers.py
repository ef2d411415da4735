"""Whole numbers on the command lines: what is none is a usage error, in every option of every script."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cyclopts import App, CycloptsError

import audit.__main__ as auditing
import hub.ops_client as operating
import nodes.desk_client.commands as deciding
import simulator.__main__ as simulating
from core.typed import whole
from pki import commands as certifying

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = {module.__name__: module.app for module in (auditing, operating, deciding, simulating, certifying)}
OFFICER = ["--officer", "330001", "--officer-name", "王警官", "--unit", "330106000000"]


def commands(app: App, *path: str) -> Iterator[tuple[str, App]]:
    """All commands with what is typed for them, groups of commands too."""
    for name in app:
        if not name.startswith("-"):
            yield " ".join((*path, name)), app[name]
            yield from commands(app[name], *path, name)


def test_every_option_that_takes_a_whole_number_reads_it_strictly() -> None:
    found = [
        (f"{module} {path} {argument.name}", argument.parameter.converter)
        for module, app in APPS.items()
        for path, command in commands(app)
        for argument in (command.assemble_argument_collection() if command.default_command else ())
        if argument.hint in (int, int | None)
    ]
    assert len(found) > 15
    assert [name for name, converter in found if converter is not whole] == []


@pytest.mark.parametrize("text", ["1.5", "2.0", "0x10", "1_000", "1e3", "", " 7", "七", "١"])
@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("simulator.__main__", ["run", "--seed"]),
        ("simulator.__main__", ["run", "--cases"]),
        ("simulator.__main__", ["up", "--seed"]),
        ("audit.__main__", ["verify", ".", "--limit"]),
        ("pki.commands", ["sign", "r.pem", "--office", ".", "--digest", "ab", "--days"]),
        ("pki.commands", ["trust-list", ".", "--epoch"]),
        ("nodes.desk_client.commands", ["decide", "deregister", "CASE", *OFFICER, "--version"]),
    ],
    ids=lambda value: value if isinstance(value, str) else value[-1],
)
def test_what_is_no_whole_number_is_a_usage_error(module: str, words: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CycloptsError):
        APPS[module].parse_args([*words, text], exit_on_error=False)
    assert f"Invalid value for {words[-1]}" in capsys.readouterr().err
