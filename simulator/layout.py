"""The folder of a run: what lies where.

    report.json report.html world.json journal.jsonl root.pem    for whoever reads the run
    faults.json kills.jsonl                                       of `yrdx-sim faults`
    registers/<code>.jsonl  log/  process-logs/                    "
    beginning/<code>.jsonl                                         the registers before the first case, for the oracle
    world/                                                         private: keys, settings, passwords, databases

Decides names only, and removes what an earlier run left under them; anything else in the folder stays.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.trouble import NotUsable

if TYPE_CHECKING:
    from pathlib import Path

_FOLDERS: Final = ("world", "log", "process-logs", "registers", "beginning")
_FILES: Final = ("report.json", "report.html", "world.json", "journal.jsonl", "root.pem", ".world.json.new", "faults.json", "kills.jsonl")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below one folder, all absolute."""

    folder: Path

    @classmethod
    def of(cls, folder: Path) -> Layout:
        """The layout of a folder, given in any form."""
        return cls(folder.absolute())

    def make(self) -> None:
        """Makes the folder itself.

        Raises:
            NotUsable: nothing can be written there.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.simulator_log.touch()
        except OSError as error:
            raise NotUsable(f"{self.folder} cannot be used: {error.strerror}") from error

    def clean(self) -> None:
        """Removes an earlier run and makes the folders of a new one."""
        for name in _FOLDERS:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in _FILES:
            (self.folder / name).unlink(missing_ok=True)
        for name in ("log", "process-logs", "registers", "beginning"):
            (self.folder / name).mkdir(parents=True)
        self.private.mkdir(mode=0o700)
        for name in ("settings", "dsn", "registers", "materials", "pids", "errors", "trap"):
            (self.private / name).mkdir(mode=0o700)

    @property
    def simulator_log(self) -> Path:
        """JSON lines of the simulator itself."""
        return self.folder / "simulator.log"

    @property
    def private(self) -> Path:
        """What only the processes of the world may read."""
        return self.folder / "world"

    @property
    def log(self) -> Path:
        """The transfer log."""
        return self.folder / "log"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.private / "pki"

    @property
    def root(self) -> Path:
        """The anchor of all trust, in the PKI's folder."""
        return self.pki / "root.pem"

    @property
    def journal(self) -> Path:
        """The officers' journal."""
        return self.folder / "journal.jsonl"

    @property
    def trap(self) -> Path:
        """Where `yrdx-sim faults` catches programs."""
        return self.private / "trap"

    def process_log(self, name: str) -> Path:
        """JSON lines of one process."""
        return self.folder / "process-logs" / f"{name}.log"

    def settings(self, name: str) -> Path:
        """The settings file of one process."""
        return self.private / "settings" / f"{name}.json"

    def errors(self, name: str) -> Path:
        """What one process wrote to its standard error."""
        return self.private / "errors" / f"{name}.txt"

    def pid_file(self, name: str) -> Path:
        """By which a next start finds a process that was left behind."""
        return self.private / "pids" / name

    def engine(self, name: str) -> Path:
        """Folder of an embedded server."""
        return self.private / name

    def dsn(self, name: str) -> Path:
        """Where one process finds its database."""
        return self.private / "dsn" / name

    def database(self, code: str) -> Path:
        """A register's own store."""
        return self.private / "registers" / f"{code}.sqlite"

    def dump(self, code: str) -> Path:
        """What a register held at the end."""
        return self.folder / "registers" / f"{code}.jsonl"

    def beginning(self, code: str) -> Path:
        """What a register held at the beginning."""
        return self.folder / "beginning" / f"{code}.jsonl"

    def member(self, code: str, role: str) -> Path:
        """Keys of one role of a member."""
        return self.pki / "members" / code / role
