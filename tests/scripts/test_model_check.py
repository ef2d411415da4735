"""The runner of the models: what it tells TLC, how it reads the answer, and that models, table and page name the same rules."""

from __future__ import annotations

import re
from typing import Final

import pytest

from scripts import model_check
from scripts.model_check import AS_IT_IS, MODELS, SPEC, Found, Model, Variant, configuration, variants, verdict

STROKES: Final = MODELS[0]
WHOLE: Final = Variant(STROKES, AS_IT_IS, "")
SABOTAGED: Final = Variant(STROKES, "no-tombstone", "NothingHeldForEver")
HEAD: Final = "TLC2 Version 2.18 of 20 March 2023\nStarting... (2026-11-25 03:30:13)\n"
HELD: Final = "Model checking completed. No error has been found.\n"
DONE: Final = "137260 states generated, 42560 distinct states found, 0 states left on queue.\n"
BROKEN_OFF: Final = "1834 states generated, 964 distinct states found, 457 states left on queue.\n"
INVARIANT: Final = "Error: Invariant NothingHeldForEver is violated.\nError: The behavior up to this point is:\n"
PROPERTY: Final = "Error: Temporal properties were violated.\nError: The following behavior constitutes a counter-example:\n"


def module(model: Model) -> str:
    return (SPEC / f"{model.name}.tla").read_text("utf-8")


@pytest.mark.parametrize(
    ("said", "variant", "violated"),
    [
        pytest.param(HELD + DONE, WHOLE, "", id="holds"),
        pytest.param(INVARIANT + BROKEN_OFF, SABOTAGED, "NothingHeldForEver", id="invariant"),
        pytest.param(INVARIANT + BROKEN_OFF, Variant(STROKES, "x", "NobodyLost"), "NothingHeldForEver", id="another one"),
        pytest.param(PROPERTY + DONE, SABOTAGED, "NothingHeldForEver", id="the only property"),
        pytest.param(PROPERTY + DONE, WHOLE, "a property", id="as it is"),
        pytest.param(HELD + BROKEN_OFF, WHOLE, None, id="not to the end"),
        pytest.param(DONE, WHOLE, None, id="nothing said"),
        pytest.param("***Parse Error***\n", WHOLE, None, id="not even begun"),
        pytest.param("Error: TLC threw an unexpected exception.\n" + BROKEN_OFF, SABOTAGED, None, id="died"),
    ],
)
def test_what_tlc_says_is_understood(said: str, variant: Variant, violated: str | None) -> None:
    assert verdict(HEAD + said, variant).violated == violated


def test_states_are_the_distinct_ones() -> None:
    assert verdict(HEAD + HELD + DONE, WHOLE) == Found("", 42560)


def test_as_it_is_everything_is_checked() -> None:
    told = configuration(WHOLE)
    assert set(re.findall(r"^(?:INVARIANT|PROPERTY) (\w+)$", told, re.MULTILINE)) == {*STROKES.invariants, *STROKES.properties}
    assert f'Sabotage = "{AS_IT_IS}" {STROKES.bound} = {STROKES.whole}' in told


@pytest.mark.parametrize("variant", [one for one in variants() if one.expected], ids=lambda one: one.label)
def test_without_a_rule_only_what_must_break_is_checked(variant: Variant) -> None:
    """So the verdict names the rule's own invariant, and a violated property is the expected one."""
    told = configuration(variant)
    kind = "INVARIANT" if variant.expected in variant.model.invariants else "PROPERTY"
    assert re.findall(r"^(?:INVARIANT|PROPERTY) .*$", told, re.MULTILINE) == [f"{kind} {variant.expected}"]
    assert f'Sabotage = "{variant.sabotage}" {variant.model.bound} = {variant.model.sabotaged}' in told


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_and_the_table_know_the_same_rules(model: Model) -> None:
    mentions = re.findall(r'Sabotage (?:=|#|\\in) (\{[^}]*\}|"[\w-]+")', module(model))
    named = {name for mention in mentions for name in re.findall(r'"([\w-]+)"', mention)}
    assert named - {AS_IT_IS} == set(model.rules)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_everything_that_must_hold_is_defined_and_some_rule_is_there_for_it(model: Model) -> None:
    wanted = module(model).partition("what must hold")[2]
    defined = set(re.findall(r"^(\w+) ==", wanted, re.MULTILINE)) - {"AtRest"}
    assert defined == {*model.invariants, *model.properties}
    assert re.search(rf"^CONSTANTS Sabotage, {model.bound}$", module(model), re.MULTILINE)


def test_the_page_lists_the_same_rules_and_what_they_break() -> None:
    page = (SPEC / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| ([a-z-]+) \| .+ \| (\w+) \|$", page, re.MULTILINE)
    assert rows == [(one.sabotage, one.expected) for one in variants() if one.expected]


def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert model_check.main([]) == 3
    assert model_check.INSTALL in capsys.readouterr().out


def test_a_variant_that_does_not_exist_is_a_mistake_of_usage() -> None:
    assert model_check.main(["Strokes", "no-such-rule"]) == 2
