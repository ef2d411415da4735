"""One version of the trust list (信任清单) as a value: who may speak, with which key, at which time.

`load_trust_list` decides, in this order: (1) the anchor is a root; (2) the root signed the list; (3) its revocation lists
are the root's; (4) each member verifies up to the root (`pki.members`); (5) no member twice, the hub among them; (6) no
key twice, in whatever purpose or member; (7) tag epochs are given, ascending; (8) the list was not signed before the day
from which a policy table in it is valid.

The look-ups decide by (key id, purpose, expected member) and by the time that the caller gives; they are dictionary
look-ups on keys parsed once, from any thread. What this version revokes is refused for every time: a revocation takes
effect at the log index of its version, and evidence from before is checked with the version in force at its own index.

Not checked here, the caller's: that a newer version is not replaced by an older one (`version`; the same version with
another `digest` is a conflict), that no policy table goes back (`check_tables_follow`), and how fresh the list is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.calendar import SHANGHAI
from core.refusals import BAD_SIGNATURE, KEY_REVOKED, NO_IDENTITY, TRUST_LIST_ROLLBACK, UNKNOWN_KEY, Kind, Refused
from pki import crl
from pki.documents import open_trust_list
from pki.identity import HUB, Purpose
from pki.members import SUITES, Listed, Member, Table, read_member
from pki.reading import read_root, reading, require
from pki.signer import PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from cryptography import x509

    from yrdx.v1 import trust_pb2


@dataclass(frozen=True, slots=True)
class Trust:
    """A verified version of the trust list.

    Attributes:
        raw: the serialised SignedTrustList it was read from.
        digest: SHA-256 of `raw`, as the log names it.
        version: 1, 2, 3…
        issued_at: when the root signed it, by the root's own clock.
        tag_epochs: tag-key epochs in force, ascending.
        members: by code.
    """

    raw: bytes
    digest: bytes
    version: int
    issued_at: datetime
    tag_epochs: tuple[int, ...]
    members: Mapping[str, Member]
    _signing: Mapping[tuple[str, bytes], Listed]
    _tls: Mapping[bytes, Listed]

    def signing_key(self, key_id: bytes, member: str, at: datetime) -> PublicKey:
        """Gives the key with which this member may sign messages at this time.

        Args:
            key_id: as the envelope names it.
            member: whom the header names as sender; never taken from the key.
            at: aware UTC; the ledger's `recorded_at` of the message.

        Raises:
            Refused: UNKNOWN_KEY when the member has no such signing key (it may be another's, or of another purpose),
                KEY_REVOKED, KEY_EXPIRED, KEY_NOT_YET_VALID.
        """
        listed = self._signing.get((member, key_id))
        if listed is None:
            raise Refused(UNKNOWN_KEY, "key_id")
        problem = listed.problem(at)
        if problem is not None:
            raise Refused(problem, "key_id")
        return listed.leaf.public_key

    def verify(self, member: str, key_id: bytes, at: datetime, message: bytes, signature: bytes) -> None:
        """Returns if this member signed the message with a key it may use at this time.

        Args:
            member: the expected signer.
            key_id: the key named beside the signature.
            at: aware UTC.
            message: the signed bytes, `core.dsse.pae(type, body)`.
            signature: as the key's own algorithm makes it.

        Raises:
            Refused: what `signing_key` raises, or BAD_SIGNATURE.
        """
        if not self.signing_key(key_id, member, at).verify(message, signature):
            raise Refused(BAD_SIGNATURE, "signature")

    def tables(self) -> Iterator[Table]:
        """The policy tables of all provinces that have one."""
        return (member.table for member in self.members.values() if member.table)

    def tables_by_code(self) -> dict[str, Table]:
        """The same, by the code of their province."""
        return {table.policy.province: table for table in self.tables()}

    def policy_of(self, member: str) -> bytes:
        """Digest of the policy table under which this province opens cases; empty: the regional one, or no member."""
        found = self.members.get(member)
        return found.table.digest if found and found.table else b""

    def check_tables_follow(self, newest: Mapping[str, Table]) -> None:
        """Makes sure that every policy table is the newest so far or has a higher version; none can be taken away, but with its member.

        Args:
            newest: by code; of a member that left, the one that it had, so that it does not come back with an older.

        Raises:
            Refused: TRUST_LIST_ROLLBACK with the member.
        """
        for code, member in self.members.items():
            before = newest.get(code)
            if before and before != member.table:
                newer = member.table is not None and member.table.policy.version > before.policy.version
                if not newer:
                    raise Refused(TRUST_LIST_ROLLBACK, f"members[{code}].policy")

    def sealing_key(self, member: str) -> tuple[str, bytes]:
        """Gives suite and raw public key to seal to this member.

        Raises:
            Refused: UNKNOWN_KEY.
        """
        return SUITES[Purpose.SEALING], self._raw_key(member, Purpose.SEALING)

    def log_key(self) -> bytes:
        """Gives the Ed25519 key (32 bytes) under which the hub signs checkpoints.

        Raises:
            Refused: UNKNOWN_KEY.
        """
        return self._raw_key(HUB, Purpose.LOG)

    def witness_key(self, member: str) -> bytes:
        """Gives the Ed25519 key (32 bytes) under which this member cosigns checkpoints.

        Raises:
            Refused: UNKNOWN_KEY.
        """
        return self._raw_key(member, Purpose.WITNESS)

    def tls_problem(self, certificate_der: bytes, at: datetime) -> Kind | None:
        """Tells why a TLS peer may not speak, if so; TLS itself has checked its chain and that it holds the key.

        Only certificates in the list may speak: an authority cannot make an identity that the log does not show.

        Returns:
            KEY_REVOKED, or NO_IDENTITY for a certificate that is not listed or not valid at this time, or None.
        """
        listed = self._tls.get(hashlib.sha256(certificate_der).digest())
        problem = listed.problem(at) if listed else NO_IDENTITY
        return problem if problem in {None, KEY_REVOKED} else NO_IDENTITY

    def _raw_key(self, member: str, purpose: Purpose) -> bytes:
        found = self.members.get(member)
        if found is None or purpose not in found.keys:
            raise Refused(UNKNOWN_KEY, purpose.name.lower())
        return found.keys[purpose]


def load_trust_list(signed: bytes, root_certificate_pem: bytes) -> Trust:
    """Verifies a trust list up to the root.

    Args:
        signed: a serialised SignedTrustList.
        root_certificate_pem: the anchor, from a place that whoever sent the list cannot write to.

    Raises:
        Refused: BAD_TRUST_LIST with the place at fault.
    """
    root = read_root(root_certificate_pem)
    root_key = PublicKey.of(root.public_key())
    trust_list = open_trust_list(signed, root_key)
    members = _members(trust_list, root)
    require(trust_list.version > 0, "version")
    _check_keys_once([root_key.key_id, *(one for member in members.values() for one in member.key_ids)])
    with reading("issued_at"):
        issued_at = trust_list.issued_at.ToDatetime(UTC)
        today = issued_at.astimezone(SHANGHAI).date()
    _check_valid_from(members, today)
    return Trust(
        raw=signed,
        digest=hashlib.sha256(signed).digest(),
        version=trust_list.version,
        issued_at=issued_at,
        tag_epochs=_tag_epochs(trust_list.tag_epochs),
        members=members,
        _signing={(one.leaf.subject.member, one.leaf.public_key.key_id): one for one in _listed(members, Purpose.SIGNING)},
        _tls={one.leaf.digest: one for one in _listed(members, Purpose.TLS)},
    )


def _members(trust_list: trust_pb2.TrustList, root: x509.Certificate) -> dict[str, Member]:
    revoked: set[int] = set()
    for index, der in enumerate(trust_list.root_revocation_lists):
        revoked |= crl.serials(crl.read_list(der, root, f"root_revocation_lists[{index}]"))
    members: dict[str, Member] = {}
    for message in trust_list.members:
        require(message.code not in members, f"members[{message.code}]: twice")
        members[message.code] = read_member(message, root, frozenset(revoked))
    require(HUB in members, "members: hub")
    return members


def _check_valid_from(members: Mapping[str, Member], today: date) -> None:
    for code, member in members.items():
        first = member.table.policy.valid_from if member.table else None
        require(first is None or first <= today, f"members[{code}].policy: valid_from")


def _listed(members: Mapping[str, Member], purpose: Purpose) -> Iterator[Listed]:
    return (one for member in members.values() for one in member.certificates if one.leaf.purpose is purpose)


def _check_keys_once(key_ids: Sequence[bytes]) -> None:
    require(len(key_ids) == len(set(key_ids)), "a key is used twice")


def _tag_epochs(epochs: Sequence[int]) -> tuple[int, ...]:
    require(bool(epochs) and list(epochs) == sorted(set(epochs)), "tag_epochs")
    return tuple(epochs)
