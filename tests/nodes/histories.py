"""Lives of cases at a small hub, written by two nodes' writers and told to nodes in whatever order."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core import receipts
from core.envelope import sha256
from core.procedures import engine
from core.procedures.model import CLOSED
from core.receipts import read_receipt
from nodes.common.content import SealedContent
from nodes.common.messages import Saying
from nodes.common.store import steps as steps_of
from nodes.common.store.cases import CaseRow
from tests.nodes.small_hub import SmallHub
from tests.support.officers import detail_of, reason_of
from tests.support.province import IN, OUT
from yrdx.v1 import desk_pb2, envelope_pb2, exchange_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from core.procedures.model import Case
    from nodes.common.composition import Node
    from nodes.common.store.outbox import Outgoing
    from nodes.common.store.steps import Step
    from tests.nodes.small_nodes import Small

    Alter = Callable[[SealedContent, envelope_pb2.Header], bytes]

LONGEST = 14
NUMBER = "310101199001010012"
OTHER_NUMBER = "11010519491231002X"


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

    async def say(self, code: str, action: str, detail: Any = None, **changes: Any) -> Outgoing:
        """One of the parties says something to the hub, whatever that answers; `changes` as `write` has them."""
        message = self.write(code, action, detail, **changes)
        self.sent.append((code, message))
        await self.hub.Submit(exchange_pb2.SubmitRequest(envelopes=[message.envelope]))
        return message

    def write(
        self,
        code: str,
        action: str,
        detail: Any = None,
        *,
        number: str = NUMBER,
        claimed: str = "",
        altered: Alter | None = None,
        **changes: Any,
    ) -> Outgoing:
        """The next message of a party.

        Args:
            code: who says it.
            action: what.
            detail: its payload, or the usual one about the person with this `number`.
            number: see above.
            claimed: whom its tags stand for, when that is somebody else.
            altered: makes other sealed bytes of its content and its routing, and may change the header.
            changes: of the `Saying`.
        """
        node, case = self.made.nodes[code], self.case
        row = CaseRow(
            case_id=self.case_id,
            service="household-transfer",
            counterpart=OUT if code == IN else IN,
            role="IN" if code == IN else "OUT",
            opened_at=self.hub.now,
            case=case,
            next_seq=case.sequences.get(code, 0) + 1 if case else 1,
        )
        values: dict[str, Any] = {
            "message_id": node.writer.new_id(),
            "action": action,
            "payload": detail or payload_of(action, number),
            "officer": desk_pb2.Officer(number="1", name="王", unit=f"{code[:2]}0101000000"),
            "legal_basis": "mps-2021-12",
            "reason_class": reason_of(action),
            "concerns": case.concerns if case and action in {"entered", "execution-failed"} else b"",
            "opening": node.writer.opening([("person", claimed or number)]) if action == "apply" else None,
        }
        message = node.writer.write(row, Saying(**{**values, **changes}))
        return message if altered is None else self._altered(node, message, altered)

    def _altered(self, node: Node, message: Outgoing, altered: Alter) -> Outgoing:
        header = envelope_pb2.Header.FromString(message.envelope.header)
        content = SealedContent.FromString(node.cipher.decrypt(message.content, message.message_id))
        sealed = altered(content, header)
        header.payload_digest = sha256(sealed)
        opening = message.envelope.tag_opening if message.envelope.HasField("tag_opening") else None
        envelope = node.writer.signed(header.SerializeToString(deterministic=True), sealed, opening)
        return dataclasses.replace(message, envelope=envelope)

    def told(self, code: str) -> Told:
        """Everything that the node of a province hears of this life."""
        told = Told(list(self.hub.mail.get(code, [])), logged=list(self.hub.logged))
        for sender, message in self.sent:
            signed = self.hub._answers[message.message_id]
            answer = read_receipt(signed.receipt)
            if sender == code and answer.kind == receipts.ACCEPTED:
                step = self.made.nodes[code].outbox._step(message, signed.SerializeToString(), answer)
                told.own.append(dataclasses.replace(step, content=message.content))  # no outbox of this node has it
        return told


async def hear(node: Node, pieces: list[Any]) -> None:
    """One piece after the other, or some at once, as stream and outbox bring them."""
    deliveries = [one for one in pieces if isinstance(one, exchange_pb2.Delivery)]
    own = [one for one in pieces if isinstance(one, steps_of.Step)]
    logged = [one for one in pieces if isinstance(one, exchange_pb2.LoggedReceipt)]
    if own:
        async with node.database.writing() as transaction:
            assert await node.applier.take(transaction, own) == []
    assert len((await node.inbox.take(deliveries, logged)).receipts) == len(deliveries), "each is receipted"


def payload_of(action: str, number: str = NUMBER) -> Any:
    """What an action usually says, about the person with this number."""
    detail: Any = detail_of(action)
    application = transfer_pb2.HouseholdApplication(id_number=number, name="张三", ground=transfer_pb2.TRANSFER_GROUND_SPOUSE)
    if isinstance(detail, transfer_pb2.HouseholdApplication):
        return application
    if isinstance(detail, transfer_pb2.Correction):
        detail.application.CopyFrom(application)
    return detail
