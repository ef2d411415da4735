"""The only importer of aiokafka but for its patches. It has no types: the three clients we use, as Protocols, with our limits.

Decides how clients are configured: idempotent producer with acks=all, consumer without a group and without auto-commit, requests that
give up after `REQUEST_S`. What may be promised on top of that: `Producer` and `Consumer`.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING, Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from runtime.kafka import patches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runtime.settings import KafkaSettings

RECORD_LIMIT = 1_000_000
"""Bytes of one record; what a broker takes by default, less its overhead."""

REQUEST_S = 3.0
EMBEDDED_WAIT_MS = 40
"""How long the embedded broker may hold an empty answer back: unlike Apache Kafka it does not wake up when a record comes. A shorter wait
costs CPU for each consumer (0.04 s a second at 10 ms), a longer one adds half of itself to the latency of a quiet system."""
HINTED_WAIT_MS = 10
"""The same for a consumer that is told when there is something to be read: only what it was not told of is waited for."""

ERRORS = (KafkaError, OSError, TimeoutError)
"""Everything that an unreachable, stopped or restarted broker makes aiokafka raise."""

patches.install()
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it says every attempt; we say it once, where it matters


class Fetched(Protocol):
    """A record as it was read."""

    partition: int
    offset: int
    value: bytes


class ProducerClient(Protocol):
    """What we use of AIOKafkaProducer."""

    async def send(self, topic: str, *, value: bytes, key: bytes, partition: int) -> asyncio.Future[object]:
        """Queues a record; the future is done when all replicas have it."""
        ...

    async def stop(self) -> None:
        """Sends what is queued, however long it takes, and closes."""
        ...


class ConsumerClient(Protocol):
    """What we use of AIOKafkaConsumer."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Sets where to read on."""
        ...

    async def end_offsets(self, partitions: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """The offsets that the next records will have."""
        ...

    async def getmany(self, *, timeout_ms: int) -> Mapping[TopicPartition, Sequence[Fetched]]:
        """What has arrived, at most so long awaited."""
        ...

    def pause(self, *partitions: TopicPartition) -> None:
        """Asks the broker no more; what is under way still arrives."""
        ...

    def resume(self, *partitions: TopicPartition) -> None:
        """Asks it again."""
        ...

    async def stop(self) -> None:
        """Closes."""
        ...


async def producer(settings: KafkaSettings) -> ProducerClient:
    """A connected producer."""
    client: Any = AIOKafkaProducer(
        enable_idempotence=True, acks="all", max_request_size=RECORD_LIMIT, max_batch_size=RECORD_LIMIT // 4, **_common(settings)
    )
    started: ProducerClient = await _started(client)
    return started


async def consumer(settings: KafkaSettings, partitions: Sequence[TopicPartition], *, hinted: bool = False) -> ConsumerClient:
    """A connected consumer of `partitions`. Out of range means that the log was cut or begun anew: it reads on from the beginning."""
    wait = {"fetch_max_wait_ms": HINTED_WAIT_MS if hinted else EMBEDDED_WAIT_MS} if settings.embedded else {}
    client: Any = AIOKafkaConsumer(group_id=None, enable_auto_commit=False, auto_offset_reset="earliest", **wait, **_common(settings))
    started: ConsumerClient = await _started(client)
    client.assign(partitions)
    return started


def partitions_of(topic: str, count: int) -> list[TopicPartition]:
    """All partitions of a topic."""
    return [TopicPartition(topic, number) for number in range(count)]


async def create_topics(settings: KafkaSettings, names: Sequence[str], partitions: int) -> None:
    """Creates those of the topics that do not exist."""
    client: Any = AIOKafkaAdminClient(**_common(settings))
    try:
        await client.start()
        topics = [NewTopic(name, partitions, settings.replication) for name in names]
        for _, code, *_ in (await client.create_topics(topics)).topic_errors:
            error = for_code(code)
            if code != 0 and error is not TopicAlreadyExistsError:
                raise error
    finally:
        await client.close()


async def close(client: ProducerClient | ConsumerClient) -> None:
    """Closes a client in whatever state it is, within about twice `REQUEST_S`."""
    task = asyncio.current_task()
    cancelled = task.cancelling() if task else 0  # closing is often part of an end that was asked for
    try:
        await client.stop()
    except ERRORS:
        return
    except asyncio.CancelledError:
        # Ours, or that of a task of aiokafka that had not begun, which it lets escape: either way before connections are closed.
        await _cut(client)
        if task is not None and task.cancelling() > cancelled:
            raise


async def _cut(client: ProducerClient | ConsumerClient) -> None:
    """Closes connections alone, at once."""
    inner: Any = client
    if (fetcher := getattr(inner, "_fetcher", None)) is not None:
        await fetcher.close()
    await (inner.client if hasattr(inner, "client") else inner._client).close()  # noqa: SLF001 - a producer calls it otherwise


async def _started(client: Any) -> Any:
    try:
        await client.start()
    except BaseException:
        await close(client)
        raise
    return client


def _common(settings: KafkaSettings) -> dict[str, Any]:
    if settings.embedded:
        from runtime.embedded import broker_shim  # noqa: PLC0415 - for the embedded broker only

        broker_shim.install()
    common = {"bootstrap_servers": settings.bootstrap, "request_timeout_ms": int(REQUEST_S * 1000)}
    if settings.tls is None:
        return common
    context = ssl.create_default_context(cafile=settings.tls.root)
    context.load_cert_chain(settings.tls.certificate, settings.tls.key)
    return {**common, "security_protocol": "SSL", "ssl_context": context}
