"""How works come together in one commit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from hub.ledger import committer
from hub.ledger.store import LedgerStore
from tests.support.ledger import receipt_of
from tests.support.world import SHANGHAI, ZHEJIANG

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hub.ledger.moment import Moment
    from hub.ledger.rows import Rows
    from hub.ledger.store import Commit
    from tests.support.ledger import Ledger
    from yrdx.v1 import envelope_pb2

    Play = Callable[[Callable[[Ledger], Awaitable[None]]], None]

_STEP_S = 0.02


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Entries of each commit."""
    made: list[int] = []
    commit = LedgerStore.commit

    async def counted(store: LedgerStore, moment: Moment, rows: Rows) -> Commit:
        made.append(len(rows.entries))
        return await commit(store, moment, rows)

    monkeypatch.setattr(LedgerStore, "commit", counted)
    return made


def applications(made: Ledger, count: int) -> list[envelope_pb2.Envelope]:
    voice = made.speakers[ZHEJIANG]
    return [voice.apply(SHANGHAI, f"person-{number}") for number in range(count)]


def test_what_follows_a_batch_of_many_is_gathered(play: Play, commits: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer, "_REST_A_WORK_S", 0.1)
    monkeypatch.setattr(committer, "_LONGEST_REST_S", 30.0)

    async def body(made: Ledger) -> None:
        first, later = applications(made, 20)[:15], applications(made, 20)[15:]

        async def one(number: int) -> None:
            await asyncio.sleep(number * _STEP_S)
            receipt_of(await made.one(later[number]))

        await made.submit(*first)
        await asyncio.gather(*(one(number) for number in range(len(later))))

    play(body)
    assert commits == [15, 5]


def test_one_alone_is_followed_at_once(play: Play, commits: list[int]) -> None:
    async def body(made: Ledger) -> None:
        begun = asyncio.get_running_loop().time()
        for envelope in applications(made, 10):
            receipt_of(await made.one(envelope))
        assert asyncio.get_running_loop().time() - begun < 10 * committer._LONGEST_REST_S

    play(body)
    assert commits == [1] * 10


def test_nobody_rests_while_enough_wait(play: Play, commits: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer, "_REST_A_WORK_S", 3600.0)
    monkeypatch.setattr(committer, "_LONGEST_REST_S", 3600.0)

    async def body(made: Ledger) -> None:
        first, *later = applications(made, 65)
        receipt_of(await made.one(first))
        async with asyncio.timeout(30):
            await asyncio.gather(*(made.one(envelope) for envelope in later))

    play(body)
    assert commits == [1, 64]
