"""The provincial system's client of its node's `Desk`: every call journaled, and repeated under its request id until it is answered.

Decides which answers are final. A refusal without retry advice is final and raised as `Declined`; an unreachable node, a deadline that
passed and a refusal with advice are tried again, the request id unchanged, so that the node recognises a call it took before it died.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

import grpc

from runtime.grpc_errors import refused
from simulator.officers import counter
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from runtime.clock import Sleep
    from simulator.officers.journal import Answer, Journal
    from yrdx.v1 import desk_pb2_grpc, precheck_pb2

Reply = TypeVar("Reply")

VERSION_CONFLICT: Final = 5002
"""Number of the refusal (docs/errors.md) that asks to look at the case again."""

RECORDS_DIFFER: Final = frozenset({5009, 5013})
"""Numbers of those that ask to compare the records with the case: a name, or nobody follows the head."""

_CALL_S: Final = 10.0
_STREAM_S: Final = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 1.0
_CHUNK: Final = 256 * 1024
_AT_ONCE: Final = 200


class Declined(Exception):  # noqa: N818 - an answer of the node, not a fault
    """The node's final no to a call.

    Attributes:
        number: of the refusal, docs/errors.md.
    """

    def __init__(self, number: int, name: str) -> None:
        """Keeps the number."""
        super().__init__(f"{number} {name}")
        self.number = number


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the journal says about a call."""

    call: str
    request_id: str = ""
    case_id: bytes = b""


