"""The whole verification: which check sees what, in one pass over the log.

1. The checkpoint is read first: it says how many entries there are (check 1).
2. The files are compared with what such a log consists of (check 2).
3. The entries are read a bundle at a time; each bundle goes into the rebuilt tree (check 3), each entry through checks 4 to 13:

   * any entry: form and time (4), the version of the trust list it names (6);
   * TRUST_LIST: (6); RULES: (7);
   * ACTION and REFUSED: header and signature (5, 8), hub's receipt (9), rules (7), number (12), seen checkpoint (13), replay (11);
   * DELIVERED: receiver's receipt (5, 9), limits from receipt (11);
   * DUE: event and signature (5, 10), replay (10, 11).

4. What only the whole log shows: root and partial tiles (3), surplus objects (5), the log key in the newest trust list (1).

Whatever is found, the rest is still looked at. What no check covers: that the log is complete up to *today* (compare checkpoints with
others), what the sealed payloads say, and claims on persons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.checkpoint import check_registered, read_checkpoint, read_log_key
from audit.due_events import DueEvents
from audit.entries import Entries
from audit.findings import Check, Findings
from audit.folder import LogFolder, check_files
from audit.gaps import Gaps
from audit.messages import Messages
from audit.objects import Objects
from audit.receipts import Receipts
from audit.replay import Replay
from audit.rules import LoggedRules
from audit.seen import SeenCheckpoints
from audit.sequences import Sequences
from audit.signatures import Signatures
from audit.tree import Rebuilt, read_bundles
from audit.trust_lists import TrustLists
from core.entries import ACTION, DELIVERED, DUE, REFUSED, RULES, TRUST_LIST
from core.tiles import WIDTH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from audit.entries import Record
    from core.checkpoint import Checkpoint

Progress = Callable[[int, int], None]
"""Is told how many entries of how many are done."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The result.

    Attributes:
        checkpoint: what was verified, or None when there is no readable checkpoint.
        findings: what was counted and found; none at all means that the log is in order.
    """

    checkpoint: Checkpoint | None
    findings: Findings

    @property
    def is_ok(self) -> bool:
        """Whether nothing was found."""
        return self.findings.total == 0


def verify(path: Path, root_certificate_pem: bytes, *, threads: int = 4, progress: Progress = lambda _done, _all: None) -> Verified:
    """Verifies a log folder against the root certificate. Reads only; takes no network and no clock."""
    findings = Findings()
    folder = LogFolder(path)
    key = read_log_key(folder, findings)
    checkpoint = read_checkpoint(folder, key, findings)
    if checkpoint is None or not folder.holds(checkpoint.size):
        check_files(folder, 0, findings)
        text = "nothing further can be checked: there is no readable checkpoint, or entries for it are missing altogether"
        findings.add(Check.CHECKPOINT, text)
        return Verified(checkpoint, findings)
    check_files(folder, checkpoint.size, findings)
    trust_lists = TrustLists(root_certificate_pem, findings)
    with Signatures(trust_lists, findings, threads) as signatures:
        _Pass(folder, checkpoint, trust_lists, signatures, findings).run(progress)
    check_registered(key, trust_lists.current, findings)
    return Verified(checkpoint, findings)


class _Pass:
    """The one pass over the entries."""

    def __init__(
        self, folder: LogFolder, checkpoint: Checkpoint, trust_lists: TrustLists, signatures: Signatures, findings: Findings
    ) -> None:
        self._folder, self._checkpoint, self._findings = folder, checkpoint, findings
        self._signatures, self._trust_lists = signatures, trust_lists
        self._gaps = Gaps()
        self._tree = Rebuilt(folder, checkpoint.size, findings)
        self._entries = Entries(findings)
        self._objects = Objects(folder, findings)
        self._rules = LoggedRules(findings)
        self._messages = Messages(self._objects, signatures, findings, {})
        self._receipts = Receipts(self._objects, signatures, self._gaps, findings)
        self._due_events = DueEvents(self._objects, signatures, findings)
        self._replay = Replay(self._rules, self._gaps, findings)
        self._sequences = Sequences(self._gaps, findings)
        self._seen = SeenCheckpoints(folder, checkpoint.size, findings)
        self._steps: Mapping[int, Callable[[Record], None]] = {
            TRUST_LIST: self._trust_list,
            RULES: self._rules_artefact,
            ACTION: self._message,
            REFUSED: self._message,
            DELIVERED: self._delivered,
            DUE: self._due,
        }

    def run(self, progress: Progress) -> None:
        """Goes through all entries, then through what only the end shows."""
        for tile, entries in read_bundles(self._folder, self._checkpoint.size, self._findings):
            self._tree.add(tile, entries)
            if entries is None:
                self._gaps.entries()
            for n, data in enumerate(entries or ()):
                self._entry(tile.index * WIDTH + n, data)
            progress(tile.index * WIDTH + tile.width, self._checkpoint.size)
        self._signatures.finish()
        self._tree.finish(self._checkpoint.root)
        self._objects.finish()

    def _entry(self, index: int, data: bytes) -> None:
        record = self._entries.read(index, data)
        if record is None:
            self._gaps.entries()
            return
        self._steps[record.entry.kind](record)
        self._trust_lists.check_named(record)

    def _trust_list(self, record: Record) -> None:
        data = self._objects.read(record.index, record.entry.object)
        if data is not None:
            self._trust_lists.take(record, data)
            if self._trust_lists.current is not None:
                self._rules.learn(self._trust_lists.current)

    def _rules_artefact(self, record: Record) -> None:
        data = self._objects.read(record.index, record.entry.object)
        if data is not None:
            self._rules.take(record, data)

    def _message(self, record: Record) -> None:
        accepted = record.entry.kind == ACTION
        message = self._messages.read(record)
        self._receipts.check_hub(record)
        rules = self._rules.of_message(record, message, self._trust_lists.current) if message is not None else None
        if message is None or rules is None:
            self._gaps.case(record.entry.case_id)
            return
        self._seen.check(record, message)
        if accepted:
            self._receipts.accepted(message)
            self._sequences.accepted(record, message)
            self._replay.accepted(record, message, rules)
        else:
            self._sequences.refused(record, message)
            self._replay.refused(record, message, rules)

    def _delivered(self, record: Record) -> None:
        what = self._receipts.check_delivered(record)
        if what is not None:
            self._replay.delivered(record, what.action)
        else:
            self._gaps.case(record.entry.case_id)

    def _due(self, record: Record) -> None:
        event = self._due_events.read(record)
        self._receipts.due(record)
        if event is not None:
            self._replay.due(record, event)
        else:
            self._gaps.case(record.entry.case_id)
