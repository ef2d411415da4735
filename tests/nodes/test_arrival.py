"""Whatever the order in which a node hears of steps and receipts: in the end its case is the hub's, and until then a beginning of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from core.procedures.model import CLOSED
from core.receipts import read_receipt
from nodes.common.store import steps as steps_of
from tests.nodes.histories import History, hear
from tests.nodes.small_hub import signed_receipt
from tests.support.province import IN, OUT
from yrdx.v1 import exchange_pb2, receipt_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from core.procedures.model import Case
    from nodes.common.composition import Node
    from tests.nodes.small_nodes import Small

    Play = Callable[[Callable[[Small], Awaitable[None]]], None]

HISTORIES = 40


def known(case: Case) -> Case:
    """Without the numbers of refused messages, which the node need not count."""
    return msgspec.structs.replace(case, sequences={})


def test_any_order_of_arrival_gives_the_hubs_case(small: Play, rng: random.Random) -> None:
    async def one(made: Small, code: str) -> None:
        history, node = History(made, rng), made.nodes[code]
        await history.live()
        told = history.told(code)
        pieces: list[Any] = [*told.deliveries, *told.own, *told.logged]
        pieces += rng.sample(pieces, len(pieces) // 3)
        rng.shuffle(pieces)
        while pieces:
            size = rng.randrange(1, 4)
            chunk, pieces = pieces[:size], pieces[size:]
            await hear(node, chunk)
        async with node.database.reading() as connection:
            row = await node.cases.known(connection, history.case_id)
            assert await steps_of.waiting(connection, [history.case_id]) == ([], []), "nothing waits any more"
        assert row.case is not None
        assert history.case is not None
        assert known(row.case) == known(history.case), history.hub.said[history.case_id]
        assert row.opened_at == history.case.opened_at
        assert row.alarm == 0

    async def body(made: Small) -> None:
        for _ in range(HISTORIES):
            await one(made, rng.choice((IN, OUT)))

    small(body)


def test_a_step_waits_for_the_one_before_it(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply")
        await history.say(IN, "permit")
        await history.say(IN, "withdraw")
        first, second, third = history.hub.mail[OUT]
        for late in (third, second):
            await hear(node, [late])
            async with node.database.reading() as connection:
                assert await node.cases.find(connection, history.case_id) is None
                assert await steps_of.unapplied(connection) == [history.case_id]
        await hear(node, [first])
        async with node.database.reading() as connection:
            row = await node.cases.known(connection, history.case_id)
            assert await steps_of.unapplied(connection) == []
        assert row.case is not None
        assert (row.case.state, row.case.step) == (CLOSED, 3)

    small(body)


def test_a_repeat_is_receipted_and_changes_nothing(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply")
        await history.receive_all(OUT)
        told = history.told(OUT)
        await hear(node, [*told.deliveries, *told.logged])
        async with node.database.reading() as connection:
            before = await node.cases.known(connection, history.case_id)
        await hear(node, [*told.deliveries, *told.logged, *told.deliveries])
        async with node.database.reading() as connection:
            after = await node.cases.known(connection, history.case_id)
        assert (after.version, after.changed, after.case) == (before.version, before.changed, before.case)

    small(body)


def test_a_limit_that_begins_is_told_and_makes_no_decision_outdated(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply")
        await history.say(IN, "permit")
        await hear(node, list(history.told(OUT).deliveries))
        async with node.database.reading() as connection:
            before = await node.cases.known(connection, history.case_id)
        await history.receive_all(OUT)
        await hear(node, list(history.told(OUT).logged))
        async with node.database.reading() as connection:
            after = await node.cases.known(connection, history.case_id)
        assert before.case is not None
        assert after.case is not None
        assert (before.case.clock("deregister"), after.case.clock("deregister")) == (
            None,
            history.case and history.case.clock("deregister"),
        )
        assert node.views.case(after).due_at != node.views.case(before).due_at
        assert after.version == before.version
        assert after.changed > before.changed, "who watches sees the limit"

    small(body)


def test_another_message_at_a_known_step_is_not_receipted(small: Play, rng: random.Random) -> None:
    """The hub contradicts itself: nothing is applied, and it gets no signature for it."""

    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply")
        await history.say(IN, "permit")
        first, second = history.hub.mail[OUT]
        await hear(node, [first])
        answer = read_receipt(second.accepted.receipt)
        answer.step = 1
        false = exchange_pb2.Delivery()
        false.CopyFrom(second)
        body_ = answer.SerializeToString(deterministic=True)
        false.accepted.CopyFrom(signed_receipt(made.country, body_, receipt_pb2.RECEIPT_KIND_ACCEPTED))
        assert (await node.inbox.take([false], [])).receipts == []
        assert len((await node.inbox.take([second], [])).receipts) == 1
        async with node.database.reading() as connection:
            row = await node.cases.known(connection, history.case_id)
        assert row.case is not None
        assert (row.case.state, row.case.step) == ("permitted", 2)

    small(body)


async def compare(history: History, node: Node) -> None:
    async with node.database.reading() as connection:
        row = await node.cases.known(connection, history.case_id)
    assert row.case is not None
    assert history.case is not None
    assert known(row.case) == known(history.case)


def test_a_receipt_that_comes_late_finds_its_place_also_that_of_a_due_event(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply")
        await history.say(IN, "permit")
        await history.receive_all(OUT)
        history.hub.pass_time(timedelta(days=20))
        await history.receive_all(OUT)
        assert any(one.HasField("due_event") for one in history.hub.mail[OUT])
        told = history.told(OUT)
        await hear(node, told.deliveries)
        for logged in reversed(told.logged):
            await hear(node, [logged, logged])
        await compare(history, node)

    small(body)


def test_a_receipt_that_comes_twice_at_once_starts_its_limit_once(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply")
        await history.say(IN, "permit")
        await history.receive_all(OUT)
        told = history.told(OUT)
        await hear(node, told.deliveries)
        await hear(node, [*told.logged, *told.logged])
        await compare(history, node)

    small(body)


def test_a_receipt_waits_for_the_step_that_it_names(small: Play, rng: random.Random) -> None:
    """The permit is received after a warning was said, and its receipt overtakes the warning."""

    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        await history.say(IN, "apply")
        await history.say(IN, "permit")
        history.hub.pass_time(timedelta(days=39))
        await history.receive_all(OUT)
        told = history.told(OUT)
        assert told.logged[1].step > 2
        await hear(node, [*told.deliveries[:2], *told.logged])
        await hear(node, told.deliveries[2:])
        await compare(history, node)
        assert history.case is not None
        assert history.case.clock("deregister"), "the limit counts from that receipt"

    small(body)
