"""The Desk service: what a provincial system may ask of its node.

Form is checked here; what may be decided, in `nodes.common.decisions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from core.envelope import sha256
from core.ids import ID_BYTES, PROVINCES, uuid_bytes
from core.refusals import (
    ALREADY_REGISTERED_HERE,
    BAD_FIELD,
    BAD_PAGE_TOKEN,
    CONSENT_MISSING,
    DECISION_PENDING,
    DRAINING,
    NOT_FOUND,
    UNKNOWN_PROVINCE,
    Refused,
)
from nodes.common.decisions import Asked
from nodes.common.documents import CHUNK
from nodes.common.officers import check_officer
from nodes.common.residents import tells_of_register
from nodes.common.services import SERVICES
from nodes.common.store import outbox, steps
from nodes.common.store.cases import Shown
from nodes.common.strokes import outcome
from runtime.identity import identity
from yrdx.v1 import desk_pb2, desk_pb2_grpc, precheck_pb2, register_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import grpc
    from google.protobuf.message import Message

    from nodes.common.decisions import Decisions
    from nodes.common.documents import DocumentOffice
    from nodes.common.intake import Intake
    from nodes.common.precheck import Prechecker
    from nodes.common.register import Register
    from nodes.common.residents import Residents
    from nodes.common.store.cases import CaseRow
    from nodes.common.store.database import Database
    from nodes.common.strokes import Strokes
    from nodes.common.views import Views
    from nodes.common.watch import Watch
    from nodes.common.worklist import Worklist

    Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]

_USUAL_PAGE, _LARGEST_PAGE = 50, 200
_NIL: Final = bytes(ID_BYTES)
_CODE: Final = 64


@dataclass(kw_only=True)
class DeskService(desk_pb2_grpc.DeskServicer):
    """Serves `yrdx.v1.Desk` to the systems of one province.

    Attributes:
        worklist: where the province's register polls; None where it can be called.
        draining: nothing new is taken on.
    """

    province: str
    database: Database
    decisions: Decisions
    intake: Intake
    strokes: Strokes
    views: Views
    watching: Watch
    offices: DocumentOffice
    register: Register
    residents: Residents
    prechecker: Prechecker
    worklist: Worklist | None
    draining: bool = False

    async def OpenCase(self, request: desk_pb2.OpenCaseRequest, context: Context) -> desk_pb2.OpenCaseResponse:  # noqa: N802 - gRPC
        """The application becomes durable; the hub's answer shows in the case."""
        self._check_open()
        check_officer(request.officer, identity(context))
        request_id, digest = uuid_bytes(request.request_id), _digest(request)
        async with self.database.reading() as connection:
            known = await self.decisions.requests.find(connection, request_id, digest)
        if known is None:
            await self._check_application(request)
            # If we crash before the commit, nothing was asked; after it, the repeat gets this answer.
            async with self.database.writing() as transaction:
                known = await self.decisions.requests.find(transaction, request_id, digest)
                answer = known.answer if known else await self.decisions.open(transaction, request, request_id, digest)
        else:
            answer = known.answer
        return desk_pb2.OpenCaseResponse.FromString(answer or b"")

    async def Decide(self, request: desk_pb2.DecideRequest, context: Context) -> desk_pb2.DecideResponse:  # noqa: N802 - gRPC
        """The decision becomes durable; an irreversible one answers once the register holds the record."""
        self._check_open()
        check_officer(request.officer, identity(context))
        _check_id(request.case_id)
        _check_code(request.legal_basis, "legal_basis")
        request_id, digest = uuid_bytes(request.request_id), _digest(request)
        if tells_of_register(request):
            await self._check_told(request, request_id, digest)
        answer, operation_id = await self.intake.decide(Asked(request, request_id, digest))
        if operation_id is not None:
            answer = await self._carried(operation_id, request_id, digest)
        return desk_pb2.DecideResponse.FromString(answer)

    async def GetCase(self, request: desk_pb2.GetCaseRequest, _context: Context) -> desk_pb2.GetCaseResponse:  # noqa: N802 - gRPC
        """A case with its messages, and the reasons that may be given in it now."""
        _check_id(request.case_id)
        async with self.database.reading() as connection:
            row = await self.decisions.cases.known(connection, request.case_id)
            known = await steps.of_case(connection, request.case_id)
            receipts = await steps.delivered(connection, request.case_id)
            waiting = await outbox.of_case(connection, request.case_id)
        last = row.case.step if row.case else 0
        applied = [step for step in known if step.step <= last or step.sender == self.province]
        return desk_pb2.GetCaseResponse(
            case=self.views.case(row), messages=self.views.messages(applied, receipts, waiting), reasons=self.views.reasons(row)
        )

    async def Precheck(self, request: precheck_pb2.PrecheckRequest, _context: Context) -> precheck_pb2.PrecheckResponse:  # noqa: N802 - gRPC
        """Both provinces' published rules against a case that does not exist."""
        return self.prechecker.answer(request)

    async def ListCases(self, request: desk_pb2.ListCasesRequest, _context: Context) -> desk_pb2.ListCasesResponse:  # noqa: N802 - gRPC
        """A page of cases in the order in which they were opened."""
        size = request.page_size or _USUAL_PAGE
        if size > _LARGEST_PAGE:
            raise Refused(BAD_FIELD, "page_size")
        for field in ("state", "ball_holder"):
            if value := getattr(request.filter, field):
                _check_code(value, f"filter.{field}")
        wanted = Shown(request.filter.state, request.filter.ball_holder, _due_before(request.filter))
        async with self.database.reading() as connection:
            after = _after(request.page_token)
            rows = await self.decisions.cases.page(connection, after, size + 1, wanted, open_only=request.filter.open_only)
        more = rows[size - 1].case_id.hex() if len(rows) > size else ""
        return desk_pb2.ListCasesResponse(cases=[self.views.case(row) for row in rows[:size]], next_page_token=more)

    async def WatchCases(  # noqa: N802 - gRPC
        self, request: desk_pb2.WatchCasesRequest, _context: Context
    ) -> AsyncIterator[desk_pb2.WatchCasesResponse]:
        """A snapshot, then changes."""
        async for change in self.watching.follow(request.cursor, request.at_once):
            yield change

    async def FindResident(  # noqa: N802 - gRPC
        self, request: desk_pb2.FindResidentRequest, context: Context
    ) -> desk_pb2.FindResidentResponse:
        """The people of a case in this province's own register, and what differs from what the case states."""
        check_officer(request.officer, identity(context))
        first, *others = await self.residents.find(await self._row(request.case_id))
        return desk_pb2.FindResidentResponse(
            found=first.found, resident=first.resident, differences=first.differences, status=first.status, others=others
        )

    async def PutDocument(  # noqa: N802 - gRPC
        self, request_iterator: AsyncIterator[desk_pb2.PutDocumentRequest], context: Context
    ) -> desk_pb2.PutDocumentResponse:
        """Takes a document, or the rest of one; seals and uploads it."""
        self._check_open()
        opening = (await anext(request_iterator, desk_pb2.PutDocumentRequest())).opening
        check_officer(opening.officer, identity(context))
        return await self.offices.put(opening, request_iterator)

    async def StatDocument(  # noqa: N802 - gRPC
        self, request: desk_pb2.StatDocumentRequest, context: Context
    ) -> desk_pb2.StatDocumentResponse:
        """Where an upload continues."""
        check_officer(request.opening.officer, identity(context))
        return await self.offices.stat(request.opening)

    async def GetDocument(  # noqa: N802 - gRPC
        self, request: desk_pb2.GetDocumentRequest, _context: Context
    ) -> AsyncIterator[desk_pb2.GetDocumentResponse]:
        """A document of the other province, from an offset on."""
        content = await self.offices.get(await self._row(request.case_id), request.digest, request.offset)
        for start in range(0, len(content), CHUNK):
            yield desk_pb2.GetDocumentResponse(chunk=content[start : start + CHUNK])

    async def ListWork(self, request: desk_pb2.ListWorkRequest, _context: Context) -> desk_pb2.ListWorkResponse:  # noqa: N802 - gRPC
        """What the register that polls is asked to do."""
        return desk_pb2.ListWorkResponse(items=await self._polled().open(request))

    async def CompleteWork(  # noqa: N802 - gRPC
        self, request: desk_pb2.CompleteWorkRequest, _context: Context
    ) -> desk_pb2.CompleteWorkResponse:
        """What that register answers."""
        await self._polled().complete(request)
        return desk_pb2.CompleteWorkResponse()

    def _polled(self) -> Worklist:
        if self.worklist is None:
            raise Refused(NOT_FOUND, "work")
        return self.worklist

    async def _carried(self, operation_id: bytes, request_id: bytes, digest: bytes) -> bytes:
        """The answer of an irreversible decision: the register holds the record and the message is durable."""
        outcome(await self.strokes.carry(operation_id))
        async with self.database.reading() as connection:
            known = await self.decisions.requests.find(connection, request_id, digest)
        if known is None or known.answer is None:
            raise Refused(DECISION_PENDING, "action")
        return known.answer

    async def _check_told(self, request: desk_pb2.DecideRequest, request_id: bytes, digest: bytes) -> None:
        """Before a case is given back for the first time under this request; a repeat has its answer."""
        async with self.database.reading() as connection:
            known = await self.decisions.requests.find(connection, request_id, digest)
            row = await self.decisions.cases.known(connection, request.case_id)
        if known is None:
            await self.residents.check_told(row, request)

    async def _check_application(self, request: desk_pb2.OpenCaseRequest) -> None:
        """Consent, parties, the application itself, and that nobody of those who come is registered here already."""
        if not request.consent_recorded:
            raise Refused(CONSENT_MISSING, "consent_recorded")
        if request.counterpart not in PROVINCES:
            raise Refused(UNKNOWN_PROVINCE, "counterpart")
        if request.counterpart == self.province:
            raise Refused(BAD_FIELD, "counterpart")
        _check_code(request.legal_basis, "legal_basis")
        async with self.database.reading() as connection:
            application = await self.decisions.check_opening(connection, request)
        for _, id_number in SERVICES[request.service].numbers(application):
            await self._check_not_here(id_number)

    async def _check_not_here(self, id_number: str) -> None:
        found = await self.register.find(id_number)
        if found is not None and found.status == register_pb2.RECORD_STATUS_ACTIVE:
            raise Refused(ALREADY_REGISTERED_HERE, "application.id_number")

    async def _row(self, case_id: bytes) -> CaseRow:
        _check_id(case_id)
        async with self.database.reading() as connection:
            return await self.decisions.cases.known(connection, case_id)

    def _check_open(self) -> None:
        if self.draining:
            raise Refused(DRAINING)


def _digest(request: Message) -> bytes:
    """Names the content of a request; two with the same id must have the same."""
    return sha256(request.SerializeToString(deterministic=True))


def _check_id(case_id: bytes) -> None:
    if len(case_id) != ID_BYTES:
        raise Refused(BAD_FIELD, "case_id")


def _check_code(code: str, field: str) -> None:
    """A code as a header carries it (`core.envelope`): refused here, where somebody can still correct it."""
    legal = code.isascii() and code.lower() == code and code.replace("-", "").replace(".", "").isalnum() and code[:1].isalnum()
    if not legal or len(code) > _CODE:
        raise Refused(BAD_FIELD, field)


def _due_before(wanted: desk_pb2.CaseFilter) -> datetime | None:
    if not wanted.HasField("due_before"):
        return None
    try:
        return wanted.due_before.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise Refused(BAD_FIELD, "filter.due_before") from error


def _after(token: str) -> bytes:
    if not token:
        return _NIL
    try:
        after = bytes.fromhex(token)
    except ValueError as error:
        raise Refused(BAD_PAGE_TOKEN, "page_token") from error
    if len(after) != ID_BYTES:
        raise Refused(BAD_PAGE_TOKEN, "page_token")
    return after
