"""Makes the folder of a run new without removing the log of the run before.

A file system that has just lost thousands of files is slow to make new ones (ext4 passes over what was freed within a minute): the run
before would be measured with this one. So its log is moved aside, and removed when everything is measured.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from simulator.layout import Layout
from simulator.processes import clear

if TYPE_CHECKING:
    from pathlib import Path

BEFORE: Final = "log-before"


async def begin(out: Path) -> Layout:
    """The layout of a new run; processes of the one before are ended."""
    layout = Layout.of(out)
    layout.folder.mkdir(parents=True, exist_ok=True)
    await clear(layout)
    if layout.log.exists():
        shutil.rmtree(layout.folder / BEFORE, ignore_errors=True)
        layout.log.rename(layout.folder / BEFORE)
    layout.clean()
    return layout
