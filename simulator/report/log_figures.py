"""Figures of a run that stand in its log: how many messages, between whom, and how long each took to be delivered.

Reads the log's files as they are; whether they are true is the auditor's business (`yrdx-audit verify`), not checked here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from core.entries import ACTION, DELIVERED, read_entry
from core.tiles import decode_bundle, tiles
from yrdx.v1 import envelope_pb2, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from google.protobuf.timestamp_pb2 import Timestamp

_NOTE_LINES: Final = 3


@dataclass(slots=True)
class LogFigures:
    """What was counted.

    Attributes:
        size: entries under the checkpoint.
        root: of the tree, base64 as in the checkpoint.
        messages: accepted.
        pairs: ordered pairs of provinces (sender, receiver) with a case opened between them.
        latencies_ms: from a message's making in the sender's node to its receipt by the receiver's.
        spans: of each case, business time of its first and last accepted message.
    """

    size: int
    root: str
    messages: int = 0
    pairs: set[tuple[str, str]] = field(default_factory=set)
    latencies_ms: list[float] = field(default_factory=list)
    spans: dict[bytes, tuple[datetime, datetime]] = field(default_factory=dict)


def read(folder: Path) -> LogFigures:
    """Reads the log in `folder`.

    Raises:
        OSError: when a file is missing.
        Refused: when one cannot be read.
    """
    _, size, root = (folder / "checkpoint").read_text().split("\n")[:_NOTE_LINES]
    figures = LogFigures(int(size), root)
    made: dict[bytes, datetime] = {}
    for entry in _entries(folder, figures.size):
        if entry.kind == ACTION:
            _action(figures, entry, envelope_pb2.Header.FromString(_object(folder, entry.object)), made)
        elif entry.kind == DELIVERED and entry.message_id in made:
            signed = receipt_pb2.SignedReceipt.FromString(_object(folder, entry.receipt))
            received = _time(receipt_pb2.Receipt.FromString(signed.receipt).recorded_at)
            figures.latencies_ms.append((received - made[entry.message_id]).total_seconds() * 1000)
    return figures


def _action(figures: LogFigures, entry: receipt_pb2.LogEntry, header: envelope_pb2.Header, made: dict[bytes, datetime]) -> None:
    routing = envelope_pb2.Routing.FromString(header.routing)
    figures.messages += 1
    made[entry.message_id] = _time(header.created_at)
    at = _time(entry.business_at)
    first = figures.spans.get(entry.case_id, (at, at))[0]
    figures.spans[entry.case_id] = (first, at)
    if entry.step == 1:
        figures.pairs.add((routing.sender, routing.receiver))


def _entries(folder: Path, size: int) -> Iterator[receipt_pb2.LogEntry]:
    for tile in tiles(size):
        if tile.level == 0:
            for data in decode_bundle((folder / tile.entries_path).read_bytes(), tile.width):
                yield read_entry(data)


def _object(folder: Path, digest: bytes) -> bytes:
    return (folder / "objects" / digest.hex()).read_bytes()


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(UTC)
