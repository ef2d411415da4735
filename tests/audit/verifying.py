"""Verifying in one line, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

    from audit.findings import Finding
    from tests.support.log_folder import LogBuilder


def findings_of(folder: Path) -> list[Finding]:
    """What is found in a folder that has its `root.pem` beside it."""
    verified = verify(folder, (folder.parent / "root.pem").read_bytes(), threads=1)
    found = verified.findings.kept()
    assert verified.is_ok == (not found)
    return found


def found_in(log: LogBuilder, tmp_path: Path) -> dict[tuple[int, int | None], str]:
    """What is found in a log whose checkpoint is properly signed: (number of the check, entry) to text, one finding each."""
    found = findings_of(log.write(tmp_path / "log"))
    texts = {(finding.check.value, finding.entry): finding.text for finding in found}
    assert len(texts) == len(found), found
    return texts
