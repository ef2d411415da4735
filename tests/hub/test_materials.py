"""Sealed documents: whole or not at all, resumable, and nobody else's."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.refusals import (
    BAD_FIELD,
    MATERIAL_DIGEST_MISMATCH,
    MATERIAL_NOT_FOUND,
    MATERIAL_OFFSET,
    MATERIAL_TOO_LARGE,
    UNKNOWN_PROVINCE,
    Kind,
    Refused,
)
from hub.materials import CHUNK, LARGEST, Materials
from tests.core.refusing import refused
from yrdx.v1 import envelope_pb2, exchange_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

FROM, TO, OTHER, THIRD = "310000", "320000", "330000", "340000"
SCAN = bytes(range(256)) * 3000


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def opening(
    data: bytes, *, offset: int = 0, size: int | None = None, name: bytes | None = None, receiver: str = TO
) -> exchange_pb2.PutMaterialRequest:
    material = envelope_pb2.MaterialReference(digest=digest(data) if name is None else name, size=len(data) if size is None else size)
    return exchange_pb2.PutMaterialRequest(opening=exchange_pb2.MaterialOpening(material=material, offset=offset, receiver=receiver))


def chunks(data: bytes, step: int = 100_000) -> Iterator[exchange_pb2.PutMaterialRequest]:
    return (exchange_pb2.PutMaterialRequest(chunk=data[at : at + step]) for at in range(0, len(data), step))


async def stream(*requests: exchange_pb2.PutMaterialRequest) -> AsyncIterator[exchange_pb2.PutMaterialRequest]:
    for request in requests:
        await asyncio.sleep(0)
        yield request


async def put(store: Materials, data: bytes, sender: str = FROM, receiver: str = TO) -> None:
    answer = await store.put(stream(opening(data, receiver=receiver), *chunks(data)), sender)
    assert (answer.material.digest, answer.material.size) == (digest(data), len(data))


async def get(store: Materials, data: bytes, member: str, offset: int = 0) -> bytes:
    request = exchange_pb2.GetMaterialRequest(digest=digest(data), offset=offset)
    return b"".join([answer.chunk async for answer in store.get(request, member)])


async def stat(store: Materials, data: bytes, member: str) -> tuple[bool, int]:
    answer = await store.stat(exchange_pb2.StatMaterialRequest(digest=digest(data)), member)
    return answer.complete, answer.offset


def files(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def test_what_was_put_is_got_by_its_receiver_and_its_sender(tmp_path: Path) -> None:
    async def play() -> None:
        store = Materials(tmp_path)
        assert await stat(store, SCAN, FROM) == (False, 0)
        await put(store, SCAN)
        for member in (FROM, TO):
            assert await get(store, SCAN, member) == SCAN
            assert await get(store, SCAN, member, CHUNK + 1) == SCAN[CHUNK + 1 :]
            assert await get(store, SCAN, member, len(SCAN)) == b""
            assert await stat(store, SCAN, member) == (True, len(SCAN))
        with refused(MATERIAL_OFFSET, "offset"):
            await get(store, SCAN, TO, len(SCAN) + 1)

    asyncio.run(play())


def test_it_is_nobody_elses_business(tmp_path: Path) -> None:
    async def play() -> None:
        store = Materials(tmp_path)
        await put(store, SCAN)
        assert await stat(store, SCAN, OTHER) == (False, 0)
        with refused(MATERIAL_NOT_FOUND, "digest"):
            await get(store, SCAN, OTHER)

    asyncio.run(play())


def test_the_digest_alone_gives_no_access(tmp_path: Path) -> None:
    """A province that knows a digest names itself sender and a friend receiver: without all the bytes it gets nowhere."""

    async def play() -> None:
        store = Materials(tmp_path)
        await put(store, SCAN)
        with refused(MATERIAL_OFFSET, "size"):
            await store.put(stream(opening(SCAN, receiver=THIRD)), OTHER)
        with refused(MATERIAL_OFFSET, "offset"):
            await store.put(stream(opening(SCAN, offset=len(SCAN), receiver=THIRD)), OTHER)
        false = bytes(len(SCAN))
        with refused(MATERIAL_DIGEST_MISMATCH, "digest"):
            await store.put(stream(opening(SCAN, receiver=THIRD), *chunks(false)), OTHER)
        for member in (OTHER, THIRD):
            with refused(MATERIAL_NOT_FOUND, "digest"):
                await get(store, SCAN, member)
        assert await get(store, SCAN, TO) == SCAN
        assert await store.has([digest(SCAN)], OTHER, THIRD) == set()

    asyncio.run(play())


def test_the_same_bytes_by_two_provinces_have_each_their_receiver(tmp_path: Path) -> None:
    async def play() -> None:
        store = Materials(tmp_path)
        await put(store, SCAN)
        await put(store, SCAN, OTHER, THIRD)
        for member in (FROM, TO, OTHER, THIRD):
            assert await get(store, SCAN, member) == SCAN
        assert await store.has([digest(SCAN)], FROM, THIRD) == set()
        assert len([name for name in files(tmp_path) if name.startswith("sealed/")]) == 1

    asyncio.run(play())


def test_an_upload_goes_on_where_it_stopped(tmp_path: Path) -> None:
    async def play() -> None:
        parts = list(chunks(SCAN))
        with refused(MATERIAL_OFFSET, "size"):
            await Materials(tmp_path).put(stream(opening(SCAN), *parts[:3]), FROM)
        store = Materials(tmp_path)  # the hub was killed and is back
        assert await stat(store, SCAN, FROM) == (False, 300_000)
        assert await stat(store, SCAN, OTHER) == (False, 0)
        for offset in (0, 200_000, 300_001):
            with refused(MATERIAL_OFFSET, "offset"):
                await store.put(stream(opening(SCAN, offset=offset), *parts[3:]), FROM)
        await store.put(stream(opening(SCAN, offset=300_000), *parts[3:]), FROM)
        assert await get(store, SCAN, TO) == SCAN
        assert [name for name in files(tmp_path) if name.startswith("partial/")] == []

    asyncio.run(play())


def test_a_second_upload_at_the_same_time_is_told_to_wait(tmp_path: Path) -> None:
    async def play() -> None:
        store, go_on = Materials(tmp_path), asyncio.Event()

        async def slow() -> AsyncIterator[exchange_pb2.PutMaterialRequest]:
            yield opening(SCAN)
            await go_on.wait()
            for part in chunks(SCAN):
                yield part

        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(store.put(slow(), FROM))
            await asyncio.sleep(0.05)
            with refused(MATERIAL_OFFSET, "offset"):
                await put(store, SCAN)
            await put(store, SCAN, OTHER, THIRD)
            go_on.set()
            await first
        assert await get(store, SCAN, TO) == SCAN

    asyncio.run(play())


def test_a_caller_that_goes_away_leaves_what_it_sent(tmp_path: Path) -> None:
    async def play() -> None:
        store, sent = Materials(tmp_path), asyncio.Event()

        async def hanging() -> AsyncIterator[exchange_pb2.PutMaterialRequest]:
            yield opening(SCAN)
            yield exchange_pb2.PutMaterialRequest(chunk=SCAN[:1000])
            sent.set()
            await asyncio.Event().wait()

        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(store.put(hanging(), FROM))
            await sent.wait()
            call.cancel()
        assert await stat(store, SCAN, FROM) == (False, 1000)
        await store.put(stream(opening(SCAN, offset=1000), *chunks(SCAN[1000:])), FROM)
        assert await get(store, SCAN, TO) == SCAN

    asyncio.run(play())


@pytest.mark.parametrize(
    ("request_", "kind", "field"),
    [
        (opening(SCAN, name=b"short"), BAD_FIELD, "digest"),
        (opening(SCAN, size=0), BAD_FIELD, "size"),
        (opening(SCAN, offset=len(SCAN) + 1), BAD_FIELD, "size"),
        (opening(SCAN, size=LARGEST + 1), MATERIAL_TOO_LARGE, "size"),
        (opening(SCAN, receiver="110000"), UNKNOWN_PROVINCE, "receiver"),
        (opening(SCAN, receiver="../../x"), UNKNOWN_PROVINCE, "receiver"),
        (opening(SCAN, receiver=FROM), BAD_FIELD, "receiver"),
        (exchange_pb2.PutMaterialRequest(chunk=SCAN), BAD_FIELD, "digest"),
    ],
)
def test_an_opening_that_is_refused_leaves_nothing(
    tmp_path: Path, request_: exchange_pb2.PutMaterialRequest, kind: Kind, field: str
) -> None:
    with refused(kind, field):
        asyncio.run(Materials(tmp_path).put(stream(request_, *chunks(SCAN)), FROM))
    assert files(tmp_path) == []


def test_a_stream_without_anything(tmp_path: Path) -> None:
    with refused(BAD_FIELD, "digest"):
        asyncio.run(Materials(tmp_path).put(stream(), FROM))


def test_more_bytes_than_announced_leave_nothing(tmp_path: Path) -> None:
    with refused(MATERIAL_TOO_LARGE, "size"):
        asyncio.run(Materials(tmp_path).put(stream(opening(SCAN), *chunks(SCAN + b"!")), FROM))
    assert files(tmp_path) == []


def test_other_bytes_than_announced_leave_nothing_and_may_be_sent_right(tmp_path: Path) -> None:
    async def play() -> None:
        store = Materials(tmp_path)
        with refused(MATERIAL_DIGEST_MISMATCH, "digest"):
            await store.put(stream(opening(SCAN), *chunks(SCAN[::-1])), FROM)
        assert files(tmp_path) == []
        await put(store, SCAN)
        assert await get(store, SCAN, TO) == SCAN

    asyncio.run(play())


def test_the_largest_document(tmp_path: Path) -> None:
    async def play() -> None:
        store, large = Materials(tmp_path), bytes(LARGEST)
        await put(store, large)
        assert await get(store, large, TO) == large

    asyncio.run(play())


def test_a_repeat_is_answered_without_the_bytes(tmp_path: Path) -> None:
    async def play() -> None:
        await put(Materials(tmp_path), SCAN)
        answer = await Materials(tmp_path).put(stream(opening(SCAN)), FROM)
        assert answer.material.size == len(SCAN)

    asyncio.run(play())


def test_killed_between_storing_and_granting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(Exception):  # noqa: N818 - not an error but an event
        """Stands for kill -9."""

    async def killed(*_: object) -> None:
        raise Killed

    async def play() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(Materials, "_grant", killed)
            with pytest.raises(Killed):
                await put(Materials(tmp_path), SCAN)
        store = Materials(tmp_path)
        assert await store.has([digest(SCAN)], FROM, TO) == set()
        with pytest.raises(Refused):
            await get(store, SCAN, TO)
        await put(store, SCAN)
        assert await get(store, SCAN, TO) == SCAN

    asyncio.run(play())


def test_has_tells_complete_ones_only(tmp_path: Path) -> None:
    async def play() -> None:
        store = Materials(tmp_path)
        with refused(MATERIAL_OFFSET, "size"):
            await store.put(stream(opening(SCAN), *list(chunks(SCAN))[:1]), FROM)
        asked = [digest(SCAN), digest(b"other")]
        assert await store.has(asked, FROM, TO) == set()
        await store.put(stream(opening(SCAN, offset=100_000), *list(chunks(SCAN))[1:]), FROM)
        for again in (store, Materials(tmp_path)):
            assert await again.has(asked, FROM, TO) == {digest(SCAN)}
            assert await again.has(asked, TO, FROM) == set()

    asyncio.run(play())


@settings(max_examples=30, deadline=None)
@given(data=st.binary(min_size=1, max_size=200), cuts=st.lists(st.integers(0, 200), max_size=6))
def test_however_it_is_cut_into_calls(tmp_path_factory: pytest.TempPathFactory, data: bytes, cuts: list[int]) -> None:
    """Each call asks where the store stands and sends up to the next cut; the last one sends the rest."""

    async def play() -> None:
        store = Materials(tmp_path_factory.mktemp("materials"))
        for cut in [*cuts, len(data)]:
            complete, offset = await stat(store, data, FROM)
            if complete:
                continue
            part = data[offset : max(cut, offset)]
            call = store.put(stream(opening(data, offset=offset), *chunks(part, 7)), FROM)
            if offset + len(part) == len(data):
                await call
            else:
                with refused(MATERIAL_OFFSET, "size"):
                    await call
        assert await get(store, data, TO) == data

    asyncio.run(play())
