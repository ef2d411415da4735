"""What tests of the auditor share."""

from __future__ import annotations

import pytest

from tests.support.log_folder import LogBuilder


@pytest.fixture
def log() -> LogBuilder:
    """A log that has just begun: trust list and rules."""
    return LogBuilder().begin()
