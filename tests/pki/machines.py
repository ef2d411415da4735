"""The machines of a ceremony: what lies where, and what travels between them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.refusals import Kind, Refused
from pki.ceremony.office import Office
from pki.ceremony.record import MEMBER_FILE
from pki.ceremony.request import digest_of, request_authority, request_holder
from pki.ceremony.root import new_root
from pki.ceremony.sign import sign
from pki.ceremony.trust_list import TRUST_LIST, next_trust_list
from pki.identity import HUB, Role, Subject
from pki.names import LOCAL, Names
from pki.signer import load_signer
from pki.trust import Trust, load_trust_list
from tests.pki.forging import AT, SHANGHAI

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Machines:
    """A folder for each machine: the root's, each member's authority, each holder's; and one for what travels."""

    place: Path

    @property
    def root(self) -> Office:
        return Office.enter(self.place / "root")

    def authority(self, member: str) -> Office:
        return Office.enter(self.place / f"authority-{member}")

    def member_file(self, member: str) -> Path:
        return self.place / f"authority-{member}" / MEMBER_FILE

    def found(self, member: str, folder: str = "") -> None:
        """Sets an authority up: a request travels to the root, a certificate back."""
        folder = folder or f"authority-{member}"
        request = request_authority(self.place / folder, member)
        sign(self.root, request, digest_of(request), self.place / folder, at=AT)

    def hold(self, subject: Subject, folder: str) -> Path:
        """Sets a holder up, at its authority: a request travels there, certificates back."""
        names = LOCAL if subject.role in {Role.NODE, Role.SYSTEM, Role.HUB} else Names()
        request = request_holder(self.place / folder, subject, names, os.urandom)
        sign(self.authority(subject.member), request, digest_of(request), self.place / folder, at=AT)
        return self.place / folder

    def next(self, *members: str, removed: tuple[str, ...] = ()) -> Trust:
        return next_trust_list(self.root, [self.member_file(member) for member in members], AT, epochs=[1], removed=removed)

    def in_force(self) -> Trust:
        root = self.place / "root"
        return load_trust_list((root / TRUST_LIST).read_bytes(), (root / "root.pem").read_bytes())

    def problem(self, folder: str, member: str = SHANGHAI) -> Kind | None:
        """Why the signing key in a folder may not sign under the list in force."""
        try:
            self.in_force().signing_key(load_signer(self.place / folder / "signing.key").key_id, member, AT)
        except Refused as exc:
            return exc.kind
        return None


def start(place: Path) -> Machines:
    """Root, hub and Shanghai, and version 1 over them."""
    new_root(place / "root", AT)
    made = Machines(place)
    made.found(HUB)
    made.hold(Subject(HUB, Role.HUB), "hub")
    made.found(SHANGHAI)
    made.hold(Subject(SHANGHAI, Role.NODE), "node")
    made.next(HUB, SHANGHAI)
    return made


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
