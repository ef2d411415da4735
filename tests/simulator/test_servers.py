"""Somebody else's servers under a world: named, complete, and without a past."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import asyncpg
import pytest

from runtime.clock import sleep
from runtime.embedded.broker import Broker
from simulator.layout import Layout
from simulator.processes import Processes
from simulator.servers import DATABASES, Servers
from simulator.trouble import NotInstalled, NotUsable
from tests.support.postgres import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtime.settings import KafkaSettings
    from tests.support.postgres import Server


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def dsn_folder(tmp_path: Path, postgres: Server) -> Path:
    for name in DATABASES:
        (tmp_path / name).write_text(postgres.new_database() + "\n")
    return tmp_path


def check(servers: Servers) -> None:
    asyncio.run(servers.check())


def test_given_databases_are_taken_up_and_their_passwords_guarded(dsn_folder: Path) -> None:
    layout, servers = Layout.of(dsn_folder / "out"), Servers(dsn_folder=dsn_folder)
    layout.clean()
    check(servers)
    asyncio.run(servers.databases(layout, Processes(layout, sleep)))
    for name in DATABASES:
        assert layout.dsn(name).read_text() == (dsn_folder / name).read_text()
        assert layout.dsn(name).stat().st_mode & 0o777 == 0o600


def test_a_database_with_a_past_is_refused(dsn_folder: Path) -> None:
    async def make_past() -> None:
        connection = await asyncpg.connect((dsn_folder / "hub").read_text().strip())
        await connection.execute("create table past (only_row int)")
        await connection.close()

    asyncio.run(make_past())
    with pytest.raises(NotUsable, match=r"hub names is not empty"):
        check(Servers(dsn_folder=dsn_folder))


def test_a_wrong_password_is_said_in_a_sentence_without_it(dsn_folder: Path) -> None:
    (dsn_folder / "hub").write_text((dsn_folder / "hub").read_text().replace("@", "x@"))
    with pytest.raises(NotUsable, match=r"hub names cannot") as refused:
        check(Servers(dsn_folder=dsn_folder))
    assert "x@" not in str(refused.value)


def test_an_incomplete_folder_names_what_it_lacks(dsn_folder: Path) -> None:
    (dsn_folder / "node-330000").unlink()
    with pytest.raises(NotUsable, match="node-330000"):
        check(Servers(dsn_folder=dsn_folder))


@pytest.mark.parametrize("kafka", ["apache", "apache3"])
def test_what_apache_kafka_needs_must_be_installed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kafka: str) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NotInstalled, match="apt-get install"):
        check(Servers(kafka=kafka))


def test_an_address_where_nobody_listens_is_said_at_once() -> None:
    with pytest.raises(NotUsable, match=r"no broker answers at 127\.0\.0\.1:1$"):
        check(Servers(kafka="127.0.0.1:1"))


def test_somebody_elses_broker_is_taken_for_what_it_is(tmp_path: Path) -> None:
    """The embedded kind needs other clients than Apache Kafka does, whoever started it."""

    async def main() -> KafkaSettings:
        async with Broker(tmp_path / "theirs") as theirs:
            servers = Servers(kafka=theirs.address)
            await servers.check()
            layout = Layout.of(tmp_path)
            return await servers.broker(layout, Processes(layout, sleep))

    assert asyncio.run(main()).embedded
