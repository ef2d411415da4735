"""What we change in aiokafka 0.14.0, for every broker. It touches private names of the pinned version; tests run each change.

* A record of an idempotent producer expires after `request_timeout_ms` as any other record does. Unchanged it is tried for ever, so that
  neither its future nor `stop` ends while the broker is away. The producer's sequence is broken then: `runtime.kafka` takes a new one.
* Asking about a topic never creates it. Unchanged, the first question of a client that was quicker than `create_topics` makes a topic with
  the broker's own number of partitions.
* Closing a connection says no goodbye. Unchanged, closing waits until a broker that hangs has answered the end of TLS, which asyncio allows
  30 s for; whoever gave up waiting for that broker would wait on. What must arrive was confirmed before.
* Closing a consumer ends all its fetches. Unchanged, the first that ends by being cancelled ends the closing as well: connections stay
  open, and whoever closes takes that cancellation for his own.
* The first connection of a client is closed when its question is not answered. Unchanged, it stays open when whoever waits is cancelled.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.conn import AIOKafkaConnection
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.producer.sender import SendProduceReqHandler
from aiokafka.protocol.metadata import MetadataRequest


def _may_retry(_handler: Any, error: Any, batch: Any) -> bool:
    return bool(error.retriable) and not batch.expired()


_close_gently = AIOKafkaConnection.close


def _close(connection: Any, reason: Any = None, exc: Any = None) -> Any:
    writer = connection._writer  # noqa: SLF001 - see above
    closed = _close_gently(connection, reason, exc)
    if writer is not None:
        writer.transport.abort()
    return closed


_send_only = AIOKafkaConnection.send


def _send(connection: Any, *question: Any, **options: Any) -> Any:
    answer = _send_only(connection, *question, **options)
    is_first = connection._on_close_cb is None  # noqa: SLF001 - all others tell their client when they are closed
    return _or_closed(connection, answer) if is_first else answer


async def _or_closed(connection: Any, answer: Any) -> Any:
    try:
        return await answer
    except BaseException:
        connection.close()
        raise


async def _end_fetches(fetcher: Any) -> None:
    fetcher._closed = True  # noqa: SLF001 - see above
    for tasks in ([fetcher._fetch_task], fetcher._pending_tasks):  # noqa: SLF001 - the first makes the others
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for waiter in fetcher._fetch_waiters:  # noqa: SLF001 - see above
        fetcher._notify(waiter)  # noqa: SLF001 - see above


def install() -> None:
    """Makes the changes for the whole process; a second call does nothing."""
    Fetcher.close = _end_fetches
    AIOKafkaConnection.send = _send
    AIOKafkaConnection.close = _close
    SendProduceReqHandler._can_retry = _may_retry  # noqa: SLF001 - see above
    MetadataRequest.__init__.__defaults__ = (None, False)  # topics, allow_auto_topic_creation
