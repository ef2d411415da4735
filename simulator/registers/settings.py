"""Settings of a register process."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - msgspec needs the type when the settings are read

from runtime.settings import Settings, TlsFiles


class RegisterSettings(Settings, frozen=True, kw_only=True):
    """One province's register.

    Attributes:
        province: its code, for example "310000"; only the node of this province may call, or is polled.
        database: the SQLite file, made when there is none.
        tls: certificate of the provincial system, `members/<code>/system`.
        listen: `host:port`; port 0 takes a free one, the same again after a restart.
        address_file: where the address is left when the register is ready.
        node: `host:port` of the node to poll, for a register that calls and is called by nobody; None serves `Register` instead.
        process_log: JSON lines; None writes them to standard error.
    """

    province: str
    database: Path
    tls: TlsFiles
    listen: str = "127.0.0.1:0"
    address_file: Path
    node: str | None = None
    process_log: Path | None = None
