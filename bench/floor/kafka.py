"""Through the broker once, in batches: CPU of producer, broker and consumer, a message."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from bench import cpu
from core.ids import ID_BYTES
from runtime.kafka import Consumer, Outgoing, Producer
from runtime.settings import KafkaSettings

if TYPE_CHECKING:
    from runtime.embedded.broker import Broker

_TOPIC: Final = "yrdx.bench"
_BATCH, _BATCHES, _PARTITIONS = 256, 8, 6


async def measured(broker: Broker, payload: int) -> float:
    """Microseconds."""
    settings = KafkaSettings(bootstrap=broker.address, embedded=True)
    values = [os.urandom(payload + 1000) for _ in range(_BATCH)]  # header, signatures and receipt travel beside the payload
    records = [Outgoing(number % _PARTITIONS, os.urandom(ID_BYTES), value) for number, value in enumerate(values)]
    async with Producer(settings, [_TOPIC], _PARTITIONS) as producer, Consumer(settings, _TOPIC, _PARTITIONS) as consumer:
        await producer.publish(_TOPIC, records[:1])
        await anext(consumer)
        before, begun = cpu.spent({"broker": broker.pid}), time.process_time()
        for _ in range(_BATCHES):
            await producer.publish(_TOPIC, records)
            for _ in range(_BATCH):
                await anext(consumer)
        spent = time.process_time() - begun + sum(cpu.between(before, cpu.spent({"broker": broker.pid})).values())
    return 1e6 * spent / (_BATCH * _BATCHES)
