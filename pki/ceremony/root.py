"""The root makes itself: once, on a machine without network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.ceremony.office import ROOT_DAYS, Office
from pki.certificates import issue_root
from pki.files import PUBLIC, write_new
from pki.issuer import pem
from pki.keys import new_p256, save_private
from pki.profile import ROOT
from pki.validity import Validity

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


def new_root(folder: Path, at: datetime) -> Office:
    """Makes key, certificate and an empty revocation list of a new root.

    Raises:
        Refused: BAD_SETTINGS when the folder has a root already.
    """
    key = new_p256()
    root = issue_root(key, Validity.starting(at, ROOT_DAYS))
    save_private(folder / f"{ROOT}.key", key)
    # If we crash here, the folder has a key that nobody knows: a person removes it and starts again.
    write_new(folder / f"{ROOT}.pem", pem(root.certificate), PUBLIC)
    office = Office(folder, ROOT, root)
    office.revoke((), at)
    return office
