"""Policy tables at the hub: in force with the trust list, for cases that open from then on; those that run keep their own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from core.envelope import sha256
from core.procedures.model import Case
from core.refusals import POLICY_SUPERSEDED, TRUST_LIST_ROLLBACK, UNKNOWN_RULES, Refused
from core.values import parse
from hub.ledger.work import Done, DueCheck
from tests.support.ledger import START, refusal_of
from tests.support.ledger import ledger as working_ledger
from tests.support.tables import REGIONAL, table
from tests.support.world import JIANGSU, SHANGHAI, ZHEJIANG, World, new_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import asyncpg

    from tests.support.ledger import Ledger

    Play = Callable[[Callable[[Ledger], Awaitable[None]]], None]

OLD, NEW = table(ZHEJIANG, 1, days={"review": 9}), table(ZHEJIANG, 2, days={"review": 4})
ELSEWHERE = table(JIANGSU, 1)


async def publish(made: Ledger, version: int, **tables: bytes) -> None:
    made.world.policies = {ZHEJIANG: tables.get("zhejiang", b""), JIANGSU: tables.get("jiangsu", b"")}
    await made.trust.publish(made.world.signed_trust_list(version), made.committer.append)


async def case(made: Ledger, case_id: bytes) -> Case:
    return parse(await made.pool.fetchval("select state from cases where case_id = encode($1, 'hex')::uuid", case_id), Case)


async def review_days(made: Ledger, case_id: bytes) -> int:
    """Whole calendar days until the review is due; business time stands on a Monday."""
    found = await case(made, case_id)
    clock = found.clock("review")
    assert clock is not None
    return (clock.due_at - clock.started_at + timedelta(hours=23)).days


def test_a_change_is_for_new_cases_alone(play: Play) -> None:
    async def body(made: Ledger) -> None:
        voice = made.speakers[ZHEJIANG]
        await publish(made, 2, zhejiang=OLD)
        old, new = new_id(), new_id()
        await made.accepted(voice.apply(SHANGHAI, "person-1", old))
        before = await review_days(made, old)
        await publish(made, 3, zhejiang=NEW)
        await made.accepted(voice.apply(SHANGHAI, "person-2", new))
        assert (await case(made, old)).policy_digest == sha256(OLD)
        assert (await case(made, new)).policy_digest == sha256(NEW)
        assert await review_days(made, old) == before > await review_days(made, new)
        await made.accepted(voice.say(old, "pause", SHANGHAI, policy_digest=sha256(OLD)))
        await made.accepted(voice.say(old, "resume", SHANGHAI, policy_digest=sha256(OLD)))
        await made.accepted(voice.say(old, "permit", SHANGHAI, policy_digest=sha256(OLD)))

    play(body)


@pytest.mark.parametrize(
    ("named", "kind"),
    [(OLD, POLICY_SUPERSEDED), (ELSEWHERE, POLICY_SUPERSEDED), (REGIONAL, POLICY_SUPERSEDED), (b"never seen", UNKNOWN_RULES)],
    ids=["superseded", "another province's", "regional", "unknown"],
)
def test_an_opening_under_another_table_stores_nothing(play: Play, named: bytes, kind: object) -> None:
    async def body(made: Ledger) -> None:
        await publish(made, 2, zhejiang=OLD, jiangsu=ELSEWHERE)
        await publish(made, 3, zhejiang=NEW, jiangsu=ELSEWHERE)
        before = await made.counts()
        opening = made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1", policy_digest=sha256(named))
        assert refusal_of(await made.one(opening)) is kind
        assert await made.counts() == before

    play(body)


def test_a_province_without_a_table_may_not_use_anothers(play: Play) -> None:
    async def body(made: Ledger) -> None:
        await publish(made, 2, jiangsu=ELSEWHERE)
        opening = made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1", policy_digest=sha256(ELSEWHERE))
        assert refusal_of(await made.one(opening)) is POLICY_SUPERSEDED
        await made.accepted(made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1"))

    play(body)


def test_an_opening_that_was_verified_before_the_change_is_judged_after_it(play: Play) -> None:
    async def body(made: Ledger) -> None:
        await publish(made, 2, zhejiang=OLD)
        (read,) = made.verifier.read([made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1")], ZHEJIANG)
        await publish(made, 3, zhejiang=NEW)
        (outcome,) = await made.settle([read])
        assert refusal_of(outcome) is POLICY_SUPERSEDED

    play(body)


@pytest.mark.parametrize("second", [table(ZHEJIANG, 1, days={"review": 5}), b""], ids=["same number", "taken away"])
def test_a_list_that_takes_a_table_back_is_not_put_in_force(play: Play, second: bytes) -> None:
    async def body(made: Ledger) -> None:
        await publish(made, 2, zhejiang=OLD)
        before = await made.counts()
        with pytest.raises(Refused) as caught:
            await publish(made, 3, zhejiang=second)
        assert (caught.value.kind, caught.value.field) == (TRUST_LIST_ROLLBACK, f"members[{ZHEJIANG}].policy")
        assert await made.counts() == before
        assert made.trust.current().version == 2

    play(body)


def test_a_province_that_left_does_not_come_back_with_an_older_table(play: Play) -> None:
    async def body(made: Ledger) -> None:
        await publish(made, 2, zhejiang=NEW)
        everybody = made.world.members
        made.world.members = tuple(code for code in everybody if code != ZHEJIANG)
        await publish(made, 3)
        made.world.members = everybody
        with pytest.raises(Refused) as caught:
            await publish(made, 4, zhejiang=OLD)
        assert caught.value.kind is TRUST_LIST_ROLLBACK
        await publish(made, 4, zhejiang=NEW)
        await made.accepted(made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1"))

    play(body)


def test_a_table_without_a_limit_opens_no_case(play: Play) -> None:
    async def body(made: Ledger) -> None:
        await publish(made, 2, zhejiang=table(ZHEJIANG, limits={}))
        assert refusal_of(await made.one(made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1"))) is UNKNOWN_RULES

    play(body)


def test_a_hub_that_starts_later_knows_the_tables_of_before(ledger: Callable[..., None], tmp_path: Path) -> None:
    async def body(pool: asyncpg.Pool) -> None:
        world, case_id = World(tmp_path), new_id()
        async with working_ledger(world, pool) as made:
            await publish(made, 2, zhejiang=OLD)
            voice = made.speakers[ZHEJIANG]
            await made.accepted(voice.apply(SHANGHAI, "person-1", case_id))
            await publish(made, 3, zhejiang=NEW)
        async with working_ledger(world, pool) as again:
            await again.committer.move_time(START + timedelta(days=20))
            (outcome,) = await again.committer.settle([DueCheck(case_id)])
            assert isinstance(outcome, Done)
            assert outcome.events == 1, "nine working days have passed"
            await again.accepted(voice.say(case_id, "permit", SHANGHAI, policy_digest=sha256(OLD)))

    ledger(body)
