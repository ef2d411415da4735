"""What a message costs at the very least: each part done alone, in large batches, with nothing between them; CPU of all processes involved.

Two signatures of parties (message, DELIVERED receipt) and one of the hub (ACCEPTED); four verifications (the message at hub and receiver,
the receipts at hub and sender); sealing and opening; the rows that hub and both nodes really write, 256 messages a transaction, each commit
synced; through Kafka once; three gRPC streams (desk, submit, deliver). Parsing, deciding, encrypting at rest, Merkle tree and files are not
in it.
"""

from __future__ import annotations

import os
import statistics
from typing import TYPE_CHECKING, NamedTuple

from bench.floor import crypto, hops, kafka, rows
from runtime.embedded.broker import Broker
from runtime.embedded.postgres import Postgres

if TYPE_CHECKING:
    from pathlib import Path

    from bench.floor.crypto import Crypto

SIGNS, VERIFIES, HOPS = 3, 4, 3
_ROUNDS = 3


class Floor(NamedTuple):
    """CPU microseconds, medians of three rounds.

    Attributes:
        components: of a message, from end to end.
        hub_rows: how much of "rows" is the hub's.
        crypto: of one operation each.
    """

    components: dict[str, float]
    hub_rows: float
    crypto: Crypto

    @property
    def rate(self) -> float:
        """Messages a second that all cores of this machine could carry if there were nothing else to do."""
        return per_second(sum(self.components.values()))

    @property
    def hub_rate(self) -> float:
        """The same for the hub alone: one signature made, one checked, its rows, one stream."""
        parts = self.components
        return per_second(parts["sign"] / SIGNS + parts["verify"] / VERIFIES + self.hub_rows + parts["hops"] / HOPS)


async def measured(folder: Path, payload: int) -> Floor:
    """Times every part in turn, three times."""
    folder.mkdir(parents=True)
    cryptos, rounds, hub_rows = [], [], []
    async with Postgres(folder / "postgres") as postgres, Broker(folder / "broker") as broker:
        for number in range(_ROUNDS):
            cryptos.append(crypto.measured(payload))
            written = await rows.measured(postgres, f"floor_{number}", payload)
            hub_rows.append(written["hub"])
            through_kafka, hop = await kafka.measured(broker, payload), await hops.measured(folder / f"hops-{number}", payload)
            rounds.append(_components(cryptos[-1], sum(written.values()), through_kafka, hop))
    components = {name: round(statistics.median(found[name] for found in rounds), 1) for name in rounds[0]}
    return Floor(components, statistics.median(hub_rows), cryptos[0])


def _components(one: Crypto, written: float, through_kafka: float, hop: float) -> dict[str, float]:
    return {
        "sign": SIGNS * one.sign,
        "verify": VERIFIES * one.verify,
        "seal": one.seal,
        "open": one.open,
        "rows": written,
        "kafka": through_kafka,
        "hops": HOPS * hop,
    }


def per_second(us: float) -> float:
    """How often all cores together can do what takes one of them so long."""
    return round((os.cpu_count() or 1) * 1e6 / us, 1)
