"""Uploads and downloads at a desk whose node is killed (-9) in the middle: they go on where the node says, and come out as they went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest

from core.refusals import MATERIAL_OFFSET, REQUEST_CONFLICT
from nodes.common.documents import LARGEST
from nodes.common.store.uploads import PIECE
from pki.identity import Role
from tests.nodes.test_documents import CHUNK, get, opening_of, put, say, stands
from tests.nodes.test_kills import a_process
from tests.support.exchange import until
from tests.support.officers import refusal_of
from tests.support.programs import files_of, start
from tests.support.province import CALL_S, IN, OUT
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.nodes.conftest import Play
    from tests.support.province import Federation, Province

SENT = 3_300_000
HELD = SENT // PIECE * PIECE


async def puts_a_part(province: Province, opening: desk_pb2.DocumentOpening, content: bytes) -> None:
    """An upload that hangs in the middle until its connection breaks."""

    async def requests() -> AsyncIterator[desk_pb2.PutDocumentRequest]:
        yield desk_pb2.PutDocumentRequest(opening=opening)
        for begin in range(0, SENT, CHUNK):
            yield desk_pb2.PutDocumentRequest(chunk=content[begin : begin + CHUNK])
        await asyncio.Event().wait()

    with pytest.raises(grpc.aio.AioRpcError):
        await province.desk.PutDocument(requests(), timeout=CALL_S)


def test_an_upload_goes_on_at_a_node_that_was_killed_in_the_middle(play: Play, rng: random.Random) -> None:
    async def body(made: Federation) -> None:
        content = rng.randbytes(LARGEST)
        opening = opening_of(made[IN], content)
        async with a_process(made[IN]):
            async with asyncio.TaskGroup() as group:
                group.create_task(puts_a_part(made[IN], opening, content))
                await until(lambda: has(made[IN], opening, HELD))
                await made[IN].kill()
            await made[IN].spawn()
            assert await stands(made[IN], opening) == HELD
            with refusal_of(MATERIAL_OFFSET.number):
                await say(made[IN], opening, content)
            other = desk_pb2.DocumentOpening()
            other.CopyFrom(opening)
            other.code = "identity"
            with refusal_of(REQUEST_CONFLICT.number):
                await stands(made[IN], other)
            opening.offset = await stands(made[IN], opening)
            digest = await say(made[IN], opening, content)
        assert await stands(made[IN], opening) == LARGEST
        assert await say(made[IN], opening, content) == digest
        assert await rows(made[IN]) == 0
        case_id = await made[IN].open(OUT, made.country.person(OUT), documents=[digest])
        await made[OUT].sees(case_id, state="applied")
        assert await get(made[OUT], case_id, digest) == content

    play(body)


async def has(province: Province, opening: desk_pb2.DocumentOpening, offset: int) -> bool:
    return await stands(province, opening) == offset


async def rows(province: Province) -> int:
    """Pieces that the node keeps."""
    async with province.node.database.reading() as connection:
        return int(await connection.fetchval("select count(*) from uploads"))


async def gets_until_killed(province: Province, case_id: bytes, digest: bytes, came: bytearray) -> None:
    async for part in province.desk.GetDocument(desk_pb2.GetDocumentRequest(case_id=case_id, digest=digest)):
        came += part.chunk
        if province.process is not None:
            await province.kill()


def test_a_download_goes_on_at_a_node_that_was_killed_in_the_middle(play: Play, rng: random.Random) -> None:
    async def body(made: Federation) -> None:
        content = rng.randbytes(LARGEST)
        digest = await put(made[IN], content, OUT)
        case_id = await made[IN].open(OUT, made.country.person(OUT), documents=[digest])
        async with a_process(made[OUT]):
            await made[OUT].sees(case_id, state="applied")
            came = bytearray()
            with pytest.raises(grpc.aio.AioRpcError):
                await gets_until_killed(made[OUT], case_id, digest, came)
            assert 0 < len(came) < LARGEST
            await made[OUT].spawn()
            assert came + await get(made[OUT], case_id, digest, len(came)) == content

    play(body)


def test_the_client_waits_for_a_node_that_comes_back(play: Play, rng: random.Random, tmp_path: Path) -> None:
    async def body(made: Federation) -> None:
        scan, officer = tmp_path / "scan.jpg", made[IN].officer
        await asyncio.to_thread(scan.write_bytes, rng.randbytes(LARGEST))
        words = ["--counterpart", OUT, "--code", "relation-proof", "--media-type", "image/jpeg", "--officer", officer.number]
        who = ["--officer-name", officer.name, "--unit", officer.unit]
        there = ["--address", made.country.addresses[IN], *files_of(made.country.tls(IN, Role.SYSTEM))]
        async with a_process(made[IN]):
            await made[IN].kill()
            client = await start("yrdx-desk", "put-document", scan, *words, *who, *there)
            await asyncio.sleep(1)
            await made[IN].spawn()
            out, err = await client.communicate()
            assert (client.returncode, err) == (0, b"")
        case_id = await made[IN].open(OUT, made.country.person(OUT), documents=[bytes.fromhex(out.decode())])
        await made[OUT].sees(case_id, state="applied")

    play(body)
