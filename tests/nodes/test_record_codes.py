"""Codes that no table knows: a word in the process log, and the value as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from core.refusals import Refused
from nodes.common.reading import NoticingCodec
from nodes.common.records.codes import TABLES, unknown_codes
from nodes.provinces import CODECS
from simulator.population import population
from yrdx.v1.resident_pb2 import Resident

if TYPE_CHECKING:
    import random


def test_known_codes_are_no_news() -> None:
    resident = Resident(
        sex_code="2",
        ethnicity_code="56",
        birth_place_code="310103",  # abolished with its district; the table knows provinces
        native_place_code="341402",
        marital_status_code="22",
        education_code="60",
        occupation_code="62400",
        relation_to_head_code="02",
        address_code="110105",
    )
    assert {field.name for field, _ in resident.ListFields()} == TABLES.keys()
    assert unknown_codes(resident) == []
    assert unknown_codes(Resident()) == []


UNKNOWN = [
    ("sex_code", "3", "sex_code (GB/T 2261.1-2003)"),
    ("sex_code", "男", "sex_code (GB/T 2261.1-2003)"),
    ("ethnicity_code", "57", "ethnicity_code (GB/T 3304-1991, partial table)"),
    ("ethnicity_code", "HA", "ethnicity_code (GB/T 3304-1991, partial table)"),
    ("birth_place_code", "990101", "birth_place_code (GB/T 2260-2007, partial table)"),
    ("address_code", "31010", "address_code (GB/T 2260-2007, partial table)"),
    ("native_place_code", "31010１", "native_place_code (GB/T 2260-2007, partial table)"),
    ("marital_status_code", "1", "marital_status_code (GB/T 2261.2-2003)"),
    ("education_code", "99", "education_code (GB/T 4658-2006, partial table)"),
    ("occupation_code", "01000", "occupation_code (GB/T 6565-2015, partial table)"),
    ("relation_to_head_code", "2", "relation_to_head_code (GB/T 4761-2008, partial table)"),
]


@pytest.mark.parametrize(("item", "code", "said"), UNKNOWN)
def test_an_unknown_code_is_named_with_its_standard(item: str, code: str, said: str) -> None:
    resident = Resident(name="张伟", household_kind="boat")
    setattr(resident, item, code)
    assert unknown_codes(resident) == [said]


@given(codes=st.dictionaries(st.sampled_from(sorted(TABLES)), st.text()))
def test_no_code_is_too_strange_and_no_value_is_named(codes: dict[str, str]) -> None:
    resident = Resident()
    for item, code in codes.items():
        setattr(resident, item, code)
    assert set(unknown_codes(resident)) <= {f"{item} ({TABLES[item]})" for item in codes}


def test_the_simulated_population_has_known_codes(rng: random.Random) -> None:
    for people in population(rng.getrandbits(32), 40).values():
        assert [unknown_codes(resident) for resident in people] == [[]] * len(people)


@pytest.mark.parametrize("code", CODECS)
def test_a_record_with_unknown_codes_is_read_and_the_log_says_so(code: str) -> None:
    codec = NoticingCodec(CODECS[code])
    resident = Resident(id_number="11010519491231002X", name="王秀英", sex_code="7", occupation_code="x")
    with capture_logs() as lines:
        assert codec.decode(codec.encode(resident)) == resident
    assert lines == [
        {
            "event": "codes that no table knows",
            "log_level": "warning",
            "part": "nodes.reading",
            "format": codec.format,
            "items": ["sex_code (GB/T 2261.1-2003)", "occupation_code (GB/T 6565-2015, partial table)"],
        }
    ]


def test_what_is_known_or_unreadable_leaves_no_line() -> None:
    codec = NoticingCodec(CODECS["330000"])
    with capture_logs() as lines:
        codec.decode(codec.encode(Resident(sex_code="1")))
        with pytest.raises(Refused):
            codec.decode(b"")
    assert lines == []
