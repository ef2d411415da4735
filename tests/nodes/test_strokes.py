"""The four strokes of an irreversible action, killed at every place where something becomes durable or is heard elsewhere.

Each place is tried twice, just before it counts and just after (not stored; stored, but nobody heard of it). Two people move together.
Whatever happens: the register changes for both of them if and only if the hub accepted the action and nobody annulled it, at most once;
`entered` is said once; at the end nothing is held, nothing is unfinished, and the officer who repeats his call gets its answer.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from core.envelope import sha256
from core.ids import uuid_bytes
from core.procedures.model import CLOSED
from core.refusals import ACTION_NOT_LEGAL, CHANGE_IMPOSSIBLE, RECORD_MISMATCH, Refused
from nodes.common.decisions import Asked
from nodes.common.strokes import outcome
from simulator.registers.operations import Status
from tests.nodes.fate import Fate, Killed
from tests.support.ledger import MovableClock
from tests.support.officers import detail_of, packed, reason_of
from tests.support.province import IN, OUT
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable

    from nodes.common.composition import Node
    from nodes.common.store.operations import Operation
    from tests.nodes.small_nodes import Small
    from yrdx.v1 import resident_pb2

    Play = Callable[[Callable[[Small], Awaitable[None]]], None]

ROUNDS = 20
OTHER_NAME = "李四"
IMPOSSIBLE = Refused(CHANGE_IMPOSSIBLE, "record")
OFFICERS = {code: desk_pb2.Officer(number="1", name="王警官", unit=f"{code[:2]}0101000000") for code in (IN, OUT)}


class Chance(Fate):
    """Dies again and again, by chance."""

    def __init__(self, rng: random.Random, one_in: int) -> None:
        super().__init__()
        self._rng, self._one_in = rng, one_in

    def place(self) -> None:
        self.passed += 1
        if self._rng.randrange(self._one_in) == 0:
            raise Killed


@dataclass
class Case:
    """A case of two people, driven by hand; what dies is started again and goes on."""

    made: Small
    fate: Fate = field(default_factory=Fate)
    case_id: bytes = b""
    people: list[resident_pb2.Resident] = field(default_factory=list)
    requests: dict[str, desk_pb2.DecideRequest] = field(default_factory=dict)
    _heard: Counter[str] = field(default_factory=Counter)
    _rounds: int = 0

    async def begin(self, name: str = "") -> None:
        """Applied for, permitted, and known to both sides; nobody dies so far."""
        self.trust(Fate())
        self.made.hub.forget()
        for register in self.made.registers.values():
            register.impossible = register.denies = None
        self.people = [self.made.registers[OUT].somebody() for _ in range(2)]
        first, other = self.people
        application = transfer_pb2.HouseholdApplication(
            id_number=first.id_number,
            name=first.name,
            ground=transfer_pb2.TRANSFER_GROUND_SPOUSE,
            others=[transfer_pb2.Mover(id_number=other.id_number, name=name or other.name, relation_code="10")],
        )
        request = desk_pb2.OpenCaseRequest(
            officer=OFFICERS[IN], service="household-transfer", counterpart=OUT, application=packed(application), legal_basis="mps-2021-12"
        )
        node = self.made.nodes[IN]
        async with node.database.writing() as transaction:
            answer = await node.decisions.open(transaction, request, node.writer.new_id(), b"digest")
        self.case_id = desk_pb2.OpenCaseResponse.FromString(answer).case.case_id
        await self.settle()
        await self.decide(IN, "permit")
        await self.settle()
        self.trust(self.fate)

    async def decide(self, code: str, action: str) -> int:
        """What the officer is told in the end: 0, or the number of a refusal. Without an answer he calls again."""
        request = self.requests.get(action) or await self._request(code, action)
        self.requests[action] = request
        while True:
            try:
                await self._call(self.made.nodes[code], request)
            except Refused as refusal:
                return refusal.kind.number
            except Killed:
                await self.made.restart(code)
            else:
                return 0

    async def settle(self) -> None:
        """Outboxes, inboxes and strokes, until nothing is left to do."""
        for _ in range(ROUNDS):
            if not any([await self.once(code, self._round) for code in self.made.nodes]):
                break

    async def once(self, code: str, work: Callable[[Node], Awaitable[bool]]) -> bool:
        """Whether there was anything to do."""
        try:
            return await work(self.made.nodes[code])
        except Killed:
            await self.made.restart(code)
            return True

    async def operations(self, code: str) -> list[Operation]:
        node = self.made.nodes[code]
        async with node.database.reading() as connection:
            return await node.operations.unfinished(connection)

    def said(self, action: str) -> int:
        return self.made.hub.said[self.case_id].count(action)

    def trust(self, fate: Fate) -> None:
        self.made.hub.fate = fate
        for register in self.made.registers.values():
            register.fate = fate
        for node in self.made.nodes.values():
            node.database._fate = fate  # type: ignore[attr-defined]  # a FatefulDatabase

    async def _request(self, code: str, action: str) -> desk_pb2.DecideRequest:
        node = self.made.nodes[code]
        async with node.database.reading() as connection:
            row = await node.cases.known(connection, self.case_id)
        return desk_pb2.DecideRequest(
            request_id=str(uuid.uuid4()),
            officer=OFFICERS[code],
            case_id=self.case_id,
            action=action,
            detail=packed(detail_of(action)),
            legal_basis="mps-2021-12",
            reason_class=reason_of(action),
            expected_version=row.version,
        )

    async def _call(self, node: Node, request: desk_pb2.DecideRequest) -> None:
        asked = Asked(request, uuid_bytes(request.request_id), sha256(request.SerializeToString(deterministic=True)))
        async with asyncio.TaskGroup() as group:
            deciding = group.create_task(_outcome(node.intake.decide(asked)))
            await asyncio.sleep(0)
            try:
                await node.intake._write(node.intake._next())
            except Killed:
                deciding.cancel()
                raise_later = True
            else:
                raise_later = False
        if raise_later:
            raise Killed
        decided = deciding.result()
        if isinstance(decided, Refused):
            raise decided
        if decided[1] is not None:
            outcome(await node.strokes.carry(decided[1]))
            async with node.database.reading() as connection:
                known = await node.requests.find(connection, asked.request_id, asked.digest)
            assert known is not None
            assert known.answer is not None

    async def _round(self, node: Node) -> bool:
        code, hub = node.settings.province, self.made.hub
        clock = MovableClock()
        self._rounds += 1
        clock.ahead = timedelta(minutes=self._rounds)  # what failed is tried again each time
        node.strokes.clock = clock
        busy = False
        for operation in await self.operations(code):
            with suppress(Refused):
                busy |= (await node.strokes.carry(operation.operation_id)).stroke is not operation.stroke
        busy |= await node.outbox._send()
        mail, logged = hub.undelivered(code), hub.logged[self._heard[code] :]
        for receipt in (await node.inbox.take(mail, logged)).receipts:
            hub.acknowledge(receipt)
        self._heard[code] += len(logged)
        return busy or bool(mail) or bool(logged)


async def _outcome(decided: Awaitable[Any]) -> Any:
    try:
        return await decided
    except Refused as refusal:
        return refusal


async def accepted(case: Case) -> None:
    assert await case.decide(OUT, "deregister") == 0
    await case.settle()


async def landed(case: Case) -> None:
    case.trust(Fate())
    await accepted(case)
    case.trust(case.fate)
    assert await case.decide(IN, "land") == 0
    await case.settle()


async def refused(case: Case) -> None:
    """IN withdraws before the hub has heard of the deregistration."""
    case.requests["withdraw"] = await case._request(IN, "withdraw")
    assert await case.decide(OUT, "deregister") == 0
    assert await case.decide(IN, "withdraw") == 0
    await case.once(IN, lambda node: node.outbox._send())
    await case.once(IN, lambda node: node.outbox._send())
    await case.settle()


async def rejected(case: Case) -> None:
    """One of the records has another name than the case states: nobody is held."""
    assert await case.decide(OUT, "deregister") == RECORD_MISMATCH.number
    await case.settle()


async def healed(case: Case) -> None:
    case.made.registers[OUT].impossible = IMPOSSIBLE
    await accepted(case)
    case.made.registers[OUT].impossible = None
    await case.settle()


async def annulled(case: Case) -> None:
    case.trust(Fate())
    case.made.registers[OUT].impossible = IMPOSSIBLE
    await accepted(case)
    case.trust(case.fate)
    assert await case.decide(OUT, "annul") == 0
    await case.settle()


async def denied(case: Case) -> None:
    """The register makes the change and says that it cannot; the officer gives up what is done."""
    case.trust(Fate())
    case.made.registers[OUT].denies = IMPOSSIBLE
    await accepted(case)
    case.trust(case.fate)
    case.requests.setdefault("annul", await case._request(OUT, "annul"))
    case.made.registers[OUT].denies = None
    assert await case.decide(OUT, "annul") == ACTION_NOT_LEGAL.number
    await case.settle()


class End(NamedTuple):
    """How a case ends: at the hub, and what the register of OUT says of the operation."""

    act: Callable[[Case], Awaitable[None]]
    state: str
    ending: str
    operation: str


WAYS = {
    "accepted": End(accepted, "deregistered", "", "finalised"),
    "landed": End(landed, CLOSED, "landed", "finalised"),
    "refused": End(refused, CLOSED, "withdrawn-before-deregistration", "released"),
    "rejected": End(rejected, "permitted", "", "released"),
    "healed": End(healed, "deregistered", "", "finalised"),
    "annulled": End(annulled, CLOSED, "annulled-not-executable", "released"),
    "denied": End(denied, "deregistered", "", "finalised"),
}


LIKE_OTHERS = {"landed", "healed"}
"""A third of their places will do: most are those of another way."""


async def check(case: Case, end: End) -> None:
    hub = case.made.hub
    assert (hub.cases[case.case_id].state, hub.cases[case.case_id].ending) == (end.state, end.ending)
    changed, numbers = end.operation == "finalised", [person.id_number for person in case.people]
    assert [case.made.registers[OUT].operations(number) for number in numbers] == [[end.operation]] * 2
    assert {case.made.registers[OUT].status(number) for number in numbers} == {Status.MOVED_OUT if changed else Status.ACTIVE}
    assert case.said("entered") == changed + (end.ending == "landed")
    assert case.said("deregister") + case.said("withdraw") == (end.state != "permitted")
    if end.ending == "landed":
        assert [case.made.registers[IN].operations(number) for number in numbers] == [["finalised"]] * 2
        assert {case.made.registers[IN].status(number) for number in numbers} == {Status.ACTIVE}
    for code in case.made.nodes:
        assert await case.operations(code) == []
        node = case.made.nodes[code]
        async with node.database.reading() as connection:
            row = await node.cases.known(connection, case.case_id)
        assert (row.pending, row.case and row.case.state) == ("", end.state)
        assert (node.strokes._locks, node.strokes._tried) == ({}, {}), "nothing is kept of what is over"


async def lived(made: Small, way: str, fate: Fate) -> int:
    """Plays one way to its end and checks it; the number of places at which somebody could have died."""
    end, case = WAYS[way], Case(made, fate)
    await case.begin(OTHER_NAME if way == "rejected" else "")
    await end.act(case)
    case.trust(Fate())
    await case.settle()
    await check(case, end)
    return fate.passed


@pytest.mark.parametrize("way", WAYS)
def test_a_process_may_die_at_every_single_place(small: Play, rng: random.Random, way: str) -> None:
    async def body(made: Small) -> None:
        places = range(await lived(made, way, Fate()))
        assert len(places) >= 8
        for place in sorted(rng.sample(places, len(places) // 3)) if way in LIKE_OTHERS else places:
            await lived(made, way, Fate(dies_at=place))

    small(body)


@pytest.mark.parametrize("way", WAYS)
def test_processes_may_die_again_and_again(small: Play, rng: random.Random, way: str) -> None:
    async def body(made: Small) -> None:
        for _ in range(3):
            await lived(made, way, Chance(rng, one_in=6))

    small(body)
