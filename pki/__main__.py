"""`yrdx-pki`: the key ceremony. Exit status 0 fine, 1 findings, 2 usage."""

from __future__ import annotations

import sys

from cyclopts import CycloptsError

from core.refusals import BAD_FIELD, BAD_SETTINGS, NO_IDENTITY, Refused
from pki.commands import app

FOUND, USAGE = 1, 2

_MEANS = {
    BAD_FIELD: "is missing or not possible here",
    BAD_SETTINGS: "cannot be used here",
    NO_IDENTITY: "no certificate can name this",
}
"""Refusals that are about how the command was called."""


def main() -> None:
    """Parses the command line, prints what the command returns and exits."""
    try:
        lines = app(exit_on_error=False, result_action="return_value")
    except CycloptsError:  # already printed
        sys.exit(USAGE)
    except Refused as exc:
        usage = _MEANS.get(exc.kind)
        _complain(f"{exc.field}: {usage}" if usage else f"{exc}. {exc.kind.en}")
        sys.exit(USAGE if usage else FOUND)
    except OSError as exc:
        _complain(f"{exc.filename or ''}: {exc.strerror}")
        sys.exit(USAGE)
    for line in lines or ():
        print(line)


def _complain(text: str) -> None:
    print(f"yrdx-pki: {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
