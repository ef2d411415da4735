"""Settings of a register process."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - msgspec needs the type when the settings are read

from runtime.settings import Settings, TlsFiles


class RegisterSettings(Settings, frozen=True, kw_only=True):
    """One province's register.

    Attributes:
        province: its code, for example "310000"; only this province's node may call.
        database: the SQLite file, made when there is none.
        tls: certificate of the provincial system, `members/<code>/system`.
        listen: `host:port`; port 0 takes a free one, the same again after a restart.
        address_file: where the address is left when the register is ready.
        process_log: JSON lines; None writes them to standard error.
    """

    province: str
    database: Path
    tls: TlsFiles
    listen: str = "127.0.0.1:0"
    address_file: Path
    process_log: Path | None = None
