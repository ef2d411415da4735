"""`yrdx-desk` and reasons: a case shows those that its policy has, and so does the refusal of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.refusals import BAD_FIELD, Refused
from tests.nodes.fake_desk import CASE, OFFICER, WHY, Desk
from tests.nodes.test_desk_client import certificates, play
from tests.support.programs import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.nodes.test_desk_client import Body

__all__ = ["certificates", "play"]


def test_a_case_shows_the_reasons_that_may_be_given_in_it(play: Callable[[Body], None]) -> None:
    async def body(_: Desk, there: list[object]) -> None:
        shown = await run("yrdx-desk", "show", CASE, *there)
        assert [line.split() for line in shown.out.splitlines()[-2:]] == [
            ["policy", "refuse", "不符合落户政策。", "Not", "met."],
            ["wish", "withdraw", "本人撤回。", "Taken", "back."],
        ]

    play(body)


def test_who_gives_another_reason_is_told_which_there_are(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        desk.refusal = Refused(BAD_FIELD, "detail.reason_code")
        ended = await run("yrdx-desk", "decide", "refuse", CASE, *WHY, *OFFICER, *there)
        assert (ended.status, ended.out) == (1, "")
        known = ["--reason-code of refuse is one of:", "  policy           不符合落户政策。 Not met."]
        assert ended.err.splitlines() == [*known, "1005 BAD_FIELD (detail.reason_code)", BAD_FIELD.zh, BAD_FIELD.en]
        desk.refusal = Refused(BAD_FIELD, "detail.reason")
        other = await run("yrdx-desk", "decide", "refuse", CASE, *WHY, *OFFICER, *there)
        assert other.err.splitlines() == ["1005 BAD_FIELD (detail.reason)", BAD_FIELD.zh, BAD_FIELD.en]

    play(body)
