"""Kafka as the exchange uses it: the fast path, and nothing that correctness rests on.

Decides how producer and consumer behave when the broker is gone, hangs, or comes back empty. Every wait is bounded; every failure is
`KafkaUnavailable`; both recover by themselves. What got lost, doubled or overtaken meanwhile is found by delivery numbers and sent from
the ledger: offsets are hints. Topics, keys and partitions are the caller's.
"""

from __future__ import annotations

from runtime.kafka.bounds import PATIENCE_S, KafkaUnavailable
from runtime.kafka.client import RECORD_LIMIT
from runtime.kafka.consumer import Consumer, Record
from runtime.kafka.producer import Outgoing, Producer
from runtime.kafka.topics import ensure_topics

__all__ = ["PATIENCE_S", "RECORD_LIMIT", "Consumer", "KafkaUnavailable", "Outgoing", "Producer", "Record", "ensure_topics"]
