"""One simulator a folder: who holds it, and how the holder is asked to leave.

Decides by a lock on a file, which the kernel takes back whenever its holder dies, by whatever cause. The file also names the holder's
process; that is believed only while the lock is held.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from simulator.trouble import NotUsable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FILE: Final = "simulator.pid"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Holds the folder for this process.

    Raises:
        NotUsable: when another simulator holds it.
    """
    descriptor = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _lock(descriptor):
            raise NotUsable(f"a world is running in {folder}: `yrdx-sim down --out {folder}` stops it")
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def holder(folder: Path) -> int | None:
    """The process that holds the folder, or None."""
    try:
        descriptor = os.open(folder / _FILE, os.O_RDONLY)
    except OSError:  # no such folder, or not one of ours
        return None
    try:
        if _lock(descriptor):
            return None
        text = os.read(descriptor, 20).strip()
        return int(text) if text else None
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Whether nobody else held the lock; we hold it then, until the file is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
