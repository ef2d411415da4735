"""In the province: makes keys where they will be used, and the request that leaves in their place.

Decides that every key is fresh, private (0600) and made in the holder's own folder; the request holds public halves only.
What a role needs stands in `pki.profile.HOLDINGS`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from core.refusals import BAD_FIELD, Refused
from pki.files import PUBLIC, read, write_new
from pki.identity import Role, is_member_code, parse_uris
from pki.keys import new_p256, new_private, save_private, save_secret
from pki.names import Names
from pki.profile import AUTHORITY, HOLDINGS
from pki.requests import new_authority_request, new_request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pki.identity import Subject

REQUEST: Final = "request.pem"


def request_holder(folder: Path, subject: Subject, names: Names, random: Callable[[int], bytes]) -> Path:
    """Makes all keys and secrets of a holder and writes its request.

    Args:
        folder: where the holder will use its keys.
        subject: whom the certificates shall name.
        names: how others reach it; a server needs one, nobody else has any.
        random: makes the secrets; in production `os.urandom`.

    Returns:
        The request.

    Raises:
        Refused: BAD_FIELD "name" or "unit" when there is none and the role needs it, or the other way round; NO_IDENTITY for
            a unit of no proper form; BAD_SETTINGS when a file exists already: no key is overwritten.
    """
    holding = HOLDINGS[subject.role]
    parse_uris(subject.uris())
    if (subject.role is Role.SYSTEM) != bool(subject.units):
        raise Refused(BAD_FIELD, "unit")
    if holding.server != (names != Names()):
        raise Refused(BAD_FIELD, "name")
    keys = {purpose: new_private(purpose) for purpose in holding.purposes}
    for purpose, key in keys.items():
        save_private(folder / f"{purpose.name.lower()}.key", key)
    for secret in holding.secrets:
        save_secret(folder / f"{secret}.key", random)
    # If we crash here, the keys are of no use to anybody: a person removes the folder and starts again.
    write_new(folder / REQUEST, new_request(subject, names, keys), PUBLIC)
    return folder / REQUEST


def request_authority(folder: Path, member: str) -> Path:
    """Makes the key of a member's authority and writes its request to the root.

    Returns:
        The request.

    Raises:
        Refused: BAD_FIELD "member" when this is no member's code, BAD_SETTINGS when a file exists already.
    """
    if not is_member_code(member):
        raise Refused(BAD_FIELD, "member")
    key = new_p256()
    save_private(folder / f"{AUTHORITY}.key", key)
    # If we crash here, nobody knows the key: a person removes it and starts again.
    write_new(folder / REQUEST, new_authority_request(member, key), PUBLIC)
    return folder / REQUEST


def digest_of(request: Path) -> str:
    """Gives the digest that the holder reads out to whoever signs: SHA-256 of the request, in hex.

    Raises:
        Refused: BAD_SETTINGS when the request cannot be read.
    """
    return hashlib.sha256(read(request)).hexdigest()


def make_tag_key(folder: Path, epoch: int, random: Callable[[int], bytes]) -> Path:
    """Makes the tag key of an epoch; one province does, and carries it to the others. The hub must never have it.

    Returns:
        The secret.

    Raises:
        Refused: BAD_SETTINGS when it exists already.
    """
    path = folder / f"tag-{epoch}.key"
    save_secret(path, random)
    return path
