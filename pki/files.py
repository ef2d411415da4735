"""Files of the key ceremony: private ones 0600, their folders 0700, each written whole or not at all.

Decides modes and the order of writes. File contents are not interpreted here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from core.refusals import BAD_SETTINGS, Refused

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644
FOLDER: Final = 0o700


def read(path: Path) -> bytes:
    """Reads a file that must be there.

    Raises:
        Refused: BAD_SETTINGS with the file's name when it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as exc:
        raise Refused(BAD_SETTINGS, path.name) from exc


def make_folder(path: Path) -> None:
    """Makes a folder and its missing parents, each 0700; `Path.mkdir` would give the parents the default mode."""
    if not path.parent.exists():
        make_folder(path.parent)
    path.mkdir(mode=FOLDER, exist_ok=True)


def write_new(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Writes a file that must not exist yet: a key is never overwritten.

    Raises:
        Refused: BAD_SETTINGS with the file's name when it exists already.
    """
    make_folder(path.parent)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as exc:
        raise Refused(BAD_SETTINGS, f"{path.name} exists") from exc
    # If we crash here, an empty or short file stays: reading it is refused, and a person removes it and starts again.
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, data: bytes, mode: int = PUBLIC) -> None:
    """Puts a new version of a file in the place of the old one, in one step."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    write_new(temporary, data, mode)
    # If we crash here, the old version is still complete and in place; the next call removes the temporary file.
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
