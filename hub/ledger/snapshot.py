"""What a batch is decided on: the ledger as it was read, without a lock. The commit compares before it writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from core.procedures.model import Case


class StoredCase(NamedTuple):
    """A case and its version."""

    version: int
    case: Case


class StoredMessage(NamedTuple):
    """A message that is in the ledger, with its serialised receipts: the hub's first, then DELIVERED if it is known."""

    digest: bytes
    receipts: tuple[bytes, ...]


class StoredDelivery(NamedTuple):
    """A delivery.

    Attributes:
        digest: SHA-256 of the header or of the due event.
        header: of the message; None for a due event.
        sender: of the message; empty for a due event.
        acknowledged: whether its DELIVERED receipt is stored.
    """

    case_id: bytes
    lane: int
    seq: int
    digest: bytes
    header: bytes | None
    sender: str
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows that the works of a batch name.

    Attributes:
        cases: by case id.
        messages: by message id.
        deliveries: by message or event id, and receiver.
        claims: tag to the case that holds it.
    """

    cases: dict[bytes, StoredCase] = field(default_factory=dict)
    messages: dict[bytes, StoredMessage] = field(default_factory=dict)
    deliveries: dict[tuple[bytes, str], StoredDelivery] = field(default_factory=dict)
    claims: dict[bytes, bytes] = field(default_factory=dict)
