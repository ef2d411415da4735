"""A hub and registers in memory, by the rules of the real ones, for tests that look at one part of a node at a time.

The hub judges with `core.procedures.engine` and signs what it says; it keeps no log and no lanes. `Fate` lets a process die at any place
where something becomes durable or is heard elsewhere, before it or after it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from core import receipts
from core.dsse import DUE_EVENT_TYPE, HEADER_TYPE, pae
from core.envelope import ReadMessage, read_envelope, read_header
from core.procedures import engine
from core.procedures.model import CLOSED, Case
from core.receipts import RECEIPT_TYPES, due_event, timestamp
from core.refusals import PERSON_CLAIMED, RECORD_NOT_FOUND, Refused
from core.rules import shipped_rules
from nodes.common.composition import Node
from nodes.common.settings import NodeSettings
from nodes.common.store.database import Database
from nodes.provinces import CODECS
from pki.identity import HUB, Role
from pki.trust import load_trust_list
from runtime import settings
from runtime.clock import SystemClock, sleep
from runtime.grpc_errors import problem
from runtime.postgres import migrate
from simulator.registers.service import RegisterService
from simulator.registers.store import Store
from tests.support.country import somebody
from tests.support.ledger import START
from yrdx.v1 import exchange_pb2, receipt_pb2, register_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from core.procedures.engine import Rules
    from nodes.common.store.database import Transaction
    from simulator.registers.operations import Status
    from tests.support.country import Country
    from yrdx.v1 import envelope_pb2, resident_pb2

REFUSALS_OF_THE_CASE = range(4000, 5000)


class Killed(Exception):  # noqa: N818 - what happened to the process
    """The process died here."""


@dataclass
class Fate:
    """Decides where a process dies.

    Attributes:
        passed: places that were passed so far.
        dies_at: the place at which it dies, counted from 0; never when negative.
    """

    passed: int = 0
    dies_at: int = -1

    def place(self) -> None:
        if self.passed == self.dies_at:
            self.passed += 1
            raise Killed
        self.passed += 1


@dataclass
class SmallHub:
    """Cases, receipts and mail of a hub.

    Attributes:
        said: actions that were accepted, by case.
        mail: deliveries by receiver, in order; the receiver may have had them.
        logged: every DELIVERED receipt.
    """

    country: Country
    fate: Fate = field(default_factory=Fate)
    cases: dict[bytes, Case] = field(default_factory=dict)
    said: dict[bytes, list[str]] = field(default_factory=dict)
    mail: dict[str, list[exchange_pb2.Delivery]] = field(default_factory=dict)
    logged: list[exchange_pb2.LoggedReceipt] = field(default_factory=list)
    now: datetime = START
    _answers: dict[bytes, receipt_pb2.SignedReceipt] = field(default_factory=dict)
    _claims: dict[bytes, bytes] = field(default_factory=dict)
    _delivered: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.book = shipped_rules()
        self.trust = load_trust_list(self.country.trust_list(), self.country.root_pem)

    async def Submit(self, request: exchange_pb2.SubmitRequest, **_: Any) -> exchange_pb2.SubmitResponse:  # noqa: N802 - gRPC
        self.fate.place()
        results = [self._result(envelope) for envelope in request.envelopes]
        self.fate.place()
        return exchange_pb2.SubmitResponse(results=results)

    async def TrustList(self, request: exchange_pb2.TrustListRequest, **_: Any) -> exchange_pb2.TrustListResponse:  # noqa: N802 - gRPC
        return exchange_pb2.TrustListResponse(trust_list=self.country.signed_trust_list(request.version or 1))

    def acknowledge(self, signed: receipt_pb2.SignedReceipt) -> None:
        """Logs a DELIVERED receipt, once."""
        receipt = receipts.read_receipt(signed.receipt)
        case = self.cases[receipt.case_id]
        if receipt.message_id in self._delivered:
            return
        self._delivered.add(receipt.message_id)
        self.now += timedelta(seconds=1)
        found = next(one for one in self.mail[receipt.receiver] if _message_id(one) == receipt.message_id)
        if found.HasField("envelope"):
            action = read_header(found.envelope.header).routing.action
            self.cases[case.case_id] = engine.received(case, receipt.message_id, action, self.now, self._rules(case))
        self.logged.append(exchange_pb2.LoggedReceipt(receipt=signed, business_at=timestamp(self.now), step=case.step))

    def forget(self) -> None:
        """Begins anew."""
        for everything in (self.cases, self.said, self.mail, self.logged, self._answers, self._claims, self._delivered):
            everything.clear()

    def undelivered(self, code: str) -> list[exchange_pb2.Delivery]:
        """What a province has not acknowledged."""
        return [one for one in self.mail.get(code, []) if _message_id(one) not in self._delivered]

    def pass_time(self, span: timedelta) -> None:
        """Moves business time; every case hears what is due."""
        self.now += span
        for case_id in self.cases:
            self._act(case_id)

    def _result(self, envelope: envelope_pb2.Envelope) -> exchange_pb2.SubmitResult:
        message = read_envelope(envelope)
        routing = message.routing
        self.trust.verify(routing.sender, envelope.key_id, SystemClock().now(), pae(HEADER_TYPE, envelope.header), envelope.signature)
        if routing.message_id not in self._answers:
            try:
                self._answers[routing.message_id] = self._judge(message, envelope)
            except Refused as refusal:
                return exchange_pb2.SubmitResult(problem=problem(refusal))
        return exchange_pb2.SubmitResult(receipts=[self._answers[routing.message_id]])

    def _judge(self, message: ReadMessage, envelope: envelope_pb2.Envelope) -> receipt_pb2.SignedReceipt:
        self.now += timedelta(seconds=1)
        case_id = message.routing.case_id
        self._act(case_id)
        case = self.cases.get(case_id)
        tags = {tag.value for tag in envelope.tag_opening.tags}
        try:
            moved = engine.advance(case, message, self.now, self.book.of(case or message.header))
            self._check_claims(case_id, tags)
        except Refused as refusal:
            if refusal.kind.number not in REFUSALS_OF_THE_CASE:
                raise
            if case is not None:
                self.cases[case_id] = engine.consume_sequence(case, message)
            return self._receipt(message, receipts.REFUSED, refusal=refusal.kind.number)
        self.cases[case_id] = moved
        self.said.setdefault(case_id, []).append(message.routing.action)
        self._claims.update(dict.fromkeys(tags, case_id))
        if moved.state == CLOSED:
            self._claims = {tag: holder for tag, holder in self._claims.items() if holder != case_id}
        accepted = self._receipt(message, receipts.ACCEPTED, step=moved.step)
        plain = type(envelope)()
        plain.CopyFrom(envelope)
        plain.ClearField("tag_opening")
        self._send(message.routing.receiver, exchange_pb2.Delivery(envelope=plain, accepted=accepted))
        return accepted

    def _check_claims(self, case_id: bytes, tags: set[bytes]) -> None:
        if any(self._claims.get(tag, case_id) != case_id for tag in tags):
            raise Refused(PERSON_CLAIMED, "tags")

    def _act(self, case_id: bytes) -> None:
        """Everything that is due in a case, to both of its parties."""
        while (case := self.cases.get(case_id)) and (found := engine.due(case, self.now, self._rules(case).procedure)):
            body = due_event(case, found[0], self.now)
            self.cases[case_id] = engine.apply_due(case, found[0], self._rules(case))
            signer = self.country.signer(HUB)
            signed = exchange_pb2.SignedDueEvent(due_event=body, key_id=signer.key_id, signature=signer.sign(pae(DUE_EVENT_TYPE, body)))
            for code in case.parties.values():
                self._send(code, exchange_pb2.Delivery(due_event=signed))

    def _send(self, code: str, delivery: exchange_pb2.Delivery) -> None:
        self.mail.setdefault(code, []).append(delivery)
        delivery.delivery_seq = len(self.mail[code])

    def _receipt(self, message: ReadMessage, kind: int, **facts: Any) -> receipt_pb2.SignedReceipt:
        body = receipt_pb2.Receipt(
            format=1,
            kind=kind,  # type: ignore[arg-type]  # one of the enum
            message_id=message.routing.message_id,
            header_digest=message.digest,
            case_id=message.routing.case_id,
            recorded_at=timestamp(SystemClock().now()),
            business_at=timestamp(self.now),
            trust_list_version=1,
            **facts,
        ).SerializeToString(deterministic=True)
        return signed_receipt(self.country, body, kind)

    def _rules(self, case: Case) -> Rules:
        return self.book.of(case)


class FatefulDatabase(Database):
    """A database whose process may die just before or just after a commit."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], fate: Fate) -> None:
        super().__init__(pool)
        self._fate = fate

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        async with super().writing() as transaction:
            yield transaction
            self._fate.place()
        self._fate.place()


