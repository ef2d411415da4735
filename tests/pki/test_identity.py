"""Identities in certificates: written and read back, nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import NO_IDENTITY, Refused
from pki.identity import HUB, Purpose, Role, Subject, is_member_code, parse_uris
from yrdx.v1 import trust_pb2

GOOD = [
    (Subject("310000", Role.NODE), ("spiffe://yrdx/province/310000/node",)),
    (Subject(HUB, Role.HUB), ("spiffe://yrdx/hub/hub",)),
    (Subject(HUB, Role.AUDITOR), ("spiffe://yrdx/hub/auditor",)),
    (
        Subject("310000", Role.SYSTEM, ("31", "310115")),
        (
            "spiffe://yrdx/province/310000/system",
            "spiffe://yrdx/province/310000/units/31",
            "spiffe://yrdx/province/310000/units/310115",
        ),
    ),
]


@pytest.mark.parametrize(("subject", "uris"), GOOD)
def test_written_and_read_back(subject: Subject, uris: tuple[str, ...]) -> None:
    assert subject.uris() == uris
    assert parse_uris(uris) == subject


@pytest.mark.parametrize(
    "uris",
    [
        (),
        ("spiffe://yrdx/province/310000/node", "spiffe://yrdx/province/320000/node"),
        ("spiffe://yrdx/province/310000/node", "https://yrdx/"),
        ("spiffe://yrdx/province/310000/root",),
        ("spiffe://yrdx/province/310000/hub",),
        ("spiffe://yrdx/province/hub/hub",),
        ("spiffe://yrdx/hub/node",),
        ("spiffe://yrdx/province/310000/node\n",),
        ("spiffe://yrdx/province/３１００００/node",),
        ("spiffe://other/province/310000/node",),
        ("spiffe://yrdx/province/310000/node", "spiffe://yrdx/province/310000/units/31"),
        ("spiffe://yrdx/province/310000/system", "spiffe://yrdx/province/310000/units/32"),
        ("spiffe://yrdx/province/310000/system", "spiffe://yrdx/province/320000/units/32"),
        ("spiffe://yrdx/province/310000/units/31",),
    ],
)
def test_anything_else_is_no_identity(uris: tuple[str, ...]) -> None:
    with pytest.raises(Refused) as refused:
        parse_uris(uris)
    assert refused.value.kind is NO_IDENTITY


@given(st.lists(st.text(max_size=50)))
def test_junk_is_refused(uris: list[str]) -> None:
    with pytest.raises(Refused):
        parse_uris(uris)


def test_member_codes() -> None:
    assert is_member_code("310000")
    assert is_member_code("hub")
    assert not any(is_member_code(code) for code in ("", "31000", "3100000", "hub ", "310000\n", "３１００００", "../root"))


def test_purposes_are_the_contracts() -> None:
    contract = {f"KEY_PURPOSE_{purpose.name}": int(purpose) for purpose in Purpose} | {"KEY_PURPOSE_UNSPECIFIED": 0}
    assert dict(trust_pb2.KeyPurpose.items()) == contract
