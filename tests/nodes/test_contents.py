"""Content that its receiver cannot use: refused, sealed again once, and nothing irreversible in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.refusals import ACTION_NOT_LEGAL, CANNOT_OPEN, TAG_COMMITMENT_MISMATCH
from nodes.common import content, messages
from pki.identity import Purpose
from pki.keys import new_private
from pki.seal import Opener
from tests.support import programs
from tests.support.exchange import until
from tests.support.officers import refusal_of
from tests.support.province import IN, OUT
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    import pytest

    from tests.nodes.conftest import Play
    from tests.support.province import Federation

PERMIT = "yrdx.v1.MovePermit"


def sealed_to_nobody(monkeypatch: pytest.MonkeyPatch, kind: str, times: int) -> None:
    """The next so many payloads of a kind are sealed to a key that nobody has."""
    lost = Opener(new_private(Purpose.SEALING))  # type: ignore[arg-type]  # an X25519 key
    real, left = content.sealed_for, [times]

    def sealed(key: bytes, routing: bytes, said_: Any) -> Any:
        if said_.type == kind and left[0]:
            left[0] -= 1
            key = lost.public
        return real(key, routing, said_)

    monkeypatch.setattr(messages, "sealed_for", sealed)


async def said(made: Federation, code: str, case_id: bytes) -> list[tuple[str, str]]:
    return [(one.action, one.sender) for one in (await made[code].get(case_id)).messages]


def test_what_could_not_be_opened_is_sealed_again_and_the_case_goes_on(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(made: Federation) -> None:
        case_id = await made.up_to("permit")
        sealed_to_nobody(monkeypatch, PERMIT, 1)
        await made[IN].decide(case_id, "permit")
        await until(lambda: resealed(made, case_id))
        await made.idle()
        assert await said(made, OUT, case_id) == [("apply", IN), ("permit", IN), ("content-refused", OUT), ("reseal", IN)]
        assert (await made[OUT].view(case_id)).refusal == 0
        permit = transfer_pb2.MovePermit()
        assert (await made[OUT].get(case_id)).messages[3].payload.Unpack(permit)
        assert permit.to_address
        for code, action in ((OUT, "deregister"), (IN, "land")):
            await made[code].can(case_id, action)
            await made[code].decide(case_id, action)
        await made[OUT].sees(case_id, state="closed", ending="landed")
        await made.idle()
        folder = made.country.folder
        verdict = await programs.run("yrdx-audit", "verify", folder / "log", "--root", folder / "root.pem", "--json")
        assert verdict.status == 0, verdict.out

    play(body)


def test_a_second_sealing_that_does_not_help_is_left_to_people(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(made: Federation) -> None:
        case_id = await made.up_to("permit")
        sealed_to_nobody(monkeypatch, PERMIT, 2)
        await made[IN].decide(case_id, "permit")
        await until(lambda: refused_twice(made, case_id))
        await made.idle()
        assert (await made[OUT].view(case_id)).refusal == CANNOT_OPEN.number
        with refusal_of(ACTION_NOT_LEGAL.number):
            await made[OUT].decide(case_id, "deregister")
        await made[OUT].decide(case_id, "refuse")
        await made[IN].sees(case_id, state="closed", ending="refused-by-out")

    play(body)


def test_who_claims_somebody_else_than_he_writes_about_is_refused_by_name_of_the_reason(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(made: Federation) -> None:
        writer, honest = made[IN].node.writer, made[IN].node.writer.opening
        monkeypatch.setattr(type(writer), "opening", lambda _self, _numbers: honest([("person", "11010519491231002X")]))
        case_id = await made[IN].open(OUT, made.country.person(OUT))
        await until(lambda: refused_once(made, case_id))
        await made.idle()
        refusal = transfer_pb2.ContentRefused()
        (answer,) = [one for one in (await made[IN].get(case_id)).messages if one.action == "content-refused"]
        assert answer.payload.Unpack(refusal)
        assert refusal.number == TAG_COMMITMENT_MISMATCH.number
        assert ("reseal", IN) not in await said(made, IN, case_id)
        await made[IN].decide(case_id, "permit")
        await made[OUT].sees(case_id, state="permitted")
        with refusal_of(ACTION_NOT_LEGAL.number):
            await made[OUT].decide(case_id, "deregister")

    play(body)


async def resealed(made: Federation, case_id: bytes) -> bool:
    return ("reseal", IN) in await said(made, IN, case_id)


async def refused_once(made: Federation, case_id: bytes) -> bool:
    return (await said(made, IN, case_id)).count(("content-refused", OUT)) == 1


async def refused_twice(made: Federation, case_id: bytes) -> bool:
    return (await said(made, IN, case_id)).count(("content-refused", OUT)) == 2
