"""`yrdx-desk put-document` and `get-document`: broken connections, commands that end in the middle, and the bar on a terminal."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
from typing import TYPE_CHECKING

import grpc
import pytest

from core.envelope import sha256
from core.refusals import MATERIAL_DIGEST_MISMATCH, MATERIAL_NOT_FOUND, UNAVAILABLE, Refused
from nodes.desk_client.resuming import resumed
from runtime.grpc_errors import CODES, DETAILS, status
from tests.nodes.fake_desk import CASE, OFFICER, SAID, Desk
from tests.nodes.test_desk_client import certificates, play
from tests.support.programs import run, start
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tests.nodes.test_desk_client import Body

__all__ = ["certificates", "play"]

WHAT = ["--counterpart", "310000", "--code", "relation-proof", "--media-type", "image/jpeg"]
DIGEST = "cd" * 32
LENGTH = 700_000


@pytest.fixture
def scan(tmp_path: Path, rng: random.Random) -> Path:
    """A file to put."""
    file = tmp_path / "scan.jpg"
    file.write_bytes(rng.randbytes(LENGTH))
    return file


def content_of(file: Path) -> bytes:
    return file.read_bytes()


def test_documents_come_back_as_they_went(play: Callable[[Body], None], scan: Path) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        copy = scan.with_name("copy.jpg")
        put = await run("yrdx-desk", "put-document", scan, *WHAT, *OFFICER, *there)
        assert (put.status, put.out, put.err) == (0, DIGEST + "\n", "")
        (opening,) = desk.heard
        assert opening == desk_pb2.DocumentOpening(
            officer=SAID,
            counterpart="310000",
            code="relation-proof",
            media_type="image/jpeg",
            length=LENGTH,
            plain_digest=sha256(content_of(scan)),
            request_id=opening.request_id,
        )
        got = await run("yrdx-desk", "get-document", CASE, DIGEST, "--out", copy, *there)
        assert (got.status, content_of(copy), got.err) == (0, content_of(scan), "")
        assert sorted(file.name for file in scan.parent.glob("*.*")) == ["copy.jpg", "scan.jpg"]
        assert (await run("yrdx-desk", "get-document", CASE, "cd", "--out", copy, *there)).status == 2
        assert (await run("yrdx-desk", "get-document", CASE, DIGEST, "--out", scan / "no" / "x", *there)).status == 2
        assert (await run("yrdx-desk", "put-document", scan.with_name("absent"), *WHAT, *OFFICER, *there)).status == 2

    play(body)


def test_a_broken_connection_is_no_reason_to_begin_anew(play: Callable[[Body], None], scan: Path) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        copy = scan.with_name("copy.jpg")
        desk.breaks = [1, 300_000]
        put = await run("yrdx-desk", "put-document", scan, *WHAT, *OFFICER, *there, "--json")
        assert (put.status, put.json, put.err) == (0, {"digest": DIGEST}, "")
        offsets = [opening.offset for opening in desk.heard]
        assert 0 == offsets[0] < offsets[1] < offsets[2] < LENGTH
        assert desk.document == content_of(scan)

        desk.heard, desk.breaks = [], [250_000, 251_000]
        got = await run("yrdx-desk", "get-document", CASE, DIGEST, "--out", copy, *there, "--json")
        assert (got.status, got.json, got.err) == (0, {"length": LENGTH}, "")
        assert [request.offset for request in desk.heard] == [0, 250_000, 251_000]
        assert content_of(copy) == content_of(scan)

    play(body)


def test_the_same_command_goes_on_where_a_killed_one_ended(play: Callable[[Body], None], scan: Path) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        copy = scan.with_name("copy.jpg")
        put = ["put-document", scan, *WHAT, *OFFICER, *there]
        get = ["get-document", CASE, DIGEST, "--out", copy, *there]
        for words in (put, get):
            desk.heard, desk.holds_at = [], 300_000
            process = await start("yrdx-desk", *words)
            await desk.held.wait()
            process.kill()
            await process.communicate()
            desk.holds_at = sys.maxsize
            ended = await run("yrdx-desk", *words)
            assert (ended.status, ended.err) == (0, "")
            first, second = desk.heard
            assert 0 == first.offset < second.offset < LENGTH
            desk.held.clear()
        assert content_of(copy) == desk.document == content_of(scan)

        desk.heard = []
        again = await run("yrdx-desk", *put)
        assert (again.out, desk.heard[0].offset) == (DIGEST + "\n", LENGTH)

    play(body)


def test_a_part_that_somebody_changed_is_not_taken_for_the_document(play: Callable[[Body], None], scan: Path) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        desk.document, copy = content_of(scan), scan.with_name("copy.jpg")
        part = scan.with_name(f"copy.jpg.{DIGEST[:16]}.part")
        part.write_bytes(b"something else")
        ended = await run("yrdx-desk", "get-document", CASE, DIGEST, "--out", copy, *there)
        assert (ended.status, ended.err, copy.exists()) == (2, f"{part} was changed and is removed; give the command again\n", False)
        assert (await run("yrdx-desk", "get-document", CASE, DIGEST, "--out", copy, *there)).status == 0
        assert content_of(copy) == content_of(scan)

    play(body)


def test_what_is_refused_for_good_is_said_at_once_and_leaves_nothing(play: Callable[[Body], None], scan: Path) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        for kind, words in (
            (MATERIAL_DIGEST_MISMATCH, ["put-document", scan, *WHAT, *OFFICER]),
            (MATERIAL_NOT_FOUND, ["get-document", CASE, DIGEST, "--out", scan.with_name("copy.jpg")]),
        ):
            desk.heard, desk.refusal = [], Refused(kind)
            ended = await run("yrdx-desk", *words, *there)
            assert (ended.status, ended.out, ended.err.split()[0], len(desk.heard)) == (1, "", str(kind.number), 1)
        assert [file.name for file in scan.parent.glob("*.*")] == ["scan.jpg"]

    play(body)


async def on_terminal(*words: object) -> tuple[str, str]:
    """What a command says on standard output, and what a terminal that is its standard error shows."""
    ours, theirs = pty.openpty()
    process = await start("yrdx-desk", *words, err=theirs)
    os.close(theirs)
    out, shown = await asyncio.gather(process.communicate(), asyncio.to_thread(read_all, ours))
    os.close(ours)
    assert process.returncode == 0, shown
    return out[0].decode(), shown


def read_all(terminal: int) -> str:
    read = b""
    try:
        while part := os.read(terminal, 4096):
            read += part
    except OSError:  # how Linux says that nobody writes any more
        pass
    return read.decode()


def test_a_terminal_shows_how_far_it_is(play: Callable[[Body], None], scan: Path) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        put = ["put-document", scan, *WHAT, *OFFICER, *there]
        get = ["get-document", CASE, DIGEST, "--out", scan.with_name("copy.jpg"), *there]
        for words, name, said in ((put, "scan.jpg", DIGEST + "\n"), (get, "copy.jpg", f"{scan.with_name('copy.jpg')}: {LENGTH} bytes\n")):
            out, shown = await on_terminal(*words)
            assert out == said
            assert name in shown
            assert "683.6/683.6 KiB" in shown
            assert (await on_terminal(*words, "--json"))[1] == ""
        assert desk.document == content_of(scan)

    play(body)


def broken(refusal: Refused | None) -> grpc.aio.AioRpcError:
    """How a call ends that is refused so, or not answered at all."""
    empty = grpc.aio.Metadata()
    if refusal is None:
        return grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, empty, empty)
    return grpc.aio.AioRpcError(CODES[refusal.kind.code.value], empty, grpc.aio.Metadata((DETAILS, status(refusal))))


@pytest.mark.parametrize(
    ("refusal", "moves", "attempts"),
    [(None, 0, 6), (Refused(UNAVAILABLE), 0, 6), (Refused(MATERIAL_NOT_FOUND), 0, 1), (None, 3, 8)],
)
def test_it_gives_up_after_some_attempts_that_brought_nothing(refusal: Refused | None, moves: int, attempts: int) -> None:
    made: list[int] = []
    paused: list[float] = []

    async def attempt() -> None:
        made.append(len(made))
        raise broken(refusal)

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    with pytest.raises(grpc.aio.AioRpcError):
        asyncio.run(resumed(attempt, lambda: min(len(made), moves), pause))
    assert len(made) == attempts
    assert len(paused) == attempts - 1
    assert not paused or paused[-1] == 8
