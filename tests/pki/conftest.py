"""One folder of the development ceremony for all tests that only read it; machines of their own for those that go on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pki import development
from tests.pki.forging import AT, Forge
from tests.pki.machines import Machines, start

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pki") / "new"
    development.init(place, AT, os.urandom)
    return place


@pytest.fixture(scope="session")
def forge(folder: Path) -> Forge:
    return Forge(folder)


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    return start(tmp_path)
