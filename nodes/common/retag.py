"""Re-tagging: while epochs of tag keys overlap, the claims of this province's open cases are made again under all of them.

Walks the open cases that this province opened, in batches, again and again while more than one epoch is in force: a case that came up
under the list before is met by the next walk. Nothing is stored about how far a walk came; a repeat changes nothing at the hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

import grpc

from core.refusals import UNAVAILABLE, Refused
from nodes.common.services import SERVICES
from nodes.common.store.cases import Shown
from runtime import process_log
from runtime.grpc_errors import refused
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from core.rules import RuleBook
    from nodes.common.messages import Writer
    from nodes.common.store.cases import CaseRow, Cases
    from nodes.common.store.database import Database
    from runtime.clock import Sleep
    from yrdx.v1 import exchange_pb2_grpc

BATCH: Final = 100
_AGAIN_S: Final = 30.0
_CALL_S: Final = 10.0
_BEGIN: Final = bytes(16)
_ALL: Final = Shown("", "", None)

_LOG = process_log.get("nodes.retag")


@dataclass(frozen=True, slots=True)
class Retagger:
    """Brings tags of newer epochs."""

    province: str
    database: Database
    cases: Cases
    exchange: exchange_pb2_grpc.ExchangeAsyncStub
    writer: Writer
    rules: RuleBook

    async def run(self, sleep: Sleep) -> NoReturn:
        """Walks for ever, now and then."""
        while True:
            try:
                if len(self.writer.trust.current.tag_epochs) > 1:
                    await self.walk()
            except Refused as refusal:
                _LOG.warning("claims are not made again", reason=str(refusal))
            await sleep(_AGAIN_S)

    async def walk(self) -> None:
        """Once through all open cases.

        Raises:
            Refused: UNAVAILABLE when hub or database cannot be reached; UNKNOWN_KEY when this node has no key for an epoch in force.
        """
        after = _BEGIN
        while True:
            async with self.database.reading() as connection:
                page = await self.cases.page(connection, after, BATCH, _ALL, open_only=True)
            if not page:
                return
            own = [row for row in page if self._opened_here(row)]
            if own:
                await self._bring(own)
            after = page[-1].case_id

    def _opened_here(self, row: CaseRow) -> bool:
        return row.case is not None and row.case.parties[self.rules.of(row.case).procedure.roles[0]] == self.province

    async def _bring(self, rows: list[CaseRow]) -> None:
        request = exchange_pb2.RetagRequest(cases=[self._retagging(row) for row in rows])
        try:
            response = await self.exchange.Retag(request, timeout=_CALL_S)
        except grpc.aio.AioRpcError as error:
            raise refused(error) or Refused(UNAVAILABLE, "hub") from error
        for one, result in zip(request.cases, response.results, strict=False):
            if result.HasField("problem"):
                _LOG.warning("a claim is not made again", case=one.case_id.hex(), number=result.problem.number)

    def _retagging(self, row: CaseRow) -> exchange_pb2.Retagging:
        numbers = SERVICES[row.service].claimed(row.facts)
        return exchange_pb2.Retagging(case_id=row.case_id, tags=self.writer.opening(numbers).tags)
