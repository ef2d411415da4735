"""The table of defences, in the order of a message's way."""

from __future__ import annotations

from tests.sabotage.rows import hub, messages, others

DEFENCES = (
    *messages.FORM,
    *messages.IDENTITY,
    *messages.PROCEDURE,
    *hub.LEDGER,
    *hub.DELIVERY,
    *hub.LOG,
    *others.AUDIT,
    *others.REGISTER,
)
