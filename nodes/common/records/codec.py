"""The port of every record format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from yrdx.v1 import resident_pb2


class RecordCodec(Protocol):
    """One province's record format, lossless in both directions.

    Attributes:
        format: name of the format with its version, as it stands in `ProvincialRecord.format`.
    """

    @property
    def format(self) -> str:
        """Name of the format, for example "shanghai-json-1"."""
        ...

    def encode(self, resident: resident_pb2.Resident) -> bytes:
        """Writes the record in canonical form: the same resident always gives the same bytes. Never refuses."""
        ...

    def decode(self, record: bytes) -> resident_pb2.Resident:
        """Reads a record.

        Raises:
            Refused: UNREADABLE_RECORD, naming the format, for whatever is not a record of this format; no other error.
        """
        ...