class Desk:
    """One province's desk, seen from its provincial system."""

    def __init__(self, province: str, stub: desk_pb2_grpc.DeskAsyncStub, journal: Journal, sleep: Sleep, chance: random.Random) -> None:
        """Takes a stub over a channel with the certificate of role `system`; `chance` gives the request ids."""
        self.province = province
        self._stub = stub
        self._journal = journal
        self._sleep = sleep
        self._chance = chance

    async def precheck(self, request: precheck_pb2.PrecheckRequest) -> precheck_pb2.PrecheckResponse:
        """Both provinces' rules against a case that does not exist.

        Raises:
            Declined: by the node.
        """

        async def call() -> precheck_pb2.PrecheckResponse:
            return await self._stub.Precheck(request, timeout=_CALL_S)

        def answer(reply: precheck_pb2.PrecheckResponse) -> Answer:
            return {"grade": counter.named(reply.grade)}

        return await self._answered(_Asked("Precheck"), call, answer)

    async def open_case(self, request: desk_pb2.OpenCaseRequest) -> desk_pb2.CaseView:
        """Opens a case; sets the request id.

        Raises:
            Declined: by the node.
        """
        request.request_id = self._request_id()

        async def call() -> desk_pb2.OpenCaseResponse:
            return await self._stub.OpenCase(request, timeout=_CALL_S)

        return (await self._answered(_Asked("OpenCase", request.request_id), call, lambda reply: _of_case(reply.case))).case

    async def decide(self, request: desk_pb2.DecideRequest) -> desk_pb2.CaseView:
        """Takes an action; sets the request id.

        Raises:
            Declined: by the node.
        """
        request.request_id = self._request_id()

        async def call() -> desk_pb2.DecideResponse:
            return await self._stub.Decide(request, timeout=_CALL_S)

        def answer(reply: desk_pb2.DecideResponse) -> Answer:
            return {**_of_case(reply.case), "action": request.action, "message_id": _text(reply.message_id)}

        return (await self._answered(_Asked("Decide", request.request_id, request.case_id), call, answer)).case

    async def get_case(self, case_id: bytes) -> desk_pb2.GetCaseResponse:
        """The case and its messages.

        Raises:
            Declined: by the node.
        """

        async def call() -> desk_pb2.GetCaseResponse:
            return await self._stub.GetCase(desk_pb2.GetCaseRequest(case_id=case_id), timeout=_CALL_S)

        return await self._answered(_Asked("GetCase", case_id=case_id), call, lambda reply: _of_case(reply.case))

    async def find_resident(self, officer: desk_pb2.Officer, case_id: bytes) -> desk_pb2.FindResidentResponse:
        """The person's record in the own register.

        Raises:
            Declined: by the node.
        """

        async def call() -> desk_pb2.FindResidentResponse:
            return await self._stub.FindResident(desk_pb2.FindResidentRequest(officer=officer, case_id=case_id), timeout=_CALL_S)

        def answer(reply: desk_pb2.FindResidentResponse) -> Answer:
            return {"found": int(reply.found), "status": reply.status}

        return await self._answered(_Asked("FindResident", case_id=case_id), call, answer)

    async def list_cases(self, *, open_only: bool) -> list[desk_pb2.CaseView]:
        """Every case, page after page.

        Raises:
            Declined: by the node.
        """
        cases: list[desk_pb2.CaseView] = []
        request = desk_pb2.ListCasesRequest(filter=desk_pb2.CaseFilter(open_only=open_only), page_size=200)
        while True:

            async def call() -> desk_pb2.ListCasesResponse:
                return await self._stub.ListCases(request, timeout=_CALL_S)

            reply = await self._answered(_Asked("ListCases"), call, lambda _: {})
            cases += reply.cases
            if not reply.next_page_token:
                return cases
            request.page_token = reply.next_page_token

    async def put_document(self, opening: desk_pb2.DocumentOpening, content: bytes) -> bytes:
        """Stores a document and returns the digest to name in a request; sets digest and request id of the opening.

        Raises:
            Declined: by the node.
        """
        opening.plain_digest, opening.request_id = hashlib.sha256(content).digest(), self._request_id()
        broken = False

        async def call() -> desk_pb2.PutDocumentResponse:
            nonlocal broken
            if broken:
                request = desk_pb2.StatDocumentRequest(opening=opening)
                opening.offset = (await self._stub.StatDocument(request, timeout=_CALL_S)).offset
            broken = True
            return await self._stub.PutDocument(_chunks(opening, content), timeout=_STREAM_S)

        def answer(reply: desk_pb2.PutDocumentResponse) -> Answer:
            return _of_document(reply.digest, content)

        return (await self._answered(_Asked("PutDocument"), call, answer)).digest

    async def get_document(self, case_id: bytes, digest: bytes) -> bytes:
        """A document of the other province, whole.

        Raises:
            Declined: by the node.
        """
        content = bytearray()

        async def call() -> bytes:
            request = desk_pb2.GetDocumentRequest(case_id=case_id, digest=digest, offset=len(content))
            async for part in self._stub.GetDocument(request, timeout=_STREAM_S):
                content.extend(part.chunk)
            return bytes(content)

        return await self._answered(_Asked("GetDocument", case_id=case_id), call, lambda whole: _of_document(digest, whole))

    async def watch(self) -> AsyncIterator[desk_pb2.CaseView]:
        """Cases as they are, then each change, for ever; continues after an interruption where it stood."""
        cursor, pause = "", _FIRST_PAUSE_S
        while True:
            try:
                async for change in self._stub.WatchCases(desk_pb2.WatchCasesRequest(cursor=cursor, at_once=_AT_ONCE)):
                    cursor, pause = change.cursor or cursor, _FIRST_PAUSE_S
                    for view in (change.case, *change.more) if change.HasField("case") else ():
                        yield view
            except grpc.aio.AioRpcError as error:
                refusal = refused(error)
                if refusal is not None and refusal.retry_after_s is None:
                    cursor = ""  # the node no longer knows the place: a new snapshot
            await self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    async def _answered(self, asked: _Asked, call: Callable[[], Awaitable[Reply]], answer: Callable[[Reply], Answer]) -> Reply:
        """The final answer of a call."""
        pause = _FIRST_PAUSE_S
        while True:
            try:
                reply = await call()
            except grpc.aio.AioRpcError as error:
                refusal = refused(error)
                told: Answer = {"code": error.code().name}
                if refusal is not None:
                    told |= {"number": refusal.kind.number, "name": refusal.kind.name}
                self._note(asked, told)
                if refusal is not None and refusal.retry_after_s is None:
                    raise Declined(refusal.kind.number, refusal.kind.name) from error
            else:
                if isinstance(reply, desk_pb2.OpenCaseResponse):
                    asked = replace(asked, case_id=reply.case.case_id)
                self._note(asked, {"code": "OK", **answer(reply)})
                return reply
            await self._sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_S)

    def _note(self, asked: _Asked, answer: Answer) -> None:
        case_id = _text(asked.case_id)
        self._journal.write(province=self.province, call=asked.call, request_id=asked.request_id, case_id=case_id, answer=answer)

    def _request_id(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))


def _of_case(case: desk_pb2.CaseView) -> Answer:
    """The numbers of everybody who moves, the applicant's first."""
    people = " ".join(mover.id_number for mover in case.movers)
    return {"state": case.state, "ending": case.ending, "id_number": people}


def _of_document(digest: bytes, content: bytes) -> Answer:
    return {"digest": digest.hex(), "content": hashlib.sha256(content).hexdigest()}


def _text(value: bytes) -> str:
    return str(uuid.UUID(bytes=value)) if value else ""


def _chunks(opening: desk_pb2.DocumentOpening, content: bytes) -> Iterator[desk_pb2.PutDocumentRequest]:
    yield desk_pb2.PutDocumentRequest(opening=opening)
    for start in range(opening.offset, len(content), _CHUNK):
        yield desk_pb2.PutDocumentRequest(chunk=content[start : start + _CHUNK])
