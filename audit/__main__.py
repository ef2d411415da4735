"""`yrdx-audit`: verifies a log folder offline. Exit status 0 nothing found, 1 findings, 2 usage."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter

from audit import report
from audit.verify import verify
from core.refusals import Refused
from core.typed import whole
from pki.reading import read_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.verify import Progress

FINE, FOUND, USAGE = 0, 1, 2

Whole = Annotated[int, Parameter(converter=whole)]

app = App(
    name="yrdx-audit",
    help="Verify the transfer log of the exchange: no server, no network, public keys alone.",
    help_epilogue="""Examples:
  yrdx-audit verify demo-out/log
  yrdx-audit verify copy-of-the-log --root root.pem --json

The root certificate is the anchor: take it from the root's ceremony, not from whoever gave you the log.
Exit status: 0 nothing found, 1 findings, 2 usage.""",
    help_format="plaintext",
)


@app.command(name="verify")
def verify_folder(
    folder: Path,
    /,
    *,
    root: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
    limit: Whole = 20,
    threads: Whole = 4,
) -> int:
    """Check every file, hash, signature and decision of a log folder.

    Args:
        folder: the log, or a copy of it that was taken while the hub was stopped or idle.
        root: certificate of the root. By default root.pem beside the log folder.
        json: print the report as JSON, with every finding that was kept.
        limit: how many findings to print.
        threads: threads that verify signatures.
    """
    anchor = root or folder.resolve().parent / "root.pem"
    if not folder.is_dir():
        return _usage(f"{folder} is no folder")
    try:
        pem = anchor.read_bytes()
        read_root(pem)
    except (Refused, OSError):
        return _usage(f"{anchor} is no root certificate that can be read; name one with --root")
    if limit < 0 or threads < 1:
        return _usage("--limit is 0 or more, --threads 1 or more")
    with _progress(shown=sys.stderr.isatty() and not json) as progress:
        verified = verify(folder, pem, threads=threads, progress=progress)
    print(report.as_json(verified) if json else report.text(verified, limit))
    return FINE if verified.is_ok else FOUND


def _usage(text: str) -> int:
    print(f"yrdx-audit: {text}", file=sys.stderr)
    return USAGE


@contextmanager
def _progress(*, shown: bool) -> Iterator[Progress]:
    """A bar on the terminal, and nothing anywhere else."""
    if not shown:
        yield lambda _done, _all: None
        return
    from rich.console import Console  # noqa: PLC0415 - costs 0.1 s, which a script that calls this need not wait for
    from rich.progress import Progress as Bar  # noqa: PLC0415 - likewise

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verifying", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def main() -> None:
    """Runs the command line; left alone, cyclopts answers a usage error with status 1, which means findings here."""
    try:
        status = app(exit_on_error=False, result_action="return_value")
    except CycloptsError:
        sys.exit(USAGE)
    sys.exit(status or FINE)


if __name__ == "__main__":
    main()
