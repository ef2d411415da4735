"""A whole hub in this process, with a real broker and database, and nodes that are a voice on a gRPC channel."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc

from core.ids import PROVINCES
from core.receipts import timestamp
from hub.composition import Hub, running
from hub.settings import HubSettings
from hub.topics import PARTITIONS, topic
from pki.identity import HUB, Role
from runtime import settings
from runtime.addresses import free_port
from runtime.clock import SystemClock
from runtime.grpc_client import channel, refused
from runtime.kafka import Outgoing, Producer
from tests.support.kafka import as_values, transport
from tests.support.ledger import TABLES
from tests.support.world import Speaker, World
from yrdx.v1 import exchange_pb2, exchange_pb2_grpc, operations_pb2, operations_pb2_grpc, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from tests.support.kafka import Transport
    from yrdx.v1 import envelope_pb2

PATIENCE_S = float(os.environ.get("YRDX_TEST_PATIENCE_S", "60"))


@dataclass
class Node:
    """A province's end: submits, and follows its stream.

    Attributes:
        acknowledges: whether it answers deliveries with receipts by itself.
        deliveries, receipts, problems: what came on the stream, in order.
        standing_by: each change of the lease, as the hub told it.
    held: what the hub holds, as it said last.
    """

    speaker: Speaker
    exchange: exchange_pb2_grpc.ExchangeAsyncStub
    acknowledges: bool = True
    deliveries: list[exchange_pb2.Delivery] = field(default_factory=list)
    receipts: list[exchange_pb2.LoggedReceipt] = field(default_factory=list)
    problems: list[exchange_pb2.Problem] = field(default_factory=list)
    standing_by: list[bool] = field(default_factory=list)
    held: list[receipt_pb2.Hold] | None = None
    _sending: asyncio.Queue[exchange_pb2.DeliverRequest] = field(default_factory=asyncio.Queue)
    _call: Any = None

    @property
    def code(self) -> str:
        return self.speaker.code

    async def submit(self, *envelopes: envelope_pb2.Envelope) -> list[exchange_pb2.SubmitResult]:
        response = await self.exchange.Submit(exchange_pb2.SubmitRequest(envelopes=envelopes), timeout=PATIENCE_S)
        return list(response.results)

    async def accepted(self, *envelopes: envelope_pb2.Envelope) -> list[receipt_pb2.Receipt]:
        """Submits what must be accepted."""
        receipts = [receipt_of(result) for result in await self.submit(*envelopes)]
        assert not any(receipt.refusal for receipt in receipts), receipts
        return receipts

    async def accepted_at_last(self, *envelopes: envelope_pb2.Envelope) -> None:
        """Submits again and again, as a node does, what is told to come again later."""
        left = list(envelopes)
        async with asyncio.timeout(PATIENCE_S):
            while left:
                results = await self.submit(*left)
                assert all(result.receipts or result.problem.HasField("retry_after") for result in results), results
                left = [envelope for envelope, result in zip(left, results, strict=True) if not result.receipts]
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def stream(self, instance: str = "one", credits_: int = 1000) -> AsyncIterator[None]:
        """Follows the stream until the block ends; as a node does, opens it again when its connection is lost."""
        self._open(instance, credits_)
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._follow(instance, credits_))
            yield
            following.cancel()

    def send(self, **request: Any) -> None:
        self._sending.put_nowait(exchange_pb2.DeliverRequest(**request))

    def acknowledge(self, delivery: exchange_pb2.Delivery, **changes: Any) -> None:
        self.send(receipts=[self.speaker.delivered(delivery, **changes)])

    def cannot_process(self, delivery: exchange_pb2.Delivery, **changes: Any) -> None:
        self.send(cannot_process=[self.speaker.cannot_process(delivery, **changes)])

    def close(self) -> None:
        """Breaks the open stream off."""
        self._call.cancel()

    def received(self, envelope: envelope_pb2.Envelope) -> int:
        """How often a message was delivered so far."""
        return sum(one.envelope.header == envelope.header for one in self.deliveries)

    async def _requests(self) -> AsyncIterator[exchange_pb2.DeliverRequest]:
        while True:
            yield await self._sending.get()

    def _open(self, instance: str, credits_: int) -> None:
        self._sending = asyncio.Queue()
        self.send(opening=exchange_pb2.DeliverOpening(instance=instance))
        self.send(credits=credits_)
        self._call = self.exchange.Deliver(self._requests())

    async def _follow(self, instance: str, credits_: int) -> None:
        while await self._lost():
            await asyncio.sleep(0.1)
            self._open(instance, credits_)

    async def _lost(self) -> bool:
        """Takes what comes on the stream until it ends; whether it ended because its connection did."""
        try:
            async for response in self._call:
                self._take(response)
        except grpc.aio.AioRpcError as error:
            return error.code() is grpc.StatusCode.UNAVAILABLE and refused(error) is None
        finally:
            self.close()
        return False

    def _take(self, response: exchange_pb2.DeliverResponse) -> None:
        for delivery in response.deliveries:
            self.deliveries.append(delivery)
            if self.acknowledges:
                self.acknowledge(delivery)
        self.receipts += response.receipts
        self.problems += response.problems
        if response.HasField("holds"):
            self.held = list(response.holds.held)
        if response.HasField("stand_by"):
            self.standing_by.append(not response.stand_by.active)


@dataclass
class Exchange:
    """A running hub with its surroundings.

    Attributes:
        nodes: of the four provinces, without open streams.
    """

    world: World
    broker: Transport
    hub: Hub
    nodes: dict[str, Node]
    operations: operations_pb2_grpc.OperationsAsyncStub

    @asynccontextmanager
    async def following(self, *codes: str, **opening: Any) -> AsyncIterator[list[Node]]:
        """Open streams of these provinces that follow Kafka already."""
        async with AsyncExitStack() as stack:
            nodes = [self.nodes[code] for code in codes]
            for node in nodes:
                await stack.enter_async_context(node.stream(**opening))
            await until(lambda: all(self._follows(code) for code in codes))
            yield nodes

    @asynccontextmanager
    async def another(self, code: str) -> AsyncIterator[Node]:
        """A second instance of a province's node."""
        async with channel(self.hub.settings.address, self.world.tls(code)) as link:
            yield Node(Speaker(self.world, code), exchange_pb2_grpc.ExchangeStub(link))

    @asynccontextmanager
    async def producer(self, code: str) -> AsyncIterator[Callable[[int, bytes], Awaitable[None]]]:
        """Publishes any bytes to a partition of the province's inbox topic, as whoever owns the broker can."""
        async with Producer(self.hub.settings.kafka, [topic(code)], PARTITIONS) as producer:
            yield lambda partition, value: producer.publish(topic(code), [Outgoing(partition, b"", value)])

    async def status(self) -> operations_pb2.StatusResponse:
        return await self.operations.Status(operations_pb2.StatusRequest(), timeout=PATIENCE_S)

    async def idle(self) -> operations_pb2.StatusResponse:
        """Waits until the hub is idle."""
        await until(self._is_idle)
        return await self.status()

    async def advance(self, to: datetime) -> int:
        request = operations_pb2.AdvanceBusinessTimeRequest(to=timestamp(to))
        return (await self.operations.AdvanceBusinessTime(request, timeout=PATIENCE_S)).due_events

    async def wait_business(self, **span: float) -> int:
        """Moves business time by a span."""
        now = (await self.status()).business_at.ToDatetime(SystemClock().now().tzinfo)
        return await self.advance(now + timedelta(**span))

    def _follows(self, code: str) -> bool:
        stream = self.hub.deliverer.streams.get(code)
        return stream is not None and stream._positioned.is_set()

    async def _is_idle(self) -> bool:
        return (await self.status()).idle


