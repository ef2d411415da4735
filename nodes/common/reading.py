"""Records as the node reads them: with a word in its process log when a code is in no table.

Tables lag behind life (a new county, a local code), so the value goes on as it is. The line names items and standards, never a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nodes.common.records.codes import unknown_codes
from runtime import process_log

if TYPE_CHECKING:
    from nodes.common.records.codec import RecordCodec
    from yrdx.v1 import resident_pb2

_LOG = process_log.get("nodes.reading")


@dataclass(frozen=True, slots=True)
class NoticingCodec:
    """A `RecordCodec` that writes and reads as `codec` does."""

    codec: RecordCodec

    @property
    def format(self) -> str:
        """Name of the format."""
        return self.codec.format

    def encode(self, resident: resident_pb2.Resident) -> bytes:
        """Writes the record."""
        return self.codec.encode(resident)

    def decode(self, record: bytes) -> resident_pb2.Resident:
        """Reads a record, and warns of unknown codes in it.

        Raises:
            Refused: UNREADABLE_RECORD.
        """
        resident = self.codec.decode(record)
        if unknown := unknown_codes(resident):
            _LOG.warning("codes that no table knows", format=self.format, items=unknown)
        return resident
