"""Policy tables as the log has them: in the member records of its trust lists, for a province that has one; else an object of their own.

Reads what the records say. That each is signed by its province is checked with the trust list (I7).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from core.entries import TRUST_LIST
from simulator.oracle.facts import Artefact
from simulator.oracle.log import parsed
from yrdx.v1 import trust_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.oracle.facts import Log, Message


class Policies:
    """Every table, and which was in force where in the log."""

    def __init__(self, log: Log) -> None:
        """Reads the trust lists."""
        self._objects = log.objects
        self._tables: dict[bytes, bytes] = {}
        self._in_force: list[tuple[int, Mapping[str, bytes]]] = []
        for happening in log.happenings:
            if isinstance(happening, Artefact) and happening.entry.raw.kind == TRUST_LIST:
                tables = _tables(happening.data)
                self._tables |= {_digest(table): table for table in tables.values()}
                self._in_force.append((happening.entry.index, {province: _digest(table) for province, table in tables.items()}))

    def text(self, digest: bytes) -> bytes:
        """The table of that digest; nothing when the log does not have it."""
        return self._tables.get(digest) or self._objects.get(digest, b"")

    def fits(self, opening: Message) -> bool:
        """Whether a message opens its case under the table of its sender; one who has none may not use another province's."""
        in_force: Mapping[str, bytes] = {}
        for index, tables in self._in_force:
            if index < opening.entry.index:
                in_force = tables
        named = opening.header.policy_digest
        own = in_force.get(opening.routing.sender)
        return named == own if own else named not in self._tables


def _tables(data: bytes) -> dict[str, bytes]:
    """Tables by province; what cannot be read has none."""
    signed = parsed(trust_pb2.SignedTrustList, data)
    listed = parsed(trust_pb2.TrustList, signed.trust_list if signed else None)
    records = (parsed(trust_pb2.MemberRecord, member.record.record) for member in (listed.members if listed else ()))
    return {record.code: record.policy for record in records if record and record.policy}


def _digest(table: bytes) -> bytes:
    return hashlib.sha256(table).digest()
