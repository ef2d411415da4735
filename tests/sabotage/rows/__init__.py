"""The table of defences, in the order of a message's way."""

from __future__ import annotations

from tests.sabotage.rows import hub, messages, nodes, others, policies

DEFENCES = (
    *messages.FORM,
    *messages.IDENTITY,
    *messages.PROCEDURE,
    *hub.LEDGER,
    *hub.DELIVERY,
    *hub.EPOCHS,
    *hub.LOG,
    *nodes.NODE,
    *nodes.CONTENTS,
    *nodes.STROKES,
    *policies.POLICIES,
    *others.AUDIT,
    *others.REGISTER,
    *others.RUN,
    *others.KILLS,
    *others.RUNTIME,
)
