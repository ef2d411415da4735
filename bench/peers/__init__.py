"""Other programs that exchange signed, sealed and receipted documents, timed in the same run on the same machine.

Both are libraries: a message is built, opened, receipted and its receipt checked in one process, with no network, no disk and no database,
which is less than what stands beside them. They live in an environment of their own (`python -m venv` in the output folder); where that
cannot be made, the rows say so and hold no figure. Programs in this folder run there and import nothing of ours.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.report import Row, row

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGES: Final = ("as4==0.2.0", "pyas2lib==1.4.4")
_PROGRAMS: Final = {"as4": "as4_messages.py", "pyas2lib": "as2_messages.py"}
_SECONDS: Final = 5
_INSTALL_S: Final = 120.0
_ABOUT: Final = "RSA-2048, SHA-256; build, open and verify, signed receipt, check it; one process, nothing stored, no network"


async def measured(folder: Path, payload: int) -> list[Row]:
    """A row a peer; without a figure when it cannot be installed or does not run."""
    python = await _environment(folder)
    return [await _row(name, python, payload) for name in _PROGRAMS]


async def _row(name: str, python: Path | None, payload: int) -> Row:
    if python is None:
        return row(f"{name}_10k", None, "messages/s", conditions=f"{PACKAGES} could not be installed")
    program = Path(__file__).parent / _PROGRAMS[name]
    status, said = await _run((str(python), "-I", str(program), str(payload), str(_SECONDS)), _SECONDS + 60.0)
    if status:
        return row(f"{name}_10k", None, "messages/s", conditions=f"did not run: {said.splitlines()[-1] if said else status}")
    return row(f"{name}_10k", round(float(said), 1), "messages/s", conditions=f"{_ABOUT}; {_SECONDS} s")


async def _environment(folder: Path) -> Path | None:
    """The interpreter of the peers' environment; made once, then reused."""
    python, done = folder / "bin" / "python", folder / "complete"
    if done.exists():
        return python
    for words in ((sys.executable, "-m", "venv", str(folder)), (str(python), "-m", "pip", "install", "--quiet", *PACKAGES)):
        status, _ = await _run(words, _INSTALL_S)
        if status:
            return None
    done.touch()
    return python


async def _run(words: Sequence[str], seconds: float) -> tuple[int, str]:
    """Exit status and output; 1 for what takes too long or cannot be started."""
    try:
        process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    except OSError as error:
        return 1, str(error)
    try:
        async with asyncio.timeout(seconds):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return 1, "took too long"
    return process.returncode or 0, said.decode(errors="replace").strip()
