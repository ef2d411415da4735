"""The log folder, read: checkpoint, entries and the objects that they name, as far as they can be read.

What cannot be read is a finding under I6 (who hides a part of the log rewrites history); the rest is read all the same.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final, TypeVar

from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Parsed

from core.checkpoint import parse_checkpoint
from core.entries import ACTION, DELIVERED, DUE, REFUSED, read_entry
from core.note import parse_note
from core.refusals import Refused
from core.tiles import decode_bundle, tiles
from simulator.oracle.facts import Artefact, Delivery, Entry, Event, Log, Message
from simulator.oracle.tree import check_files, check_named, check_tree, read_file, read_objects
from simulator.oracle.verdict import I6
from yrdx.v1 import envelope_pb2, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.checkpoint import Checkpoint
    from simulator.oracle.facts import Happening
    from simulator.oracle.verdict import Tally

Kind = TypeVar("Kind", bound=Parsed)

_POLICY: Final = "log {}quorum none\n"
"""The policy of a log without witnesses; its key stands in `log.vkey`, with the end of the line."""


def read_log(folder: Path, tally: Tally) -> Log:
    """Reads the folder and makes sure that its parts fit together."""
    log = Log(objects=read_objects(folder / "objects", tally))
    log.note, log.vkey = _read(folder, "checkpoint", tally), _read(folder, "log.vkey", tally).decode("utf-8", "replace")
    policy = _read(folder, "policy", tally)
    names_key = policy == _POLICY.format(log.vkey).encode()
    tally.check(I6, "log/policy: names another log or witnesses", holds=names_key)
    log.checkpoint = _checkpoint(log.note, tally)
    log.bundles = list(_bundles(folder, log.checkpoint.size if log.checkpoint else 0, tally))
    check_tree(folder, log, tally)
    check_files(folder, log, tally)
    entries = [entry for index, data in enumerate(log.bundles) if (entry := _entry(index, data, tally))]
    check_named(entries, log.objects, tally)
    for entry in entries:
        happening = _happening(entry, log)
        readable = happening is not None or entry.raw.object not in log.objects  # that it is missing was said
        tally.check(I6, f"{entry.place}: what it names cannot be read", holds=readable)
        if happening is not None:
            log.happenings.append(happening)
    return log


def parsed(kind: type[Kind], data: bytes | None) -> Kind | None:
    """A protobuf message, or None when the bytes are none."""
    if data is None:
        return None
    try:
        return kind.FromString(data)
    except DecodeError:
        return None


def _read(folder: Path, name: str, tally: Tally) -> bytes:
    data = read_file(folder / name) or b""
    tally.check(I6, f"log/{name}: cannot be read", holds=bool(data))
    return data


def _checkpoint(note: bytes, tally: Tally) -> Checkpoint | None:
    try:
        found = parse_checkpoint(parse_note(note).text)
    except Refused:
        found = None
    tally.check(I6, "log/checkpoint: is no checkpoint", holds=found is not None)
    return found


def _bundles(folder: Path, size: int, tally: Tally) -> Iterator[bytes]:
    """Entries up to the first bundle that cannot be read: what stands behind it has no sure place."""
    for tile in tiles(size):
        if tile.level:
            return
        try:
            entries = decode_bundle(read_file(folder / tile.entries_path) or b"", tile.width)
        except Refused:
            entries = []
        if not tally.check(I6, f"log/{tile.entries_path}: does not hold {tile.width} entries", holds=bool(entries)):
            return
        yield from entries


def _entry(index: int, data: bytes, tally: Tally) -> Entry | None:
    try:
        raw = read_entry(data)
        entry = Entry(index, raw, raw.recorded_at.ToDatetime(UTC), raw.business_at.ToDatetime(UTC))
    except (Refused, ValueError, OverflowError):
        entry = None
    tally.check(I6, f"entry {index}: cannot be read", holds=entry is not None)
    return entry


def _happening(entry: Entry, log: Log) -> Happening | None:
    data = log.objects.get(entry.raw.object)
    if entry.raw.kind == DELIVERED:
        signed = parsed(receipt_pb2.SignedReceipt, log.objects.get(entry.raw.receipt))
        receipt = parsed(receipt_pb2.Receipt, signed.receipt if signed else None)
        return Delivery(entry, receipt) if receipt else None
    if data is None:
        return None
    if entry.raw.kind in {ACTION, REFUSED}:
        header = parsed(envelope_pb2.Header, data)
        routing = parsed(envelope_pb2.Routing, header.routing if header else None)
        return Message(entry, data, header, routing) if header and routing else None
    if entry.raw.kind == DUE:
        event = parsed(receipt_pb2.DueEvent, data)
        return Event(entry, data, event) if event else None
    return Artefact(entry, data)
