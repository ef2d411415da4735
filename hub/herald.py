"""Tells the rest of the hub what a commit brought, in the order of the commits and before the callers hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.publish import Ready, case_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.deliver import Deliverer
    from hub.ledger.work import News, Placed
    from hub.publish import Publisher


@dataclass(frozen=True, kw_only=True)
class Herald:
    """Publisher, streams and log writer hear of every commit.

    Attributes:
        wake_log: lets the log writer look.
    """

    deliverer: Deliverer
    publisher: Publisher
    wake_log: Callable[[], None]

    def tell(self, news: News) -> None:
        """A batch is durable."""
        self.publisher.add([self._ready(placed) for placed in news.placed])
        for logged in news.logged:
            self.deliverer.tell(logged)
        self.wake_log()

    def doubt(self) -> None:
        """It is unknown whether a batch is durable: everybody looks in the ledger."""
        self.publisher.doubt()
        self.wake_log()

    def _ready(self, placed: Placed) -> Ready:
        """Announced to the stream before it can arrive there by Kafka."""
        delivery = placed.delivery
        value = delivery.SerializeToString()
        self.deliverer.announce(placed.receiver, delivery.lane, delivery.delivery_seq, value)
        return Ready.of(placed.receiver, delivery, case_of(delivery), value)
