"""What every test run has: one printed seed, from which everything random in it follows, and one kind of Kafka."""

from __future__ import annotations

import os
import random
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import kafka

if TYPE_CHECKING:
    from collections.abc import Iterator

_APACHE = Path(__file__).parent / "apache"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Lets the tests of the hub run on Apache Kafka."""
    parser.addoption("--kafka", choices=kafka.KINDS, default=kafka.EMBEDDED, help="the Kafka under the hub")


def pytest_configure(config: pytest.Config) -> None:
    """Chooses the seed, or takes it from YRDX_TEST_SEED, before hypothesis reads it."""
    seed = int(os.environ.get("YRDX_TEST_SEED") or secrets.randbelow(1 << 32))
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = seed
    config.stash[SEED] = seed


def pytest_report_header(config: pytest.Config) -> str:
    """Prints the seed, to repeat a run."""
    return f"seed: {config.stash[SEED]} (repeat with YRDX_TEST_SEED)"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is about Apache Kafka alone runs only with it."""
    return True if collection_path == _APACHE and config.getoption("kafka") == kafka.EMBEDDED else None


@pytest.fixture(scope="session", autouse=True)
def _transport(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The Kafka that was chosen, as long as the run lasts."""
    with kafka.chosen(request.config.getoption("kafka"), tmp_path_factory.mktemp("kafka")):
        yield


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers that follow from the printed seed and the test's name."""
    return random.Random(f"{request.config.stash[SEED]}:{request.node.nodeid}")


SEED = pytest.StashKey[int]()
