"""A desk that answers as told, and remembers what it hears."""

from __future__ import annotations

import asyncio
import sys
import uuid
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.any_pb2 import Any as Packed

from core.envelope import sha256
from runtime.grpc_server import identity
from yrdx.v1 import desk_pb2, desk_pb2_grpc, precheck_pb2, resident_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from core.refusals import Refused

CASE = uuid.UUID("01940000-0000-7000-8000-000000000001")
MESSAGE = uuid.UUID("01940000-0000-7000-8000-000000000002")
NUMBER = "310101199001010014"
OFFICER = ["--officer", "330001", "--officer-name", "王警官", "--unit", "330106000000", "--grade", "一级警司"]
WHY = ["--reason-class", "policy-not-met", "--reason-code", "policy", "--reason", "不符合落户政策。"]
NOON = {"seconds": 1_769_400_000}
SAID = desk_pb2.Officer(number="330001", name="王警官", unit="330106000000", grade="一级警司")


def view(number: int = 1, **changes: Any) -> desk_pb2.CaseView:
    values: dict[str, Any] = {
        "case_id": uuid.UUID(int=CASE.int + number - 1).bytes,
        "service": "household-transfer",
        "parties": {"IN": "330000", "OUT": "310000"},
        "state": "applied",
        "ball_holder": "330000",
        "owner": "310000",
        "version": 7,
        "deadline": "review",
        "due_at": NOON,
        "legal_actions": ["permit", "refuse"],
        "person_id_number": NUMBER,
        "person_name": "张三",
    }
    return desk_pb2.CaseView(**{**values, **changes})


class Desk(desk_pb2_grpc.DeskServicer):
    """Remembers what it hears; refuses what it was told to refuse.

    Attributes:
        document: what was put, and is given.
        breaks: where transfers break, one after the other.
        holds_at: where a transfer hangs; then `held` is set.
    """

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.refusal: Refused | None = None
        self.document = b""
        self.breaks: list[int] = []
        self.holds_at = sys.maxsize
        self.held = asyncio.Event()

    async def OpenCase(self, request: Any, context: Any) -> desk_pb2.OpenCaseResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        return desk_pb2.OpenCaseResponse(case=view())

    async def Decide(self, request: Any, context: Any) -> desk_pb2.DecideResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        return desk_pb2.DecideResponse(case=view(version=8, pending_action=request.action), message_id=MESSAGE.bytes)

    async def GetCase(self, request: Any, _context: Any) -> desk_pb2.GetCaseResponse:  # noqa: N802 - gRPC
        assert request.case_id == CASE.bytes
        payload = Packed()
        payload.Pack(transfer_pb2.HouseholdApplication(id_number=NUMBER, name="张三", ground=transfer_pb2.TRANSFER_GROUND_SPOUSE))
        apply = desk_pb2.MessageView(
            message_id=MESSAGE.bytes, action="apply", sender="330000", step=1, accepted_at=NOON, delivered_at=NOON, payload=payload
        )
        documents = [
            desk_pb2.DocumentView(
                digest=b"\xcd" * 32,
                code="relation-proof",
                media_type="image/jpeg",
                length=len(self.document),
                sender="330000",
                plain_digest=sha256(self.document),
            )
        ]
        return desk_pb2.GetCaseResponse(
            case=view(documents=documents),
            messages=[
                apply,
                desk_pb2.MessageView(action="deregister", sender="310000", step=2, accepted_at=NOON, delivered_at=NOON, entered_at=NOON),
                desk_pb2.MessageView(action="withdraw", sender="330000", refusal=4006),
                desk_pb2.MessageView(action="permit", sender="330000"),
            ],
            reasons=[
                precheck_pb2.ReasonView(code="policy", actions=["refuse"], text_zh="不符合落户政策。", text_en="Not met."),
                precheck_pb2.ReasonView(code="wish", actions=["withdraw"], text_zh="本人撤回。", text_en="Taken back."),
            ],
        )

    async def Precheck(self, request: Any, context: Any) -> precheck_pb2.PrecheckResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        finding = precheck_pb2.PrecheckFinding(
            grade=precheck_pb2.PRECHECK_GRADE_WARN,
            province="310000",
            rule_id="SH-1",
            text_zh="请先核实。",
            text_en="Find out first.",
            source="none",
            asks=["minor"],
        )
        return precheck_pb2.PrecheckResponse(
            grade=precheck_pb2.PRECHECK_GRADE_WARN,
            findings=[finding],
            receiving=precheck_pb2.PolicyView(name="regional-1"),
            leaving=precheck_pb2.PolicyView(name="shanghai-1", province="310000", version=4),
        )

    async def ListCases(self, request: Any, context: Any) -> desk_pb2.ListCasesResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        first = 1 if not request.page_token else 3
        cases = [view(first), view(first + 1, state="closed", ending="landed", ball_holder="")]
        return desk_pb2.ListCasesResponse(cases=cases, next_page_token="" if request.page_token else "more")

    async def WatchCases(self, request: Any, context: Any) -> AsyncIterator[desk_pb2.WatchCasesResponse]:  # noqa: N802 - gRPC
        self._hear(request, context)
        yield desk_pb2.WatchCasesResponse(case=view(), cursor="one")
        yield desk_pb2.WatchCasesResponse(cursor="one")
        yield desk_pb2.WatchCasesResponse(case=view(state="permitted", ball_holder="310000", version=9), cursor="two")
        if request.cursor != "end":
            await asyncio.sleep(60)

    async def FindResident(self, request: Any, context: Any) -> desk_pb2.FindResidentResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        resident = resident_pb2.Resident(id_number=NUMBER, name="章三").SerializeToString()
        return desk_pb2.FindResidentResponse(found=True, resident=resident, differences=["name"], status="active")

    async def StatDocument(self, _request: Any, context: Any) -> desk_pb2.StatDocumentResponse:  # noqa: N802 - gRPC
        assert identity(context).role == "system"
        return desk_pb2.StatDocumentResponse(offset=len(self.document))

    async def PutDocument(self, request_iterator: Any, context: Any) -> desk_pb2.PutDocumentResponse:  # noqa: N802 - gRPC
        opening = (await anext(request_iterator)).opening
        assert opening.offset == len(self.document)
        self._hear(opening, context)
        async for request in request_iterator:
            self.document += request.chunk
            await self._pass(len(self.document), context)
        return desk_pb2.PutDocumentResponse(digest=b"\xcd" * 32)

    async def GetDocument(self, request: Any, context: Any) -> AsyncIterator[desk_pb2.GetDocumentResponse]:  # noqa: N802 - gRPC
        self._hear(request, context)
        for begin in range(request.offset, len(self.document), 1000):
            await self._pass(begin, context)
            yield desk_pb2.GetDocumentResponse(chunk=self.document[begin : begin + 1000])

    async def _pass(self, there: int, context: Any) -> None:
        """A transfer is there: it may hang from now on, or its connection break."""
        if there >= self.holds_at:
            self.held.set()
            await asyncio.sleep(60)
        if self.breaks and there >= self.breaks[0]:
            del self.breaks[0]
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the connection broke")

    async def ListWork(self, request: Any, context: Any) -> desk_pb2.ListWorkResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        return desk_pb2.ListWorkResponse()

    async def CompleteWork(self, request: Any, context: Any) -> desk_pb2.CompleteWorkResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        return desk_pb2.CompleteWorkResponse()

    def _hear(self, request: Any, context: Any) -> None:
        assert identity(context).role == "system"
        self.heard.append(request)
        if self.refusal is not None:
            raise self.refusal
