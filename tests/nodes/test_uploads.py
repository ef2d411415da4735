"""Uploads at a desk, piece by piece: what is kept after any call, whatever it brought, and what is refused by its number."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import refusals
from core.envelope import sha256
from core.refusals import Refused
from nodes.common.store import uploads as store
from nodes.common.store.database import Database
from nodes.common.store.requests import Requests
from nodes.common.uploads import ABANDONED, Uploads
from pki.storage import StorageCipher
from runtime import postgres
from tests.support.officers import refusal_of
from tests.support.worklists import Watch
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Iterator

    from tests.support.postgres import Server

PIECE, ROOM = 64, 12
OFFSET, TOO_LARGE = refusals.MATERIAL_OFFSET.number, refusals.MATERIAL_TOO_LARGE.number
MISMATCH, FULL = refusals.MATERIAL_DIGEST_MISMATCH.number, refusals.TOO_MANY_IN_FLIGHT.number
FINE, BREAKS = 0, -1


class Broken(Exception):  # noqa: N818 - what happened to the connection
    """The connection broke."""


@dataclass
class Call:
    """One call of an upload.

    Attributes:
        brings: bytes.
        claim: where it says that it continues, relative to where it stands.
        chunk: so many at once.
        wrong: which of the bytes is another one than in the document.
        breaks: the connection, after the last chunk; otherwise the stream ends.
    """

    brings: int
    claim: int = 0
    chunk: int = 50
    wrong: int = -1
    breaks: bool = False

    def chunks(self, begin: int, content: bytes) -> list[bytes]:
        """What it brings, beyond the end of the document as well."""
        sent = bytearray((content + bytes(begin + self.brings))[begin : begin + self.brings])
        if 0 <= self.wrong < self.brings:
            sent[self.wrong] ^= 1
        return [bytes(sent[at : at + self.chunk]) for at in range(0, self.brings, self.chunk)]


@dataclass
class Model:
    """What should be held of a document, and what a call should come to."""

    content: bytes
    held: bytes = b""

    def say(self, begin: int, chunks: list[bytes], *, breaks: bool) -> int:
        """The number of the refusal, FINE or BREAKS."""
        if begin != len(self.held):
            return OFFSET
        come, ending = self.held, BREAKS if breaks else FINE
        for chunk in chunks:
            if len(come) + len(chunk) > len(self.content):
                ending = TOO_LARGE
                break
            come += chunk
        if ending == FINE and come != self.content:
            ending = MISMATCH if len(come) == len(self.content) else OFFSET
        self.held = b"" if ending == MISMATCH else come[: len(come) // PIECE * PIECE]
        return ending


@dataclass
class Desk:
    """Two instances of a node that take uploads, on one database."""

    runner: asyncio.Runner
    instances: list[Uploads]
    database: Database
    clock: Watch
    _ids: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))

    def opening(self, content: bytes, **changes: Any) -> desk_pb2.DocumentOpening:
        values = {
            "counterpart": "310000",
            "code": "identity",
            "length": len(content),
            "plain_digest": sha256(content),
            "request_id": str(UUID(int=next(self._ids))),
        }
        return desk_pb2.DocumentOpening(**{**values, **changes})

    def held(self, opening: desk_pb2.DocumentOpening) -> int:
        async def ask() -> int:
            async with self.database.reading() as connection:
                return await self.instances[0].held(connection, opening)

        return self.runner.run(ask())

    def say(self, opening: desk_pb2.DocumentOpening, content: bytes, call: Call, instance: int = 0) -> bytes:
        """What a call comes to; `opening` says where it continues."""
        return self.runner.run(self.instances[instance].whole(opening, requests(opening, content, call)))

    def breaks_off(self, opening: desk_pb2.DocumentOpening, content: bytes, brings: int) -> None:
        """A call whose connection breaks."""
        with pytest.raises(Broken):
            self.say(opening, content, Call(brings, breaks=True))

    def forget(self, opening: desk_pb2.DocumentOpening) -> None:
        self.runner.run(self.instances[0].forget(opening))

    def tidy(self) -> None:
        """Drops what is abandoned."""

        async def once(_seconds: float) -> None:
            raise Broken

        with suppress(Broken):
            self.runner.run(self.instances[0].run(once))

    def empty(self) -> None:
        """Drops everything."""

        async def drop() -> None:
            async with self.database.aside() as aside:
                await aside.execute("delete from uploads")

        self.runner.run(drop())

    def fetch(self, query: str) -> Any:
        async def ask() -> Any:
            async with self.database.reading() as connection:
                return await connection.fetchval(query)

        return self.runner.run(ask())


async def requests(opening: desk_pb2.DocumentOpening, content: bytes, call: Call) -> AsyncIterator[desk_pb2.PutDocumentRequest]:
    for chunk in call.chunks(opening.offset, content):
        yield desk_pb2.PutDocumentRequest(chunk=chunk)
    if call.breaks:
        raise Broken


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    dsn_file = tmp_path_factory.mktemp("uploads") / "dsn"
    dsn_file.write_text(postgres_server.new_database())
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr("nodes.common.uploads.PIECE", PIECE)
        patch.setattr(store, "MOST", ROOM)
        runner = stack.enter_context(asyncio.Runner())
        pool = postgres.pool(dsn_file, size=4)
        made = runner.run(pool.__aenter__())
        runner.run(postgres.migrate(made, files("nodes.common") / "store" / "migrations"))
        cipher, clock = StorageCipher(b"s" * 32), Watch()
        instances = [Uploads(Database(made), Requests(cipher), cipher, clock) for _ in range(2)]
        yield Desk(runner, instances, Database(made), clock)
        runner.run(pool.__aexit__(None, None, None))


@pytest.fixture(autouse=True)
def _emptied(desk: Desk) -> Iterator[None]:
    """What a test that failed has left is no matter of the next one."""
    yield
    desk.empty()


CALLS = st.lists(
    st.builds(
        Call,
        brings=st.integers(0, 5 * PIECE),
        claim=st.sampled_from([0, 0, 0, 1, -1, PIECE, -PIECE]),
        chunk=st.integers(1, 3 * PIECE),
        wrong=st.sampled_from([-1, -1, -1, 0, 70, 200]),
        breaks=st.booleans(),
    ),
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(length=st.integers(1, 5 * PIECE), calls=CALLS)
def test_whatever_calls_come_whole_pieces_in_order_are_held_and_the_rest_completes_them(desk: Desk, length: int, calls: list[Call]) -> None:
    desk.empty()
    content = bytes(index % 251 for index in range(length))
    opening, beside, model = desk.opening(content), desk.opening(content), Model(content)
    desk.breaks_off(beside, content, min(PIECE, length))

    def take(call: Call, instance: int = 0) -> int:
        opening.offset = max(0, len(model.held) + call.claim)
        ending = model.say(opening.offset, call.chunks(opening.offset, content), breaks=call.breaks)
        if ending == FINE:
            assert desk.say(opening, content, call, instance) == content
        else:
            with pytest.raises(Broken) if ending == BREAKS else refusal_of(ending):
                desk.say(opening, content, call, instance)
        assert desk.held(opening) == len(model.held)
        return ending

    for number, call in enumerate(calls):
        take(call, number % 2)
    if take(Call(length - len(model.held))) == MISMATCH:  # a wrong piece was held
        assert take(Call(length)) == FINE
    assert desk.held(beside) == (PIECE if length >= PIECE else 0), "another upload of the same document"
    desk.forget(opening)
    desk.forget(beside)
    assert desk.fetch("select count(*) from uploads") == 0


@pytest.mark.parametrize(
    "other",
    [
        {"counterpart": "320000"},
        {"code": "relation-proof"},
        {"media_type": "image/png"},
        {"length": 3 * PIECE + 1},
        {"plain_digest": bytes(32)},
        {"officer": desk_pb2.Officer(number="330002")},
    ],
)
def test_an_upload_does_not_go_on_as_another(desk: Desk, rng: random.Random, other: dict[str, Any]) -> None:
    content = rng.randbytes(3 * PIECE)
    opening = desk.opening(content)
    desk.breaks_off(opening, content, 2 * PIECE)
    mixed = desk.opening(content, **{"request_id": opening.request_id, "offset": 2 * PIECE, **other})
    with refusal_of(refusals.REQUEST_CONFLICT.number, "request_id"):
        desk.held(mixed)
    with refusal_of(refusals.REQUEST_CONFLICT.number, "request_id"):
        desk.say(mixed, content, Call(PIECE))
    opening.offset = 2 * PIECE
    assert desk.say(opening, content, Call(PIECE)) == content


def test_of_two_calls_at_once_one_moves_on(desk: Desk, rng: random.Random) -> None:
    content = rng.randbytes(4 * PIECE)
    opening = desk.opening(content)

    async def together(barrier: asyncio.Barrier) -> AsyncIterator[desk_pb2.PutDocumentRequest]:
        await barrier.wait()  # both have seen that nothing is held
        async for request in requests(opening, content, Call(4 * PIECE, chunk=PIECE)):
            yield request

    async def both() -> list[Any]:
        barrier = asyncio.Barrier(2)
        return await asyncio.gather(*(one.whole(opening, together(barrier)) for one in desk.instances), return_exceptions=True)

    ended = desk.runner.run(both())
    assert content in ended
    assert [one.kind.number for one in ended if isinstance(one, Refused)] == [OFFSET]
    assert desk.held(opening) == 4 * PIECE


def test_what_is_dropped_meanwhile_leaves_no_gap(desk: Desk, rng: random.Random) -> None:
    content = rng.randbytes(4 * PIECE)
    opening = desk.opening(content)

    async def forgotten() -> AsyncIterator[desk_pb2.PutDocumentRequest]:
        for number in range(4):
            if number == 2:
                await desk.instances[1].forget(opening)
            yield desk_pb2.PutDocumentRequest(chunk=content[number * PIECE : (number + 1) * PIECE])

    with refusal_of(OFFSET):
        desk.runner.run(desk.instances[0].whole(opening, forgotten()))
    assert desk.held(opening) == 0


def test_there_is_room_for_so_many_pieces(desk: Desk, rng: random.Random) -> None:
    content = rng.randbytes(ROOM * PIECE)
    openings = [desk.opening(content) for _ in range(2)]
    desk.breaks_off(openings[0], content, (ROOM - 1) * PIECE)
    with refusal_of(FULL, "uploads"):
        desk.say(openings[1], content, Call(ROOM * PIECE))
    assert [desk.held(one) for one in openings] == [(ROOM - 1) * PIECE, PIECE]
    small = rng.randbytes(PIECE - 1)
    assert desk.say(desk.opening(small), small, Call(PIECE - 1)) == small, "what is smaller than a piece needs no room"
    desk.forget(openings[1])
    openings[0].offset = (ROOM - 1) * PIECE
    assert desk.say(openings[0], content, Call(PIECE)) == content


def test_what_nobody_goes_on_with_goes_after_its_time(desk: Desk, rng: random.Random) -> None:
    content = rng.randbytes(3 * PIECE)
    old, fresh = desk.opening(content), desk.opening(content)
    for opening in (old, fresh):
        desk.breaks_off(opening, content, PIECE)
    desk.clock.at += ABANDONED
    fresh.offset = PIECE
    desk.breaks_off(fresh, content, PIECE)
    desk.tidy()
    assert [desk.held(one) for one in (old, fresh)] == [PIECE, 2 * PIECE]
    desk.clock.at += timedelta(seconds=1)
    desk.tidy()
    assert [desk.held(one) for one in (old, fresh)] == [0, 2 * PIECE]


def test_no_piece_lies_there_in_the_clear(desk: Desk) -> None:
    content = b"person" * PIECE
    opening = desk.opening(content)
    desk.breaks_off(opening, content, 2 * PIECE)
    assert desk.fetch("select count(*) from uploads where position('person'::bytea in content) > 0") == 0
    assert desk.fetch("select count(distinct content) from uploads") == 2
