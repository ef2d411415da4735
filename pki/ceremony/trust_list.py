"""At the root: puts the members' files together into the next version of the trust list (信任清单).

Decides: (1) the version counts on from the last one in the root's folder; (2) a member without a new file stays as it
was; (3) no member goes back to an older record; (4) the whole list verifies as everybody else will verify it, before it is
written, and (5) no policy table in it is older than in the last list; what a member had that left and comes again the hub
remembers. That a member file comes from its province is shown by its authority's signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography import x509

from core.receipts import timestamp
from core.refusals import TRUST_LIST_ROLLBACK, Refused
from pki.ceremony.office import require
from pki.ceremony.record import read_member_file, serial_of
from pki.documents import FORMAT, open_trust_list, sign_trust_list
from pki.files import read, replace
from pki.issuer import pem
from pki.reading import reading
from pki.trust import Trust, load_trust_list
from yrdx.v1 import trust_pb2

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pki.ceremony.office import Office

TRUST_LIST: Final = "trust-list.bin"


def next_trust_list(
    root: Office,
    files: Sequence[Path],
    at: datetime,
    *,
    epochs: Sequence[int] = (),
    removed: Collection[str] = (),
) -> Trust:
    """Signs and writes the next version.

    Args:
        root: who signs.
        files: member files that are new.
        at: now.
        epochs: tag-key epochs in force from this version on; none leaves them as they were.
        removed: members that leave, for instance because their authority was revoked.

    Returns:
        The version as everybody will read it.

    Raises:
        Refused: NOT_CERTIFIED when this is no root or a member to remove is none, TRUST_LIST_ROLLBACK with a member whose
            record or policy table is older, BAD_TRUST_LIST with the place that does not verify.
    """
    require(root.is_root, "root")
    path = root.folder / TRUST_LIST
    last = open_trust_list(read(path), root.issuer.signer.public_key) if path.exists() else trust_pb2.TrustList(version=0)
    members = {member.code: member for member in last.members}
    require(set(removed) <= set(members), "remove")
    for file in files:
        member = read_member_file(read(file))
        _check_newer(member, members)
        members[member.code] = member
    trust_list = trust_pb2.TrustList(
        format=FORMAT,
        version=last.version + 1,
        issued_at=timestamp(at),
        members=[member for code, member in sorted(members.items()) if code not in removed],
        root_revocation_lists=[root.list_now(at)],
        tag_epochs=sorted(epochs) or last.tag_epochs,
    )
    signed = sign_trust_list(trust_list, root.issuer.signer)
    trust = load_trust_list(signed, pem(root.issuer.certificate))
    if path.exists():
        trust.check_tables_follow(load_trust_list(read(path), pem(root.issuer.certificate)).tables_by_code())
    # If we crash here, nothing has happened: the same command makes the same version again.
    replace(path, signed)
    return trust


def _check_newer(new: trust_pb2.Member, members: Mapping[str, trust_pb2.Member]) -> None:
    """Lets the same record pass again; two different records under one serial are no succession."""
    old = members.get(new.code)
    if old is None or old.record.record == new.record.record:
        return
    if _order(new) <= _order(old):
        raise Refused(TRUST_LIST_ROLLBACK, new.code)


def _order(member: trust_pb2.Member) -> tuple[datetime, int]:
    """A younger authority goes before an older one's records, however many: it starts to count anew."""
    with reading(f"members[{member.code}]"):
        authority = x509.load_der_x509_certificate(member.authority_certificate)
        return authority.not_valid_before_utc, serial_of(member)
