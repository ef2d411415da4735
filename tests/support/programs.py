"""Our command line programs, run as their users run them, and the folder of a world for their --dir."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.settings import TlsFiles

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8"}
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    status: int | None
    out: str
    err: str

    @property
    def json(self) -> Any:
        (line,) = self.lines
        return line

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


async def run(program: str, *words: object) -> Ended:
    """Runs one of the console scripts to its end; none may ever show a traceback."""
    process = await start(program, *words)
    async with asyncio.timeout(_PATIENCE_S):
        out, err = (part.decode() for part in await process.communicate())
    assert "Traceback" not in err, err
    return Ended(process.returncode, out, err)


async def start(program: str, *words: object, err: int = asyncio.subprocess.PIPE) -> asyncio.subprocess.Process:
    """Starts one of the console scripts, somewhere else and without variables of ours."""
    path = Path(sys.executable).with_name(program)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(path, *map(str, words), env=ENVIRONMENT, cwd="/", stdout=pipe, stderr=err)


def files_of(tls: TlsFiles) -> list[object]:
    """The options that name TLS files."""
    return ["--certificate", tls.certificate, "--key", tls.key, "--root", tls.root]


def write_world(folder: Path, party: str, address: str, role: str, tls: TlsFiles) -> None:
    """What the clients read of the folder of a simulated world."""
    row = {"name": party, "pid": 1, "address": address, "dsn_file": None}
    folder.mkdir(exist_ok=True)
    (folder / "world.json").write_text(json.dumps([row]))
    keys = folder / "world" / "pki" / "members" / party.removeprefix("node-") / role
    keys.mkdir(parents=True, exist_ok=True)
    shutil.copy(tls.certificate, keys / "tls.pem")
    shutil.copy(tls.key, keys / "tls.key")
    shutil.copy(tls.root, folder / "world" / "pki" / "root.pem")
