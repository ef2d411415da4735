"""Documents from desk to desk: sealed, padded, whole, and only for whom a message names them."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from core import refusals
from core.envelope import sha256
from hub.materials import Materials
from nodes.common.documents import LARGEST
from tests.support.exchange import until
from tests.support.officers import refusal_of
from tests.support.province import CALL_S, IN, OTHER, OUT
from yrdx.v1 import desk_pb2, exchange_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator

    from tests.nodes.conftest import Play
    from tests.support.province import Federation, Province

CHUNK = 100_000
KIB_64 = 64 * 1024
OVERHEAD = 48
BAD = refusals.BAD_FIELD.number


def opening_of(province: Province, content: bytes, **changes: Any) -> desk_pb2.DocumentOpening:
    values = {
        "officer": province.officer,
        "counterpart": OUT,
        "code": "relation-proof",
        "media_type": "image/jpeg",
        "length": len(content),
        "plain_digest": sha256(content),
        "request_id": str(uuid.uuid4()),
    }
    return desk_pb2.DocumentOpening(**{**values, **changes})


async def say(province: Province, opening: desk_pb2.DocumentOpening, content: bytes) -> bytes:
    """Puts what comes behind the opening's offset."""
    requests = [desk_pb2.PutDocumentRequest(opening=opening)]
    starts = range(opening.offset, len(content), CHUNK)
    requests += [desk_pb2.PutDocumentRequest(chunk=content[start : start + CHUNK]) for start in starts]
    for _ in range(4):
        try:
            return (await province.desk.PutDocument(iter(requests), timeout=CALL_S)).digest
        except grpc.aio.AioRpcError as error:
            # grpcio loses the answer of a call that ends while it still writes, now and then; whoever asks again gets it
            if "execute_batch" not in (error.debug_error_string() or ""):
                raise
    raise AssertionError("no answer in four calls")


async def put(province: Province, content: bytes, counterpart: str, **changes: Any) -> bytes:
    """Puts a document; `length` may be told otherwise."""
    return await say(province, opening_of(province, content, **{"counterpart": counterpart, **changes}), content)


async def stands(province: Province, opening: desk_pb2.DocumentOpening) -> int:
    """Where the node says that an upload continues."""
    return (await province.desk.StatDocument(desk_pb2.StatDocumentRequest(opening=opening), timeout=CALL_S)).offset


async def get(province: Province, case_id: bytes, digest: bytes, offset: int = 0) -> bytes:
    call = province.desk.GetDocument(desk_pb2.GetDocumentRequest(case_id=case_id, digest=digest, offset=offset), timeout=CALL_S)
    return b"".join([part.chunk async for part in call])


async def stored(made: Federation, digest: bytes) -> int:
    """Bytes that the hub holds of a document."""
    return (await made[IN].node.exchange.StatMaterial(exchange_pb2.StatMaterialRequest(digest=digest))).offset


def test_documents_go_with_their_message_and_come_out_as_they_were(play: Play, rng: random.Random) -> None:
    async def body(made: Federation) -> None:
        contents = [rng.randbytes(length) for length in (1, KIB_64, LARGEST)]
        digests = [await put(made[IN], content, OUT) for content in contents]
        case_id = await made[IN].open(OUT, made.country.person(OUT), documents=digests)
        seen = await made[OUT].sees(case_id, state="applied")
        assert [(one.digest, one.length, one.code, one.sender) for one in seen.documents] == [
            (digest, len(content), "relation-proof", IN) for digest, content in zip(digests, contents, strict=True)
        ]
        for digest, content in zip(digests, contents, strict=True):
            assert sha256(await get(made[OUT], case_id, digest)) == sha256(content)
        with refusal_of(refusals.MATERIAL_NOT_FOUND.number):
            await get(made[IN], case_id, digests[0])

    play(body)


def test_the_hub_does_not_learn_how_long_a_document_is(play: Play) -> None:
    async def body(made: Federation) -> None:
        sizes = {length: await stored(made, await put(made[IN], bytes(length), OUT)) for length in (1, 1000, KIB_64, KIB_64 + 1)}
        assert sizes == {1: KIB_64 + OVERHEAD, 1000: KIB_64 + OVERHEAD, KIB_64: KIB_64 + OVERHEAD, KIB_64 + 1: 2 * KIB_64 + OVERHEAD}

    play(body)


@pytest.mark.parametrize(
    ("number", "length", "changes"),
    [
        (refusals.MATERIAL_TOO_LARGE.number, LARGEST + 1, {}),
        (refusals.MATERIAL_TOO_LARGE.number, 11, {"length": 10}),
        (refusals.MATERIAL_OFFSET.number, 9, {"length": 10}),
        (refusals.MATERIAL_OFFSET.number, 10, {"offset": 1}),
        (refusals.MATERIAL_DIGEST_MISMATCH.number, 10, {"plain_digest": bytes(32)}),
        (BAD, 0, {}),
        (BAD, 10, {"code": ""}),
        (BAD, 10, {"media_type": ""}),
        (BAD, 10, {"counterpart": IN}),
        (refusals.UNKNOWN_PROVINCE.number, 10, {"counterpart": "350000"}),
        (BAD, 10, {"officer": desk_pb2.Officer()}),
        (BAD, 10, {"plain_digest": bytes(31)}),
        (BAD, 10, {"request_id": "none"}),
    ],
)
def test_a_bad_document_is_refused_by_its_number(play: Play, number: int, length: int, changes: dict[str, Any]) -> None:
    async def body(made: Federation) -> None:
        with refusal_of(number):
            await put(made[IN], bytes(length), **{"counterpart": OUT, **changes})
        if number in {BAD, refusals.UNKNOWN_PROVINCE.number}:
            with refusal_of(number):
                await stands(made[IN], opening_of(made[IN], bytes(length), **changes))

    play(body)


