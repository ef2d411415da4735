"""Throwaway certificates made with the openssl program, so that these tests stand below `pki`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from runtime.settings import TlsFiles

if TYPE_CHECKING:
    from pathlib import Path

SERVER_NAMES = ("DNS:localhost", "IP:127.0.0.1")


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def make_root(folder: Path, name: str = "root") -> Path:
    """A self-signed root: `name`.pem and `name`.key."""
    _openssl(
        folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
        "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem",
    )  # fmt: skip
    return folder / f"{name}.pem"


def issue(folder: Path, name: str, *uris: str, root: str = "root") -> TlsFiles:
    """A leaf under `root` with URI names, good for both ends of a connection on this machine."""
    names = ",".join((*SERVER_NAMES, *(f"URI:{uri}" for uri in uris)))
    (folder / f"{name}.ext").write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth,clientAuth\n")
    _openssl(
        folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr",
    )  # fmt: skip
    _openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{root}.pem", "-CAkey", f"{root}.key", "-CAcreateserial",
        "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem",
    )  # fmt: skip
    return TlsFiles(certificate=folder / f"{name}.pem", key=folder / f"{name}.key", root=folder / f"{root}.pem")
