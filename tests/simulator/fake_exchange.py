"""An exchange in memory: desks of four provinces over one state of every case, moved by the real procedure, without any hub."""

# ruff: noqa: N802, ASYNC109, ARG002 - the signatures of the generated stub

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import grpc

from core.policy import read_policy
from core.precheck import Draft, facts_of, precheck
from core.procedures import engine
from core.procedures.household_transfer import HOUSEHOLD_TRANSFER
from core.procedures.model import CLOSED
from core.receipts import timestamp
from core.refusals import ACTION_NOT_LEGAL, PERSON_CLAIMED, RECORD_MISMATCH, UNAVAILABLE, VERSION_CONFLICT, Kind, Refused
from nodes.provinces import policies
from runtime import grpc_errors
from simulator.movers import impeded
from tests.core.messages import AT, BOOK, message, new_id
from yrdx.v1 import desk_pb2, precheck_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from google.protobuf.any_pb2 import Any as Packed

    from core.envelope import ReadMessage
    from core.procedures.model import Case
    from yrdx.v1 import resident_pb2


KEY = {"identity", "receiving-consent", "relation-proof"}
TABLES = {code: read_policy(data, code) for code, data in policies().items()}


def error(kind: Kind) -> grpc.aio.AioRpcError:
    details = grpc.aio.Metadata((grpc_errors.DETAILS, grpc_errors.status(Refused(kind))))
    return grpc.aio.AioRpcError(grpc_errors.CODES[kind.code.value], grpc.aio.Metadata(), details)


