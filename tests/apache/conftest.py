"""Tests of what only Apache Kafka does; `make test-apache-kafka` runs them on one node, and on three with TLS."""

from __future__ import annotations

import os

import pytest

from tests.hub.conftest import dsn, hub_dsn, postgres_server
from tests.support.kafka import Apache

__all__ = ["dsn", "hub_dsn", "postgres_server"]


@pytest.fixture
def apache() -> Apache:
    """The cluster of this run, all of it running."""
    assert Apache.running is not None
    Apache.running.cluster.run(Apache.running.start())
    return Apache.running


@pytest.fixture
def mark(request: pytest.FixtureRequest) -> str:
    """A word for this test's records: the topics are those of the whole run."""
    return f"{request.node.name}-{os.urandom(4).hex()}"
