"""Producer and consumer on the real embedded broker: killed, restarted empty, stopped for a while."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.fetch import FetchRequest

from core.refusals import TOO_LARGE, Refused
from runtime.embedded.broker import Broker
from runtime.kafka import PATIENCE_S, RECORD_LIMIT, Consumer, KafkaUnavailable, Outgoing, Producer, Record, ensure_topics
from runtime.kafka import client as kafka_client
from runtime.settings import KafkaSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

TOPIC, LANES = "yrdx.inbox.310000", 6


class World:
    """A broker, a producer and a consumer that was there first."""

    def __init__(self, broker: Broker, producer: Producer, consumer: Consumer) -> None:
        self.broker, self.producer, self.consumer = broker, producer, consumer
        self.settings = _settings(broker)

    async def publish(self, *values: str) -> None:
        await self.producer.publish(TOPIC, _batch(values))

    async def publish_until_done(self, *values: str) -> None:
        """As the hub's publisher does it."""
        for _ in range(20):
            try:
                return await self.publish(*values)
            except KafkaUnavailable:
                await asyncio.sleep(0.1)
        raise AssertionError

    async def read(self, *values: str) -> list[Record]:
        """Reads until all the values have come; returns everything that came."""
        records: list[Record] = []
        async with asyncio.timeout(20):
            while not {value.encode() for value in values} <= {record.value for record in records}:
                records.append(await anext(self.consumer))
        return records


def _settings(broker: Broker) -> KafkaSettings:
    return KafkaSettings(bootstrap=broker.address, embedded=True)


def _batch(values: Sequence[str]) -> list[Outgoing]:
    return [Outgoing(index % LANES, b"case", value.encode()) for index, value in enumerate(values)]


@asynccontextmanager
async def _world(folder: Path, *, hinted: bool) -> AsyncIterator[World]:
    async with (
        Broker(folder / "broker") as broker,
        Producer(_settings(broker), [TOPIC], LANES) as producer,
        Consumer(_settings(broker), TOPIC, LANES, hint=producer.hints[TOPIC] if hinted else None) as consumer,
    ):
        yield World(broker, producer, consumer)


def _run(folder: Path, body: Callable[[World], Awaitable[None]], *, hinted: bool = False) -> None:
    async def main() -> None:
        async with _world(folder, hinted=hinted) as world:
            await body(world)

    asyncio.run(main())


async def _took(work: Awaitable[object]) -> float:
    begun = asyncio.get_running_loop().time()
    with pytest.raises(KafkaUnavailable):
        await work
    return asyncio.get_running_loop().time() - begun


@pytest.mark.parametrize("hinted", [False, True])
def test_a_batch_comes_whole_and_in_order_within_its_lane(tmp_path: Path, *, hinted: bool) -> None:
    async def body(world: World) -> None:
        values = [f"{index:03}" for index in range(600)]
        await world.publish(*values)
        records = await world.read(*values)
        assert len(records) == 600
        for lane in range(LANES):
            mine = [(record.offset, record.value.decode()) for record in records if record.partition == lane]
            assert mine == list(enumerate(values[lane::LANES]))

    _run(tmp_path, body, hinted=hinted)


def test_who_is_told_asks_then_and_else_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    send = AIOKafkaClient.send

    async def counted(client: Any, node: int, request: Any, **options: Any) -> Any:
        if isinstance(request, FetchRequest):
            asked.append(asyncio.get_running_loop().time())
        return await send(client, node, request, **options)

    monkeypatch.setattr(AIOKafkaClient, "send", counted)

    async def body(world: World) -> None:
        begun = asyncio.get_running_loop().time()
        for number in range(40):
            await world.publish(f"{number}")
            await world.read(f"{number}")
        took = asyncio.get_running_loop().time() - begun
        assert took < 40 * 0.1, "half of the wait for what it is not told of"
        asked.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await world.read("never")
        assert len(asked) <= 12, "the embedded broker is asked five times a second"

    _run(tmp_path, body, hinted=True)


