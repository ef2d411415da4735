"""What tests of a lying hub share: short words for the true part of a log, and starting over after a change."""

from __future__ import annotations

from typing import Any

from tests.support.log_folder import IN, OUT, LogBuilder

FIRST = 4
"""Index of the first entry about a case: before it stand the trust list and three rules."""


def apply(log: LogBuilder, **changes: Any) -> bytes:
    """An accepted application; returns the case id."""
    case_id = log.new_id()
    log.accept(log.message(case_id, "apply", IN, OUT), **changes)
    return case_id


def say(log: LogBuilder, case_id: bytes, action: str, sender: str, **header: Any) -> bytes:
    return log.accept(log.message(case_id, action, sender, OUT if sender == IN else IN, **header))


def restart(log: LogBuilder) -> LogBuilder:
    """A builder over the entries that another one now has."""
    again = LogBuilder(log.keys)
    for entry in log.entries:
        again.append_bytes(entry)
    again.objects, again.version, again.recorded_at, again.business_at = log.objects, log.version, log.recorded_at, log.business_at
    return again
