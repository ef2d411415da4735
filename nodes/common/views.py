"""What the desk shows: a case as this province sees it, and its messages with their three stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from google.protobuf import any_pb2

from core.envelope import read_header
from core.procedures.engine import legal_actions
from core.procedures.model import CLOSED
from core.receipts import timestamp
from core.refusals import BY_NUMBER
from nodes.common.apply import nearest, shown
from nodes.common.content import SealedContent
from nodes.common.services import SERVICES
from nodes.common.store.steps import HUB
from yrdx.v1 import desk_pb2, precheck_pb2

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from core.envelope import ReadMessage
    from core.policy import Reason
    from core.procedures.engine import Rules
    from core.rules import RuleBook
    from nodes.common.business_time import BusinessTime
    from nodes.common.facts import Document
    from nodes.common.holds import Holds
    from nodes.common.services.materials import Owed
    from nodes.common.store.cases import CaseRow
    from nodes.common.store.outbox import Outgoing
    from nodes.common.store.steps import Receipt, Step
    from pki.storage import StorageCipher

NODE_MADE: Final = frozenset({"entered", "execution-failed"})
"""Said by the node when the register has spoken, never by an officer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """Shows cases of one province."""

    province: str
    book: RuleBook
    cipher: StorageCipher
    business_time: BusinessTime
    holds: Holds

    def legal(self, row: CaseRow) -> list[str]:
        """Actions that an officer of this province may take now."""
        if row.case is None:
            return []
        allowed = legal_actions(row.case, row.role, self.business_time.now(), self._rules(row).procedure)
        return [action for action in allowed if action not in NODE_MADE]

    def case(self, row: CaseRow) -> desk_pb2.CaseView:
        """The case as it is now."""
        people, listed, due_at = SERVICES[row.service].people(row.facts), shown(row, self.book), nearest(row)
        view = desk_pb2.CaseView(
            case_id=row.case_id,
            service=row.service,
            parties=self._parties(row),
            state=listed.state,
            ball_holder=listed.ball_holder,
            version=row.version,
            opened_at=timestamp(row.opened_at),
            due_at=timestamp(due_at) if due_at else None,
            legal_actions=self.legal(row),
            person_id_number=people[0].id_number,
            person_name=people[0].name,
            pending_action=row.pending,
            documents=[_document(document) for document in row.facts.documents],
            movers=SERVICES[row.service].movers(row.facts),
            held=self.holds.of(row.case_id),
        )
        self._add_case(view, row)
        number = row.refusal or row.alarm
        if number:
            view.refusal, view.refusal_text = number, BY_NUMBER[number].zh if number in BY_NUMBER else ""
        return view

    def reasons(self, row: CaseRow) -> list[precheck_pb2.ReasonView]:
        """What an officer of this province may give as a reason now, by the policy of the case."""
        legal = set(self.legal(row))
        found = self._rules(row).policy.reasons if legal else ()
        return [_reason(reason, legal) for reason in found if legal.intersection(reason.actions)]

    def messages(self, steps: Iterable[Step], receipts: Iterable[Receipt], waiting: Iterable[Outgoing]) -> list[desk_pb2.MessageView]:
        """The steps of a case in their order, then own messages that are none (yet)."""
        delivered = {receipt.message_id: receipt for receipt in receipts}
        known = [(step, read_header(step.body)) for step in steps if step.sender != HUB]
        entered = {message.header.concerns: step for step, message in known if message.routing.action == "entered"}
        views = [self._step(step, message, delivered.get(step.message_id), entered.get(step.message_id)) for step, message in known]
        return views + [self._waiting(message) for message in waiting]

    def _add_case(self, view: desk_pb2.CaseView, row: CaseRow) -> None:
        """What only a case with a step has."""
        case = row.case
        if case is None:
            return
        state = self._rules(row).procedure.state(case.state)
        view.owner, view.ending = case.parties.get(state.owner, ""), case.ending
        if case.state != CLOSED:
            owed = SERVICES[row.service].owed(row.facts, self._rules(row).policy, self.business_time.now())
            view.owed.extend(_owed(one) for one in owed)
            first = min(case.clocks, key=lambda clock: clock.due_at, default=None)
            view.deadline = first.deadline if first else ""
            view.overdue = any(clock.overdue for clock in case.clocks)

    def _parties(self, row: CaseRow) -> dict[str, str]:
        if row.case is not None:
            return dict(row.case.parties)
        opening, other = next(procedure for procedure in self.book.procedures.values() if procedure.service == row.service).roles
        return {opening: self.province, other: row.counterpart}

    def _step(self, step: Step, message: ReadMessage, receipt: Receipt | None, entered: Step | None) -> desk_pb2.MessageView:
        return desk_pb2.MessageView(
            message_id=step.message_id,
            action=message.routing.action,
            sender=step.sender,
            receiver=message.routing.receiver,
            accepted_at=timestamp(step.business_at),
            delivered_at=timestamp(receipt.business_at) if receipt else None,
            entered_at=timestamp(entered.business_at) if entered else None,
            step=step.step,
            payload=None if step.problem or not step.content else self._payload(step.content, step.message_id),
        )

    def _waiting(self, message: Outgoing) -> desk_pb2.MessageView:
        routing = read_header(message.envelope.header).routing
        return desk_pb2.MessageView(
            message_id=message.message_id,
            action=message.action,
            sender=routing.sender,
            receiver=routing.receiver,
            refusal=message.refusal,
            payload=self._payload(message.content, message.message_id) if message.content else None,
        )

    def _payload(self, content: bytes, message_id: bytes) -> any_pb2.Any:
        plain = SealedContent.FromString(self.cipher.decrypt(content, message_id))
        return any_pb2.Any(type_url=f"type.googleapis.com/{plain.type}", value=plain.payload)

    def _rules(self, row: CaseRow) -> Rules:
        assert row.case is not None  # noqa: S101 - callers have looked
        return self.book.of(row.case)


def cases(views: Views, rows: Sequence[CaseRow]) -> list[desk_pb2.CaseView]:
    """Many cases."""
    return [views.case(row) for row in rows]


def _owed(material: Owed) -> desk_pb2.OwedMaterial:
    return desk_pb2.OwedMaterial(
        code=material.code,
        promised_until=material.until,
        promised_by=material.by,
        key=material.is_key,
        lapsed=material.has_lapsed,
    )


def _reason(reason: Reason, legal: Collection[str]) -> precheck_pb2.ReasonView:
    actions = [action for action in reason.actions if action in legal]
    return precheck_pb2.ReasonView(code=reason.code, actions=actions, text_zh=reason.zh, text_en=reason.en)


def _document(document: Document) -> desk_pb2.DocumentView:
    return desk_pb2.DocumentView(
        digest=document.digest,
        code=document.code,
        media_type=document.media_type,
        length=document.length,
        sender=document.sender,
        plain_digest=document.plain_digest,
    )