@asynccontextmanager
async def exchange(
    folder: Path, dsn: str, world: World | None = None, broker: Transport | None = None, **changes: Any
) -> AsyncIterator[Exchange]:
    """A hub on this database; entering again with the same folder, world and broker restarts it."""
    world = world or World(folder)
    async with AsyncExitStack() as stack:
        if broker is None:
            broker = await stack.enter_async_context(transport(folder / "broker"))
        kafka = broker.settings
        changes.setdefault("sweep_s", 30)  # longer than a busy disk or broker stands still: what is sent twice has another cause
        values = world.hub_settings(dsn, kafka.bootstrap, f"127.0.0.1:{free_port()}", **{"kafka": as_values(kafka), **changes})
        (folder / "hub.json").write_text(json.dumps(values))
        wanted = settings.load(folder / "hub.json", HubSettings)
        hub = await stack.enter_async_context(running(wanted, SystemClock()))
        nodes = {}
        for code in PROVINCES:
            link = await stack.enter_async_context(channel(wanted.address, world.tls(code)))
            nodes[code] = Node(Speaker(world, code), exchange_pb2_grpc.ExchangeStub(link))
        link = await stack.enter_async_context(channel(wanted.address, world.tls(HUB, Role.OPERATOR)))
        operations = operations_pb2_grpc.OperationsStub(link)
        yield Exchange(world, broker, hub, nodes, operations)


async def contents(made: Exchange) -> dict[str, str]:
    """A digest of everything in each table of the ledger, to be compared with a later one."""
    line = "select md5(string_agg(t::text, ' ' order by t::text)) from {} t"
    return {table: await made.hub.pool.fetchval(line.format(table)) or "" for table in (*TABLES, "log_head")}


async def until(true: Callable[[], Any], patience_s: float = PATIENCE_S) -> None:
    """Asserts that a condition, which may be a coroutine function's, comes to hold."""
    loop = asyncio.get_running_loop()
    end = loop.time() + patience_s
    while True:
        found = true()
        if await found if asyncio.iscoroutine(found) else found:
            return
        assert loop.time() < end, f"not within {patience_s:g} s"
        await asyncio.sleep(0.02)


def receipt_of(result: exchange_pb2.SubmitResult) -> receipt_pb2.Receipt:
    """The hub's receipt in a result that must have one."""
    assert result.receipts, result.problem
    return receipt_pb2.Receipt.FromString(result.receipts[0].receipt)
