"""A province's stream: as many deliveries as there are credits, one instance at a time, and what is unacknowledged comes again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest

from core import refusals
from runtime.grpc_client import refused
from tests.support.exchange import exchange, until
from tests.support.world import JIANGSU, SHANGHAI, ZHEJIANG, new_id
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from pathlib import Path


def test_no_more_is_sent_than_there_are_credits(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, sweep_s=0.1) as made, made.following(SHANGHAI, credits_=3) as (asked,):
            asking = made.nodes[ZHEJIANG]
            await asking.accepted(*(asking.speaker.apply(SHANGHAI, f"person-{n}") for n in range(20)))
            await until(lambda: len(asked.deliveries) == 3)
            await asyncio.sleep(0.3)  # three sweeps
            assert len(asked.deliveries) == 3
            asked.send(credits=2)
            await until(lambda: len(asked.deliveries) == 5)
            await asyncio.sleep(0.2)
            assert len(asked.deliveries) == 5
            asked.send(credits=15)
            await made.idle()
            assert len({delivery.envelope.header for delivery in asked.deliveries}) == 20

    asyncio.run(main())


def test_a_receiver_that_takes_nothing_holds_nobody_else(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            exchange(tmp_path, hub_dsn) as made,
            made.following(SHANGHAI, credits_=0) as (slow,),
            made.following(ZHEJIANG, JIANGSU) as (asking, quick),
        ):
            await asking.accepted(*(asking.speaker.apply(SHANGHAI, f"slow-{n}") for n in range(200)))
            await asking.accepted(*(asking.speaker.apply(JIANGSU, f"quick-{n}") for n in range(50)))
            await until(lambda: len(asking.receipts) == 50)
            assert (len(quick.deliveries), len(slow.deliveries)) == (50, 0)
            members = {member.code: member.undelivered for member in (await made.status()).members}
            assert (members[SHANGHAI], members[JIANGSU]) == (200, 0)
            slow.send(credits=1000)
            await made.idle()
            assert len({delivery.envelope.header for delivery in slow.deliveries}) == 200

    asyncio.run(main())


def test_what_waits_comes_in_order_when_a_province_comes_back_after_days(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made:
            asking, asked, case_id = made.nodes[ZHEJIANG], made.nodes[SHANGHAI], new_id()
            said = [asking.speaker.apply(SHANGHAI, "person-1", case_id)]
            said += [asking.speaker.say(case_id, action, SHANGHAI) for action in ("permit", "withdraw")]
            await asking.accepted(*said)
            await made.wait_business(days=7)
            async with asked.stream():
                await made.idle()
            assert [delivery.envelope.header for delivery in asked.deliveries] == [envelope.header for envelope in said]

    asyncio.run(main())


def test_an_event_of_the_clock_reaches_both_provinces_once(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            await asking.accepted(asking.speaker.apply(SHANGHAI, "person-1"))
            assert await made.wait_business(days=60) >= 1
            assert await made.wait_business(days=0) == 0
            await made.idle()
            for node in (asking, asked):
                events = [delivery.due_event.due_event for delivery in node.deliveries if delivery.HasField("due_event")]
                assert events
                assert len(set(events)) == len(events)

    asyncio.run(main())


def test_a_second_instance_stands_by_and_takes_over(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.another(SHANGHAI) as second:
            first, asking = made.nodes[SHANGHAI], made.nodes[ZHEJIANG]
            first.acknowledges = False
            async with first.stream("one"):
                await until(lambda: first.standing_by == [False])
                async with second.stream("two"):
                    await until(lambda: second.standing_by == [True])
                    envelope = asking.speaker.apply(SHANGHAI, "person-1")
                    await asking.accepted(envelope)
                    await until(lambda: first.received(envelope))
                    assert second.received(envelope) == 0
                    first.close()
                    await until(lambda: second.received(envelope))
                    assert second.standing_by == [True, False]
                    await made.idle()

    asyncio.run(main())


def test_the_same_instance_takes_its_own_broken_stream_over_at_once(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.another(SHANGHAI) as again:
            first, asking = made.nodes[SHANGHAI], made.nodes[ZHEJIANG]
            async with first.stream("one"):
                await until(lambda: first.standing_by == [False])
                async with again.stream("one"):
                    await until(lambda: again.standing_by == [False])
                    envelope = asking.speaker.apply(SHANGHAI, "person-1")
                    await asking.accepted(envelope)
                    await made.idle()
                    assert (first.received(envelope), again.received(envelope)) == (0, 1)

    asyncio.run(main())


def test_whatever_stays_unacknowledged_comes_again_until_it_is_acknowledged(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, sweep_s=0.2) as made, made.following(SHANGHAI) as (asked,):
            asked.acknowledges = False
            asking = made.nodes[ZHEJIANG]
            said = [asking.speaker.apply(SHANGHAI, f"person-{n}") for n in range(2)]
            await asking.accepted(*said)
            await until(lambda: all(asked.received(envelope) > 1 for envelope in said))
            acknowledged, other = said
            asked.acknowledge(next(one for one in asked.deliveries if one.envelope.header == acknowledged.header))
            await until(lambda: asked.receipts)
            asked.deliveries.clear()
            await until(lambda: asked.received(other))
            assert asked.received(acknowledged) == 0
            asked.acknowledge(asked.deliveries[0])
            await made.idle()

    asyncio.run(main())


@pytest.mark.parametrize(
    "request_",
    [exchange_pb2.DeliverRequest(credits=5), exchange_pb2.DeliverRequest(opening=exchange_pb2.DeliverOpening(instance="x" * 1000))],
    ids=["no opening", "a name too long"],
)
def test_a_stream_begins_with_an_opening(hub_dsn: str, tmp_path: Path, request_: exchange_pb2.DeliverRequest) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made:
            call = made.nodes[SHANGHAI].exchange.Deliver(iter([request_]))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                async for _ in call:
                    pass
            found = refused(caught.value)
            assert found is not None
            assert (found.kind, found.field) == (refusals.BAD_FIELD, "opening")

    asyncio.run(main())
