"""The nodes of one Apache Kafka: one that speaks plain text, or three with copies of everything, which show each other certificates."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Self

from runtime import addresses
from runtime.apache import jars
from runtime.apache.broker import Broker
from runtime.apache.node import Quorum
from runtime.settings import KafkaSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runtime.settings import TlsFiles

THREE: Final = 3


class Cluster:
    """All nodes of one folder.

    Attributes:
        brokers: the nodes; each may be killed, stopped and started by itself.
    """

    def __init__(self, folder: Path, tls: TlsFiles | None = None) -> None:
        """One node without `tls`, three with it: what nodes show each other and their clients. Starts nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        quorum = _quorum(folder / "controllers", THREE if tls else 1)
        numbers = range(1, len(quorum.controllers) + 1)
        self.brokers: Sequence[Broker] = [Broker(folder / f"node-{number}", quorum, number, tls) for number in numbers]

    def settings(self, tls: TlsFiles | None) -> KafkaSettings:
        """How a client reaches it that shows these certificates."""
        bootstrap = ",".join(broker.address for broker in self.brokers)
        return KafkaSettings(bootstrap=bootstrap, tls=tls, replication=len(self.brokers))

    async def start(self) -> None:
        """Starts every node that does not run; returns when all of them serve.

        Raises (in a group):
            Refused: as `Engine.start`.
        """
        await jars.java()  # fetched once, not three times at once
        async with asyncio.TaskGroup() as group:
            for broker in self.brokers:
                group.create_task(broker.start())

    async def stop(self) -> None:
        """Ends every node that runs."""
        await asyncio.gather(*(broker.stop() for broker in self.brokers))

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


def _quorum(file: Path, count: int) -> Quorum:
    """The controllers' addresses, chosen once: every node's data names them."""
    chosen = ",".join(f"{addresses.LOOPBACK}:{addresses.free_port()}" for _ in range(count))
    settled = addresses.settle(chosen, file)
    # If we crash here, nothing was prepared for these addresses yet.
    addresses.remember(file, settled)
    return Quorum(settled.split(","))
