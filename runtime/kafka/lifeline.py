"""How clients notice that the embedded broker died.

It forgets topics, records and producer ids when it restarts, and afterwards answers an offset that is too high with nothing, so that a
consumer would skip silently what comes first. A bare connection, tied before the client connects, ends exactly when that broker does.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.settings import KafkaSettings


class Lifeline:
    """A connection that carries nothing; with a real broker, which keeps what it has, there is none and it is never cut."""

    def __init__(self) -> None:
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def tie(self, settings: KafkaSettings) -> None:
        """Ties it anew. Raises OSError when the broker is not there."""
        self.untie()
        if settings.embedded:
            host, _, port = settings.bootstrap.rpartition(":")
            self._ends = await asyncio.open_connection(host, int(port))

    def cut(self) -> bool:
        """Whether the broker died since `tie`."""
        return self._ends is not None and (self._ends[0].at_eof() or self._ends[0].exception() is not None)

    def untie(self) -> None:
        """Lets go."""
        if self._ends is not None:
            self._ends[1].close()
        self._ends = None
