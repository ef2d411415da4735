"""A member of the trust list, read and verified up to the root.

Decides, in this order: (1) the root issued the authority's certificate for this member and has not revoked it; (2) the
authority signed the record, which names this member; (3) the authority signed the revocation list in it; (4) each
certificate is the authority's, for a holder of this member and its purpose; (5) each raw key is one that a holder of this
member has, at most one a suite; (6) a policy table is one that this province can have. Whether keys are used twice is
decided over the whole list, by `pki.trust`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from core.policy import read_policy
from core.refusals import BAD_TRUST_LIST, KEY_EXPIRED, KEY_NOT_YET_VALID, KEY_REVOKED, Kind, Refused
from pki import crl, seal
from pki.documents import open_record
from pki.identity import Purpose, is_member_code
from pki.keys import key_id, spki
from pki.profile import CERTIFIED, HOLDINGS, roles_of
from pki.reading import Leaf, read_authority, read_leaf, reading, require
from pki.signer import PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from cryptography import x509

    from core.policy import Policy
    from yrdx.v1 import trust_pb2

ED25519: Final = "ed25519"
SUITES: Final[Mapping[Purpose, str]] = {Purpose.SEALING: seal.SUITE, Purpose.LOG: ED25519, Purpose.WITNESS: ED25519}
"""The suite in use for each purpose; keys of other suites are passed over, so that a newer one can be introduced."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A certificate of the list and whether the list revokes it."""

    leaf: Leaf
    revoked: bool

    def problem(self, at: datetime) -> Kind | None:
        """Tells why the key may not be used at this time, if so; a revocation counts whatever the time."""
        if self.revoked:
            return KEY_REVOKED
        if at < self.leaf.validity.not_before:
            return KEY_NOT_YET_VALID
        return KEY_EXPIRED if at > self.leaf.validity.not_after else None


@dataclass(frozen=True, slots=True)
class Table:
    """A province's policy table.

    Attributes:
        digest: SHA-256 of its bytes, as cases name it.
        policy: what it says.
    """

    digest: bytes
    policy: Policy


@dataclass(frozen=True, slots=True)
class Member:
    """A verified member.

    Attributes:
        code: GB/T 2260 code, or "hub".
        name: for people.
        record_serial: number of its record; grows with every change.
        certificates: of all its holders.
        keys: raw public keys by purpose, of the suite in use.
        key_ids: of all its keys, the authority's too.
        table: its policy, or None when the regional one holds for it.
    """

    code: str
    name: str
    record_serial: int
    certificates: tuple[Listed, ...]
    keys: Mapping[Purpose, bytes]
    key_ids: tuple[bytes, ...]
    table: Table | None = None


def read_member(message: trust_pb2.Member, root: x509.Certificate, revoked_by_root: frozenset[int]) -> Member:
    """Verifies one member of a trust list.

    Raises:
        Refused: BAD_TRUST_LIST with the place at fault.
    """
    require(is_member_code(message.code), "members: code")
    where = f"members[{message.code}]"
    authority = read_authority(message.authority_certificate, message.code, root, f"{where}.authority")
    require(authority.serial_number not in revoked_by_root, f"{where}.authority: revoked")
    public = PublicKey.of(authority.public_key())
    record = open_record(message.record, public, f"{where}.record")
    require(record.code == message.code, f"{where}.record: code")
    revoked = crl.serials(crl.read_list(record.revocation_list, authority, f"{where}.revocation_list"))
    certificates = tuple(Listed(leaf, leaf.serial in revoked) for leaf in _leaves(record, authority, f"{where}.certificates"))
    keys = _keys(record.keys, message.code, f"{where}.keys")
    ids = [public.key_id, *(listed.leaf.public_key.key_id for listed in certificates)]
    with reading(f"{where}.keys"):
        ids += [_raw_key_id(purpose, raw) for purpose, raw in keys.items()]
    table = read_table(record, f"{where}.policy")
    return Member(message.code, message.name, record.serial, certificates, keys, tuple(ids), table)


def read_table(record: trust_pb2.MemberRecord, where: str) -> Table | None:
    """The policy table in a record, or None when there is none.

    Raises:
        Refused: BAD_TRUST_LIST with the place at fault.
    """
    if not record.policy:
        return None
    try:
        return Table(hashlib.sha256(record.policy).digest(), read_policy(record.policy, record.code))
    except Refused as refusal:
        raise Refused(BAD_TRUST_LIST, f"{where}: {refusal.field}") from refusal


def _leaves(record: trust_pb2.MemberRecord, authority: x509.Certificate, where: str) -> Iterable[Leaf]:
    for index, listed in enumerate(record.certificates):
        place = f"{where}[{index}]"
        with reading(place):
            purpose = Purpose(listed.purpose)
        yield read_leaf(listed.der, purpose, record.code, authority, place)


def _keys(listed: Iterable[trust_pb2.PublicKey], member: str, where: str) -> dict[Purpose, bytes]:
    allowed = {purpose for role in roles_of(member) for purpose in HOLDINGS[role].purposes} - CERTIFIED
    found: dict[Purpose, bytes] = {}
    for index, key in enumerate(listed):
        place = f"{where}[{index}]"
        with reading(place):
            purpose = Purpose(key.purpose)
        require(purpose in allowed, f"{place}: purpose")
        if key.suite == SUITES[purpose]:
            require(purpose not in found, f"{place}: second of its suite")
            found[purpose] = key.value
    return found


def _raw_key_id(purpose: Purpose, raw: bytes) -> bytes:
    """Names a raw key as if it had a certificate; raises ValueError when it is no key."""
    if purpose is Purpose.SEALING:
        return key_id(spki(X25519PublicKey.from_public_bytes(raw)))
    return key_id(spki(Ed25519PublicKey.from_public_bytes(raw)))
