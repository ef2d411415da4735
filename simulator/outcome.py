"""What is left of a run, and what two independent judges say about it.

Decides the order after the last slot: the registers are dumped, the anchor is laid beside the log; then the auditor's verifier judges
the log in a process of its own and the oracle judges registers, journal and log together.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from core.ids import PROVINCES
from simulator.registers.files import dump

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.layout import Layout


def leave(layout: Layout) -> None:
    """Writes what remains: every register as it stands, and the anchor."""
    for code in PROVINCES:
        dump(layout.database(code), layout.dump(code))
    shutil.copyfile(layout.root, layout.folder / "root.pem")


async def audit(folder: Path) -> dict[str, Any]:
    """The verdict of `yrdx-audit verify` on the log of a run's folder, as it prints it."""
    command = (sys.executable, "-m", "audit", "verify", str(folder / "log"), "--root", str(folder / "root.pem"), "--json")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
    printed, _ = await process.communicate()
    try:
        found: dict[str, Any] = msgspec.json.decode(printed, type=dict[str, Any])
    except msgspec.DecodeError:
        found = {}
    return {**found, "verdict": "ok" if process.returncode == 0 else "findings"}
