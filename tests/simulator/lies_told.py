"""How a lie begins: a case that goes on as it should, and a hub that accepts what it should not."""

from __future__ import annotations

from typing import Any

from tests.simulator.run_folder import SHANGHAI, ZHEJIANG, RunFolder


def case(run: RunFolder, *actions: str) -> bytes:
    """A move from Shanghai to Zhejiang up to here."""
    case_id = run.apply(SHANGHAI, ZHEJIANG)
    for action in actions:
        (run.carry_out if action in {"deregister", "land"} else run.decide)(case_id, action)
    return case_id


def accepted(run: RunFolder, case_id: bytes, action: str, sender: str, **header: Any) -> bytes:
    """The hub accepts what nobody asked the procedure about."""
    receiver = next(code for code in (SHANGHAI, ZHEJIANG) if code != sender)
    before = run.log.cases[case_id]
    message_id = run.log.accept(run.log.message(case_id, action, sender, receiver, **header), judged=False, step=before.step + 1)
    run.log.deliver(message_id)
    return message_id
