"""The embedded PostgreSQL 18: scram over loopback TCP, data checksums, every commit synced.

Decides how a cluster is made, started, recovered and ended, and that each database has a role of its own that can do nothing else.
`start` after a kill -9 of the server, of this process or of the machine is the same call: PostgreSQL recovers what was committed.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
from typing import TYPE_CHECKING

import asyncpg

from core.refusals import BAD_SETTINGS, UNAVAILABLE, Refused
from runtime import children, files
from runtime.clock import sleep
from runtime.embedded import home
from runtime.embedded.engine import Engine

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.children import Child
    from runtime.embedded.home import Home

_OWNER = "postgres"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_POLL_S, _PATIENCE_S = 0.02, 30.0
_INITDB = (
    "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
    f"--username={_OWNER}",
)  # fmt: skip
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes only, and has no use here
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "200",
    "timezone": "UTC",
    # Row contents stay out of the server's log: no statements, no parameters, no DETAIL lines.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
}


class Postgres(Engine):
    """The cluster of one folder. `owner.dsn` (0600) there is the superuser's; a cluster without it was never finished."""

    async def create_database(self, name: str, role: str) -> str:
        """Makes database `name` owned by `role`, or gives an existing role a new password.

        Returns:
            The DSN of `role`, to be written to a file that only its process can read.

        Raises:
            Refused: BAD_SETTINGS for a name that is not lower case letters, digits and underscores.
        """
        if not _NAME.fullmatch(name) or not _NAME.fullmatch(role):
            raise Refused(BAD_SETTINGS, "database or role name")
        password = secrets.token_hex(24)
        connection = await asyncpg.connect((self.folder / "owner.dsn").read_text())
        try:
            known = await connection.fetchval("select 1 from pg_roles where rolname = $1", role)
            await connection.execute(f"{'alter' if known else 'create'} role {role} login password '{password}'")
            if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
                await connection.execute(f"create database {name} owner {role}")
            # If we crash before this line, the next call does it again: until then nobody knows the password.
            await connection.execute(f"revoke all on database {name} from public")
        finally:
            await connection.close()
        return self._dsn(role, password, name)

    async def _launch(self) -> Child:
        await children.clear(self.folder / "pid", signal.SIGQUIT)
        where = home.settle(self.folder)
        if not (self.folder / "owner.dsn").exists():
            await self._make_cluster(where)
        settings = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
        program: list[str | Path] = [where.programs / "postgres", "-D", where.place / "data", "-p", str(self.port), *settings]
        for _ in range(int(_PATIENCE_S / _POLL_S)):
            child = await children.spawn(
                program,
                log=self.folder / "server.log",
                pid_file=self.folder / "pid",
                user=where.user,
                death_signal=signal.SIGQUIT,
            )
            if await _ready(child, where.place / "data" / "postmaster.pid"):
                return child
            await sleep(_POLL_S)  # backends of a killed server may still be on their way out
        raise Refused(UNAVAILABLE, f"PostgreSQL did not start: see {self.folder / 'server.log'}")

    async def _end(self, child: Child) -> None:
        await child.end((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0))  # fast, then immediate shutdown

    async def _make_cluster(self, where: Home) -> None:
        password = secrets.token_hex(24)
        secret = _begun(where, password)
        program = (where.programs / "initdb", "-D", where.place / "data", f"--pwfile={secret}", *_INITDB)
        made = await children.spawn(program, log=self.folder / "server.log", user=where.user)
        if await made.ended() != 0:
            raise Refused(UNAVAILABLE, f"no cluster: see {self.folder / 'server.log'}")
        secret.unlink()
        # If we crash before this line, the next start wipes the unfinished cluster and makes another.
        files.write(self.folder / "owner.dsn", self._dsn(_OWNER, password, _OWNER), private=True)

    def _dsn(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{password}@{self.address}/{database}"


def _begun(where: Home, password: str) -> Path:
    """Wipes an unfinished cluster and leaves the owner's password where initdb can read it."""
    shutil.rmtree(where.place / "data", ignore_errors=True)
    secret = where.place / "password"
    files.write(secret, password, private=True)
    owner = where.place.stat()
    os.chown(secret, owner.st_uid, owner.st_gid)
    return secret


async def _ready(child: Child, pid_file: Path) -> bool:
    """Waits until the server accepts connections or has ended."""
    for _ in range(int(_PATIENCE_S / _POLL_S)):
        if _says_ready(pid_file, child.pid):
            return True
        if not child.running:
            return False
        await sleep(_POLL_S)
    await child.end((signal.SIGQUIT, 5.0))
    return False


def _says_ready(pid_file: Path, pid: int) -> bool:
    """Reads the server's own pid file: line 1 is its pid, line 8 its state (the last word)."""
    words = pid_file.read_text().split() if pid_file.exists() else []
    return words[:1] == [str(pid)] and words[-1] == "ready"
