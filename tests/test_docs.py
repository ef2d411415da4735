"""What the pages say about the code, and about each other, is so."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from scripts import make_docs, make_settings_docs

ROOT: Final = Path(__file__).parent.parent
CYCLE: Final = (ROOT / "docs" / "exchange-cycle.md").read_text("utf-8")

_STEP: Final = re.compile(r"Steps? ([1-9](?: and [1-9])*) of 9(?: at the \w+)? - ([a-z, ]+)\. ")
_LISTED: Final = re.compile(r"^([1-9])\. (\w+) - (?:`([\w.]+)`|no module)", re.MULTILINE)
_ROW: Final = re.compile(r"^\| ([1-9]) \| (\w+) \| (.+?) \|", re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
_PATH: Final = re.compile(r"`([\w.-]+/[\w./-]*)`")


class Step(NamedTuple):
    """One of the nine."""

    number: int
    word: str


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", pattern], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).exists()]


def steps_in(folder: str) -> dict[str, list[Step]]:
    """The steps that modules say they are, by path."""
    found = {}
    for path in tracked(f"{folder}/*.py"):
        said = _STEP.match(ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")
        if said:
            numbers, words = map(int, said[1].split(" and ")), said[2].split(", ")
            found[str(path.relative_to(ROOT))] = [Step(*step) for step in zip(numbers, words, strict=True)]
    return found


def listed() -> dict[Step, str]:
    """The list of `hub/__init__.py`: step to its module."""
    text = ast.get_docstring(ast.parse((ROOT / "hub" / "__init__.py").read_text("utf-8"))) or ""
    return {Step(int(number), word): module for number, word, module in _LISTED.findall(text)}


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def test_the_hub_lists_nine_steps_and_its_modules_say_the_same() -> None:
    steps = listed()
    assert [step.number for step in steps] == list(range(1, 10))
    said = {step: module_of(path) for path, found in steps_in("hub").items() for step in found}
    assert said == {step: module for step, module in steps.items() if module}


def test_the_page_names_the_same_steps_at_the_same_places() -> None:
    rows = {Step(int(number), word): where for number, word, where in _ROW.findall(CYCLE)}
    assert set(rows) == set(listed())
    for step, module in listed().items():
        places = {module_of(place.rstrip("/")) for place in _PATH.findall(rows[step])}
        assert (module in places) if module else not places, step


def test_modules_of_the_node_use_the_same_words_and_the_page_names_them() -> None:
    rows = {Step(int(number), word): where for number, word, where in _ROW.findall(CYCLE)}
    said = steps_in("nodes")
    assert said
    for path, steps in said.items():
        for step in steps:
            assert f"`{path}`" in rows[step], (path, step)


def test_no_other_module_claims_a_step() -> None:
    for path in tracked("*.py"):
        if path.parts[len(ROOT.parts)] in {"hub", "nodes", "tests"}:
            continue
        assert not _STEP.match(ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""), path


@pytest.mark.parametrize("path", tracked("*.md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in _LINK.findall(path.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        place = path.parent / target
        assert place.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", place.read_text("utf-8"), re.MULTILINE)
            assert anchor[1:] in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, anchor


MADE_BY_RUNNING: Final = ("demo-out/", "up/", "bench-out/", "deploy/private/", "tile/", "objects/", "yrdx/v1/", ".venv/")


@pytest.mark.parametrize("path", tracked("*.md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_paths_of_the_tree_exist(path: Path) -> None:
    """A page that names a file that was moved is worse than none."""
    tops = {each.name for each in ROOT.iterdir()}
    for name in _PATH.findall(path.read_text("utf-8")):
        if name.startswith(MADE_BY_RUNNING) or name.split("/")[0] not in tops:
            continue
        assert (ROOT / name).exists(), name


def test_generated_pages_are_what_the_tables_give() -> None:
    for name, lines in (("errors", make_docs.errors()), ("procedures", make_docs.procedures()), ("settings", make_settings_docs.page())):
        assert (ROOT / "docs" / f"{name}.md").read_text("utf-8") == "\n".join(lines).rstrip() + "\n", f"run make docs: {name}"
