"""Signed notes (C2SP signed-note, tlog-cosignature): a short text and who signed it.

Decides whether bytes are a note, and whose signatures on it hold. The rules, in this order: (1) the bytes are UTF-8 without
control characters, (2) the last blank line parts text and signatures, (3) 1 to 100 signature lines are well-formed, then
for each line of a known key (4) the signature holds, and finally (5) at least one did. Lines of unknown keys are ignored.
Not decided here: what the text says, whether it is fresh, and how many signers are enough.

Stricter than Go's package in one point: base64 must be canonical, so that one signature has one spelling.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from core.refusals import BAD_FIELD, BAD_SIGNATURE, MALFORMED, UNKNOWN_KEY, Refused

Sign = Callable[[bytes], bytes]
"""Ed25519 over exactly these bytes: 64 bytes."""
Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key of 32 bytes, message, signature of 64 bytes) to whether an Ed25519 signature holds; never raises."""

MAX_SIGNATURES: Final = 100
_KEY_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_PUBLIC_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_DASH: Final = "— "


class KeyType(IntEnum):
    """What a key's signatures cover: the text alone, or the text and a time."""

    NOTE = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A named Ed25519 public key. Trust comes from the key; its 4-byte id can be collided."""

    name: str
    type: KeyType
    public: bytes

    @property
    def id(self) -> bytes:
        """SHA-256(name ‖ 0x0A ‖ type ‖ public key), the first 4 bytes."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:_KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as text: name, id in hexadecimal and base64 of type and key, joined by plus signs."""
        return f"{self.name}+{self.id.hex()}+{encode_base64(self._typed)}"

    @property
    def _typed(self) -> bytes:
        return bytes((self.type,)) + self.public


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature line: whose it claims to be, and its bytes after the key id."""

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """The line with its newline."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, ending in a newline, with its signature lines. Parsed is not verified."""

    text: str
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """The note as it is stored and sent."""
        return f"{self.text}\n{''.join(signature.line for signature in self.signatures)}".encode()


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds; `time` is the cosigner's clock in POSIX seconds, None for a plain note signature."""

    key: NoteKey
    time: int | None


def parse_vkey(text: str) -> NoteKey:
    """Reads a key.

    Raises:
        Refused: MALFORMED "vkey" when its form, type, length or id is not right.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    typed = decode_base64(encoded, "vkey")
    if not _is_name(name) or len(typed) != 1 + _PUBLIC_BYTES or typed[0] not in set(KeyType):
        raise Refused(MALFORMED, "vkey")
    key = NoteKey(name, KeyType(typed[0]), typed[1:])
    if key.id.hex() != key_id:
        raise Refused(MALFORMED, "vkey")
    return key


def parse_note(data: bytes) -> Note:
    """Reads a note: rules 1 to 3. No signature is checked.

    Raises:
        Refused: MALFORMED "note", "note.text" or "note.signature".
    """
    try:
        whole = data.decode()
    except UnicodeDecodeError as exc:
        raise Refused(MALFORMED, "note.text") from exc
    if any(character < " " and character != "\n" for character in whole):
        raise Refused(MALFORMED, "note.text")
    text, _, tail = whole.rpartition("\n\n")
    *lines, end = tail.split("\n")
    if not text or end or not 0 < len(lines) <= MAX_SIGNATURES:
        raise Refused(MALFORMED, "note")
    return Note(text + "\n", tuple(map(_parse_line, lines)))


def verify_note(note: Note, keys: Sequence[NoteKey], verify: Verify) -> list[Verified]:
    """The signatures of known keys, each key once: rules 4 and 5.

    The caller still checks that the key it needs is among them, and counts cosigners by public key, not by name.

    Raises:
        Refused: BAD_SIGNATURE with the signer's name when a known key's signature does not hold; UNKNOWN_KEY "note" when
            no known key signed.
    """
    verified: dict[NoteKey, Verified] = {}
    for signature in note.signatures:
        for key in keys:
            if (key.name, key.id) == (signature.name, signature.key_id):
                verified.setdefault(key, _verified(signature.blob, key, note.text, verify))
    if not verified:
        raise Refused(UNKNOWN_KEY, "note")
    return list(verified.values())


def sign_text(text: str, key: NoteKey, sign: Sign) -> Signature:
    """A plain note signature (type 0x01) over the text with its final newline."""
    return Signature(key.name, key.id, sign(text.encode()))


def cosign_text(text: str, key: NoteKey, time: int, sign: Sign) -> Signature:
    """A timestamped cosignature (type 0x04) over a checkpoint's text.

    Args:
        text: the whole text with its final newline.
        key: the cosigner's; it covers its name no further than this line, so one cosigner has one key.
        time: the cosigner's clock in POSIX seconds.
        sign: signs with the private half of `key`.

    Raises:
        Refused: BAD_FIELD "time" unless 0 < time < 2^64.
    """
    if not 0 < time < 1 << 8 * _TIME_BYTES:
        raise Refused(BAD_FIELD, "time")
    return Signature(key.name, key.id, time.to_bytes(_TIME_BYTES, "big") + sign(_cosigned(text, time)))


def decode_base64(text: str, field: str) -> bytes:
    """Canonical base64 (RFC 4648 section 4, with padding and without stray bits).

    Raises:
        Refused: MALFORMED with the field.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as exc:
        raise Refused(MALFORMED, field) from exc
    if encode_base64(data) != text:
        raise Refused(MALFORMED, field)
    return data


def encode_base64(data: bytes) -> str:
    """Base64 with padding."""
    return base64.b64encode(data).decode()


def _parse_line(line: str) -> Signature:
    dash, (name, _, encoded) = line[: len(_DASH)], line[len(_DASH) :].partition(" ")
    data = decode_base64(encoded, "note.signature")
    if dash != _DASH or not _is_name(name) or len(data) <= _KEY_ID_BYTES:
        raise Refused(MALFORMED, "note.signature")
    return Signature(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _is_name(text: str) -> bool:
    return bool(text) and "+" not in text and not any(map(str.isspace, text))


def _verified(blob: bytes, key: NoteKey, text: str, verify: Verify) -> Verified:
    time, signature, message = None, blob, text.encode()
    if key.type is KeyType.COSIGNATURE:
        time, signature = int.from_bytes(blob[:_TIME_BYTES], "big"), blob[_TIME_BYTES:]
        message = _cosigned(text, time)
    if time == 0 or len(signature) != _SIGNATURE_BYTES or not verify(key.public, message, signature):
        raise Refused(BAD_SIGNATURE, key.name)
    return Verified(key, time)


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
