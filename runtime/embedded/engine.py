"""What the embedded servers have in common: one folder, one address for life, start, stop, death and recovery."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

from core.refusals import UNAVAILABLE, Refused
from runtime import addresses

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.children import Child


class Engine(ABC):
    """A server that belongs to one folder. Not for concurrent use; two processes must not share a folder.

    Attributes:
        folder: holds `address`, `pid`, `server.log` and, for some, data.
        address: `127.0.0.1:PORT`, the same after every restart.
    """

    def __init__(self, folder: Path) -> None:
        """Settles the address; starts nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.address = addresses.settle(f"{addresses.LOOPBACK}:0", folder / "address")
        self._child: Child | None = None

    @property
    def port(self) -> int:
        """The port of `address`."""
        return int(self.address.rpartition(":")[2])

    @property
    def pid(self) -> int:
        """The process id of the running server.

        Raises:
            Refused: UNAVAILABLE when it is not running.
        """
        return self._running().pid

    async def ended(self) -> int:
        """Waits until the running server ends, whoever ended it; returns its exit status.

        Raises:
            Refused: UNAVAILABLE when it is not running.
        """
        return await self._running().ended()

    async def start(self) -> None:
        """Starts the server, ending first what an earlier parent left behind; returns when it answers. The same after a kill.

        Raises:
            Refused: ENGINE_MISSING when its wheel is not installed, UNAVAILABLE when it does not come up (see `server.log`).
        """
        if self._child is None or not self._child.running:
            self._child = await self._launch()
            # If we crash here, the next start has another address; the server of this one is found by its pid file.
            addresses.remember(self.folder / "address", self.address)

    async def stop(self) -> None:
        """Ends the server if it runs."""
        if self._child is not None:
            await self._end(self._child)
            self._child = None

    async def restart(self) -> None:
        """Stops the server if it still runs and starts it again at the same address."""
        await self.stop()
        await self.start()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @abstractmethod
    async def _launch(self) -> Child:
        """Starts the server and waits until it answers."""

    @abstractmethod
    async def _end(self, child: Child) -> None:
        """Ends the server in its own manner."""

    def _running(self) -> Child:
        if self._child is None:
            raise Refused(UNAVAILABLE, self.folder.name)
        return self._child
