"""Writes the log folder in a process of its own: `python -m hub.log.scribe FOLDER`, driven over its standard streams.

Why not a thread: four small files a message are a dozen system calls, and after each a thread of a busy hub waits for the interpreter
lock. Measured beside a saturated event loop: 20 to 160 ms a file in a thread, 0.02 ms here. Hashing moves away with it.

Frames: length (4 bytes, big-endian) and MessagePack, a request and its answer in turn. The process ends when its input ends, however the
hub died, so that it never outlives the hub for longer than one batch; it holds no key and no connection.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from core.refusals import BY_NUMBER, Refused
from hub.log.files import Batch, LogFiles, Stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_LENGTH = 4


class Publication(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """A signed checkpoint to be published; `old_size` is that of the one before."""

    note: bytes
    old_size: int
    size: int


class Done(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The checkpoint is published."""


class Failure(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """The request was refused."""

    number: int
    field: str


class ScribeLost(Exception):  # noqa: N818 - it is lost, and a new one takes its place
    """The process ended in the middle; what it had in hand is stored again by the next one."""


class Scribe:
    """The hub's side. One request at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def store(self, batch: Batch) -> Stored:
        """As `LogFiles.store`.

        Raises:
            Refused: as there.
            ScribeLost: the process ended.
        """
        answer = await self._ask(batch)
        if not isinstance(answer, Stored):
            raise ScribeLost
        return answer

    async def publish(self, note: bytes, old_size: int, size: int) -> None:
        """As `LogFiles.publish`.

        Raises:
            ScribeLost: the process ended.
        """
        await self._ask(Publication(note, old_size, size))

    async def _ask(self, request: Batch | Publication) -> Stored | Done:
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None:
            raise ScribeLost
        try:
            to.write(_frame(request))
            await to.drain()
            length = int.from_bytes(await back.readexactly(_LENGTH), "big")
            answer: Stored | Done | Failure = _ANSWERS.decode(await back.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise ScribeLost from error
        if isinstance(answer, Failure):
            raise Refused(BY_NUMBER[answer.number], answer.field)
        return answer


@asynccontextmanager
async def scribe(folder: Path) -> AsyncIterator[Scribe]:
    """Starts the process, and ends it on the way out, when it has finished what it has in hand."""
    words = (sys.executable, "-m", "hub.log.scribe", str(folder))
    process = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    try:
        yield Scribe(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def serve(folder: Path, requests: BinaryIO, answers: BinaryIO) -> None:
    """The other side: answers requests until there are no more."""
    files = LogFiles(folder)
    while len(head := requests.read(_LENGTH)) == _LENGTH:
        length = int.from_bytes(head, "big")
        body = requests.read(length)
        if len(body) < length:  # the hub died in the middle of a word
            return
        answers.write(_frame(_answer(files, _REQUESTS.decode(body))))
        answers.flush()


def _answer(files: LogFiles, request: Batch | Publication) -> Stored | Done | Failure:
    try:
        if isinstance(request, Batch):
            return files.store(request)
        files.publish(request.note, request.old_size, request.size)
    except Refused as refusal:
        return Failure(refusal.kind.number, refusal.field)
    return Done()


def _frame(message: msgspec.Struct) -> bytes:
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(_LENGTH, "big") + body


_REQUESTS = msgspec.msgpack.Decoder(Batch | Publication)
_ANSWERS = msgspec.msgpack.Decoder(Stored | Done | Failure)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the hub then ends this process in order
    serve(Path(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
