"""What may be asked of the ledger, and how it ends.

Works are made by the steps around the ledger: `Submission` by submit and verify, `Acknowledgement` by acknowledge, `DueCheck` by the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from core.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.envelope import ReadMessage
    from yrdx.v1 import envelope_pb2, exchange_pb2, receipt_pb2


class Claim(NamedTuple):
    """A blind tag as the ledger keeps it."""

    epoch: int
    tag: bytes
    """HMAC-SHA-256(pepper, tag), 32 bytes."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A message that was read.

    Attributes:
        message: header, routing and digest.
        envelope: as it came; its header and payload are stored verbatim.
        claims: of the tag opening, hashed under the pepper.
        trust_list_version: the version under which it was verified.
        objection: why a *new* message is refused without a receipt; a repeat is answered whatever stands here.
    """

    message: ReadMessage
    envelope: envelope_pb2.Envelope
    claims: tuple[Claim, ...]
    trust_list_version: int
    objection: Refused | None = None

    @property
    def case_id(self) -> bytes:
        """The case it belongs to."""
        return self.message.routing.case_id


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A DELIVERED receipt that was read.

    Attributes:
        receipt: its content.
        signed: as it is stored and shown to others.
        trust_list_version: the version under which its signature was verified.
        objection: why a first acknowledgement is refused; a repeat is fine whatever stands here.
    """

    receipt: receipt_pb2.Receipt
    signed: receipt_pb2.SignedReceipt
    trust_list_version: int
    objection: Refused | None = None

    @property
    def case_id(self) -> bytes:
        """The case it says it is about; compared with the delivery."""
        return self.receipt.case_id


@dataclass(frozen=True, slots=True)
class DueCheck:
    """Lets the clock act on a case."""

    case_id: bytes


Work: TypeAlias = Submission | Acknowledgement | DueCheck


@dataclass(frozen=True, slots=True)
class Done:
    """A work that is in the ledger, now or since earlier.

    Attributes:
        receipts: of a submission: ACCEPTED or REFUSED, then DELIVERED if it is known.
        events: how many due events a due check made.
    """

    receipts: tuple[receipt_pb2.SignedReceipt, ...] = ()
    events: int = 0


Outcome: TypeAlias = Done | Refused
"""A refusal means that nothing was stored."""


class Placed(NamedTuple):
    """A committed delivery with its number."""

    receiver: str
    delivery: exchange_pb2.Delivery


class Logged(NamedTuple):
    """A committed DELIVERED receipt."""

    receiver: str
    lane: int
    seq: int
    concerned: tuple[str, ...]
    """Provinces to tell; empty for a due event."""
    receipt: exchange_pb2.LoggedReceipt


class News(NamedTuple):
    """What a commit brought that others wait for."""

    placed: Sequence[Placed]
    logged: Sequence[Logged]
