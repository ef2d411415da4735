"""Versions of the trust list: fresh keys, revoked keys, authorities that come and go; never back."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from core.refusals import BAD_SETTINGS, BAD_TRUST_LIST, KEY_REVOKED, NOT_CERTIFIED, TRUST_LIST_ROLLBACK, UNKNOWN_KEY
from pki import crl
from pki.ceremony.office import Office
from pki.ceremony.record import MEMBER_FILE
from pki.ceremony.request import digest_of, request_authority, request_holder
from pki.ceremony.revoke import renew, revoke
from pki.ceremony.sign import sign
from pki.ceremony.trust_list import TRUST_LIST, next_trust_list
from pki.identity import HUB, Role, Subject
from pki.names import LOCAL
from pki.signer import load_signer
from tests.pki.forging import AT, SHANGHAI, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pki.machines import Machines


def test_a_fresh_key_beside_the_old_one(machines: Machines) -> None:
    machines.hold(Subject(SHANGHAI, Role.NODE), "node-2")
    assert machines.problem("node-2") is UNKNOWN_KEY
    assert machines.next(SHANGHAI).version == 2
    assert machines.problem("node") is None
    assert machines.problem("node-2") is None
    assert machines.in_force().witness_key(SHANGHAI) == load_signer(machines.place / "node-2" / "witness.key").public_key.raw


def test_a_revoked_key_is_refused_from_the_next_version_on(machines: Machines) -> None:
    assert machines.problem("node") is None
    found = revoke(machines.authority(SHANGHAI), machines.place / "node" / "signing.pem", crl.Reason.KEY_COMPROMISE, AT)
    assert len(crl.serials(found)) == 1
    assert machines.problem("node") is None
    trust = machines.next(SHANGHAI)
    assert (trust.version, trust.members[SHANGHAI].record_serial) == (2, 2)
    assert machines.problem("node") is KEY_REVOKED
    assert machines.problem("hub", HUB) is None


def test_a_revocation_lasts(machines: Machines) -> None:
    """Through further ones, renewed dates, new holders and a crash between the two files of an authority."""
    shanghai = machines.authority(SHANGHAI)
    earlier = machines.member_file(SHANGHAI).read_bytes()
    first = revoke(shanghai, machines.place / "node" / "signing.pem", crl.Reason.SUPERSEDED, AT)
    machines.member_file(SHANGHAI).write_bytes(earlier)
    again = revoke(shanghai, machines.place / "node" / "signing.pem", crl.Reason.SUPERSEDED, AT)
    assert again == first
    renewed = renew(shanghai, AT + timedelta(days=80))
    assert (crl.number(renewed), crl.serials(renewed)) == (crl.number(first) + 1, crl.serials(first))
    assert renewed.next_update_utc == AT + timedelta(days=170)
    machines.hold(Subject(SHANGHAI, Role.AUDITOR), "auditor")
    both = revoke(shanghai, machines.place / "auditor" / "tls.pem", crl.Reason.CESSATION, AT)
    assert crl.serials(both) > crl.serials(first)
    machines.next(SHANGHAI)
    assert machines.problem("node") is KEY_REVOKED


def test_lists_count_on_even_while_they_are_empty(machines: Machines) -> None:
    shanghai = machines.authority(SHANGHAI)
    machines.hold(Subject(SHANGHAI, Role.AUDITOR), "auditor")
    assert [crl.number(renew(shanghai, AT)) for _ in range(2)] == [2, 3]
    assert crl.number(revoke(shanghai, machines.place / "auditor" / "tls.pem", crl.Reason.SUPERSEDED, AT)) == 4


def test_the_issuers_copy_serves_when_the_holder_lost_its_own(machines: Machines) -> None:
    copies = sorted((machines.place / f"authority-{SHANGHAI}" / "issued").iterdir())
    assert len(copies) == 2
    for copy in copies:
        revoke(machines.authority(SHANGHAI), copy, crl.Reason.KEY_COMPROMISE, AT)
    machines.next(SHANGHAI)
    assert machines.problem("node") is KEY_REVOKED


def test_an_issuer_revokes_only_what_it_issued(machines: Machines) -> None:
    node = machines.place / "node" / "tls.pem"
    for office in (machines.root, machines.authority(HUB)):
        with_reason = (node, crl.Reason.SUPERSEDED, AT)
        assert refusal(lambda: revoke(office, *with_reason)) == (NOT_CERTIFIED, "issuer")  # noqa: B023 - called at once


def test_a_list_of_somebody_else_is_no_memory(machines: Machines) -> None:
    shanghai, hub = machines.authority(SHANGHAI), machines.authority(HUB)
    (shanghai.folder / "authority.crl").write_bytes((hub.folder / "authority.crl").read_bytes())
    assert refusal(lambda: renew(shanghai, AT))[0] is BAD_SETTINGS
    (shanghai.folder / MEMBER_FILE).write_bytes((hub.folder / MEMBER_FILE).read_bytes())
    (shanghai.folder / "authority.crl").unlink()
    assert refusal(lambda: renew(shanghai, AT))[0] is BAD_TRUST_LIST


def test_no_member_goes_back(machines: Machines) -> None:
    """A record from before a revocation would bring the key back."""
    old = machines.member_file(SHANGHAI).read_bytes()
    revoke(machines.authority(SHANGHAI), machines.place / "node" / "signing.pem", crl.Reason.KEY_COMPROMISE, AT)
    assert machines.next(SHANGHAI).version == 2
    machines.member_file(SHANGHAI).write_bytes(old)
    assert refusal(lambda: machines.next(SHANGHAI)) == (TRUST_LIST_ROLLBACK, SHANGHAI)
    renew(machines.authority(SHANGHAI), AT)
    assert refusal(lambda: machines.next(SHANGHAI)) == (TRUST_LIST_ROLLBACK, SHANGHAI)
    assert machines.next().version == 3
    assert machines.problem("node") is KEY_REVOKED


def test_a_revoked_authority_leaves_or_is_replaced(machines: Machines) -> None:
    old = machines.place / f"authority-{SHANGHAI}"
    revoke(machines.root, old / "authority.pem", crl.Reason.KEY_COMPROMISE, AT)
    assert refusal(machines.next) == (BAD_TRUST_LIST, f"members[{SHANGHAI}].authority: revoked")
    assert machines.in_force().version == 1
    without = machines.next(removed=(SHANGHAI,))
    assert (without.version, set(without.members)) == (2, {HUB})
    old.rename(machines.place / "old")
    machines.found(SHANGHAI)
    machines.hold(Subject(SHANGHAI, Role.NODE), "node-2")
    assert machines.next(SHANGHAI).version == 3
    assert machines.problem("node") is UNKNOWN_KEY
    assert machines.problem("node-2") is None


def test_a_new_authority_starts_to_count_anew(machines: Machines) -> None:
    (machines.place / f"authority-{SHANGHAI}").rename(machines.place / "old")
    later = AT + timedelta(days=1)
    request = request_authority(machines.place / f"authority-{SHANGHAI}", SHANGHAI)
    sign(machines.root, request, digest_of(request), request.parent, at=later)
    request = request_holder(machines.place / "node-2", Subject(SHANGHAI, Role.NODE), LOCAL, os.urandom)
    sign(machines.authority(SHANGHAI), request, digest_of(request), request.parent, at=later)
    assert machines.next(SHANGHAI).members[SHANGHAI].record_serial == 1
    renew(Office.enter(machines.place / "old"), later)
    old = machines.place / "old" / MEMBER_FILE
    assert refusal(lambda: next_trust_list(machines.root, [old], later)) == (TRUST_LIST_ROLLBACK, SHANGHAI)


def test_the_list_is_signed_at_the_root_and_verifies_or_stays(machines: Machines, tmp_path: Path) -> None:
    before = (machines.place / "root" / TRUST_LIST).read_bytes()
    junk = tmp_path / "junk.bin"
    for data in (b"junk", b"\n\x06" + SHANGHAI.encode()):
        junk.write_bytes(data)
        assert refusal(lambda: next_trust_list(machines.root, [junk], AT))[0] is BAD_TRUST_LIST
    assert refusal(lambda: next_trust_list(machines.authority(HUB), [], AT)) == (NOT_CERTIFIED, "root")
    assert refusal(lambda: machines.next(removed=("330000",))) == (NOT_CERTIFIED, "remove")
    assert refusal(lambda: machines.next(removed=(HUB,))) == (BAD_TRUST_LIST, "members: hub")
    assert (machines.place / "root" / TRUST_LIST).read_bytes() == before


def test_tag_epochs_stay_until_others_are_named(machines: Machines) -> None:
    assert next_trust_list(machines.root, [], AT, epochs=[2, 1]).tag_epochs == (1, 2)
    assert next_trust_list(machines.root, [], AT).tag_epochs == (1, 2)