class FakeExchange:
    """Cases, who watches them, and where everybody lives."""

    def __init__(self, people: Mapping[str, Sequence[resident_pb2.Resident]]) -> None:
        self.views: dict[bytes, desk_pb2.GetCaseResponse] = {}
        self.cases: dict[bytes, Case] = {}
        self.changed = asyncio.Event()
        self.changes: list[bytes] = []
        self.at: datetime = AT
        self.names = {person.id_number: person.name for own in people.values() for person in own}
        self.homes = {person.id_number: [code] for code, own in people.items() for person in own}
        self.people = {person.id_number: person for own in people.values() for person in own}
        self.applications: dict[bytes, transfer_pb2.HouseholdApplication] = {}
        self.impeded = {person.id_number for own in people.values() for person in impeded(own)}
        self.dead: set[str] = set()

    def advance_to(self, at: datetime) -> None:
        """Time passes, and the clock says what it has to say."""
        self.at = at
        for case_id in self.cases:
            while events := engine.due(self.cases[case_id], at, HOUSEHOLD_TRANSFER):
                self.cases[case_id] = engine.apply_due(self.cases[case_id], events[0], BOOK.of(self.cases[case_id]))
                self.show(case_id)

    def next_due(self) -> datetime | None:
        return min((due for case in self.cases.values() if (due := engine.next_due(case))), default=None)

    def show(self, case_id: bytes) -> None:
        case, view = self.cases[case_id], self.views[case_id].case
        state = HOUSEHOLD_TRANSFER.state(case.state)
        view.state, view.ending, view.version = case.state, case.ending, case.step
        view.ball_holder = case.parties.get(state.ball, "")
        view.overdue = any(clock.overdue for clock in case.clocks)
        application = self.applications[case_id]
        view.person_id_number, view.person_name = application.id_number, application.name
        del view.movers[:], view.owed[:]
        view.movers.add(id_number=application.id_number, name=application.name)
        for one in application.others:
            view.movers.add(id_number=one.id_number, name=one.name)
        for promised in application.missing:
            view.owed.add(code=promised.code, key=promised.code in KEY)
        self.changes.append(case_id)
        self.changed.set()
        self.changed = asyncio.Event()

    def seen_by(self, province: str, case_id: bytes) -> desk_pb2.GetCaseResponse:
        shown = desk_pb2.GetCaseResponse()
        shown.CopyFrom(self.views[case_id])
        case = self.cases[case_id]
        role = case.role_of(province)
        assert role
        shown.case.legal_actions.extend(engine.legal_actions(case, role, self.at, HOUSEHOLD_TRANSFER))
        for one in TABLES[case.parties["IN"]].reasons:
            shown.reasons.add(code=one.code, actions=set(one.actions).intersection(shown.case.legal_actions), text_zh=one.zh)
        return shown

    def say(self, province: str, case_id: bytes, action: str, detail: Packed | None = None, **header: object) -> None:
        """Somebody says something, and the register does it if it must."""
        case, view = self.cases.get(case_id), self.views[case_id]
        other = next(code for code in view.case.parties.values() if code != province)
        said = message(action, province, other, (case.sequences.get(province, 0) if case else 0) + 1, case_id, **header)
        self.take(said)
        self.learn(case_id, detail)
        view.messages.add(action=action, sender=province, receiver=other, payload=detail, accepted_at=timestamp(self.at))
        self.show(case_id)
        if action in {"deregister", "land"}:
            self.carry_out(case_id, province, said, detail)

    def learn(self, case_id: bytes, detail: Packed | None) -> None:
        """What the applicant says last counts."""
        application, correction, supplement = transfer_pb2.HouseholdApplication(), transfer_pb2.Correction(), transfer_pb2.Supplement()
        if detail is None:
            return
        if detail.Unpack(application):
            self.applications[case_id] = application
        elif detail.Unpack(correction):
            self.applications[case_id] = correction.application
        elif detail.Unpack(supplement):
            del self.applications[case_id].missing[:]
            self.applications[case_id].missing.extend(supplement.missing)

    def moving(self, case_id: bytes) -> list[str]:
        return [mover.id_number for mover in self.views[case_id].case.movers]

    def take(self, said: ReadMessage) -> None:
        case_id, rules = said.routing.case_id, BOOK.of(said.header)
        try:
            case = engine.advance(self.cases.get(case_id), said, self.at, rules)
        except Refused as refusal:
            raise error(ACTION_NOT_LEGAL) from refusal
        self.cases[case_id] = engine.received(case, said.routing.message_id, said.routing.action, self.at, rules)

    def carry_out(self, case_id: bytes, province: str, said: ReadMessage, detail: Packed | None) -> None:
        """The register's part. A node would say what came of it later."""
        people, receipt = self.moving(case_id), transfer_pb2.LandingReceipt()
        lands = said.routing.action == "land"
        can = lands or not self.impeded.intersection(people)
        for person in people if can else ():
            self.homes[person].append(province if lands else "")
        if detail is not None and detail.Unpack(receipt) and said.header.reason_class == 11:
            assert receipt.deceased_id_number in people
            self.dead.add(receipt.deceased_id_number)
        self.say(province, case_id, "entered" if can else "execution-failed", concerns=said.routing.message_id, reason_class=9)


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

    async def Precheck(self, request: precheck_pb2.PrecheckRequest, timeout: float) -> precheck_pb2.PrecheckResponse:
        receiving, leaving = TABLES[self.province], TABLES[request.counterpart]
        assert request.facts.keys() <= facts_of(receiving, leaving)
        assert set(request.materials) <= {*receiving.key_materials, *receiving.deferrable_materials}
        found = precheck(receiving, leaving, Draft(request.ground, request.materials, request.facts))
        grades = [precheck_pb2.PrecheckGrade.Name(one.grade.value) for one in found]
        findings = [precheck_pb2.PrecheckFinding(grade=grade, asks=one.asks) for grade, one in zip(grades, found, strict=True)]
        return precheck_pb2.PrecheckResponse(grade=max(one.grade for one in findings), findings=findings)

    async def OpenCase(self, request: desk_pb2.OpenCaseRequest, timeout: float) -> desk_pb2.OpenCaseResponse:
        self._shake(request.request_id)
        application = transfer_pb2.HouseholdApplication()
        assert request.application.Unpack(application)
        coming = {application.id_number, *(other.id_number for other in application.others)}
        held = {mover.id_number for view in self.exchange.views.values() if view.case.state != CLOSED for mover in view.case.movers}
        if held & coming:
            raise error(PERSON_CLAIMED)
        assert {self.exchange.homes[person][-1] for person in coming} == {request.counterpart}
        case = desk_pb2.CaseView(
            case_id=new_id(),
            service=request.service,
            parties={"IN": self.province, "OUT": request.counterpart},
        )
        self.exchange.views[case.case_id] = desk_pb2.GetCaseResponse(case=case)
        owed = request.open_key_materials
        self.exchange.say(self.province, case.case_id, "apply", request.application, open_key_materials=owed)
        return desk_pb2.OpenCaseResponse(case=self.exchange.seen_by(self.province, case.case_id).case)

    async def Decide(self, request: desk_pb2.DecideRequest, timeout: float) -> desk_pb2.DecideResponse:
        self._shake(request.request_id)
        case = self.exchange.views[request.case_id].case
        if request.expected_version != case.version:
            raise error(VERSION_CONFLICT)
        if request.action == "deregister" and any(self._found(mover).differences for mover in case.movers):
            raise error(RECORD_MISMATCH)
        header = {"reason_class": request.reason_class, "open_key_materials": request.open_key_materials}
        self.exchange.say(self.province, request.case_id, request.action, request.detail, **header)
        return desk_pb2.DecideResponse(case=self.exchange.seen_by(self.province, request.case_id).case, message_id=uuid.uuid4().bytes)

    async def GetCase(self, request: desk_pb2.GetCaseRequest, timeout: float) -> desk_pb2.GetCaseResponse:
        return self.exchange.seen_by(self.province, request.case_id)

    async def FindResident(
        self,
        request: desk_pb2.FindResidentRequest,
        timeout: float,
    ) -> desk_pb2.FindResidentResponse:
        first, *others = [self._found(mover) for mover in self.exchange.views[request.case_id].case.movers]
        if self._is_left_without_head(request.case_id):
            first.differences.append("new_head_id_number")
        return desk_pb2.FindResidentResponse(found=True, status=first.status, differences=first.differences, others=others)

    def _found(self, mover: desk_pb2.MoverView) -> desk_pb2.FoundResident:
        differs = self.exchange.names[mover.id_number] != mover.name
        status = "active" if self.exchange.homes[mover.id_number][-1] == self.province else "moved-out"
        return desk_pb2.FoundResident(id_number=mover.id_number, found=True, status=status, differences=["name"] if differs else [])

    def _is_left_without_head(self, case_id: bytes) -> bool:
        """Whether the head of a family that lives here goes, others stay, and nobody was named."""
        exchange, moving = self.exchange, self.exchange.moving(case_id)
        heads = [exchange.people[one] for one in moving if exchange.people[one].relation_to_head_code == "02"]
        staying = {
            one.household_number
            for one in exchange.people.values()
            if exchange.homes[one.id_number] == [self.province] and one.id_number not in moving
        }
        left = any(head.household_number in staying and exchange.homes[head.id_number] == [self.province] for head in heads)
        return left and not exchange.applications[case_id].new_head_id_number

    async def ListCases(self, request: desk_pb2.ListCasesRequest, timeout: float) -> desk_pb2.ListCasesResponse:
        mine = [case_id for case_id, case in self.exchange.cases.items() if self.province in case.parties.values()]
        return desk_pb2.ListCasesResponse(cases=[self.exchange.seen_by(self.province, case_id).case for case_id in mine])

    async def PutDocument(self, requests: object, timeout: float) -> desk_pb2.PutDocumentResponse:
        return desk_pb2.PutDocumentResponse(digest=bytes(32))

    async def WatchCases(self, request: desk_pb2.WatchCasesRequest) -> AsyncIterator[desk_pb2.WatchCasesResponse]:
        told = int(request.cursor or 0)
        while True:
            changed = self.exchange.changed
            while told < len(self.exchange.changes):
                case_id = self.exchange.changes[told]
                told += 1
                if self.province in self.exchange.cases[case_id].parties.values():
                    yield desk_pb2.WatchCasesResponse(case=self.exchange.seen_by(self.province, case_id).case, cursor=str(told))
            await changed.wait()
