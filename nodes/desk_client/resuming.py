"""Transfers that go on after a broken connection, and a bar that shows how far they are."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import grpc

from runtime import clock
from runtime.grpc_client import refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from runtime.clock import Sleep
    from runtime.command_line import Server

    Moved = Callable[[int], object]

Answer = TypeVar("Answer")

_PAUSES_S: Final = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Long enough for a node to be started again."""


async def resumed(attempt: Callable[[], Awaitable[Answer]], there: Callable[[], int] = lambda: 0, sleep: Sleep = clock.sleep) -> Answer:
    """The answer of the first attempt that has one; each continues where the one before ended.

    Args:
        attempt: makes one.
        there: how far the attempts came; who moves on is as patient as at the beginning.
        sleep: waits between them.

    Raises:
        grpc.aio.AioRpcError: a refusal without retry advice at once; anything else after five more attempts that brought nothing.
    """
    pauses, before = iter(_PAUSES_S), there()
    while True:
        try:
            return await attempt()
        except grpc.aio.AioRpcError as error:
            if there() > before:
                pauses, before = iter(_PAUSES_S), there()
            refusal, pause = refused(error), next(pauses, None)
            if pause is None or (refusal is not None and refusal.retry_after_s is None):
                raise
        await sleep(pause)


@contextmanager
def bar(server: Server, name: str, length: int) -> Iterator[Moved]:
    """Gives what is to be told how many bytes are there; a terminal shows it on standard error, unless the answer is JSON."""
    if server.json or not sys.stderr.isatty():
        yield lambda _there: None
        return
    from rich.console import Console  # noqa: PLC0415 - costs 0.1 s, see `runtime.command_line.show`
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn  # noqa: PLC0415 - likewise

    columns = TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(binary_units=True), TransferSpeedColumn()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(name, total=length)
        yield lambda there: progress.update(task, completed=there)
