"""Check 1: the checkpoint is a note that the log signed, under the key in `log.vkey`, which is the hub's log key in the trust list.

Exactly one signature line: this log has no witnesses yet (`policy` says so), so a second line would be something that nobody checks.
Not covered: that this checkpoint is the newest one. A log that was cut back to an older state *together with* its old checkpoint is in
order by itself; only somebody who holds a later checkpoint, or a receipt of a later message, can tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.findings import Check
from audit.folder import CHECKPOINT, POLICY, VKEY
from core.checkpoint import open_checkpoint, parse_checkpoint
from core.note import KeyType, parse_note, parse_vkey
from core.refusals import Refused
from pki.signer import verify_ed25519

if TYPE_CHECKING:
    from audit.findings import Findings
    from audit.folder import LogFolder
    from core.checkpoint import Checkpoint
    from core.note import NoteKey
    from pki.trust import Trust


def read_log_key(folder: LogFolder, findings: Findings) -> NoteKey | None:
    """The key in `log.vkey`; the policy must name the same. A missing file is a finding of check 2."""
    data = folder.read(VKEY)
    if data is None:
        return None
    findings.count(Check.CHECKPOINT)
    try:
        key = parse_vkey(data.decode("utf-8", "replace").removesuffix("\n"))
    except Refused as refusal:
        findings.add(Check.CHECKPOINT, f"is no key: {refusal.kind.name}", place=VKEY)
        return None
    if key.type is not KeyType.NOTE or data != f"{key.vkey}\n".encode():
        findings.add(Check.CHECKPOINT, "is not exactly one line with the key of a log", place=VKEY)
    if folder.read(POLICY) not in {None, f"log {key.vkey}\nquorum none\n".encode()}:
        findings.add(Check.CHECKPOINT, "does not say that this log's own signature is all there is", place=POLICY)
    return key


def read_checkpoint(folder: LogFolder, key: NoteKey | None, findings: Findings) -> Checkpoint | None:
    """The checkpoint, even when its signature does not hold, so that the rest can be looked at; None when there is nothing to read."""
    data = folder.read(CHECKPOINT)
    if data is None:
        return None
    findings.count(Check.CHECKPOINT)
    try:
        note = parse_note(data)
        checkpoint = parse_checkpoint(note.text)
        if len(note.signatures) != 1:
            findings.add(Check.CHECKPOINT, f"has {len(note.signatures)} signatures instead of the log's one", place=CHECKPOINT)
    except Refused as refusal:
        findings.add(Check.CHECKPOINT, f"is no checkpoint: {refusal.kind.name} {refusal.field}", place=CHECKPOINT)
        return None
    if key is not None:
        _check_signature(data, key, findings)
    return checkpoint


def check_registered(key: NoteKey | None, trust: Trust | None, findings: Findings) -> None:
    """The key in the folder proves nothing by itself: it must be the one that the hub registered in the newest trust list."""
    if key is None or trust is None:
        return
    findings.count(Check.CHECKPOINT)
    try:
        registered = trust.log_key()
    except Refused:
        findings.add(Check.CHECKPOINT, f"trust list {trust.version} names no log key of the hub")
        return
    if registered != key.public:
        findings.add(Check.CHECKPOINT, f"is not the log key in trust list {trust.version}", place=VKEY)


def _check_signature(data: bytes, key: NoteKey, findings: Findings) -> None:
    try:
        open_checkpoint(data, key, verify_ed25519)
    except Refused as refusal:
        findings.add(Check.CHECKPOINT, f"is not signed by the log: {refusal.kind.name}", place=CHECKPOINT)
