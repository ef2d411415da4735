"""One household transfer over desks, nodes, registers and hub, up to the auditor."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.refusals import ALREADY_REGISTERED_HERE, PERSON_CLAIMED, RETURN_INCOMPLETE
from nodes.provinces import CODECS
from tests.support import programs
from tests.support.exchange import until
from tests.support.officers import refusal_of
from tests.support.province import IN, OTHER, OUT
from yrdx.v1 import envelope_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from tests.nodes.conftest import Play
    from tests.support.province import Federation
    from yrdx.v1 import desk_pb2

MISMATCH = envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH


def test_a_household_moves_from_the_desk_through_the_registers_to_the_auditor(play: Play) -> None:
    async def body(made: Federation) -> None:
        person = made.country.person(OUT)
        case_id = await made.up_to("land", person)
        assert made.country.status(OUT, person.id_number) == "moved-out"
        assert made.country.status(IN, person.id_number) is None, "nobody is registered twice, not even for a moment"
        await made[IN].decide(case_id, "land")
        for code in (IN, OUT):
            await made[code].sees(case_id, state="closed", ending="landed", pending_action="", refusal=0)
        landed = made.country.record(IN, person.id_number)
        assert landed is not None
        resident = CODECS[IN].decode(landed.record)
        assert (resident.name, resident.address, resident.birth_date) == (person.name, "文三路2号", person.birth_date)
        assert made.country.operations(OUT, person.id_number) == [("move-out", "finalised")]
        assert made.country.operations(IN, person.id_number) == [("move-in", "finalised")]
        await made.idle()
        size = await made.hub.hub.pool.fetchval("select size from log_head")
        await until(lambda: made.hub.hub.log_writer.published.size == size)
        folder = made.country.folder
        verdict = await programs.run("yrdx-audit", "verify", folder / "log", "--root", folder / "root.pem", "--json")
        assert verdict.status == 0, verdict.out

    play(body)


def test_results_travel_back_and_every_message_shows_its_stages_at_both_desks(play: Play) -> None:
    async def body(made: Federation) -> None:
        case_id = await made.up_to("land")
        await made[IN].decide(case_id, "land")
        await made[OUT].sees(case_id, state="closed")
        await made.idle()
        for code in (IN, OUT):
            messages = {(one.action, one.sender): one for one in (await made[code].get(case_id)).messages}
            assert list(messages) == [
                ("apply", IN), ("permit", IN), ("deregister", OUT), ("entered", OUT), ("land", IN), ("entered", IN)
            ]  # fmt: skip
            assert [one.step for one in messages.values()] == [1, 2, 3, 4, 5, 6]
            assert all(one.HasField("accepted_at") and one.HasField("delivered_at") for one in messages.values())
            assert [one.action for one in messages.values() if one.HasField("entered_at")] == ["deregister", "land"]
        permit, certificate = transfer_pb2.MovePermit(), transfer_pb2.MigrationCertificate()
        for code, action, detail in ((OUT, "permit", permit), (IN, "deregister", certificate)):
            (said,) = [one for one in (await made[code].get(case_id)).messages if one.action == action]
            assert said.payload.Unpack(detail)
        assert (certificate.permit_number, certificate.resident.id_number) == (permit.permit_number, permit.id_number)

    play(body)


def test_a_second_application_for_a_person_is_refused_for_ever_and_changes_nothing(play: Play) -> None:
    async def body(made: Federation) -> None:
        person = made.country.person(OUT)
        first = await made.up_to("permit", person)
        await made.idle()
        before = await made[IN].view(first)
        second = await made[OTHER].open(OUT, person)
        refused = await made[OTHER].sees(second, refusal=PERSON_CLAIMED.number)
        assert (refused.state, list(refused.legal_actions), refused.pending_action) == ("closed", [], "")
        assert refused.refusal_text == PERSON_CLAIMED.zh
        (message,) = (await made[OTHER].get(second)).messages
        assert (message.refusal, message.step, message.HasField("accepted_at")) == (PERSON_CLAIMED.number, 0, False)
        await made.idle()
        with refusal_of(5003):
            await made[OUT].view(second)
        assert await made[IN].view(first) == before
        assert made.country.status(OUT, person.id_number) == "active"
        assert made.country.operations(OUT, person.id_number) == []

    play(body)


def test_who_is_registered_here_cannot_apply_here(play: Play) -> None:
    async def body(made: Federation) -> None:
        with refusal_of(ALREADY_REGISTERED_HERE.number):
            await made[IN].open(OUT, made.country.person(IN))

    play(body)


def test_a_wrong_name_is_returned_corrected_and_lands(play: Play) -> None:
    async def body(made: Federation) -> None:
        person = made.country.person(OUT)
        right = transfer_pb2.HouseholdApplication(id_number=person.id_number, name=person.name, ground=transfer_pb2.TRANSFER_GROUND_SPOUSE)
        wrong = type(person)()
        wrong.CopyFrom(person)
        wrong.name = "李四"
        case_id = await made.up_to("deregister", wrong)
        with refusal_of(5009):
            await made[OUT].decide(case_id, "deregister")
        assert made.country.operations(OUT, person.id_number) == [("move-out", "released")]
        assert (await made[OUT].view(case_id)).pending_action == ""
        with refusal_of(RETURN_INCOMPLETE.number):
            await made[OUT].decide(case_id, "return", reason_class=MISMATCH)
        difference = transfer_pb2.FieldDifference(field="name", stated="李四", registered=person.name)
        told = transfer_pb2.CorrectionRequest(reason_code="mismatch", reason="姓名与登记不一致。", differences=[difference])
        await made[OUT].decide(case_id, "return", told)
        await made[IN].can(case_id, "resubmit")
        await made[IN].decide(case_id, "resubmit", transfer_pb2.Correction(application=right))
        await made[OUT].can(case_id, "deregister")
        await made[OUT].decide(case_id, "deregister")
        await made[IN].can(case_id, "land")
        await made[IN].decide(case_id, "land")
        await made[OUT].sees(case_id, state="closed", ending="landed-after-correction")

    play(body)


def test_many_cases_at_once_between_all_provinces(play: Play) -> None:
    async def one(made: Federation, asking: str, asked: str) -> desk_pb2.CaseView:
        person = made.country.person(asked)
        case_id = await made[asking].open(asked, person)
        for code, action in ((asking, "permit"), (asked, "deregister"), (asking, "land")):
            await made[code].can(case_id, action)
            await made[code].decide(case_id, action)
        seen = await made[asked].sees(case_id, state="closed", ending="landed")
        assert made.country.status(asked, person.id_number) == "moved-out"
        assert made.country.status(asking, person.id_number) == "active"
        return seen

    async def body(made: Federation) -> None:
        pairs = [(asking, asked) for asking in made.provinces for asked in made.provinces if asking != asked]
        await asyncio.gather(*(one(made, *pair) for pair in pairs))
        await made.idle()
        assert not any(made.country.held(code) for code in made.provinces)

    play(body)
