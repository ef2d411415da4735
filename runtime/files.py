"""Small files that other processes read: whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str, *, private: bool = False) -> None:
    """Replaces `path` durably; `private` files (0600) hold secrets, others (0644) anything else.

    If we crash here, readers see the old text or the new one, never half; a forgotten `.NAME.new` is overwritten next time.
    """
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
