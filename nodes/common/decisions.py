"""What officers decide, made durable: opening a case, taking an action. A mutation has a request id: the same one gets the same answer.

Checks of a decision, in this order: (1) form, and whether the caller may speak for the officer's unit, (2) the request is not known,
(3) the case is known and as the officer saw it (`expected_version`), (4) no other own decision is on its way, (5) the procedure allows the
action now to this province, (6) what the officer states is complete, (7) for an irreversible action, the register holds the record. The
hub judges again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.envelope import MAX_MATERIALS
from core.procedures import PROCEDURES
from core.refusals import ACTION_NOT_LEGAL, BAD_FIELD, CASE_NOT_FOUND, DECISION_PENDING, TOO_LARGE, VERSION_CONFLICT, Refused
from nodes.common.content import unpacked
from nodes.common.facts import Facts
from nodes.common.messages import Saying
from nodes.common.services import SERVICES
from nodes.common.services.service import Beside, Occasion
from nodes.common.store import outbox
from nodes.common.store.cases import CaseRow
from nodes.common.store.operations import Operation, Stroke
from yrdx.v1 import desk_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from core.procedures.engine import Rules
    from core.procedures.model import Action
    from nodes.common.apply import Applier
    from nodes.common.business_time import BusinessTime
    from nodes.common.messages import Writer
    from nodes.common.records.codec import RecordCodec
    from nodes.common.store.cases import Cases
    from nodes.common.store.database import Connection, Transaction
    from nodes.common.store.documents import Documents
    from nodes.common.store.operations import Operations
    from nodes.common.store.requests import Requests
    from nodes.common.views import Views

ANNUL = "annul"
_LONGEST: Final = 256 * 1024
"""Bytes that an officer may state; what he decides must fit into a message even where it is written down only after Reserve."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A desk call that decides; `digest` is that of the whole request."""

    request: desk_pb2.DecideRequest
    request_id: bytes
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Writes decisions down; every method works in the caller's transaction."""

    province: str
    codec: RecordCodec
    cases: Cases
    requests: Requests
    operations: Operations
    documents: Documents
    applier: Applier
    writer: Writer
    views: Views
    business_time: BusinessTime

    async def check_opening(self, connection: Connection, request: desk_pb2.OpenCaseRequest) -> Message:
        """What is asked for, if the rules of its service allow it; a register is not asked.

        Raises:
            Refused: BAD_FIELD, MATERIAL_NOT_FOUND, or a 5xxx kind that says what is not possible.
        """
        application = unpacked(request.application, opening_action(request.service).payload, "application")
        documents = await self.documents.find(connection, request.counterpart, request.documents)
        beside = Beside(
            at=self.business_time.now(),
            policy=self.writer.rules.for_new(request.service, self.writer.own_policy).policy,
            open_key_materials=request.open_key_materials,
            documents={description.code for _, description in documents},
            is_today=self.business_time.is_known,
        )
        SERVICES[request.service].check_said(application, beside)
        return application

    async def open(self, transaction: Transaction, request: desk_pb2.OpenCaseRequest, request_id: bytes, digest: bytes) -> bytes:
        """Opens a case: its first message is durable. Returns the serialised answer.

        Raises:
            Refused: BAD_FIELD, TOO_LARGE, MATERIAL_NOT_FOUND, or UNKNOWN_KEY when a tag key is missing here.
        """
        opening = opening_action(request.service)
        application = unpacked(request.application, opening.payload, "application")
        case_id, message_id = self.writer.new_id(), self.writer.new_id()
        facts = Facts({opening.name: application.SerializeToString(deterministic=True)})
        row = CaseRow(
            case_id=case_id,
            service=request.service,
            counterpart=request.counterpart,
            role=PROCEDURES[request.service].roles[0],
            opened_at=self.business_time.now(),
            facts=facts,
            pending=opening.name,
            settled=True,
        )
        saying = Saying(
            message_id=message_id,
            action=opening.name,
            payload=application,
            officer=request.officer,
            legal_basis=request.legal_basis,
            open_key_materials=request.open_key_materials,
            documents=await self.documents.find(transaction, request.counterpart, request.documents),
            opening=self.writer.opening(SERVICES[request.service].numbers(application)),
        )
        outbox.add(transaction, self.writer.write(row, saying))
        self.applier.save(transaction, row)
        answer = desk_pb2.OpenCaseResponse(case=self.views.case(row)).SerializeToString()
        self.requests.add(transaction, request_id, digest, answer)
        return answer

    async def decide(self, transaction: Transaction, row: CaseRow | None, asked: Asked) -> tuple[bytes, bytes | None]:
        """Checks 3 to 6, on the case as it was read in this transaction; nothing more is read for what `is_plain`.

        Returns the answer of a reversible action, or the id of the operation that an irreversible one began.

        Raises:
            Refused: CASE_NOT_FOUND, VERSION_CONFLICT, DECISION_PENDING, ACTION_NOT_LEGAL, TOO_LARGE, BAD_FIELD or MATERIAL_NOT_FOUND.
        """
        request, request_id, digest = asked.request, asked.request_id, asked.digest
        if row is None:
            raise Refused(CASE_NOT_FOUND, "case_id")
        action = self._admitted(row, request)
        if request.detail.ByteSize() > _LONGEST or len(request.documents) > MAX_MATERIALS:
            raise Refused(TOO_LARGE, "detail")
        detail = unpacked(request.detail, action.payload, "detail")
        documents = await self.documents.find(transaction, row.counterpart, request.documents)
        beside = Beside(
            at=self.business_time.now(),
            policy=self._rules(row).policy,
            open_key_materials=request.open_key_materials,
            documents={*(known.code for known in row.facts.documents), *(description.code for _, description in documents)},
            is_today=self.business_time.is_known,
        )
        SERVICES[row.service].check_decision(request, detail, row.facts, beside)
        operation = await self._operation(transaction, row, request, request_id, action)
        row.pending, row.refusal = action.name, 0
        if operation is None:
            made = Operation(
                operation_id=request_id, case_id=row.case_id, action=action.name, message_id=self.writer.new_id(), request_id=request_id,
                decision=request,
            )  # fmt: skip
            answer = await self._said(transaction, row, made)
            self.requests.add(transaction, request_id, digest, answer)
            return answer, None
        self.requests.add(transaction, request_id, digest, None)
        self.applier.save(transaction, row)
        return b"", operation.operation_id

    async def say(self, transaction: Transaction, row: CaseRow, operation: Operation) -> None:
        """Puts the message of a decision that was checked into the outbox and answers its request.

        Raises:
            Refused: TOO_LARGE when what register and case add to the decision is more than a message may carry.
        """
        self.requests.answer(transaction, operation.request_id, await self._said(transaction, row, operation))

    async def _said(self, transaction: Transaction, row: CaseRow, operation: Operation) -> bytes:
        """The serialised answer; the message is in the outbox."""
        decision = operation.decision
        detail = unpacked(decision.detail, _action(row.service, operation.action).payload, "detail")
        occasion = Occasion(
            province=self.province,
            unit=decision.officer.unit,
            message_id=operation.message_id,
            at=self.business_time.now(),
            facts=row.facts,
            rules=self._rules(row),
            codec=self.codec,
            reserved=operation.reserved,
        )
        saying = Saying(
            message_id=operation.message_id,
            action=operation.action,
            payload=SERVICES[row.service].written(detail, occasion),
            officer=decision.officer,
            legal_basis=decision.legal_basis,
            reason_class=decision.reason_class,
            open_key_materials=decision.open_key_materials,
            documents=await self.documents.find(transaction, row.counterpart, decision.documents),
        )
        outbox.add(transaction, self.writer.write(row, saying))
        self.applier.save(transaction, row)
        return desk_pb2.DecideResponse(case=self.views.case(row), message_id=operation.message_id).SerializeToString()

    def take_back(self, transaction: Transaction, row: CaseRow, operation: Operation, number: int) -> None:
        """A decision that came to nothing before it was said: its request is answered with the reason."""
        row.pending = ""
        self.applier.save(transaction, row)
        self.requests.answer(transaction, operation.request_id, None, number)

    def _admitted(self, row: CaseRow, request: desk_pb2.DecideRequest) -> Action:
        """Checks 3 to 5."""
        if request.expected_version != row.version:
            raise Refused(VERSION_CONFLICT, "expected_version")
        if row.pending:
            raise Refused(DECISION_PENDING, row.pending)
        if row.case is None or request.action not in self.views.legal(row):
            raise Refused(ACTION_NOT_LEGAL, "action")
        action = _action(row.service, request.action)
        if action.needs_reason and not request.reason_class:
            raise Refused(BAD_FIELD, "reason_class")
        if action.irreversible and (row.alarm or row.case.open_key_materials or request.open_key_materials):
            raise Refused(ACTION_NOT_LEGAL, "alarm" if row.alarm else "open_key_materials")
        return action

    async def _operation(
        self, transaction: Transaction, row: CaseRow, request: desk_pb2.DecideRequest, request_id: bytes, action: Action
    ) -> Operation | None:
        """The operation that an irreversible action begins; of an annulment, the one that failed."""
        if action.name == ANNUL:
            failed = await self.operations.of_case(transaction, row.case_id)
            if failed is None or failed.stroke is not Stroke.FAILED:
                raise Refused(ACTION_NOT_LEGAL, "action")
            failed.action, failed.message_id, failed.request_id = ANNUL, self.writer.new_id(), request_id
            failed.decision, failed.stroke = request, Stroke.ANNULLING
            self.operations.save(transaction, failed)
            return failed
        if not action.irreversible:
            return None
        operation = Operation(
            operation_id=self.writer.new_id(),
            case_id=row.case_id,
            action=action.name,
            message_id=self.writer.new_id(),
            request_id=request_id,
            decision=request,
        )
        # If we crash before the commit, the register never heard of it; after it, the strokes go on by themselves.
        self.operations.add(transaction, operation)
        return operation

    def _rules(self, row: CaseRow) -> Rules:
        assert row.case is not None  # noqa: S101 - only a case with a step can be decided
        return self.writer.rules.of(row.case)


def is_plain(request: desk_pb2.DecideRequest) -> bool:
    """Whether the case alone tells what there is to know about a decision."""
    return not request.documents and request.action != ANNUL


def opening_action(service: str) -> Action:
    """The action that opens a case of a service.

    Raises:
        Refused: BAD_FIELD when there is no such service.
    """
    procedure = PROCEDURES.get(service)
    if procedure is None or service not in SERVICES:
        raise Refused(BAD_FIELD, "service")
    return next(action for action in procedure.actions if action.opens)


def _action(service: str, name: str) -> Action:
    action = PROCEDURES[service].action(name)
    assert action is not None  # noqa: S101 - it was found legal, or is this code's own
    return action
