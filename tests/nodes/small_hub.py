"""A hub in memory, by the rules of the real one, for tests that look at one part of a node at a time.

It judges with `core.procedures.engine` and signs what it says; it keeps no log and no lanes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import grpc

from core import receipts
from core.dsse import DUE_EVENT_TYPE, HEADER_TYPE, pae
from core.envelope import ReadMessage, read_envelope, read_header
from core.procedures import engine
from core.procedures.model import CLOSED, Case
from core.receipts import RECEIPT_TYPES, due_event, timestamp
from core.refusals import NOT_FOUND, PERSON_CLAIMED, Refused
from core.rules import shipped_rules
from pki.identity import HUB
from pki.trust import load_trust_list
from runtime import grpc_errors
from runtime.clock import SystemClock
from runtime.grpc_errors import problem
from tests.nodes.fate import Fate
from tests.support.ledger import START
from yrdx.v1 import exchange_pb2, receipt_pb2

if TYPE_CHECKING:
    from core.procedures.engine import Rules
    from tests.support.country import Country
    from yrdx.v1 import envelope_pb2

REFUSALS_OF_THE_CASE = range(4000, 5000)


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
        if request.version > 1:
            details = grpc.aio.Metadata((grpc_errors.DETAILS, grpc_errors.status(Refused(NOT_FOUND, "version"))))
            raise grpc.aio.AioRpcError(grpc.StatusCode.NOT_FOUND, grpc.aio.Metadata(), details)
        return exchange_pb2.TrustListResponse(trust_list=self.country.signed_trust_list())

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


def signed_receipt(country: Country, body: bytes, kind: int, by: str = HUB) -> receipt_pb2.SignedReceipt:
    signer = country.signer(by)
    return receipt_pb2.SignedReceipt(receipt=body, key_id=signer.key_id, signature=signer.sign(pae(RECEIPT_TYPES[kind], body)))


def _message_id(delivery: exchange_pb2.Delivery) -> bytes:
    if delivery.HasField("due_event"):
        return receipt_pb2.DueEvent.FromString(delivery.due_event.due_event).event_id
    return read_header(delivery.envelope.header).routing.message_id