@dataclass
class SmallRegister:
    """The `Register` of a node: a real one, in memory, that can be told to find changes impossible.

    Attributes:
        impossible: what its Finalise says instead of making the change.
        denies: it makes the change and says that it cannot.
    """

    code: str
    fate: Fate
    impossible: Refused | None = None
    denies: Refused | None = None

    def __post_init__(self) -> None:
        self.thread = ThreadPoolExecutor(1)
        self.store = Store(Path(":memory:"), self.code)
        self._service = RegisterService(self.store, self.thread)

    def close(self) -> None:
        self.thread.shutdown()
        self.store.close()

    def somebody(self) -> resident_pb2.Resident:
        """Somebody new who is registered here."""
        resident, codec = somebody(self.code), CODECS[self.code]
        values = (resident.id_number, resident.name, resident.household_number, codec.encode(resident), codec.format)
        line = "INSERT INTO record (id_number, name, household_number, record, format, status, since) VALUES (?, ?, ?, ?, ?, 'active', 1)"
        self.store._file.execute(line, values)
        return resident

    def status(self, id_number: str) -> Status | None:
        found = self.store.find(id_number)
        return found.status if found else None

    def operations(self, id_number: str) -> list[str]:
        """The state of every operation about somebody."""
        rows = self.store._file.execute("SELECT state FROM operation WHERE id_number = ? ORDER BY sequence", (id_number,))
        return [state for (state,) in rows]

    async def find(self, id_number: str) -> register_pb2.FindResponse | None:
        try:
            return await self._service.Find(register_pb2.FindRequest(id_number=id_number), None)
        except Refused as refusal:
            if refusal.kind is RECORD_NOT_FOUND:
                return None
            raise

    async def reserve(self, request: register_pb2.ReserveRequest) -> register_pb2.ReserveResponse:
        answer: register_pb2.ReserveResponse = await self._asked(self._service.Reserve, request)
        return answer

    async def finalise(self, request: register_pb2.FinaliseRequest) -> register_pb2.FinaliseResponse:
        if self.impossible is not None:
            raise self.impossible
        answer: register_pb2.FinaliseResponse = await self._asked(self._service.Finalise, request)
        if self.denies is not None:
            raise self.denies
        return answer

    async def release(self, operation_id: bytes) -> register_pb2.ReleaseResponse:
        answer: register_pb2.ReleaseResponse = await self._asked(
            self._service.Release, register_pb2.ReleaseRequest(operation_id=operation_id)
        )
        return answer

    async def _asked(self, method: Callable[..., Any], request: Any) -> Any:
        self.fate.place()
        answer = await method(request, None)
        self.fate.place()
        return answer


