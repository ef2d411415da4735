"""Step 5 of 9 - deliver. The province's stream: what Kafka brings at once, what the ledger knows in any case.

One stream a province is open, whoever holds its lease; other instances of the node stand by and take over when it ends or its holder is
silent. On opening, in this order: announcements of commits count, Kafka is followed from its end, everything unacknowledged is sent from
the ledger, then whatever Kafka brings. Correctness rests on the ledger's numbers alone: Kafka may lose, repeat, forge or reorder.
Deliveries are sent as far as the peer's credits go; its DELIVERED receipts come back on the same stream (`hub.acknowledge`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from core.ids import ID_BYTES, PROVINCES
from core.refusals import BAD_FIELD, TOO_LARGE, UNAVAILABLE, Refused
from hub.acknowledge import Acknowledger
from hub.channel import Channel
from hub.mailbox import Mailbox, Via
from hub.sweep import Sweeper
from hub.topics import topic
from runtime import process_log
from runtime.groups import refusal_in
from runtime.grpc_errors import problem
from runtime.kafka import KafkaUnavailable
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import NoReturn

    from hub.acknowledge import Acknowledging
    from hub.channel import Write
    from hub.hold import Holder
    from hub.ledger.leases import Leases
    from hub.ledger.outbox import Outbox, Place
    from hub.ledger.work import Logged
    from runtime.clock import Clock, Sleep
    from runtime.identity import Identity
    from runtime.kafka import Consumer

    Requests = AsyncIterator[exchange_pb2.DeliverRequest]

MAX_INSTANCE: Final = 128
MAX_WANTED: Final = 1000
HEARTBEAT_S: Final = 2.0
_RETRY_S: Final = 1.0
_POSITION_S: Final = 2.0

_LOG = process_log.get("hub.deliver")


@dataclass(kw_only=True)
class Deliverer:
    """All streams of this process.

    Attributes:
        consumer: makes the consumer of a topic.
        sweep_s: age at which an unacknowledged delivery is sent again.
        check_peer: refuses a certificate that may not speak any more.
        boxes: what is known about each province's deliveries; outlives its streams.
        streams: the open stream of each province.
    """

    outbox: Outbox
    leases: Leases
    acknowledging: Acknowledging
    holder: Holder
    consumer: Callable[[str], Consumer]
    clock: Clock
    sleep: Sleep
    sweep_s: float
    check_peer: Callable[[Identity], None]
    boxes: dict[str, Mailbox] = field(default_factory=lambda: {code: Mailbox() for code in PROVINCES})
    streams: dict[str, Stream] = field(default_factory=dict)
    _freed: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    async def serve(self, requests: Requests, write: Write, peer: Identity) -> None:
        """One stream, from its opening to its end.

        Raises:
            Refused: BAD_FIELD for a stream that does not begin with an opening; UNAVAILABLE when it lost its lease or the ledger is away.
        """
        instance = await _opening(requests)
        epoch = await self._take_lease(peer.member, instance, write)
        try:
            await self._make_way(peer.member, epoch)
            stream = Stream(self, peer, epoch, write)
            self.streams[peer.member] = stream
            await stream.run(requests)
        finally:
            await self._end(peer.member, epoch)

    def announce(self, receiver: str, lane: int, seq: int, value: bytes) -> None:
        """A delivery was committed and is about to be published as `value`."""
        self.boxes[receiver].announce(lane, seq, value)

    def ask(self, receiver: str, place: Place) -> None:
        """Kafka will not bring this one."""
        if receiver in self.streams:
            self.streams[receiver].sweeper.ask([place])

    def tell(self, logged: Logged) -> None:
        """A DELIVERED receipt was committed: its delivery is done, and both parties of its message hear of it, if they listen."""
        self.boxes[logged.receiver].acknowledge(logged.lane, logged.seq)
        for province in logged.concerned:
            if province in self.streams:
                self.streams[province].channel.tell([logged.receipt])

    def check_peers(self) -> None:
        """Ends streams whose peer may not speak any more."""
        for stream in self.streams.values():
            try:
                self.check_peer(stream.peer)
            except Refused as refusal:
                stream.end(refusal)

    async def _take_lease(self, province: str, instance: str, write: Write) -> int:
        """Waits for the lease; the peer hears at once whether it stands by."""
        told = False
        while (epoch := await self.leases.take(province, instance)) is None:
            if not told:
                await write(exchange_pb2.DeliverResponse(stand_by=exchange_pb2.StandBy(active=False)))
                told = True
            with suppress(TimeoutError):
                async with asyncio.timeout(_RETRY_S):
                    await self._freed[province].wait()
            self._freed[province].clear()
        await write(exchange_pb2.DeliverResponse(stand_by=exchange_pb2.StandBy(active=True)))
        return epoch

    async def _make_way(self, province: str, epoch: int) -> None:
        """Ends the stream whose lease was taken over: the same instance came again before its broken connection was noticed.

        Raises:
            Refused: UNAVAILABLE when somebody took this lease over meanwhile.
        """
        while (other := self.streams.get(province)) is not None:
            other.end(Refused(UNAVAILABLE, "lease"))
            await other.ended.wait()
            if not await self.leases.renew(province, epoch):
                raise Refused(UNAVAILABLE, "lease")

    async def _end(self, province: str, epoch: int) -> None:
        stream = self.streams.get(province)
        if stream is not None and stream.epoch == epoch:
            del self.streams[province]
            stream.ended.set()
        with suppress(Refused):  # the database is away: the lease goes stale by itself
            await self.leases.release(province, epoch)
        self._freed[province].set()


class Stream:
    """One open stream.

    Attributes:
        peer: whose it is.
        epoch: of its lease.
        channel: what is to be written.
        sweeper: brings deliveries from the ledger.
        ended: set when nothing more will be written.
    """

    def __init__(self, parts: Deliverer, peer: Identity, epoch: int, write: Write) -> None:
        """Opens the mailbox; `run` does the rest."""
        self.peer, self.epoch, self.ended = peer, epoch, asyncio.Event()
        self._parts, self._province = parts, peer.member
        self._box = parts.boxes[peer.member]
        self._box.open()
        self.channel = Channel(write, self._box, parts.clock)
        self.sweeper = Sweeper(peer.member, parts.outbox, self._box, self.channel, parts.clock, parts.sweep_s)
        self._acknowledger = Acknowledger(parts.acknowledging, peer.member, self.channel)
        self._end: asyncio.Future[Refused] = asyncio.get_running_loop().create_future()
        self._positioned = asyncio.Event()

    def end(self, refusal: Refused) -> None:
        """Ends the stream with this answer."""
        if not self._end.done():
            self._end.set_result(refusal)

    async def run(self, requests: Requests) -> None:
        """Until the peer closes it, it breaks, or `end`.

        Raises:
            Refused: why it was ended from this side.
        """
        work = (self.channel.run, self._acknowledger.run, self._follow, self._sweep, self._show, self._keep_lease, self._wait_for_end)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one()) for one in work]
                async for request in requests:
                    await self._take(request)
                await self._acknowledger.finish()
                for task in tasks:
                    task.cancel()
        except BaseExceptionGroup as failed:
            refusal = refusal_in(failed)
            if refusal is None:
                raise
            raise refusal from failed
        finally:
            self._box.close()

    async def _take(self, request: exchange_pb2.DeliverRequest) -> None:
        if request.HasField("opening") or not request.ByteSize():
            self._refuse(Refused(BAD_FIELD, "request"))
            return
        self.channel.grant(request.credits)
        await self._acknowledger.add(request.receipts)
        await self._parts.holder.take(request.cannot_process, self._province, self.channel)
        if request.HasField("receipts_wanted"):
            await self._answer(request.receipts_wanted)

    async def _answer(self, wanted: exchange_pb2.ReceiptsWanted) -> None:
        if len(wanted.message_ids) > MAX_WANTED:
            self._refuse(Refused(TOO_LARGE, "message_ids"))
        elif any(len(one) != ID_BYTES for one in wanted.message_ids):
            self._refuse(Refused(BAD_FIELD, "message_ids"))
        else:
            self.channel.tell(await self._parts.outbox.logged(self._province, wanted.message_ids))

    def _refuse(self, refusal: Refused) -> None:
        self.channel.complain(problem(refusal))

    async def _follow(self) -> NoReturn:
        """The live path. What passed before Kafka could be followed again is looked up in the ledger."""
        while True:
            try:
                async with self._parts.consumer(topic(self._province)) as consumer:
                    self._positioned.set()
                    self.sweeper.catch_up()
                    async for record in consumer:
                        arrival = self._box.arrived(record.partition, record.value)
                        self.sweeper.ask(arrival.ask)
                        if arrival.delivery is not None:
                            await self.channel.put(arrival.delivery, Via.KAFKA)
            except KafkaUnavailable:
                _LOG.warning("Kafka cannot be followed; deliveries come from the ledger", province=self._province)
            await self._parts.sleep(_RETRY_S)

    async def _sweep(self) -> NoReturn:
        """The catch-up path, as soon as Kafka is positioned, or soon without it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_POSITION_S):
                await self._positioned.wait()
        await self.sweeper.run()

    async def _show(self) -> NoReturn:
        await self._parts.holder.show(self._province, self.channel)

    async def _keep_lease(self) -> NoReturn:
        while True:
            await self._parts.sleep(HEARTBEAT_S)
            with suppress(Refused):  # the database is away: so it is for everybody who might take the lease over
                if not await self._parts.leases.renew(self._province, self.epoch):
                    self.end(Refused(UNAVAILABLE, "lease"))

    async def _wait_for_end(self) -> NoReturn:
        raise await self._end


async def _opening(requests: Requests) -> str:
    first = await anext(requests, None)
    if first is None or not first.HasField("opening") or not 0 < len(first.opening.instance) <= MAX_INSTANCE:
        raise Refused(BAD_FIELD, "opening")
    return first.opening.instance
