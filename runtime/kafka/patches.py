"""What we change in aiokafka 0.14.0, for every broker. It touches private names of the pinned version; tests run each change.

* A record of an idempotent producer expires after `request_timeout_ms` as any other record does. Unchanged it is tried for ever, so that
  neither its future nor `stop` ends while the broker is away. The producer's sequence is broken then: `runtime.kafka` takes a new one.
* Asking about a topic never creates it. Unchanged, the first question of a client that was quicker than `create_topics` makes a topic with
  the broker's own number of partitions.
"""

from __future__ import annotations

from typing import Any

from aiokafka.producer.sender import SendProduceReqHandler
from aiokafka.protocol.metadata import MetadataRequest


def _may_retry(_handler: Any, error: Any, batch: Any) -> bool:
    return bool(error.retriable) and not batch.expired()


def install() -> None:
    """Makes both changes for the whole process; a second call does nothing."""
    SendProduceReqHandler._can_retry = _may_retry  # noqa: SLF001 - see above
    MetadataRequest.__init__.__defaults__ = (None, False)  # topics, allow_auto_topic_creation
