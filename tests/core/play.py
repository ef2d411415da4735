"""Drives one case through the engine, by both sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from core.procedures import engine
from core.procedures.household_transfer import HOUSEHOLD_TRANSFER
from core.refusals import (
    Kind,
    Refused,
)
from tests.core.messages import AT, BOOK, JIANGSU, SHANGHAI, message, new_id
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    from datetime import datetime

    from core.envelope import ReadMessage

IN, OUT = SHANGHAI, JIANGSU
REASONED = {action.name for action in HOUSEHOLD_TRANSFER.actions if action.needs_reason}
MISMATCH, WISH = {"reason_class": envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH}, {"reason_class": envelope_pb2.REASON_CLASS_APPLICANT_WISH}
DECEASED, NO_SHOW = {"reason_class": envelope_pb2.REASON_CLASS_DECEASED}, {"reason_class": envelope_pb2.REASON_CLASS_NO_SHOW}


@dataclass
class Play:
    """Drives one case the way the ledger does: due first, then the action; refused actions use up their number."""

    case: Any = None
    """A Case once `apply` was accepted; Any, because most tests start behind that point."""
    at: datetime = AT
    case_id: bytes = field(default_factory=new_id)
    history: list[str] = field(default_factory=list)

    def other(self, sender: str) -> str:
        return OUT if sender == IN else IN

    def message(self, action: str, sender: str, **fields: Any) -> ReadMessage:
        seq = (self.case.sequences.get(sender, 0) if self.case else 0) + 1
        if action in REASONED:
            fields.setdefault("reason_class", 1)
        if action in ("entered", "execution-failed") and self.case:
            fields.setdefault("concerns", self.case.concerns)
        fields.setdefault("case_seq", seq)
        return message(action, sender, self.other(sender), case_id=self.case_id, seq=fields.pop("case_seq"), **fields)

    def do(self, action: str, sender: str, **fields: Any) -> Any:
        sent = self.message(action, sender, **fields)
        rules = BOOK.of(sent.header)
        self.clock(rules)
        self.case = engine.advance(self.case, sent, self.at, rules)
        self.case = engine.received(self.case, sent.routing.message_id, action, self.at, rules)
        self.history.append(action)
        return self.case

    def clock(self, rules: engine.Rules) -> None:
        while self.case and (events := engine.due(self.case, self.at, rules.procedure)):
            self.case = engine.apply_due(self.case, events[0], rules)

    def refused(self, kind: Kind, action: str, sender: str, **fields: Any) -> None:
        before = self.case
        with pytest.raises(Refused) as caught:
            self.do(action, sender, **fields)
        assert caught.value.kind is kind
        assert self.case == before


def permitted() -> Play:
    play = Play()
    play.do("apply", IN)
    play.do("permit", IN)
    return play


def deregistered() -> Play:
    play = permitted()
    play.do("deregister", OUT)
    play.do("entered", OUT)
    return play
