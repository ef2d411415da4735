"""The desk, over gRPC: a refusal has its number and changes nothing, a repeat gets its answer, of two officers one decides."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.timestamp_pb2 import Timestamp

from core import refusals
from pki.identity import Role
from runtime.grpc_client import channel, refused
from tests.nodes.households import guardian, mover, number, promised
from tests.support.officers import packed, refusal_of
from tests.support.province import CALL_S, IN, OTHER, OUT
from yrdx.v1 import desk_pb2, desk_pb2_grpc, envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from tests.nodes.conftest import Play
    from tests.support.province import Federation, Province

TABLES = ("cases", "outbox", "steps", "operations", "requests", "documents")
GROUND = transfer_pb2.TRANSFER_GROUND_SPOUSE
BAD, NO = refusals.BAD_FIELD.number, refusals.ACTION_NOT_LEGAL.number


async def contents(province: Province) -> dict[str, str]:
    """A digest of everything in each table of a node."""
    line = "select md5(string_agg(t::text, ' ' order by t::text)) from {} t"
    async with province.node.database.reading() as connection:
        return {table: await connection.fetchval(line.format(table)) or "" for table in TABLES}


def person(**changes: Any) -> Packed:
    values = {"id_number": "11010519491231002X", "name": "张三", "ground": GROUND}
    return packed(transfer_pb2.HouseholdApplication(**{**values, **changes}))


def ward(**changes: Any) -> Packed:
    return person(id_number=number("20150101"), guardian=guardian(), relation_code="20", **changes)


def altered(request: Any, changes: dict[str, Any]) -> Any:
    """The request with other values in these fields."""
    for name, value in changes.items():
        request.ClearField(name)
        request.MergeFrom(type(request)(**{name: value}))
    return request


def officer(**changes: str) -> desk_pb2.Officer:
    values = {"number": "330001", "name": "王警官", "unit": "330101000000"}
    return desk_pb2.Officer(**{**values, **changes})


GUARDIAN, AGENT = refusals.GUARDIAN_REQUIRED.number, refusals.AGENT_NOT_ALLOWED.number
AGENT_NAMED = transfer_pb2.Agent(id_number=number(), name="赵律师")
TOO_LARGE, ABSENT, UNIT = refusals.TOO_LARGE.number, refusals.MATERIAL_NOT_FOUND.number, refusals.UNIT_NOT_ALLOWED.number
OPENINGS: dict[str, tuple[int, str, dict[str, Any]]] = {
    "no request id": (BAD, "id", {"request_id": ""}),
    "a request id of another form": (BAD, "id", {"request_id": uuid.uuid4().hex}),
    "no officer's number": (BAD, "officer.number", {"officer": officer(number="")}),
    "no officer's name": (BAD, "officer.name", {"officer": officer(name="")}),
    "a short unit": (BAD, "officer.unit", {"officer": officer(unit="3301010000")}),
    "a unit of other digits": (BAD, "officer.unit", {"officer": officer(unit="３３０１０１００００００")}),
    "a unit of another province": (UNIT, "officer.unit", {"officer": officer(unit="310101000000")}),
    "an unknown service": (BAD, "service", {"service": "first-id-card-2"}),
    "no member": (refusals.UNKNOWN_PROVINCE.number, "counterpart", {"counterpart": "350000"}),
    "the own province": (BAD, "counterpart", {"counterpart": IN}),
    "no consent": (refusals.CONSENT_MISSING.number, "consent_recorded", {"consent_recorded": False}),
    "no legal basis": (BAD, "legal_basis", {"legal_basis": ""}),
    "a legal basis that no header can carry": (BAD, "legal_basis", {"legal_basis": "公通字"}),
    "another payload": (BAD, "application", {"application": packed(transfer_pb2.Decision(reason="x"))}),
    "no payload": (BAD, "application", {"application": Packed()}),
    "an unreadable payload": (BAD, "application", {"application": Packed(type_url="x/yrdx.v1.HouseholdApplication", value=b"\xff")}),
    "a wrong check digit": (BAD, "id_number: check digit", {"application": person(id_number="110105194912310021")}),
    "a number with a lower-case x": (BAD, "id_number", {"application": person(id_number="11010519491231002x")}),
    "a blank name": (BAD, "name", {"application": person(name=" ")}),
    "no ground": (BAD, "ground", {"application": person(ground=0)}),
    "a person twice": (BAD, "others: a person twice", {"application": person(others=[mover(id_number="11010519491231002X")])}),
    "a child without a guardian": (GUARDIAN, "others[0].guardian", {"application": person(others=[mover("20150101")])}),
    "an agent without authority": (AGENT, "documents: agent-authority", {"application": person(agent=AGENT_NAMED)}),
    "an agent of a child": (AGENT, "agent", {"application": ward(agent=AGENT_NAMED)}),
    "a key material as if it were none": (BAD, "open_key_materials", {"application": person(missing=[promised("receiving-consent")])}),
    "a material that is none": (BAD, "missing.code", {"application": person(missing=[promised("passport")])}),
    "a document that was not put": (ABSENT, "documents", {"application": person(), "documents": [b"d" * 32]}),
    "more than a message may carry": (TOO_LARGE, "sealed_payload", {"application": person(name="长" * 400_000)}),
}


@pytest.mark.parametrize("wrong", OPENINGS)
def test_a_bad_opening_is_refused_by_its_number_and_changes_nothing(play: Play, wrong: str) -> None:
    async def body(made: Federation) -> None:
        await made.idle()
        before = await contents(made[IN])
        number, field, changes = OPENINGS[wrong]
        request = made[IN].opening(changes.get("counterpart", OUT), made.country.person(OUT))
        with refusal_of(number, field):
            await made[IN].desk.OpenCase(altered(request, changes), timeout=CALL_S)
        assert await contents(made[IN]) == before

    play(body)


def test_nobody_promises_for_a_day_that_is_over(play: Play) -> None:
    async def body(made: Federation) -> None:
        await made.up_to("permit")  # before, the hub may not have said what day it is
        await made.idle()
        before = await contents(made[IN])
        request = made[IN].opening(OUT, made.country.person(OUT))
        with refusal_of(BAD, "missing.promised_until"):
            late = {"application": person(missing=[promised(until="2026-01-01")])}
            await made[IN].desk.OpenCase(altered(request, late), timeout=CALL_S)
        assert await contents(made[IN]) == before

    play(body)


DECISIONS: dict[str, tuple[int, str, dict[str, Any]]] = {
    "no request id": (BAD, "permit", {"request_id": ""}),
    "a case id of another length": (BAD, "permit", {"case_id": b"case"}),
    "an unknown case": (refusals.CASE_NOT_FOUND.number, "permit", {"case_id": bytes(16)}),
    "an older version": (refusals.VERSION_CONFLICT.number, "permit", {"expected_version": 1}),
    "a version that nobody saw": (refusals.VERSION_CONFLICT.number, "permit", {"expected_version": 99}),
    "an action of the other side": (NO, "deregister", {}),
    "an action of the node": (NO, "entered", {}),
    "no reason class": (BAD, "refuse", {"reason_class": envelope_pb2.REASON_CLASS_UNSPECIFIED}),
    "no reason": (BAD, "refuse", {"detail": packed(transfer_pb2.Decision())}),
    "another detail": (BAD, "permit", {"detail": packed(transfer_pb2.Decision(reason="x"))}),
    "no address": (BAD, "permit", {"detail": packed(transfer_pb2.MovePermit(to_address=" "))}),
    "a new head without a number": (BAD, "permit", {"detail": packed(transfer_pb2.MovePermit(to_address="x", new_head_id_number="1"))}),
    "a document that was not put": (refusals.MATERIAL_NOT_FOUND.number, "permit", {"documents": [b"d" * 32]}),
    "too many documents": (refusals.TOO_LARGE.number, "permit", {"documents": [bytes([n]) * 32 for n in range(65)]}),
    "too much": (refusals.TOO_LARGE.number, "permit", {"detail": packed(transfer_pb2.MovePermit(to_address="长" * 100_000))}),
    "a unit of another province": (refusals.UNIT_NOT_ALLOWED.number, "permit", {"officer": officer(unit="310101000000")}),
}


@pytest.mark.parametrize("wrong", DECISIONS)
def test_a_bad_decision_is_refused_by_its_number_and_changes_nothing(play: Play, wrong: str) -> None:
    async def body(made: Federation) -> None:
        case_id = await made.up_to("permit")
        await made.idle()
        before = await contents(made[IN])
        number, action, changes = DECISIONS[wrong]
        with refusal_of(number):
            await made[IN].desk.Decide(altered(await made[IN].decision(case_id, action), changes), timeout=CALL_S)
        assert await contents(made[IN]) == before

    play(body)


@pytest.mark.parametrize("wrong", ["another detail", "a document that was not put"])
def test_a_bad_deregistration_reserves_nothing(play: Play, wrong: str) -> None:
    """It did, once: the record stayed held, and the case stayed pending for ever."""

    async def body(made: Federation) -> None:
        someone = made.country.person(OUT)
        case_id = await made.up_to("deregister", someone)
        await made.idle()
        before = await contents(made[OUT])
        changes: dict[str, Any] = {"documents": [b"d" * 32]} if wrong.startswith("a document") else {}
        detail = None if changes else transfer_pb2.Decision(reason="x")
        with refusal_of(refusals.MATERIAL_NOT_FOUND.number if changes else BAD):
            await made[OUT].decide(case_id, "deregister", detail, **changes)
        assert await contents(made[OUT]) == before
        assert made.country.operations(OUT, someone.id_number) == []

    play(body)


def test_who_is_not_registered_there_is_not_deregistered(play: Play) -> None:
    async def body(made: Federation) -> None:
        someone = made.country.person(OTHER)
        case_id = await made.up_to("deregister", someone)
        with refusal_of(refusals.RECORD_NOT_FOUND.number):
            await made[OUT].decide(case_id, "deregister")
        await made[OUT].decide(case_id, "refuse")
        await made[IN].sees(case_id, state="closed", ending="refused-by-out")

    play(body)


def test_nothing_irreversible_happens_while_a_key_material_is_owed(play: Play) -> None:
    async def body(made: Federation) -> None:
        resident = made.country.person(OUT)
        owed = person(id_number=resident.id_number, name=resident.name, missing=[promised("receiving-consent", until="2099-01-01")])
        case_id = await made[IN].open(OUT, resident, application=owed, open_key_materials=1)
        await made[IN].can(case_id, "permit")
        await made[IN].decide(case_id, "permit", open_key_materials=1)
        await made[OUT].sees(case_id, state="permitted")
        with refusal_of(NO):
            await made[OUT].decide(case_id, "deregister")

    play(body)


def test_a_repeated_call_gets_the_same_answer_and_another_content_a_conflict(play: Play) -> None:
    async def body(made: Federation) -> None:
        inn, someone = made[IN], made.country.person(OUT)
        opening = inn.opening(OUT, someone)
        first = await inn.desk.OpenCase(opening, timeout=CALL_S)
        answers = await asyncio.gather(*(inn.desk.OpenCase(opening, timeout=CALL_S) for _ in range(5)), return_exceptions=True)
        assert all(answer == first for answer in answers)
        await inn.can(first.case.case_id, "permit")
        await made.idle()
        decision = await inn.decision(first.case.case_id, "permit")
        decided = await asyncio.gather(*(inn.desk.Decide(decision, timeout=CALL_S) for _ in range(5)))
        assert len({answer.SerializeToString() for answer in decided}) == 1
        await inn.sees(first.case.case_id, state="permitted")
        assert await inn.desk.Decide(decision, timeout=CALL_S) == decided[0], "also when the case has gone on"
        assert await inn.desk.OpenCase(opening, timeout=CALL_S) == first
        await made.idle()
        before = await contents(inn)
        opening.legal_basis = decision.legal_basis = "other"
        for call in (inn.desk.OpenCase(opening, timeout=CALL_S), inn.desk.Decide(decision, timeout=CALL_S)):
            with refusal_of(refusals.REQUEST_CONFLICT.number):
                await call
        decision.request_id = opening.request_id
        with refusal_of(refusals.REQUEST_CONFLICT.number):
            await inn.desk.Decide(decision, timeout=CALL_S)
        assert await contents(inn) == before
        assert [one.action for one in (await inn.get(first.case.case_id)).messages] == ["apply", "permit"]

    play(body)


def test_of_two_officers_at_once_one_decides_and_the_other_is_told(play: Play) -> None:
    async def call(province: Province, request: desk_pb2.DecideRequest) -> int:
        try:
            await province.desk.Decide(request, timeout=CALL_S)
        except grpc.aio.AioRpcError as error:
            refusal = refused(error)
            assert refusal is not None
            return refusal.kind.number
        return 0

    async def body(made: Federation) -> None:
        cases = [await made.up_to("permit") for _ in range(3)]
        await made.idle()
        for case_id in cases:
            requests = [await made[IN].decision(case_id, action) for action in ("permit", "refuse")]
            told = await asyncio.gather(*(call(made[IN], request) for request in requests))
            assert sorted(told) == [0, refusals.VERSION_CONFLICT.number]
            await made.idle()
            wanted = "permitted" if told[0] == 0 else "closed"
            assert (await made[OUT].view(case_id)).state == wanted

    play(body)


def test_one_decision_of_a_case_is_on_its_way_at_a_time(play: Play) -> None:
    async def body(made: Federation) -> None:
        case_id = await made.up_to("permit")
        await made.idle()
        with made.held_submits(before=True) as hold:
            await made[IN].decide(case_id, "permit")
            await hold.reached.wait()
            before = await contents(made[IN])
            with refusal_of(refusals.DECISION_PENDING.number):
                await made[IN].decide(case_id, "withdraw")
            assert await contents(made[IN]) == before
        await made[OUT].sees(case_id, state="permitted")

    play(body)


async def drained(calls: Any) -> None:
    async for _ in calls:
        pass


def test_readings_that_make_no_sense_are_refused(play: Play) -> None:
    async def body(made: Federation) -> None:
        desk, case_id = made[IN].desk, await made.up_to("permit")
        never = Timestamp(seconds=400_000_000_000)
        for refusal, call in (
            (BAD, desk.ListCases(desk_pb2.ListCasesRequest(page_size=201))),
            (BAD, desk.ListCases(desk_pb2.ListCasesRequest(filter=desk_pb2.CaseFilter(state="\0")))),
            (BAD, desk.ListCases(desk_pb2.ListCasesRequest(filter=desk_pb2.CaseFilter(ball_holder="浙")))),
            (BAD, desk.ListCases(desk_pb2.ListCasesRequest(filter=desk_pb2.CaseFilter(due_before=never)))),
            (refusals.BAD_PAGE_TOKEN.number, desk.ListCases(desk_pb2.ListCasesRequest(page_token="no"))),
            (refusals.BAD_PAGE_TOKEN.number, desk.ListCases(desk_pb2.ListCasesRequest(page_token="00"))),
            (BAD, desk.GetCase(desk_pb2.GetCaseRequest(case_id=b"1"))),
            (refusals.CASE_NOT_FOUND.number, desk.GetCase(desk_pb2.GetCaseRequest(case_id=bytes(16)))),
            (refusals.CASE_NOT_FOUND.number, desk.FindResident(desk_pb2.FindResidentRequest(officer=officer(), case_id=bytes(16)))),
            (BAD, desk.FindResident(desk_pb2.FindResidentRequest(case_id=case_id))),
            (refusals.NOT_FOUND.number, desk.ListWork(desk_pb2.ListWorkRequest())),
        ):
            with refusal_of(refusal):
                await call
        for cursor in ("-1", "x", "９", "1" * 19):
            with refusal_of(refusals.BAD_PAGE_TOKEN.number):
                await drained(desk.WatchCases(desk_pb2.WatchCasesRequest(cursor=cursor)))
        with refusal_of(refusals.MATERIAL_NOT_FOUND.number):
            await drained(desk.GetDocument(desk_pb2.GetDocumentRequest(case_id=case_id, digest=b"d" * 32)))

    play(body)


def test_only_the_systems_of_the_own_province_may_call(play: Play) -> None:
    async def body(made: Federation) -> None:
        request = desk_pb2.ListCasesRequest()
        for code, role in ((IN, Role.OPERATOR), (IN, Role.NODE), (OUT, Role.SYSTEM)):
            async with channel(made.country.addresses[IN], made.country.tls(code, role)) as link:
                with refusal_of(refusals.WRONG_ROLE.number):
                    await desk_pb2_grpc.DeskStub(link).ListCases(request, timeout=CALL_S)

    play(body)


def test_a_draining_node_takes_on_nothing_new_and_goes_on_with_the_rest(play: Play) -> None:
    async def body(made: Federation) -> None:
        case_id = await made.up_to("deregister")
        made[IN].node.desk.draining = True
        try:
            for call in (made[IN].open(OUT, made.country.person(OUT)), made[IN].decide(case_id, "withdraw")):
                with refusal_of(refusals.DRAINING.number):
                    await call
            await made[OUT].decide(case_id, "deregister")
            await made[IN].sees(case_id, state="deregistered")
        finally:
            made[IN].node.desk.draining = False

    play(body)


def test_the_register_is_shown_for_an_open_case_only_and_says_what_differs(play: Play) -> None:
    async def body(made: Federation) -> None:
        someone = made.country.person(OUT)
        renamed = type(someone)()
        renamed.CopyFrom(someone)
        renamed.name = "李四"
        case_id = await made.up_to("deregister", renamed)
        request = desk_pb2.FindResidentRequest(officer=made[OUT].officer, case_id=case_id)
        found = await made[OUT].desk.FindResident(request, timeout=CALL_S)
        assert (found.found, list(found.differences), found.status) == (True, ["name"], "active")
        assert someone.FromString(found.resident).name == someone.name
        request.officer.CopyFrom(made[IN].officer)
        assert not (await made[IN].desk.FindResident(request, timeout=CALL_S)).found

    play(body)
