"""What a run left, as plain facts: records of registers, calls to desks, and what the log tells, in its order."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from core.entries import ACTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from core.checkpoint import Checkpoint
    from yrdx.v1 import envelope_pb2, receipt_pb2


@dataclass(frozen=True, slots=True)
class Record:
    """A line of a register's dump.

    Attributes:
        place: where the line stands.
    """

    place: str
    province: str
    id_number: str
    name: str
    status: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A line of the officers' journal: one try of a call, and the answer."""

    line: int
    at: datetime
    province: str
    call: str
    request_id: str
    case_id: bytes
    answer: Mapping[str, str | int]

    @property
    def is_ok(self) -> bool:
        """Whether the desk said yes."""
        return self.answer.get("code") == "OK"

    @property
    def people(self) -> tuple[str, ...]:
        """Numbers of everybody who moves, by the answer, the applicant's first."""
        return tuple(self.said("id_number").split())

    @property
    def place(self) -> str:
        """Where the line stands, and its case."""
        return f"journal.jsonl line {self.line}, {case_name(self.case_id)}"

    def said(self, name: str) -> str:
        """A text of the answer; empty when there is none."""
        value = self.answer.get(name, "")
        return value if isinstance(value, str) else ""

    def identity(self, name: str) -> bytes:
        """An id in the answer; empty when there is none that can be read."""
        return id_bytes(self.said(name))


@dataclass(frozen=True, slots=True)
class Entry:
    """A log entry in its place, with its two clocks."""

    index: int
    raw: receipt_pb2.LogEntry
    recorded_at: datetime
    business_at: datetime

    @property
    def place(self) -> str:
        """Where it stands, and its case."""
        return f"entry {self.index}" + (f", {case_name(self.raw.case_id)}" if self.raw.case_id else "")


@dataclass(frozen=True, slots=True)
class Message:
    """An ACTION or REFUSED entry with its header."""

    entry: Entry
    header_bytes: bytes
    header: envelope_pb2.Header
    routing: envelope_pb2.Routing

    @property
    def id(self) -> bytes:
        """Of the message, as the entry names it."""
        return self.entry.raw.message_id

    @property
    def is_accepted(self) -> bool:
        """Whether the hub accepted it."""
        return self.entry.raw.kind == ACTION

    @property
    def place(self) -> str:
        """Where it stands, and what it says."""
        return f"{self.entry.place}: {self.routing.action} of {self.routing.sender}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A DELIVERED entry with the receiver's receipt."""

    entry: Entry
    receipt: receipt_pb2.Receipt


@dataclass(frozen=True, slots=True)
class Event:
    """A DUE entry with its event."""

    entry: Entry
    data: bytes
    event: receipt_pb2.DueEvent


@dataclass(frozen=True, slots=True)
class Artefact:
    """A trust list or a rules file that was put in force."""

    entry: Entry
    data: bytes


Happening = Message | Delivery | Event | Artefact


@dataclass(slots=True)
class Log:
    """The log as far as it can be read.

    Attributes:
        objects: by SHA-256.
        bundles: the entries as they were hashed.
        happenings: what they tell, in order.
    """

    checkpoint: Checkpoint | None = None
    note: bytes = b""
    vkey: str = ""
    objects: dict[bytes, bytes] = field(default_factory=dict)
    bundles: list[bytes] = field(default_factory=list)
    happenings: list[Happening] = field(default_factory=list)

    @property
    def messages(self) -> list[Message]:
        """Accepted and refused messages, in order."""
        return [one for one in self.happenings if isinstance(one, Message)]


@dataclass(frozen=True)
class Run:
    """Everything together.

    Attributes:
        registers: province code to its records, in the order in which they were made.
        beginning: the same before the first case; empty when that was not kept.
        calls: the journal.
        root: certificate of the anchor, PEM; empty when there is none.
        process_logs: name and bytes of what the processes wrote.
    """

    registers: Mapping[str, Sequence[Record]]
    beginning: Mapping[str, Sequence[Record]]
    calls: Sequence[Call]
    log: Log
    root: bytes
    process_logs: Mapping[str, bytes]

    @cached_property
    def persons(self) -> dict[bytes, tuple[str, ...]]:
        """The people of each case, as the desks told it: first the desk that opened it, else any."""
        told = [call for call in self.calls if call.is_ok and call.case_id and call.people]
        told.sort(key=lambda call: call.call != "OpenCase")
        persons: dict[bytes, tuple[str, ...]] = {}
        for call in told:
            persons.setdefault(call.case_id, call.people)
        return persons


def case_name(case_id: bytes) -> str:
    """A case as findings name it."""
    return f"case {uuid.UUID(bytes=case_id)}" if len(case_id) == 16 else "no case"  # noqa: PLR2004 - bytes of an id


def id_bytes(text: str) -> bytes:
    """An id from its text; empty when it is none."""
    try:
        return uuid.UUID(text).bytes
    except ValueError:
        return b""
