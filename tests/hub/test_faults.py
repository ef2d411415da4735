"""Steps 1 to 6 while an engine or the hub is killed: what was accepted is delivered, nothing is doubled, submits go on if they can."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

from core import refusals
from tests.support.exchange import exchange, until
from tests.support.kafka import transport
from tests.support.traffic import MANY, applications, by_kafka, check, submitting
from tests.support.world import JIANGSU, SHANGHAI, ZHEJIANG, World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.postgres import Server
    from yrdx.v1 import envelope_pb2


def test_a_broker_that_is_killed_and_comes_back_empty_loses_nothing(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, sweep_s=0.5) as made, made.following(ZHEJIANG, SHANGHAI, credits_=MANY) as (asking, _):
            said: list[envelope_pb2.Envelope] = []

            def more(count: int) -> Callable[[], bool]:
                wanted = len(said) + count
                return lambda: len(said) >= wanted

            async with submitting(asking, said):
                for _ in range(2):
                    await until(more(50))
                    os.kill(made.broker.pid, signal.SIGKILL)
                    await made.broker.ended()
                    await until(more(50))  # submits go on meanwhile
                    await made.broker.start()
            await check(made, said)
            wanted = await by_kafka(made) + 50

            async def used_again() -> bool:
                return await by_kafka(made) >= wanted

            async with submitting(asking, said):
                await until(used_again)
            await check(made, said)

    asyncio.run(main())


def test_a_broker_that_hangs_holds_up_no_submit_and_no_delivery(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, sweep_s=0.2) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            first = applications(asking, 20, "before")
            await asking.accepted(*first)
            await made.idle()
            os.kill(made.broker.pid, signal.SIGSTOP)
            try:
                meanwhile = applications(asking, 20, "meanwhile")
                async with asyncio.timeout(1):
                    await asking.accepted(*meanwhile)
                await until(lambda: all(asked.received(envelope) for envelope in meanwhile))
                assert (await made.status()).counters["delivered_by_ledger"] >= 20
            finally:
                os.kill(made.broker.pid, signal.SIGCONT)
            after = applications(asking, 20, "after")
            await asking.accepted(*after)
            await check(made, [*first, *meanwhile, *after])

    asyncio.run(main())


def test_a_database_that_is_killed_is_said_to_be_away_and_loses_nothing(hub_dsn: str, postgres_server: Server, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, sweep_s=0.5) as made, made.following(ZHEJIANG, SHANGHAI, credits_=MANY) as (asking, _):
            said = [*applications(asking, 5, "before")]
            await asking.accepted(*said)
            async with submitting(asking, said):
                await asyncio.sleep(0.3)
                await asyncio.to_thread(postgres_server.kill)
                try:
                    late = asking.speaker.apply(SHANGHAI, "late")
                    (result,) = await asking.submit(late)
                    assert result.problem.number == refusals.UNAVAILABLE.number
                    assert result.problem.HasField("retry_after")
                finally:
                    await asyncio.to_thread(postgres_server.start)
                await asking.accepted_at_last(late)
                said.append(late)
                await asyncio.sleep(0.3)
            await check(made, said)

    asyncio.run(main())


def test_a_hub_that_begins_anew_sends_everything_unacknowledged_again(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        world = World(tmp_path)
        async with transport(tmp_path / "broker") as broker:
            async with exchange(tmp_path, hub_dsn, world, broker) as made, made.following(SHANGHAI) as (asked,):
                asked.acknowledges = False
                asking, other = made.nodes[ZHEJIANG], made.nodes[JIANGSU]
                said = [*applications(asking, 30, "zhejiang"), *applications(other, 30, "jiangsu")]
                await asking.accepted(*said[:30])
                await other.accepted(*said[30:])
                await until(lambda: len(asked.deliveries) == 60)
                for delivery in asked.deliveries[:20]:
                    asked.acknowledge(delivery)
                await until(lambda: len(asked.receipts) == 20)
                done = {delivery.envelope.header for delivery in asked.deliveries[:20]}
            async with exchange(tmp_path, hub_dsn, world, broker) as again:
                assert sum(member.undelivered for member in (await again.status()).members) == 40
                async with again.following(SHANGHAI) as (asked,):
                    await again.idle()
                    assert {one.envelope.header for one in asked.deliveries} == {one.header for one in said} - done
                    (result,) = await again.nodes[ZHEJIANG].submit(said[0])
                    assert result.receipts, "what was accepted before stays accepted"

    asyncio.run(main())


def test_what_was_committed_while_the_broker_was_away_is_published_after_a_restart_of_the_hub(hub_dsn: str, tmp_path: Path) -> None:
    """The ledger is the outbox: the publisher takes every lane up behind its cursor."""

    async def main() -> None:
        world = World(tmp_path)
        async with transport(tmp_path / "broker") as broker:
            async with exchange(tmp_path, hub_dsn, world, broker) as made:
                await broker.stop()
                said = applications(made.nodes[ZHEJIANG], 30, "person")
                await made.nodes[ZHEJIANG].accepted(*said)
            await broker.start()
            async with exchange(tmp_path, hub_dsn, world, broker) as again, again.following(SHANGHAI):
                await check(again, said)
                cursors = "select coalesce(sum(seq), 0) = (select sum(last_seq) from lanes) from published"
                await until(lambda: again.hub.pool.fetchval(cursors))

    asyncio.run(main())
