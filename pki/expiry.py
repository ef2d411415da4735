"""When the first of a holder's certificates expires, for whoever must renew it in time. Genuineness is not checked here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from core.refusals import BAD_SETTINGS, Refused
from pki.files import read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path


def first_expiry(paths: Iterable[Path]) -> datetime:
    """The earliest end of all certificates in some PEM files: of the leaves and of the authority behind each.

    Raises:
        Refused: BAD_SETTINGS with the file's name when one cannot be read or holds no certificate.
    """
    return min(end for path in paths for end in _ends(path))


def _ends(path: Path) -> list[datetime]:
    try:
        return [certificate.not_valid_after_utc for certificate in x509.load_pem_x509_certificates(read(path))]
    except ValueError as error:
        raise Refused(BAD_SETTINGS, path.name) from error
