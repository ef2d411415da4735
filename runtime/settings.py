"""Settings files: JSON read once into a frozen value.

Decides whether a settings file is usable: readable, JSON, every key known, every value of its type. An unknown key refuses to
start, for a misspelt limit must never be a silent default. Secrets are never values here, only paths to files. Relative paths
count from the folder of the settings file. Does not check that the named files exist: whoever opens them says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from core.refusals import BAD_SETTINGS, Refused

S = TypeVar("S", bound=msgspec.Struct)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every settings value; both promises are inherited, also by nested values that derive from it."""


class TlsFiles(Settings, frozen=True, kw_only=True):
    """One party's TLS material, all PEM.

    Attributes:
        certificate: the leaf, followed by its authority's certificate.
        key: the leaf's private key (PKCS #8).
        root: the only trust anchor for peers.
    """

    certificate: Path
    key: Path
    root: Path


class SigningFiles(Settings, frozen=True, kw_only=True):
    """A party's signing key.

    Attributes:
        certificate: PEM, leaf first.
        key: its private key (PKCS #8 PEM).
    """

    certificate: Path
    key: Path


class KafkaSettings(Settings, frozen=True, kw_only=True):
    """Where Kafka is.

    Attributes:
        bootstrap: `host:port`, several separated by commas.
        tls: client certificate for a real cluster; None speaks plain text (loopback only).
        embedded: the broker of `runtime.embedded.broker`: needs a shim and forgets everything when it restarts.
        replication: copies of each topic that is made here; 3 in a cluster.
    """

    bootstrap: str
    tls: TlsFiles | None = None
    embedded: bool = False
    replication: int = 1


def load(path: Path, kind: type[S]) -> S:
    """Reads the settings file `path` as a `kind`.

    Raises:
        Refused: BAD_SETTINGS with the file's name and what is wrong in it.
    """
    folder = path.absolute().parent

    def hook(wanted: type, value: object) -> object:
        if wanted is Path and isinstance(value, str):
            return folder / value
        raise TypeError(f"expected a {wanted.__name__}")  # msgspec adds the place

    try:
        return msgspec.json.decode(path.read_bytes(), type=kind, dec_hook=hook)
    except (OSError, msgspec.MsgspecError) as exc:
        raise Refused(BAD_SETTINGS, f"{path.name}: {exc}") from exc
