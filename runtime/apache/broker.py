"""One node of Apache Kafka, as a server of one folder.

Decides how it is prepared, started and ended. A restart, also after kill -9, comes back at the same address with everything that it had:
the operating system holds what the node wrote. Without its `data` folder it comes back empty.
"""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING, Final

from core.refusals import UNAVAILABLE, Refused
from runtime import children, files
from runtime.apache import jars
from runtime.apache.node import Node
from runtime.clock import sleep
from runtime.embedded.engine import Engine

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.apache.jars import Java
    from runtime.apache.node import Quorum
    from runtime.children import Child
    from runtime.settings import TlsFiles

_STARTED: Final = b" Kafka Server started"
_POLL_S, _PATIENCE_S, _END_S = 0.05, 90.0, 10.0
_OPTIONS: Final = (
    "-Xmx256m",
    "-XX:+UseSerialGC",  # one thread instead of one a core
    "-XX:TieredStopAtLevel=1",  # it starts sooner, and shares its machine with its clients
    "-XX:-UsePerfData",  # else each has a file in the common temporary folder
    "-XX:+ExitOnOutOfMemoryError",
    f"-Dlog4j2.configurationFile={jars.HERE / 'log4j2.properties'}",
)


class Broker(Engine):
    """One node, broker and controller at once. `start` returns when it serves, for which most nodes of its cluster must run."""

    def __init__(self, folder: Path, quorum: Quorum, number: int = 1, tls: TlsFiles | None = None) -> None:
        """Settles the address; `quorum` is the same for all nodes, `number` counts them from 1, `tls` is how nodes show who they are."""
        super().__init__(folder)
        self.node = Node(folder=folder, number=number, address=self.address, quorum=quorum, tls=tls)

    async def _launch(self) -> Child:
        await children.clear(self.folder / "pid")
        java = await jars.java()
        self._write()
        await self._prepare(java)
        log = self._log
        said = log.stat().st_size
        child = await self._spawn(java, "kafka.Kafka", self._properties)
        for _ in range(int(_PATIENCE_S / _POLL_S)):
            if _says(log, _STARTED, said):
                return child
            if not child.running:
                break
            await sleep(_POLL_S)
        await child.end()
        raise Refused(UNAVAILABLE, f"Apache Kafka did not start: see {log}")

    async def _end(self, child: Child) -> None:
        await child.end((signal.SIGTERM, _END_S))

    async def _prepare(self, java: Java) -> None:
        """Makes an empty node. If we crash here, the next start wipes it and does it again: Kafka writes meta.properties last."""
        if (self.node.data / "meta.properties").exists():
            return
        shutil.rmtree(self.node.data, ignore_errors=True)
        quorum = self.node.quorum
        words = ("format", "--cluster-id", quorum.cluster_id, "--initial-controllers", quorum.initial, "--config", self._properties)
        child = await self._spawn(java, "kafka.tools.StorageTool", *words)
        if await child.ended() != 0:
            raise Refused(UNAVAILABLE, f"Apache Kafka cannot make its files: see {self._log}")

    async def _spawn(self, java: Java, *words: str | Path) -> Child:
        program = (java.program, *_OPTIONS, "-cp", f"{java.jars}/*", *words)
        return await children.spawn(program, log=self._log, pid_file=self.folder / "pid")

    def _write(self) -> None:
        """Writes what the node reads; the same at every start."""
        files.write(self._properties, self.node.properties())
        if self.node.tls is not None:
            both = self.node.tls.key.read_text() + self.node.tls.certificate.read_text()
            files.write(self.node.keystore, both, private=True)

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"


def _says(log: Path, what: bytes, since: int) -> bool:
    """Whether it stands in the log, behind the first `since` bytes."""
    with log.open("rb") as file:
        file.seek(since)
        return what in file.read()