@dataclass
class Small:
    """Two nodes without loops, and what they have to do with."""

    country: Country
    hub: SmallHub
    registers: dict[str, SmallRegister]
    nodes: dict[str, Node]
    _pools: dict[str, asyncpg.Pool[asyncpg.Record]]

    async def restart(self, code: str) -> Node:
        """The node as it is after a start: what it had in memory is gone."""
        self.nodes[code].executor.shutdown()
        self.nodes[code] = await parts(self.country, code, self._pools[code], self.hub, self.registers[code])
        return self.nodes[code]


@asynccontextmanager
async def two_nodes(country: Country, dsns: dict[str, str]) -> AsyncIterator[Small]:
    """Nodes on these databases, which are emptied first."""
    async with AsyncExitStack() as stack:
        pools = {code: await stack.enter_async_context(_pool(dsn)) for code, dsn in dsns.items()}
        for pool in pools.values():
            await pool.execute("drop schema public cascade; create schema public")
            await migrate(pool, files("nodes.common") / "store" / "migrations")
        hub, registers = SmallHub(country), {code: SmallRegister(code, Fate()) for code in dsns}
        nodes = {code: await parts(country, code, pools[code], hub, registers[code]) for code in dsns}
        yield Small(country, hub, registers, nodes, pools)
        for code in dsns:
            nodes[code].executor.shutdown()
            registers[code].close()


def _pool(dsn: str) -> asyncpg.Pool[asyncpg.Record]:
    """Commits are not synced: the server does not die here."""
    return asyncpg.create_pool(dsn, min_size=1, max_size=3, server_settings={"synchronous_commit": "off"})


class NoChannel:
    """Where a node finds its peers otherwise."""

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args, **_more: None


async def parts(country: Country, code: str, pool: asyncpg.Pool[asyncpg.Record], hub: SmallHub, register: SmallRegister) -> Node:
    """A node that was just started, without its loops and its server."""
    wanted = settings.load(country.node_settings(code, "postgresql:///"), NodeSettings)
    links: Any = (NoChannel(), NoChannel())
    node = Node(wanted, CODECS[code], pool, links, clock=SystemClock(), sleep=sleep)
    made: Any = node
    made.database = made.trust._database = FatefulDatabase(pool, Fate())
    made.exchange = made.trust._exchange = hub
    made.register = register
    await node.trust.begin(country.trust_list())
    await node.inbox.resume()
    made.database._fate = hub.fate
    return node


class Caller:
    """The context of a desk call by the system of a province."""

    def __init__(self, country: Country, code: str) -> None:
        names = (f"spiffe://yrdx/province/{code}/system", f"spiffe://yrdx/province/{code}/units/{code[:2]}")
        self._context = {
            "x509_pem_cert": [
                country.tls(code, Role.SYSTEM).certificate.read_bytes().split(b"-----END")[0] + b"-----END CERTIFICATE-----\n"
            ],
            "peer_uri": [name.encode() for name in names],
        }

    def auth_context(self) -> dict[str, list[bytes]]:
        return self._context


def signed_receipt(country: Country, body: bytes, kind: int, by: str = HUB) -> receipt_pb2.SignedReceipt:
    signer = country.signer(by)
    return receipt_pb2.SignedReceipt(receipt=body, key_id=signer.key_id, signature=signer.sign(pae(RECEIPT_TYPES[kind], body)))


def _message_id(delivery: exchange_pb2.Delivery) -> bytes:
    if delivery.HasField("due_event"):
        return receipt_pb2.DueEvent.FromString(delivery.due_event.due_event).event_id
    return read_header(delivery.envelope.header).routing.message_id
