"""What follows step 5 when a receiver cannot process a delivery: its signed answers are counted, and the fifth holds that one case.

Later messages of the case are delivered and wait at the receiver for the step that is missing; other cases flow. Both provinces hear what
is held, on their streams. Nothing but an operator's replay sends a held delivery again (docs/adr/0015).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from core.dsse import CANNOT_PROCESS_TYPE, pae
from core.receipts import read_cannot_process
from core.refusals import NOT_FOUND, SENDER_NOT_CALLER, Refused
from runtime import process_log
from runtime.grpc_errors import problem
from yrdx.v1 import exchange_pb2, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hub.channel import Channel
    from hub.ledger.holding import Holding
    from pki.trust import Trust
    from runtime.clock import Clock, Sleep

_LOOK_S: Final = 2.0

_LOG = process_log.get("hub.hold")


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Counts answers, and shows what is held.

    Attributes:
        trust: the trust list in force.
    """

    holding: Holding
    trust: Callable[[], Trust]
    clock: Clock
    sleep: Sleep

    async def take(self, answers: Iterable[receipt_pb2.SignedCannotProcess], province: str, channel: Channel) -> None:
        """Counts each answer of a province, or tells it why not."""
        for signed in answers:
            try:
                await self._take(signed, province)
            except Refused as refusal:
                _LOG.warning("an answer was refused", province=province, number=refusal.kind.number, field=refusal.field)
                channel.complain(problem(refusal))

    async def show(self, province: str, channel: Channel) -> NoReturn:
        """Tells a stream what is held, at once and whenever that changes; it may change by another process of the hub."""
        shown: exchange_pb2.Holds | None = None
        while True:
            with suppress(Refused):  # the database is away
                holds = exchange_pb2.Holds(held=await self.holding.held(province))
                if holds != shown:
                    channel.show(holds)
                    shown = holds
            await self.sleep(_LOOK_S)

    async def _take(self, signed: receipt_pb2.SignedCannotProcess, province: str) -> None:
        answer = read_cannot_process(signed.cannot_process)
        if answer.receiver != province:
            raise Refused(SENDER_NOT_CALLER, "receiver")
        now, body = self.clock.now(), pae(CANNOT_PROCESS_TYPE, signed.cannot_process)
        self.trust().verify(province, signed.key_id, now, body, signed.signature)
        if not await self.holding.attempt(answer, signed.SerializeToString(deterministic=True), now):
            raise Refused(NOT_FOUND, "message_id")
        _LOG.warning("a delivery cannot be processed", province=province, message_id=answer.message_id.hex(), number=answer.refusal)
