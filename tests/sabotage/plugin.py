"""A pytest plugin that notes how each test ended, and whether it failed by an assertion: `-p tests.sabotage.plugin --endings FILE`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, settings

if TYPE_CHECKING:
    from collections.abc import Generator

_LONGEST = 80


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--endings", type=Path, help="where to note the endings: a JSON line for each phase of a test")


def pytest_configure() -> None:
    """The first example that fails is enough; to make it smaller takes minutes."""
    settings.register_profile("sabotage", phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False)
    settings.load_profile("sabotage")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    error = call.excinfo.value if call.excinfo is not None else None
    ending = {
        "test": item.nodeid,
        "phase": report.when,
        "outcome": report.outcome,
        "assertion": assertion_in(error),
        "error": type(error).__name__ if error is not None else "",
    }
    with item.config.getoption("endings").open("a") as file:
        file.write(json.dumps(ending) + "\n")
    return report


def assertion_in(error: BaseException | None) -> str:
    """What the assertion says by which a test failed, also from within task groups; empty when it was anything else.

    `pytest.raises` says in the same way that what must be refused was not.
    """
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, map(assertion_in, error.exceptions)), "")
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return next(iter(str(error).splitlines()), "assertion failed")[:_LONGEST]
    return ""
