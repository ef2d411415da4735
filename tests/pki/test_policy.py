"""Policy tables at the ceremony: who signs one, when, and that none ever goes back."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.refusals import NOT_CERTIFIED, TRUST_LIST_ROLLBACK
from pki import development
from pki.ceremony.office import Office
from pki.ceremony.policy import sign_policy
from pki.ceremony.record import MEMBER_FILE
from pki.ceremony.trust_list import next_trust_list
from pki.identity import HUB
from tests.pki.forging import AT, JIANGSU, SHANGHAI, Forge, bad_place, refusal
from tests.support.tables import table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A world in which Shanghai has version 2 of its table."""
    development.init(tmp_path / "pki", AT, os.urandom, policies={SHANGHAI: table(SHANGHAI, 2)})
    return tmp_path / "pki"


def office(place: Path, code: str = SHANGHAI) -> Office:
    return Office.enter(place / "authorities" / code)


def test_the_table_goes_from_the_authority_into_the_list(place: Path) -> None:
    sign_policy(office(place), table(SHANGHAI, 3), AT)
    trust = next_trust_list(Office.enter(place), [place / "authorities" / SHANGHAI / MEMBER_FILE], AT)
    (found,) = trust.tables()
    assert (found.policy.version, found.digest) == (3, trust.policy_of(SHANGHAI))
    assert trust.policy_of(JIANGSU) == trust.policy_of("999999") == b""


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (table(JIANGSU, 3), "policy: province"),
        (b"{}", "policy: Policy"),
        (table(SHANGHAI, 3, limits={}), "policy: limits[review]"),
        (table(SHANGHAI, 3, valid_from="2026-01-27"), "policy: valid_from"),
    ],
)
def test_what_an_authority_does_not_sign(place: Path, data: bytes, field: str) -> None:
    before = (place / "authorities" / SHANGHAI / MEMBER_FILE).read_bytes()
    assert refusal(lambda: sign_policy(office(place), data, AT)) == (NOT_CERTIFIED, field)
    assert (place / "authorities" / SHANGHAI / MEMBER_FILE).read_bytes() == before


@pytest.mark.parametrize("data", [table(SHANGHAI, 1), table(SHANGHAI, 2, days={"review": 3})], ids=["older", "same number"])
def test_an_authority_does_not_go_back(place: Path, data: bytes) -> None:
    assert refusal(lambda: sign_policy(office(place), data, AT))[0] is TRUST_LIST_ROLLBACK


def test_the_same_table_again_is_no_change(place: Path) -> None:
    assert sign_policy(office(place), table(SHANGHAI, 2), AT).version == 2


@pytest.mark.parametrize("data", [table(SHANGHAI, 1), b""], ids=["older", "none"])
def test_the_root_does_not_let_a_table_go_back(place: Path, data: bytes) -> None:
    forge, file = Forge(place), place / "older.bin"
    record = forge.record(SHANGHAI)
    record.policy, record.serial = data, record.serial + 1
    file.write_bytes(forge.member(record).SerializeToString())
    before = (place / "trust-list.bin").read_bytes()
    found = refusal(lambda: next_trust_list(Office.enter(place), [file], AT))
    assert found == (TRUST_LIST_ROLLBACK, f"members[{SHANGHAI}].policy")
    assert (place / "trust-list.bin").read_bytes() == before


def test_a_table_that_another_authority_signed_does_not_verify(forge: Forge) -> None:
    record = forge.record(SHANGHAI)
    record.policy = table(SHANGHAI)
    member = forge.member(record, office=forge.office(JIANGSU))
    member.authority_certificate = forge.member(forge.record(SHANGHAI)).authority_certificate
    assert bad_place(lambda: forge.load(forge.plain(member))) == f"members[{SHANGHAI}].record: signature"


@pytest.mark.parametrize(
    ("data", "place_at_fault"),
    [
        (table(JIANGSU), "policy: province"),
        (b"[]", "policy: Policy"),
        (table(SHANGHAI, valid_from="2026-01-27"), "policy: valid_from"),
    ],
)
def test_a_list_with_such_a_table_does_not_verify(forge: Forge, data: bytes, place_at_fault: str) -> None:
    record = forge.record(SHANGHAI)
    record.policy = data
    where = bad_place(lambda: forge.load(forge.plain(forge.member(record))))
    assert where == f"members[{SHANGHAI}].{place_at_fault}"


def test_a_day_is_a_day_in_shanghai(forge: Forge) -> None:
    record = forge.record(SHANGHAI)
    record.policy = table(SHANGHAI, valid_from="2026-01-27")
    trust_list = forge.plain(forge.member(record))
    trust_list.issued_at.FromDatetime(datetime(2026, 1, 26, 15, 59, 59, tzinfo=UTC))
    assert bad_place(lambda: forge.load(trust_list)) == f"members[{SHANGHAI}].policy: valid_from"
    trust_list.issued_at.FromDatetime(datetime(2026, 1, 26, 16, tzinfo=UTC))
    assert set(forge.load(trust_list).members) == {SHANGHAI, HUB}
