"""Check 5: whatever an entry names lies in `objects/`, hashes to its name, and nothing else lies there.

What fails here is not looked at by later checks: one changed byte is one finding. Not covered: what the object says.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from audit.findings import Check
from audit.folder import OBJECTS

if TYPE_CHECKING:
    from audit.findings import Findings
    from audit.folder import LogFolder

Parsed = TypeVar("Parsed", bound=Message)


class Objects:
    """Reads objects by digest; each is hashed when it is read."""

    def __init__(self, folder: LogFolder, findings: Findings) -> None:
        """Starts with no object named."""
        self._folder, self._findings = folder, findings
        self._named: set[str] = set()

    def read(self, index: int, digest: bytes) -> bytes | None:
        """The object that the entry at `index` names, or None when it is missing or false."""
        name = digest.hex()
        if name not in self._named:
            self._named.add(name)
            self._findings.count(Check.OBJECTS)
        data = self._folder.read(OBJECTS + name)
        if data is None:
            self._findings.add(Check.OBJECTS, "is named and missing", entry=index, place=OBJECTS + name)
            return None
        if hashlib.sha256(data).digest() != digest:
            self._findings.add(Check.OBJECTS, "does not hash to its name", entry=index, place=OBJECTS + name)
            return None
        return data

    def finish(self) -> None:
        """Finds what nobody named."""
        surplus = self._folder.objects - self._named
        self._findings.count(Check.OBJECTS, len(surplus))
        for name in sorted(surplus):
            self._findings.add(Check.OBJECTS, "is named by no entry", place=OBJECTS + name)


def parse(into: Parsed, data: bytes) -> Parsed | None:
    """Reads a message without unknown fields, or gives None; protobuf would keep such fields silently."""
    try:
        into.ParseFromString(data)
    except DecodeError:
        return None
    return None if len(UnknownFieldSet(into)) else into
