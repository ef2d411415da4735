"""The process log: JSON lines with UTC times, for operators, never for evidence.

Decides what a line looks like: `at`, `level`, `process`, `part`, `event` and the caller's own words. A line names message and case
ids, provinces, numbers and durations; **never** a payload, a name or a citizen's number. That is owed by every caller; what this
module does for it: an exception is logged as its types, the first line of each text (a database driver puts row contents on the
second) and its places in the code, never with variables.

Warnings of the libraries go the same way.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec
import structlog

if TYPE_CHECKING:
    from types import TracebackType

    from _typeshed import ReadableBuffer
    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

_FRAMES = 6
_TEXT = 300


def configure(name: str, path: Path | None = None) -> None:
    """Sets up the log of the process `name`: appended to `path`, or standard error when None.

    Every line is one write, so that several processes may share a file and a kill loses no finished line. On a full disk lines are lost.
    """
    _shape(name, _Lines(path, "ab") if path else None)
    logging.basicConfig(handlers=[_Library(logging.WARNING)], force=True)
    sys.excepthook = _uncaught


def get(part: str) -> FilteringBoundLogger:
    """The log of one part of the program, for example `hub.publish`."""
    logger: FilteringBoundLogger = structlog.get_logger(part=part)
    return logger


def cause(error: BaseException) -> list[str]:
    """What an operator may read about an error: one line an exception, then the innermost places in the code."""
    lines = []
    seen: BaseException | None = error
    while seen is not None:
        text = str(seen).partition("\n")[0][:_TEXT]
        lines.append(f"{type(seen).__name__}: {text} at {' < '.join(_places(seen.__traceback__))}")
        if isinstance(seen, BaseExceptionGroup):
            lines += [f"  {line}" for inner in seen.exceptions for line in cause(inner)]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


def _shape(name: str, out: BinaryIO | None) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _cause,
            _Line(name),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.BytesLogger(out or sys.stderr.buffer),
        cache_logger_on_first_use=False,
    )


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-_FRAMES:][::-1]


def _cause(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    error = line.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        line["cause"] = cause(error)
    return line


class _Lines(FileIO):
    """The file. A line that cannot be written is lost: nobody's work may end because he could not say something about it."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Writes a line, or nothing."""
        with suppress(OSError):
            return super().write(data)
        return 0


class _Line:
    """Renders one line; what JSON does not know becomes its text."""

    def __init__(self, process: str) -> None:
        self._process = process
        self._encode = msgspec.json.Encoder(enc_hook=str).encode

    def __call__(self, _logger: WrappedLogger, _method: str, line: EventDict) -> bytes:
        head = {"at": line.pop("at"), "level": line.pop("level"), "process": self._process, "part": line.pop("part", "")}
        return self._encode({**head, "event": line.pop("event"), **line})


class _Library(logging.Handler):
    """Takes what libraries say through `logging`."""

    def emit(self, record: logging.LogRecord) -> None:
        get(record.name).log(record.levelno, record.getMessage(), exc_info=record.exc_info)


def _uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """A process that ends by an exception says so in its log: a line, not a traceback."""
    get("process").critical("failed", exc_info=error)


_shape("-", None)  # before `configure`, and in tests: structlog's own default prints the variables of a failed call
