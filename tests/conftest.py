"""What every test run has: one printed seed, from which everything random in it follows."""

from __future__ import annotations

import os
import random
import secrets

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Chooses the seed, or takes it from YRDX_TEST_SEED, before hypothesis reads it."""
    seed = int(os.environ.get("YRDX_TEST_SEED") or secrets.randbelow(1 << 32))
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = seed
    config.stash[SEED] = seed


def pytest_report_header(config: pytest.Config) -> str:
    """Prints the seed, to repeat a run."""
    return f"seed: {config.stash[SEED]} (repeat with YRDX_TEST_SEED)"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers that follow from the printed seed and the test's name."""
    return random.Random(f"{request.config.stash[SEED]}:{request.node.nodeid}")


SEED = pytest.StashKey[int]()
