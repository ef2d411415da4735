"""Checkpoints (C2SP tlog-checkpoint): what a log signs about its tree.

Decides the text of a checkpoint, and whether a note is a checkpoint signed by a given log. Extension lines are refused:
this log writes none, and one that nobody understands must not pass unseen. Not checked here: that the root is that of
any entries, that the checkpoint continues an older one (core.merkle), that it is fresh, and who cosigned it
(`core.note.verify_note` with the witnesses' keys).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.merkle import EMPTY_ROOT, HASH_BYTES, MAX_SIZE
from core.note import Note, NoteKey, decode_base64, encode_base64, parse_note, sign_text, verify_note
from core.refusals import BAD_FIELD, MALFORMED, Refused

if TYPE_CHECKING:
    from core.note import Sign, Verify

_LINES: Final = 3
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its name, the number of its leaves and their root.

    Raises:
        Refused: BAD_FIELD when the origin is empty or holds a control character, the size is not in 0 to 2^63-1, the root
            is not 32 bytes, or an empty tree has another root than SHA-256 of nothing.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        """Keeps impossible checkpoints from being signed or believed."""
        if not self.origin or any(character < " " for character in self.origin):
            raise Refused(BAD_FIELD, "checkpoint.origin")
        if not 0 <= self.size <= MAX_SIZE:
            raise Refused(BAD_FIELD, "checkpoint.size")
        if len(self.root) != HASH_BYTES or (self.size == 0) != (self.root == EMPTY_ROOT):
            raise Refused(BAD_FIELD, "checkpoint.root")

    def text(self) -> str:
        """Three lines: origin, size in decimal, root in base64."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Reads the text of a checkpoint.

    Raises:
        Refused: MALFORMED or BAD_FIELD; `field` names the line.
    """
    if not text.endswith("\n") or text.count("\n") != _LINES:
        raise Refused(MALFORMED, "checkpoint")
    origin, size, encoded = text[:-1].split("\n")
    if not _SIZE.fullmatch(size):
        raise Refused(MALFORMED, "checkpoint.size")
    return Checkpoint(origin, int(size), decode_base64(encoded, "checkpoint.root"))


def sign_checkpoint(checkpoint: Checkpoint, key: NoteKey, sign: Sign) -> bytes:
    """The checkpoint as a note signed by its log."""
    text = checkpoint.text()
    return Note(text, (sign_text(text, key, sign),)).to_bytes()


def open_checkpoint(data: bytes, log: NoteKey, verify: Verify) -> Checkpoint:
    """Reads a note, makes sure that the log signed it, and reads the checkpoint in it.

    Args:
        data: the note, with or without cosignatures; those of witnesses are ignored here.
        log: the log's key; the log's name is also its origin.
        verify: checks an Ed25519 signature.

    Raises:
        Refused: as `parse_note`, `verify_note` and `parse_checkpoint`; BAD_FIELD "checkpoint.origin" when the log signed
            for another origin.
    """
    note = parse_note(data)
    verify_note(note, [log], verify)
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != log.name:
        raise Refused(BAD_FIELD, "checkpoint.origin")
    return checkpoint
