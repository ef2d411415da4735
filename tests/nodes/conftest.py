"""What tests of the node share: a PostgreSQL, and four provinces on a hub that all tests of this folder take turns with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from core.ids import PROVINCES
from tests.nodes.small_nodes import Small, two_nodes
from tests.support import postgres
from tests.support.country import Country
from tests.support.province import IN, OUT, Federation, federation

if TYPE_CHECKING:
    from collections.abc import Iterator

Play: TypeAlias = Callable[[Callable[[Federation], Awaitable[None]]], None]

PATIENCE_S = 90.0


class Stage:
    """An event loop that lives through many tests, and what lives on it."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._stop = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self.thing: Any = None

    def begin(self, manager: Any) -> None:
        """Enters in a task that goes on between tests."""

        async def live(started: asyncio.Future[Any]) -> None:
            try:
                async with manager as thing:
                    started.set_result(thing)
                    await self._stop.wait()
            except BaseException as error:
                if started.done():
                    raise
                started.set_exception(error)

        async def start() -> Any:
            loop = asyncio.get_running_loop()
            started = loop.create_future()
            self._life = loop.create_task(live(started))
            return await started

        self.thing = self._runner.run(start())

    def end(self) -> None:
        async def stop() -> None:
            self._stop.set()
            if self._life is not None:
                await self._life

        self._runner.run(stop())

    def run(self, work: Awaitable[None]) -> None:
        """Runs a coroutine beside what lives here; when that breaks, the test breaks with it."""

        async def play() -> None:
            assert self._life is not None
            task = asyncio.ensure_future(work)
            await asyncio.wait([task, self._life], timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                task.cancel()  # it lets go of what it holds
                await asyncio.wait([task])
            if self._life.done():
                await self._life
            await task

        self._runner.run(play())


@pytest.fixture(scope="package")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """One server for all tests of nodes."""
    with postgres.server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="package")
def stage(postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Four provinces and a hub."""
    with staged(postgres_server, tmp_path_factory) as made:
        yield made


@contextmanager
def staged(postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A federation on a stage."""
    dsns = {name: postgres_server.new_database() for name in ("hub", *PROVINCES)}
    with asyncio.Runner() as runner:
        made = Stage(runner)
        made.begin(federation(tmp_path_factory.mktemp("federation"), dsns))
        try:
            yield made
        finally:
            made.end()


@pytest.fixture
def play(stage: Stage) -> Iterator[Play]:
    """Runs a coroutine function on the provinces; what it has stopped or troubled is mended afterwards."""
    yield lambda body: stage.run(body(stage.thing))
    stage.run(stage.thing.mend())


@pytest.fixture(scope="package")
def country(tmp_path_factory: pytest.TempPathFactory) -> Country:
    """Keys for tests with a small hub."""
    return Country(tmp_path_factory.mktemp("country"))


@pytest.fixture(scope="package")
def node_dsns(postgres_server: postgres.Server) -> dict[str, str]:
    """Databases of two nodes."""
    return {code: postgres_server.new_database() for code in (IN, OUT)}


@pytest.fixture
def small(country: Country, node_dsns: dict[str, str]) -> Callable[[Callable[[Small], Awaitable[None]]], None]:
    """Runs a coroutine function on two nodes without loops and a small hub."""

    async def begin(body: Callable[[Small], Awaitable[None]]) -> None:
        async with two_nodes(country, node_dsns) as made:
            await body(made)

    return lambda body: asyncio.run(begin(body))