def test_the_same_request_has_one_answer_and_another_one_conflicts(play: Play) -> None:
    async def body(made: Federation) -> None:
        opening = opening_of(made[IN], b"document")
        assert await stands(made[IN], opening) == 0
        digests = {*await asyncio.gather(*(say(made[IN], opening, b"document") for _ in range(4)))}
        assert await stands(made[IN], opening) == 8
        for offset in (0, 3, 8, 9):
            opening.offset = offset
            digests.add(await say(made[IN], opening, b"document"))
        assert len(digests) == 1
        opening.offset, opening.code = 0, "identity"
        for call in (stands(made[IN], opening), say(made[IN], opening, b"document")):
            with refusal_of(refusals.REQUEST_CONFLICT.number):
                await call

    play(body)


def test_a_document_is_given_from_any_offset(play: Play, rng: random.Random) -> None:
    async def body(made: Federation) -> None:
        content = rng.randbytes(3 * KIB_64)
        digest = await put(made[IN], content, OUT)
        case_id = await made[IN].open(OUT, made.country.person(OUT), documents=[digest])
        seen = await made[OUT].sees(case_id, state="applied")
        assert [one.plain_digest for one in seen.documents] == [sha256(content)]
        for offset in (1, rng.randrange(len(content)), len(content) - 1, len(content)):
            assert await get(made[OUT], case_id, digest, offset) == content[offset:]
        with refusal_of(BAD, "offset"):
            await get(made[OUT], case_id, digest, len(content) + 1)

    play(body)


def test_a_document_is_for_the_province_that_it_was_put_for(play: Play) -> None:
    async def body(made: Federation) -> None:
        digest = await put(made[IN], b"document", OTHER)
        with refusal_of(refusals.MATERIAL_NOT_FOUND.number):
            await made[IN].open(OUT, made.country.person(OUT), documents=[digest])

    play(body)


def test_only_what_a_message_of_the_case_names_is_shown(play: Play) -> None:
    async def body(made: Federation) -> None:
        first, second = [await put(made[IN], name, OUT) for name in (b"first", b"second")]
        one = await made[IN].open(OUT, made.country.person(OUT), documents=[first])
        other = await made[IN].open(OUT, made.country.person(OUT), documents=[second])
        await made[OUT].sees(one, state="applied")
        await made[OUT].sees(other, state="applied")
        assert await get(made[OUT], one, first) == b"first"
        with refusal_of(refusals.MATERIAL_NOT_FOUND.number):
            await get(made[OUT], one, second)

    play(body)


@pytest.mark.parametrize("number", [refusals.MATERIAL_DIGEST_MISMATCH.number, refusals.CANNOT_OPEN.number])
def test_a_store_that_gives_other_bytes_is_noticed(play: Play, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    async def body(made: Federation) -> None:
        digest = await put(made[IN], b"document", OUT)
        case_id = await made[IN].open(OUT, made.country.person(OUT), documents=[digest])
        await made[OUT].sees(case_id, state="applied")
        office = type(made[OUT].node.desk.offices)
        if number == refusals.CANNOT_OPEN.number:  # sealed to another, and even the digest of that
            monkeypatch.setattr("nodes.common.documents.sha256", lambda _data: digest)

        async def other(_self: Any, _digest: bytes) -> bytes:
            return b"x" * 1000

        monkeypatch.setattr(office, "_download", other)
        with refusal_of(number):
            await get(made[OUT], case_id, digest)

    play(body)


def test_a_stream_from_the_hub_that_breaks_goes_on(play: Play, monkeypatch: pytest.MonkeyPatch, rng: random.Random) -> None:
    whole, asked = Materials.get, list[int]()

    async def broken(self: Materials, request: exchange_pb2.GetMaterialRequest, member: str) -> AsyncIterator[Any]:
        """Breaks after its first chunk."""
        asked.append(request.offset)
        async for part in whole(self, request, member):
            yield part
            raise refusals.Refused(refusals.UNAVAILABLE)

    async def body(made: Federation) -> None:
        content = rng.randbytes(16 * KIB_64)
        digest = await put(made[IN], content, OUT)
        case_id = await made[IN].open(OUT, made.country.person(OUT), documents=[digest])
        await made[OUT].sees(case_id, state="applied")
        monkeypatch.setattr(Materials, "get", broken)
        assert await get(made[OUT], case_id, digest) == content
        assert asked == [*range(0, 16 * KIB_64 + OVERHEAD, 4 * KIB_64), 16 * KIB_64 + OVERHEAD]

    play(body)


def test_without_a_hub_documents_wait_at_the_desk(play: Play) -> None:
    async def body(made: Federation) -> None:
        digest = await put(made[IN], b"document", OUT)
        case_id = await made[IN].open(OUT, made.country.person(OUT), documents=[digest])
        await made[OUT].sees(case_id, state="applied")
        await made.end_hub()
        try:
            with refusal_of(refusals.UNAVAILABLE.number):
                await put(made[IN], b"another", OUT)
            with refusal_of(refusals.UNAVAILABLE.number):
                await get(made[OUT], case_id, digest)
        finally:
            await made.begin_hub()
        await until(lambda: comes(made[OUT], case_id, digest))
        assert await get(made[OUT], case_id, digest) == b"document"

    play(body)


async def comes(province: Province, case_id: bytes, digest: bytes) -> bool:
    with suppress(grpc.aio.AioRpcError):
        return bool(await get(province, case_id, digest))
    return False
