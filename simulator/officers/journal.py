"""The officers' journal: every call to a desk with its answer, one JSON line each, in the order of the answers.

A line is `{"at","province","call","request_id","case_id","answer","chain"}`; times are real, UTC; ids are text, empty where a call has
none; `chain` ties the line to the one before (`simulator.chain`). The answer begins with the gRPC `code`; a refusal adds its `number` and
`name`; a case adds `state`, `ending`, and the `id_number` of the person, a decision its `action` and `message_id`, a document the `digest`
that names it and the SHA-256 of its `content`, a precheck its `grade`. A call that was tried again has a line for each try, with the same
`request_id`. The journal belongs to the provinces, so a person's number may stand in it; it never leaves them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from simulator.chain import FIRST, link

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from runtime.clock import Clock

Answer = dict[str, str | int]


class Journal:
    """An open journal file. A line is written in one go, so a kill loses no finished line.

    Attributes:
        lines: how many there are.
        chain: of the last one.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        """Begins the file anew."""
        self._file = path.open("wb", buffering=0)
        self._clock = clock
        self.lines, self.chain = 0, FIRST

    def __enter__(self) -> Self:
        """Opens nothing more."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Closes the file."""
        self._file.close()

    def write(self, *, province: str, call: str, request_id: str, case_id: str, answer: Answer) -> None:
        """Adds a line."""
        at = self._clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
        line = {"at": at, "province": province, "call": call, "request_id": request_id, "case_id": case_id, "answer": answer}
        self.lines, self.chain = self.lines + 1, link(self.chain, line)
        self._file.write(msgspec.json.encode({**line, "chain": self.chain}) + b"\n")
