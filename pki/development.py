"""The whole ceremony in one folder, for development: root, five authorities, all holders, trust list version 1.

    root.pem root.key root.crl trust-list.bin
    authorities/<member>/authority.pem authority.key authority.crl member.bin
    members/<member>/<role>/<purpose>.pem <purpose>.key <secret>.key

Decides nothing that the ceremony does not: each holder requests, each issuer signs. In production each of these folders
lies on a machine of its own (`yrdx-pki request` and `sign`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.ids import PROVINCES
from pki.ceremony.office import Office
from pki.ceremony.policy import sign_policy
from pki.ceremony.record import MEMBER_FILE
from pki.ceremony.request import digest_of, make_tag_key, request_authority, request_holder
from pki.ceremony.root import new_root
from pki.ceremony.sign import sign
from pki.ceremony.trust_list import next_trust_list
from pki.files import write_new
from pki.identity import HUB, Role, Subject
from pki.names import LOCAL, Names
from pki.profile import HOLDINGS, roles_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

EPOCH: Final = 1
MEMBERS: Final = (HUB, *PROVINCES)


def init(
    folder: Path, at: datetime, random: Callable[[int], bytes], *, names: Names = LOCAL, policies: Mapping[str, bytes] | None = None
) -> None:
    """Makes everything that a development world needs.

    Args:
        folder: an empty folder, or one to make.
        at: now; everything is valid from slightly before.
        random: makes the secrets; in production `os.urandom`.
        names: where all servers are reached.
        policies: policy table by province; one that is not there has none.

    Raises:
        Refused: BAD_SETTINGS when the folder has keys already, NOT_CERTIFIED with what is wrong in a policy table.
    """
    root = new_root(folder, at)
    for member in MEMBERS:
        place = folder / "authorities" / member
        _exchange(root, request_authority(place, member), at)
        authority = Office.enter(place)
        for role in roles_of(member):
            subject = Subject(member, role, (member[:2],) if role is Role.SYSTEM else ())  # a system speaks for its whole province
            served = names if HOLDINGS[role].server else Names()
            _exchange(authority, request_holder(folder / "members" / member / role, subject, served, random), at)
    for province, table in (policies or {}).items():
        sign_policy(Office.enter(folder / "authorities" / province), table, at)
    _share_tag_key([folder / "members" / code / Role.NODE for code in PROVINCES], random)
    files = [folder / "authorities" / member / MEMBER_FILE for member in MEMBERS]
    next_trust_list(root, files, at, epochs=[EPOCH])


def _exchange(office: Office, request: Path, at: datetime) -> None:
    sign(office, request, digest_of(request), request.parent, at=at)


def _share_tag_key(nodes: list[Path], random: Callable[[int], bytes]) -> None:
    """One province makes the tag key and carries it to the others."""
    made = make_tag_key(nodes[0], EPOCH, random)
    for node in nodes[1:]:
        write_new(node / made.name, made.read_bytes())
