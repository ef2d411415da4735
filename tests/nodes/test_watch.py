"""Lists and changes of cases: pages join without a gap, filters are exact, whoever follows a cursor misses nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from core.receipts import timestamp
from tests.support.exchange import until
from tests.support.province import CALL_S, IN, OTHER, OUT
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    import random

    from tests.nodes.conftest import Play
    from tests.support.province import Federation, Province


async def pages(province: Province, size: int, **wanted: Any) -> list[desk_pb2.CaseView]:
    """All pages of a list; each but the last is full."""
    found: list[desk_pb2.CaseView] = []
    token = ""
    while True:
        request = desk_pb2.ListCasesRequest(filter=desk_pb2.CaseFilter(**wanted), page_size=size, page_token=token)
        answer = await province.desk.ListCases(request, timeout=CALL_S)
        found += answer.cases
        token = answer.next_page_token
        if not token:
            return found
        assert len(answer.cases) == (size or 50)


async def some_cases(made: Federation) -> None:
    """Cases in many states between many provinces."""
    for code in (OUT, OTHER):
        for action in ("permit", "refuse", "withdraw"):
            case_id = await made[IN].open(code, made.country.person(code))
            await made[IN].can(case_id, action)
            await made[IN].decide(case_id, action)
    await made.up_to("deregister")
    await made.up_to("land")
    await made.idle()


def test_pages_join_and_filters_are_exact(play: Play) -> None:
    async def body(made: Federation) -> None:
        await some_cases(made)
        everything = await pages(made[IN], 200)
        assert len(everything) > 7
        assert [one.case_id for one in everything] == sorted(one.case_id for one in everything), "as they were opened"
        for size in (1, 3, 7):
            assert await pages(made[IN], size) == everything
        for state in {one.state for one in everything}:
            assert await pages(made[IN], 5, state=state) == [one for one in everything if one.state == state]
        for code in made.provinces:
            assert await pages(made[IN], 2, ball_holder=code) == [one for one in everything if one.ball_holder == code]
        assert await pages(made[IN], 3, open_only=True) == [one for one in everything if one.state != "closed"]
        moments = sorted(one.due_at.ToDatetime(UTC) for one in everything if one.HasField("due_at"))
        for limit in (moments[0], moments[-1], moments[-1] + timedelta(seconds=1)):
            due = [one for one in everything if one.HasField("due_at") and one.due_at.ToDatetime(UTC) < limit]
            assert await pages(made[IN], 4, due_before=timestamp(limit)) == due
        assert await pages(made[IN], 0, state="nothing") == []

    play(body)


class Follower:
    """Follows the cases of a province and breaks off now and then, as clients do."""

    def __init__(self, province: Province, rng: random.Random) -> None:
        self.province, self.rng, self.at_once = province, rng, rng.choice((0, 1, 3, 1000))
        self.cursor = ""
        self.seen: dict[bytes, list[int]] = {}
        self.newest: dict[bytes, desk_pb2.CaseView] = {}

    async def follow(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.rng.uniform(0.02, 0.4)):
                    await self._one_stream()

    async def _one_stream(self) -> None:
        call = self.province.desk.WatchCases(desk_pb2.WatchCasesRequest(cursor=self.cursor, at_once=self.at_once))
        try:
            async for change in call:
                assert int(change.cursor) > int(self.cursor or 0) or not change.HasField("case")
                self.cursor = change.cursor
                assert len(change.more) < max(self.at_once, 1)
                for view in (change.case, *change.more) if change.HasField("case") else ():
                    self.seen.setdefault(view.case_id, []).append(view.version)
                    self.newest[view.case_id] = view
        finally:
            call.cancel()


def test_a_follower_who_breaks_off_and_comes_back_misses_no_case(play: Play, rng: random.Random) -> None:
    async def life(made: Federation) -> None:
        case_id = await made.up_to("deregister")
        await made[rng.choice((IN, OUT))].decide(case_id, "switch-to-paper")
        await made[OUT].sees(case_id, state="closed")

    async def body(made: Federation) -> None:
        followers = [Follower(made[OUT], rng) for _ in range(3)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(follower.follow()) for follower in followers]
            await asyncio.gather(*(life(made) for _ in range(6)))
            await made.idle()
            standing = {one.case_id: one for one in await pages(made[OUT], 200)}
            await until(lambda: all(follower.newest == standing for follower in followers))
            for task in tasks:
                task.cancel()
        for follower in followers:
            assert all(versions == sorted(versions) for versions in follower.seen.values())

    play(body)


def test_who_follows_from_the_beginning_gets_a_snapshot_first(play: Play) -> None:
    async def body(made: Federation) -> None:
        await made.up_to("permit")
        await made.idle()
        standing = {one.case_id: one for one in await pages(made[IN], 200)}
        snapshot: dict[bytes, desk_pb2.CaseView] = {}
        async with asyncio.timeout(CALL_S):
            async for change in made[IN].desk.WatchCases(desk_pb2.WatchCasesRequest()):
                snapshot[change.case.case_id] = change.case
                if len(snapshot) == len(standing):
                    break
        assert snapshot == standing

    play(body)


def test_who_takes_many_at_once_gets_them_in_one_response(play: Play) -> None:
    async def body(made: Federation) -> None:
        for _ in range(2):
            await made.up_to("permit")
        await made.idle()
        standing = await pages(made[IN], 200)
        assert len(standing) > 1
        async with asyncio.timeout(CALL_S):
            async for change in made[IN].desk.WatchCases(desk_pb2.WatchCasesRequest(at_once=200)):
                views = (change.case, *change.more)
                assert {one.case_id: one for one in views} == {one.case_id: one for one in standing}
                break

    play(body)


async def until_quiet(call: Any) -> tuple[list[bytes], str]:
    """Which cases a stream tells of up to its next heartbeat, and the cursor then."""
    seen: list[bytes] = []
    async with asyncio.timeout(CALL_S):
        async for change in call:
            if not change.HasField("case"):
                return seen, change.cursor
            seen += [view.case_id for view in (change.case, *change.more)]
    raise AssertionError("a stream without end ended")


def test_who_follows_a_node_that_is_killed_goes_on_where_he_was(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodes.common.watch.HEARTBEAT_S", 0.3)

    async def body(made: Federation) -> None:
        desk = made[OUT].desk
        unchanged, changed = await made.up_to("permit"), await made.up_to("permit")
        await made.idle()
        call = desk.WatchCases(desk_pb2.WatchCasesRequest())
        before, cursor = await until_quiet(call)
        assert {unchanged, changed} <= set(before)
        await made[OUT].crash()
        with pytest.raises(grpc.aio.AioRpcError):
            await until_quiet(call)
        await made[IN].decide(changed, "permit")
        new = await made[IN].open(OUT, made.country.person(OUT))
        await made[OUT].start()
        await made[OUT].sees(changed, state="permitted")
        await made[OUT].sees(new, state="applied")
        await made.idle()
        again = desk.WatchCases(desk_pb2.WatchCasesRequest(cursor=cursor), wait_for_ready=True)
        after, last = await until_quiet(again)
        assert sorted(after) == sorted((changed, new)), "no gap, and nothing that has not changed"
        assert int(last) > int(cursor)
        assert await until_quiet(again) == ([], last), "a heartbeat moves nothing"
        again.cancel()

    play(body)


def test_a_quiet_stream_has_a_heartbeat(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodes.common.watch.HEARTBEAT_S", 0.1)

    async def body(made: Federation) -> None:
        await made.idle()
        async with asyncio.timeout(CALL_S):
            async for change in made[IN].desk.WatchCases(desk_pb2.WatchCasesRequest(cursor="999999")):
                assert not change.HasField("case")
                assert change.cursor == "999999"
                break

    play(body)