def test_what_another_process_publishes_arrives_without_a_hint(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        async with Producer(world.settings, [TOPIC], LANES) as other:
            for number in range(5):
                await other.publish(TOPIC, _batch([f"{number}"]))
                await world.read(f"{number}")

    _run(tmp_path, body, hinted=True)


def test_a_consumer_begins_at_the_end(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        await world.publish("before")
        async with Consumer(world.settings, TOPIC, LANES) as late:
            await world.publish("after")
            assert (await anext(late)).value == b"after"

    _run(tmp_path, body)


def test_overlapping_calls_all_arrive(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        await asyncio.gather(*(world.publish(f"{index}") for index in range(50)))
        assert len(await world.read(*(f"{index}" for index in range(50)))) == 50

    _run(tmp_path, body)


@pytest.mark.parametrize("hinted", [False, True])
def test_a_broker_that_came_back_empty_is_followed_from_its_first_record(tmp_path: Path, *, hinted: bool) -> None:
    async def body(world: World) -> None:
        await world.publish(*(f"old-{index}" for index in range(60)))
        await world.read(*(f"old-{index}" for index in range(60)))
        for round_ in range(3):
            os.kill(world.broker.pid, signal.SIGKILL)
            await world.broker.ended()
            await world.broker.restart()
            values = [f"new-{round_}-{index}" for index in range(6 + 90 * round_)]
            await world.publish_until_done(*values)
            records = await world.read(*values)
            assert min(record.offset for record in records) == 0

    _run(tmp_path, body, hinted=hinted)


def test_topics_come_back_with_all_their_lanes(tmp_path: Path) -> None:
    """Asking for a topic must not create it: the broker's own number of partitions is another."""

    async def body(world: World) -> None:
        await world.broker.restart()
        await asyncio.sleep(0.3)
        await ensure_topics(world.settings, [TOPIC, "other"], LANES)
        await ensure_topics(world.settings, [TOPIC, "other"], LANES)
        await world.publish_until_done(*"abcdef")
        assert {record.partition for record in await world.read(*"abcdef")} == set(range(LANES))

    _run(tmp_path, body)


def test_a_dead_broker_is_said_in_time_and_forgotten_after(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        await world.publish("one")
        await world.broker.stop()
        assert await _took(world.publish("two")) < 2 * PATIENCE_S
        assert await _took(world.publish("two")) < 1
        assert await _took(ensure_topics(world.settings, [TOPIC], LANES)) < 1
        with pytest.raises(KafkaUnavailable):
            async with Consumer(world.settings, TOPIC, LANES):
                raise AssertionError
        await world.broker.start()
        await world.publish_until_done("three")
        await world.read("three")

    _run(tmp_path, body)


def test_a_broker_that_hangs_is_said_in_time_and_used_again_after(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        await world.publish("one")
        await world.read("one")
        os.kill(world.broker.pid, signal.SIGSTOP)
        try:
            first, second = await asyncio.gather(_took(world.publish("two")), _took(world.publish("three")))
            assert max(first, second) < 2 * PATIENCE_S + 2
            assert await _took(world.publish("four")) < PATIENCE_S + 1
        finally:
            os.kill(world.broker.pid, signal.SIGCONT)
        await world.publish_until_done("five")
        await world.read("five")

    _run(tmp_path, body)


def test_a_reader_is_cancelled_at_once_even_when_the_broker_is_away(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        waiting = asyncio.ensure_future(world.read("never"))
        await asyncio.sleep(0.05)
        await world.broker.stop()
        await asyncio.sleep(0.8)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await world.broker.start()
        await world.publish_until_done("again")
        await world.read("again")

    _run(tmp_path, body)


def test_a_record_that_no_broker_takes_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        with pytest.raises(Refused, match=TOO_LARGE.name):
            await world.producer.publish(TOPIC, [*_batch("a"), Outgoing(0, b"", bytes(RECORD_LIMIT))])
        await world.producer.publish(TOPIC, [Outgoing(0, b"", bytes(RECORD_LIMIT - 2_000))])
        assert len((await anext(world.consumer)).value) == RECORD_LIMIT - 2_000

    _run(tmp_path, body)


def test_producer_and_consumer_recover_while_the_broker_is_killed_again_and_again(tmp_path: Path) -> None:
    """What is published after a restart arrives, whatever the moment of the kill."""

    async def kill(world: World) -> None:
        for pause in (0.05, 0.3, 0.7):
            await asyncio.sleep(pause)
            os.kill(world.broker.pid, signal.SIGKILL)
            await world.broker.ended()
            await world.broker.restart()

    async def body(world: World) -> None:
        async with asyncio.TaskGroup() as group:
            killing = group.create_task(kill(world))
            number = 0
            while not killing.done():
                await world.publish_until_done(f"{number}")
                number += 1
                await asyncio.sleep(0.01)
        await world.publish_until_done("last")
        await world.read("last")

    _run(tmp_path, body)


def test_the_broker_keeps_its_address_and_starts_fast(tmp_path: Path) -> None:
    async def main() -> None:
        async with Broker(tmp_path / "broker") as broker:
            address, pid = broker.address, broker.pid
            await broker.start()
            assert broker.pid == pid
            await broker.restart()
            assert (broker.address, broker.pid != pid) == (address, True)
            left = broker.pid
            async with Broker(tmp_path / "broker") as next_one:
                assert await broker.ended() == -signal.SIGKILL
                assert (next_one.address, next_one.pid != left) == (address, True)

    asyncio.run(main())


def test_the_shim_makes_the_producer_idempotent(tmp_path: Path) -> None:
    async def main() -> None:
        async with Broker(tmp_path / "broker") as broker:
            client = await kafka_client.producer(_settings(broker))
            assert client._txn_manager.has_pid()  # type: ignore[attr-defined]  # aiokafka's own
            await kafka_client.close(client)

    asyncio.run(main())


def test_a_client_that_gives_up_leaves_no_connection_open() -> None:
    """A broker that says which questions it knows and then answers none."""
    left = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size, _, _, number = struct.unpack(">ihhi", await reader.readexactly(12))
        await reader.readexactly(size - 8)
        known = struct.pack(">ihihhh", number, 0, 1, 3, 0, 1)  # metadata, versions 0 and 1
        writer.write(struct.pack(">i", len(known)) + known)
        with suppress(ConnectionResetError):
            while await reader.read(1000):
                continue
        writer.close()
        left.set()

    async def main() -> None:
        async with await asyncio.start_server(answer, "127.0.0.1") as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await kafka_client.create_topics(KafkaSettings(bootstrap=f"127.0.0.1:{port}"), [TOPIC], LANES)
            async with asyncio.timeout(1):
                await left.wait()

    asyncio.run(main())


def test_closing_a_consumer_ends_all_its_fetches_and_is_no_cancellation(tmp_path: Path) -> None:
    async def body(world: World) -> None:
        client = await kafka_client.consumer(world.settings, kafka_client.partitions_of(TOPIC, LANES))
        inner: Any = client
        await asyncio.sleep(0.1)  # it fetches
        fetches = [asyncio.ensure_future(asyncio.sleep(60)) for _ in range(2)]
        inner._fetcher._pending_tasks.update(fetches)
        await kafka_client.close(client)
        assert all(fetch.cancelled() for fetch in fetches)
        assert not any(connection.connected() for connection in inner._client._conns.values())

    _run(tmp_path, body)


def test_a_consumer_that_is_closed_before_it_has_begun_leaves_no_connection_open(tmp_path: Path) -> None:
    """As it happens when somebody asked for the end while it was opened: aiokafka's own cancellation is not ours."""

    async def body(world: World) -> None:
        client = await kafka_client.consumer(world.settings, kafka_client.partitions_of(TOPIC, LANES))
        await kafka_client.close(client)
        inner: Any = client
        assert not any(connection.connected() for connection in inner._client._conns.values())

    _run(tmp_path, body)
