"""The rows of a batch, in the shapes of the SQL types in `migrations/0002_commit.sql`: field for field.

`entry` is the position (1, 2, 3…) of a row's log entry in the batch. Ids are UUIDs here, for the driver; everywhere else they are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from datetime import datetime


class CaseRow(NamedTuple):
    """A case as it was (`expected` version, 0: not there) and as it becomes (`state` None: it stays)."""

    case_id: UUID
    expected: int
    state: bytes | None = None
    next_due: datetime | None = None
    open: bool = True
    overdue: str | None = None


class ClaimRow(NamedTuple):
    """A tag that a case holds from now on."""

    case_id: UUID
    tag: bytes
    epoch: int


class EntryRow(NamedTuple):
    """A log entry; it is written when its case wins."""

    case_id: UUID
    entry: bytes
    message_id: UUID
    receiver: str | None


class MessageRow(NamedTuple):
    """An accepted or refused message."""

    entry: int
    message_id: UUID
    header_digest: bytes
    case_id: UUID
    sender: str
    receiver: str
    header: bytes
    key_id: bytes
    signature: bytes
    sealed_payload: bytes
    receipt: bytes
    refusal: int


class DueEventRow(NamedTuple):
    """A due event."""

    entry: int
    event_id: UUID
    case_id: UUID
    due_event: bytes
    key_id: bytes
    signature: bytes


class DeliveryRow(NamedTuple):
    """Something that goes to a province; the commit gives it its number."""

    entry: int
    receiver: str
    lane: int
    message_id: UUID
    case_id: UUID


class AcknowledgementRow(NamedTuple):
    """A delivery's DELIVERED receipt, and the step that its case had reached."""

    entry: int
    case_id: UUID
    message_id: UUID
    receiver: str
    receipt: bytes
    step: int


@dataclass(slots=True)
class Rows:
    """All rows of a batch, in the order of the arguments of `ledger_commit`."""

    cases: list[CaseRow] = field(default_factory=list)
    claims: list[ClaimRow] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    messages: list[MessageRow] = field(default_factory=list)
    due_events: list[DueEventRow] = field(default_factory=list)
    deliveries: list[DeliveryRow] = field(default_factory=list)
    acknowledgements: list[AcknowledgementRow] = field(default_factory=list)

    def add_entry(self, case_id: bytes, entry: bytes, message_id: bytes, receiver: str | None = None) -> int:
        """Adds a log entry and returns its position."""
        self.entries.append(EntryRow(UUID(bytes=case_id), entry, UUID(bytes=message_id), receiver))
        return len(self.entries)
