"""Whatever the order in which a node hears of steps and receipts: in the end its case is the hub's, and until then a beginning of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from core import receipts
from core.procedures import engine
from core.procedures.model import CLOSED
from core.receipts import read_receipt
from nodes.common.messages import Saying
from nodes.common.store import steps as steps_of
from nodes.common.store.cases import CaseRow
from tests.nodes.small_hub import SmallHub, signed_receipt
from tests.support.province import IN, OUT, detail_of, reason_of
from yrdx.v1 import desk_pb2, exchange_pb2, receipt_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from core.procedures.model import Case
    from nodes.common.composition import Node
    from nodes.common.store.outbox import Outgoing
    from nodes.common.store.steps import Step
    from tests.nodes.small_hub import Small

    Play = Callable[[Callable[[Small], Awaitable[None]]], None]

HISTORIES = 40
LONGEST = 14


@dataclass
class Told:
    """What a node is to hear, each piece once or more often."""

    deliveries: list[exchange_pb2.Delivery] = field(default_factory=list)
    own: list[Step] = field(default_factory=list)
    logged: list[exchange_pb2.LoggedReceipt] = field(default_factory=list)


class History:
    """A random legal life of a case at the hub, with refusals, due events and receipts."""

    def __init__(self, made: Small, rng: random.Random) -> None:
        self.made, self.rng = made, rng
        self.hub = SmallHub(made.country)
        self.case_id = made.nodes[IN].writer.new_id()
        self.sent: list[tuple[str, Outgoing]] = []
        self._acknowledged = dict.fromkeys((IN, OUT), 0)

    @property
    def case(self) -> Case | None:
        return self.hub.cases.get(self.case_id)

    async def live(self) -> None:
        await self.say(IN, "apply")
        for _ in range(self.rng.randrange(LONGEST)):
            await self.rng.choice((self.decide, self.decide, self.receive, self.receive, self.wait, self.mistake))()

    async def decide(self) -> None:
        """One of the parties does what it may."""
        code = self.rng.choice((IN, OUT))
        if self.case is None or self.case.state == CLOSED:
            return
        role = next(role for role, one in self.case.parties.items() if one == code)
        allowed = engine.legal_actions(self.case, role, self.hub.now, self.hub.book.of(self.case).procedure)
        going_on = [action for action in allowed if action in {"permit", "deregister", "entered", "land", "resubmit", "resume"}]
        if allowed:
            await self.say(code, self.rng.choice(going_on * 3 + allowed))

    async def mistake(self) -> None:
        """A message that the hub refuses, which uses up its number."""
        await self.say(self.rng.choice((IN, OUT)), "land")

    async def receive(self) -> None:
        """A party acknowledges the next thing that it got."""
        code = self.rng.choice((IN, OUT))
        mail = self.hub.mail.get(code, [])
        if self._acknowledged[code] < len(mail):
            self._acknowledge(code)

    def _acknowledge(self, code: str) -> None:
        delivery = self.hub.mail[code][self._acknowledged[code]]
        self._acknowledged[code] += 1
        step = self.made.nodes[code].verifier.step(delivery, {1: self.hub.trust})
        self.hub.acknowledge(self.made.nodes[code].inbox._receipt(step))

    async def receive_all(self, code: str) -> None:
        while self._acknowledged[code] < len(self.hub.mail.get(code, [])):
            self._acknowledge(code)

    async def wait(self) -> None:
        self.hub.pass_time(timedelta(days=self.rng.choice((1, 2, 20, 50))))

    async def say(self, code: str, action: str) -> None:
        node, case = self.made.nodes[code], self.case
        number = "31010119900101001X"
        detail: Any = detail_of(action)
        application = transfer_pb2.HouseholdApplication(id_number=number, name="张三", ground=transfer_pb2.TRANSFER_GROUND_SPOUSE)
        if isinstance(detail, transfer_pb2.HouseholdApplication):
            detail = application
        if isinstance(detail, transfer_pb2.Correction):
            detail.application.CopyFrom(application)
        row = CaseRow(
            case_id=self.case_id,
            service="household-transfer",
            counterpart=OUT if code == IN else IN,
            role="IN" if code == IN else "OUT",
            opened_at=self.hub.now,
            case=case,
            next_seq=case.sequences.get(code, 0) + 1 if case else 1,
        )
        saying = Saying(
            message_id=node.writer.new_id(),
            action=action,
            payload=detail,
            officer=desk_pb2.Officer(number="1", name="王", unit=f"{code[:2]}0101000000"),
            legal_basis="mps-2021-12",
            reason_class=reason_of(action),
            concerns=case.concerns if case and action in {"entered", "execution-failed"} else b"",
            opening=node.writer.opening([("person", number)]) if action == "apply" else None,
        )
        self.sent.append((code, node.writer.write(row, saying)))

        await self.hub.Submit(exchange_pb2.SubmitRequest(envelopes=[self.sent[-1][1].envelope]))

    def told(self, code: str) -> Told:
        """Everything that the node of a province hears of this life."""
        told = Told(list(self.hub.mail.get(code, [])), logged=list(self.hub.logged))
        for sender, message in self.sent:
            signed = self.hub._answers[message.message_id]
            answer = read_receipt(signed.receipt)
            if sender == code and answer.kind == receipts.ACCEPTED:
                told.own.append(self.made.nodes[code].outbox._step(message, signed.SerializeToString(), answer))
        return told


async def hear(node: Node, pieces: list[Any]) -> None:
    """One piece after the other, or some at once, as stream and outbox bring them."""
    deliveries = [one for one in pieces if isinstance(one, exchange_pb2.Delivery)]
    own = [one for one in pieces if isinstance(one, steps_of.Step)]
    logged = [one for one in pieces if isinstance(one, exchange_pb2.LoggedReceipt)]
    if own:
        async with node.database.writing() as transaction:
            assert await node.applier.take(transaction, own) == []
    assert len(await node.inbox.take(deliveries, logged)) == len(deliveries), "each is receipted"


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
        assert await node.inbox.take([false], []) == []
        assert len(await node.inbox.take([second], [])) == 1
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
