"""What a node keeps of what was said: plain text and salt of own messages only as long as they may have to be sealed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.refusals import PERSON_CLAIMED
from tests.support.province import IN, OUT
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from tests.nodes.conftest import Play
    from tests.support.province import Federation, Province

OWN = """
    select action from outbox where case_id = encode($1, 'hex')::uuid and content <> ''
    union all select message_id::text from steps where case_id = encode($1, 'hex')::uuid and sender = $2 and content <> ''"""
OTHERS = "select count(*) from steps where case_id = encode($1, 'hex')::uuid and sender not in ($2, 'hub') and content <> ''"


async def own(province: Province, case_id: bytes) -> list[str]:
    """Own messages of a case whose content is still there, by action while they are on their way, afterwards by id."""
    async with province.node.database.reading() as connection:
        return [row["action"] for row in await connection.fetch(OWN, case_id, province.code)]


async def others(province: Province, case_id: bytes) -> int:
    async with province.node.database.reading() as connection:
        return int(await connection.fetchval(OTHERS, case_id, province.code))


def test_content_of_own_messages_goes_when_the_case_closes(play: Play) -> None:
    """The reason of a refusal stays where somebody has to read it, and who the case was about stays at both."""

    async def body(made: Federation) -> None:
        case_id = await made.up_to("deregister")
        await made.idle()
        assert [len(await own(made[code], case_id)) for code in (IN, OUT)] == [2, 0], "once each: what was accepted stands in its step"
        person = (await made[IN].view(case_id)).person_id_number
        await made[OUT].decide(case_id, "refuse")
        await made[IN].sees(case_id, state="closed")
        await made.idle()
        for code, received in ((IN, 1), (OUT, 2)):
            assert (await own(made[code], case_id), await others(made[code], case_id)) == ([], received)
            assert (await made[code].view(case_id)).person_id_number == person
        reason = transfer_pb2.Decision()
        for code, known in ((IN, True), (OUT, False)):
            said = (await made[code].get(case_id)).messages[-1]
            assert (said.action, said.HasField("payload")) == ("refuse", known)
            assert not known or (said.payload.Unpack(reason) and reason.reason)

    play(body)


def test_content_of_an_application_that_the_hub_refused_goes_at_once(play: Play) -> None:
    async def body(made: Federation) -> None:
        person = made.country.person(OUT)
        await made.up_to("permit", person)
        second = await made[IN].open(OUT, person)
        await made[IN].sees(second, state="closed", refusal=PERSON_CLAIMED.number)
        assert await own(made[IN], second) == []
        (said,) = (await made[IN].get(second)).messages
        assert (said.refusal, said.HasField("payload")) == (PERSON_CLAIMED.number, False)
        assert (await made[IN].view(second)).person_id_number == person.id_number

    play(body)
