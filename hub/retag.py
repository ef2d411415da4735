"""Re-tagging: the claims of a case under newer epochs of tag keys, so that an older epoch can go.

Decides whether the caller is the province that opened the case, and that it brings tags for exactly the epochs in force. The ledger decides
the rest under its lock. Whether a tag belongs to a number nobody can tell here: where the case has tags of an epoch already, those must be
among what is brought. Nothing is logged, for tags are not in the log.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from core.ids import ID_BYTES
from core.procedures.model import Case
from core.refusals import (
    BAD_FIELD,
    BATCH_TOO_LARGE,
    CASE_CLOSED,
    CASE_UNKNOWN,
    NOT_A_PARTY,
    PERSON_CLAIMED,
    TAG_EPOCH_MISSING,
    UNAVAILABLE,
    WRONG_PARTY,
    Refused,
)
from core.tags import TAG_BYTES
from core.values import parse
from hub.ledger.reach import reaching
from runtime.grpc_errors import problem
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import asyncpg

    from core.rules import RuleBook
    from pki.trust import Trust
    from yrdx.v1 import envelope_pb2

MAX_CASES: Final = 256
_STATE: Final = "select state from cases where case_id = $1"
_RETAG: Final = "select ledger_retag($1, $2, $3, $4)"
_REFUSALS: Final = {
    "stale": Refused(UNAVAILABLE, "trust_list"),
    "unclaimed": Refused(CASE_CLOSED, "case_id"),
    "different": Refused(BAD_FIELD, "tags"),
    "taken": Refused(PERSON_CLAIMED, "tags"),
}


@dataclass(frozen=True, slots=True)
class Retagger:
    """Takes tags of newer epochs.

    Attributes:
        trust: the trust list in force.
        pepper: the key under which tags are hashed.
    """

    pool: asyncpg.Pool
    trust: Callable[[], Trust]
    rules: RuleBook
    pepper: bytes

    async def retag(self, request: exchange_pb2.RetagRequest, caller: str) -> exchange_pb2.RetagResponse:
        """Answers each case by itself, in order; a repeat changes nothing.

        Raises:
            Refused: BATCH_TOO_LARGE, about the request as a whole; UNAVAILABLE when the database cannot be reached.
        """
        if len(request.cases) > MAX_CASES:
            raise Refused(BATCH_TOO_LARGE, "cases")
        return exchange_pb2.RetagResponse(results=[await self._result(one, caller) for one in request.cases])

    async def _result(self, one: exchange_pb2.Retagging, caller: str) -> exchange_pb2.RetagResult:
        try:
            await self._one(one, caller)
        except Refused as refusal:
            return exchange_pb2.RetagResult(problem=problem(refusal))
        return exchange_pb2.RetagResult()

    async def _one(self, one: exchange_pb2.Retagging, caller: str) -> None:
        if len(one.case_id) != ID_BYTES:
            raise Refused(BAD_FIELD, "case_id")
        trust = self.trust()
        _check_tags(one.tags, set(trust.tag_epochs))
        await self._check_opener(one.case_id, caller)
        hashed = [hmac.digest(self.pepper, tag.value, "sha256") for tag in one.tags]
        async with reaching():
            # If we crash here, the case has all of its new tags or none; its province brings them again.
            found = await self.pool.fetchval(_RETAG, trust.version, UUID(bytes=one.case_id), hashed, [tag.epoch for tag in one.tags])
        if found in _REFUSALS:
            refusal = _REFUSALS[found]
            raise Refused(refusal.kind, refusal.field)

    async def _check_opener(self, case_id: bytes, caller: str) -> None:
        async with reaching():
            state = await self.pool.fetchval(_STATE, UUID(bytes=case_id))
        if state is None:
            raise Refused(CASE_UNKNOWN, "case_id")
        case = parse(state, Case)
        opening = self.rules.of(case).procedure.roles[0]
        if caller not in case.parties.values():
            raise Refused(NOT_A_PARTY, "case_id")
        if case.parties[opening] != caller:
            raise Refused(WRONG_PARTY, "case_id")


def _check_tags(tags: Sequence[envelope_pb2.Tag], in_force: set[int]) -> None:
    brought = {tag.epoch for tag in tags}
    if not in_force <= brought:
        raise Refused(TAG_EPOCH_MISSING, "tags")
    if brought != in_force or len({tag.value for tag in tags}) != len(tags) or any(len(tag.value) != TAG_BYTES for tag in tags):
        raise Refused(BAD_FIELD, "tags")
