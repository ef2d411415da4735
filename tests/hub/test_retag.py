"""Claims are made again under newer epochs of tag keys: by the province that opened the case, for the same people, and by nobody else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.refusals import BAD_FIELD, CASE_CLOSED, CASE_UNKNOWN, NOT_A_PARTY, PERSON_CLAIMED, TAG_EPOCH_MISSING, WRONG_PARTY
from tests.hub.test_epochs import publish
from tests.support.exchange import PATIENCE_S, exchange, receipt_of
from tests.support.world import JIANGSU, SHANGHAI, ZHEJIANG, new_id, routing
from yrdx.v1 import envelope_pb2, exchange_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from tests.support.exchange import Exchange, Node

    Body = Callable[[Exchange, bytes], Awaitable[None]]


def in_overlap(hub_dsn: str, folder: Path, body: Body) -> None:
    """Zhejiang has a case about person-1 that was opened before epoch 2 came into force."""

    async def main() -> None:
        async with exchange(folder, hub_dsn) as made:
            old = made.nodes[ZHEJIANG].speaker.apply(SHANGHAI, "person-1")
            await made.nodes[ZHEJIANG].accepted(old)
            await publish(made, 2, [1, 2])
            await body(made, routing(old).case_id)

    asyncio.run(main())


async def retag(node: Node, case_id: bytes, tags: list[envelope_pb2.Tag]) -> int:
    """Number of the refusal, or 0."""
    request = exchange_pb2.RetagRequest(cases=[exchange_pb2.Retagging(case_id=case_id, tags=tags)])
    (result,) = (await node.exchange.Retag(request, timeout=PATIENCE_S)).results
    return result.problem.number


def tags_of(node: Node, number: str = "person-1") -> list[envelope_pb2.Tag]:
    return list(node.speaker.opening(number).tags)


async def claims(made: Exchange, case_id: bytes) -> list[tuple[int, bool]]:
    found = await made.hub.pool.fetch("select epoch, spent from claims where case_id = encode($1, 'hex')::uuid order by 1", case_id)
    return [(row["epoch"], row["spent"]) for row in found]


def test_claims_are_made_again_once_and_then_the_old_epoch_goes(hub_dsn: str, tmp_path: Path) -> None:
    async def body(made: Exchange, case_id: bytes) -> None:
        node, size = made.nodes[ZHEJIANG], (await made.status()).log_size
        second = made.nodes[JIANGSU].speaker
        (overlapping,) = await made.nodes[JIANGSU].submit(second.apply(SHANGHAI, "person-1"))
        assert receipt_of(overlapping).refusal == PERSON_CLAIMED.number, "the old tag alone still holds the person"
        for _ in range(2):
            assert await retag(node, case_id, tags_of(node)) == 0
            assert await claims(made, case_id) == [(1, False), (2, False)]
        assert (await made.status()).log_size == size + 1, "the refusal alone was logged"
        await publish(made, 3, [2])
        (alone,) = await made.nodes[JIANGSU].submit(second.apply(SHANGHAI, "person-1"))
        assert receipt_of(alone).refusal == PERSON_CLAIMED.number

    in_overlap(hub_dsn, tmp_path, body)


def test_what_is_spent_stays_spent_under_the_new_epoch(hub_dsn: str, tmp_path: Path) -> None:
    async def body(made: Exchange, case_id: bytes) -> None:
        await made.hub.pool.execute("update claims set spent = true")
        assert await retag(made.nodes[ZHEJIANG], case_id, tags_of(made.nodes[ZHEJIANG])) == 0
        assert await claims(made, case_id) == [(1, True), (2, True)]

    in_overlap(hub_dsn, tmp_path, body)


def test_only_the_province_that_opened_a_case_makes_its_claims_again(hub_dsn: str, tmp_path: Path) -> None:
    async def body(made: Exchange, case_id: bytes) -> None:
        tags = tags_of(made.nodes[ZHEJIANG])
        assert await retag(made.nodes[SHANGHAI], case_id, tags) == WRONG_PARTY.number
        assert await retag(made.nodes[JIANGSU], case_id, tags) == NOT_A_PARTY.number
        assert await claims(made, case_id) == [(1, False)]

    in_overlap(hub_dsn, tmp_path, body)


def test_a_case_that_is_closed_or_never_was_claims_nobody(hub_dsn: str, tmp_path: Path) -> None:
    async def body(made: Exchange, case_id: bytes) -> None:
        node = made.nodes[ZHEJIANG]
        await node.accepted(node.speaker.say(case_id, "withdraw", SHANGHAI))
        assert await retag(node, case_id, tags_of(node)) == CASE_CLOSED.number
        assert await retag(node, new_id(), tags_of(node)) == CASE_UNKNOWN.number
        assert await retag(node, b"short", tags_of(node)) == BAD_FIELD.number
        assert await claims(made, case_id) == []

    in_overlap(hub_dsn, tmp_path, body)


def test_tags_are_of_the_epochs_in_force_and_of_the_same_people(hub_dsn: str, tmp_path: Path) -> None:
    async def body(made: Exchange, case_id: bytes) -> None:
        node = made.nodes[ZHEJIANG]
        first, second = tags_of(node)
        unknown = envelope_pb2.Tag(epoch=3, value=b"3" * 32)
        one_more = envelope_pb2.Tag(epoch=2, value=b"2" * 32)
        short, other = envelope_pb2.Tag(epoch=2), tags_of(node, "person-2")
        assert await retag(node, case_id, [first]) == TAG_EPOCH_MISSING.number
        for bad in (
            [first, second, unknown],
            [first, second, one_more],
            [first, second, second],
            other,
            [first, short],
        ):
            assert await retag(node, case_id, bad) == BAD_FIELD.number
        await node.accepted(node.speaker.apply(SHANGHAI, "person-2"))
        assert await retag(node, case_id, [first, other[1]]) == PERSON_CLAIMED.number
        assert await claims(made, case_id) == [(1, False)]

    in_overlap(hub_dsn, tmp_path, body)
