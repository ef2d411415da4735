"""I6, that the hub cannot read: no name and no number of a person in anything that the hub stored in the log or a process wrote.

Looked for in the clear (UTF-8), as hex, as base64 and as plain SHA-256, raw or in hex or base64. Text in hex, base64 or JSON escapes is
decoded, base64 at every alignment, and looked through like the rest, so that a secret inside a longer piece is found too. Not looked
for: ciphertext and keyed digests, which is what the exchange is made of.
"""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from simulator.oracle.verdict import I6

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.oracle.facts import Run
    from simulator.oracle.history import History
    from simulator.oracle.verdict import Tally

_NUMBER: Final = re.compile(rb"(?=(\d{17}[\dXx]))")
_WORDS: Final = re.compile(rb"(?:[\xe3-\xef][\x80-\xbf]{2}|\xf0[\xa0-\xbf][\x80-\xbf]{2}|\xc2\xb7)+")
"""Runs of Chinese characters in UTF-8, those beyond U+FFFF and the dot of foreign names included."""
_HEX: Final = re.compile(rb"(?:[0-9a-f]{2}){6,}|(?:[0-9A-F]{2}){6,}")
_ESCAPED: Final = re.compile(rb"(?:\\u[0-9a-fA-F]{4})+")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_IS_HEX: Final = re.compile(rb"[0-9a-f-]{32,}")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_DIGEST: Final = 32


class Secrets:
    """What must not be found."""

    def __init__(self, numbers: Iterable[str], names: Iterable[str]) -> None:
        """Takes the numbers and names of everybody."""
        self._numbers = {number.encode() for number in numbers}
        self._names = set(names)
        self._lengths = sorted({len(name) for name in self._names})
        plain = self._numbers | {name.encode() for name in self._names}
        self._digests = {sha256(secret).digest() for secret in plain}

    def found(self, data: bytes) -> str:
        """What was found in these bytes, without telling whose it is; empty for nothing."""
        return next((text for piece in _pieces(data) if (text := self._in_clear(piece))), "")

    def _in_clear(self, piece: bytes) -> str:
        if any(found.group(1).upper() in self._numbers for found in _NUMBER.finditer(piece)):
            return "a person's number"
        if any(self._names_in(found.group()) for found in _WORDS.finditer(piece)):
            return "a person's name"
        if not piece.isascii() and not self._digests.isdisjoint(piece[at : at + _DIGEST] for at in range(len(piece) - _DIGEST + 1)):
            return "the plain digest of a person's name or number"
        return ""

    def _names_in(self, run: bytes) -> bool:
        text = run.decode("utf-8", "ignore")
        return any(text[at : at + length] in self._names for length in self._lengths for at in range(len(text) - length + 1))


def check(run: Run, _history: History, tally: Tally) -> None:
    """Looks through objects, entries and process logs."""
    records = [record for records in run.registers.values() for record in records]
    told = {number for call in run.calls for number in call.people}
    secrets = Secrets({record.id_number for record in records} | told, {record.name for record in records})
    for place, data in _places(run):
        text = secrets.found(data)
        tally.check(I6, f"{place}: holds {text}", holds=not text)


def _places(run: Run) -> Iterator[tuple[str, bytes]]:
    for digest, data in run.log.objects.items():
        yield f"log/objects/{digest.hex()}", data
    for index, data in enumerate(run.log.bundles):
        yield f"entry {index}", data
    for name, data in run.process_logs.items():
        yield f"process-logs/{name}", data


def _pieces(data: bytes) -> Iterator[bytes]:
    """The bytes themselves, and what their hex, JSON escapes and base64 stand for, each kind in one piece."""
    yield data
    yield b"\n".join(bytes.fromhex(digits.decode()) for digits in {found.lower() for found in _HEX.findall(data)})
    yield b"\n".join(map(_unescaped, set(_ESCAPED.findall(data))))
    texts = {text for text in _BASE64.findall(data) if not _IS_HEX.fullmatch(text)}
    yield b"\n".join(piece for text in texts for piece in _decoded(text.translate(_STANDARD)))


def _unescaped(text: bytes) -> bytes:
    return text.decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16", "ignore").encode()


def _decoded(text: bytes) -> Iterator[bytes]:
    """Base64 from each of the places where four digits may begin; padding is made up."""
    for start in range(4):
        digits = text[start:-1] if (len(text) - start) % 4 == 1 else text[start:]
        yield base64.b64decode(digits + b"=" * (-len(digits) % 4))
