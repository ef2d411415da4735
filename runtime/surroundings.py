"""What a process stands on and no store tells of: its certificates and its disks, as counters of a status."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pki.expiry import first_expiry
from runtime.figures import DISK_FREE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

MEASURED: Final = ("_seconds", "_bytes", "_days_left")
"""How counters end that change while nothing happens: two looks at an idle process differ in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What was there when the process started.

    Attributes:
        expires_at: end of the first of its certificates. One that is replaced on the disk counts after the next start, as it does in use.
        folders: where the process writes, by a name for people.
    """

    expires_at: datetime
    folders: Mapping[str, Path]

    @classmethod
    def of(cls, certificates: Iterable[Path], folders: Mapping[str, Path]) -> Surroundings:
        """Reads the certificates, all of this process's own.

        Raises:
            Refused: BAD_SETTINGS with the name of a file that is none.
        """
        return cls(expires_at=first_expiry(certificates), folders=folders)

    def counters(self, now: datetime) -> dict[str, int]:
        """Whole days that the certificates last, 0 once one has expired, and what is free on the disk of each folder that is there."""
        found = {"certificate_days_left": max(0, (self.expires_at - now).days)}
        for name, folder in self.folders.items():
            with suppress(OSError):  # somebody has moved it away: that is for its writer to say
                found[f"{name}_{DISK_FREE}"] = shutil.disk_usage(folder).free
        return found
