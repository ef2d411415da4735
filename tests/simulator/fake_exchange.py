"""An exchange in memory: desks of four provinces over one state of every case, moved by the real procedure's arrows, without any hub."""

# ruff: noqa: N802, ASYNC109, ARG002 - the signatures of the generated stub

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import grpc

from core.procedures import PROCEDURES
from core.procedures.model import CLOSED
from core.refusals import ACTION_NOT_LEGAL, PERSON_CLAIMED, UNAVAILABLE, VERSION_CONFLICT, Kind, Refused
from runtime import grpc_errors
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from yrdx.v1 import resident_pb2

PROCEDURE = PROCEDURES["household-transfer"]


def error(kind: Kind) -> grpc.aio.AioRpcError:
    details = grpc.aio.Metadata((grpc_errors.DETAILS, grpc_errors.status(Refused(kind))))
    return grpc.aio.AioRpcError(grpc_errors.CODES[kind.code.value], grpc.aio.Metadata(), details)


class FakeExchange:
    """Cases and who watches them."""

    def __init__(self, people: Iterable[resident_pb2.Resident]) -> None:
        self.cases: dict[bytes, desk_pb2.CaseView] = {}
        self.corrected: set[bytes] = set()
        self.returned_from: dict[bytes, str] = {}
        self.destined: dict[bytes, str] = {}
        self.changed = asyncio.Event()
        self.changes: list[bytes] = []
        self.names = {person.id_number: person.name for person in people}

    def change(self, case: desk_pb2.CaseView, state: str, ending: str = "") -> None:
        case.state, case.ending = state, ending
        case.version += 1
        case.ball_holder = case.parties.get(PROCEDURE.state(state).ball, "")
        self.changes.append(case.case_id)
        self.changed.set()
        self.changed = asyncio.Event()

    def seen_by(self, province: str, case: desk_pb2.CaseView) -> desk_pb2.CaseView:
        view = desk_pb2.CaseView()
        view.CopyFrom(case)
        role = next(role for role, code in case.parties.items() if code == province)
        view.legal_actions.extend(arrow.action for arrow in PROCEDURE.transitions if arrow.at == case.state and arrow.by == role)
        return view

    def act(self, province: str, case: desk_pb2.CaseView, action: str) -> None:
        role = next(role for role, code in case.parties.items() if code == province)
        arrow = next((arrow for arrow in PROCEDURE.arrows(action, case.state) if arrow.by == role and not arrow.reason), None)
        if arrow is None:
            raise error(ACTION_NOT_LEGAL)
        if action == "return":
            self.returned_from[case.case_id] = case.state
            self.corrected.add(case.case_id)
        if arrow.destines:
            self.destined[case.case_id] = arrow.corrected_ending if case.case_id in self.corrected else arrow.destines
        state = arrow.to or self.returned_from[case.case_id]
        self.change(case, state, arrow.ending or (self.destined[case.case_id] if state == CLOSED else ""))
        if action in {"deregister", "land"}:
            self.act(province, case, "entered")


class FakeDesk:
    """The stub of one province's desk; every call fails once with UNAVAILABLE when `shaky`."""

    def __init__(self, province: str, exchange: FakeExchange, *, shaky: bool = False) -> None:
        self.province = province
        self.exchange = exchange
        self.shaky = shaky
        self.tried: set[str] = set()

    def _shake(self, request_id: str) -> None:
        if self.shaky and request_id not in self.tried:
            self.tried.add(request_id)
            raise error(UNAVAILABLE)

    async def OpenCase(self, request: desk_pb2.OpenCaseRequest, timeout: float) -> desk_pb2.OpenCaseResponse:
        self._shake(request.request_id)
        application = transfer_pb2.HouseholdApplication()
        assert request.application.Unpack(application)
        if any(case.person_id_number == application.id_number and case.state != "closed" for case in self.exchange.cases.values()):
            raise error(PERSON_CLAIMED)
        case = desk_pb2.CaseView(
            case_id=uuid.uuid4().bytes,
            service=request.service,
            parties={"IN": self.province, "OUT": request.counterpart},
            person_id_number=application.id_number,
            person_name=application.name,
        )
        self.exchange.cases[case.case_id] = case
        self.exchange.change(case, "applied")
        return desk_pb2.OpenCaseResponse(case=self.exchange.seen_by(self.province, case))

    async def Decide(self, request: desk_pb2.DecideRequest, timeout: float) -> desk_pb2.DecideResponse:
        self._shake(request.request_id)
        case = self.exchange.cases[request.case_id]
        if request.expected_version != case.version:
            raise error(VERSION_CONFLICT)
        self.exchange.act(self.province, case, request.action)
        correction = transfer_pb2.Correction()
        if request.detail.Unpack(correction):
            case.person_name = correction.application.name
        return desk_pb2.DecideResponse(case=self.exchange.seen_by(self.province, case), message_id=uuid.uuid4().bytes)

    async def GetCase(self, request: desk_pb2.GetCaseRequest, timeout: float) -> desk_pb2.GetCaseResponse:
        return desk_pb2.GetCaseResponse(case=self.exchange.seen_by(self.province, self.exchange.cases[request.case_id]))

    async def FindResident(
        self,
        request: desk_pb2.FindResidentRequest,
        timeout: float,
    ) -> desk_pb2.FindResidentResponse:
        case = self.exchange.cases[request.case_id]
        differs = self.exchange.names[case.person_id_number] != case.person_name
        return desk_pb2.FindResidentResponse(found=True, status="active", differences=["name"] if differs else [])

    async def ListCases(self, request: desk_pb2.ListCasesRequest, timeout: float) -> desk_pb2.ListCasesResponse:
        mine = [case for case in self.exchange.cases.values() if self.province in case.parties.values()]
        return desk_pb2.ListCasesResponse(cases=[self.exchange.seen_by(self.province, case) for case in mine])

    async def PutDocument(self, requests: object, timeout: float) -> desk_pb2.PutDocumentResponse:
        return desk_pb2.PutDocumentResponse(digest=bytes(32))

    async def WatchCases(self, request: desk_pb2.WatchCasesRequest) -> AsyncIterator[desk_pb2.WatchCasesResponse]:
        told = int(request.cursor or 0)
        while True:
            changed = self.exchange.changed
            while told < len(self.exchange.changes):
                case = self.exchange.cases[self.exchange.changes[told]]
                told += 1
                if self.province in case.parties.values():
                    yield desk_pb2.WatchCasesResponse(case=self.exchange.seen_by(self.province, case), cursor=str(told))
            await changed.wait()
