"""Ids, lanes and provinces."""

import hashlib
import uuid
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import LANES, PROVINCES, lane, uuid7, uuid_bytes, uuid_text
from core.refusals import BAD_FIELD
from tests.core.refusing import refused

RFC_EXAMPLE = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"  # RFC 9562 appendix A.6


def test_example_of_rfc_9562() -> None:
    random = bytes.fromhex("0cc318c4dc0c0c07398f")
    assert uuid7(0x017F22E279B0, random) == uuid_bytes(RFC_EXAMPLE)


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_has_version_variant_and_time(unix_ms: int, random: bytes) -> None:
    made = uuid.UUID(bytes=uuid7(unix_ms, random))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == unix_ms


@given(st.binary(min_size=10, max_size=10), st.integers(0, 79))
def test_every_used_random_bit_counts(random: bytes, bit: int) -> None:
    other = (int.from_bytes(random, "big") ^ 1 << bit).to_bytes(10, "big")
    fixed = bit in {76, 77, 78, 79, 62, 63}  # version and variant stand there
    assert (uuid7(1, random) == uuid7(1, other)) is fixed


@given(st.integers(0, 2**48 - 2), st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_later_ids_sort_later(unix_ms: int, first: bytes, second: bytes) -> None:
    assert uuid7(unix_ms, first) < uuid7(unix_ms + 1, second)


@pytest.mark.parametrize("unix_ms", [-1, 2**48])
def test_time_out_of_range_is_refused(unix_ms: int) -> None:
    with refused(BAD_FIELD, "unix_ms"):
        uuid7(unix_ms, bytes(10))


@pytest.mark.parametrize("length", [0, 9, 11])
def test_wrong_amount_of_randomness_is_refused(length: int) -> None:
    with refused(BAD_FIELD, "random"):
        uuid7(0, bytes(length))


@given(st.uuids())
def test_text_round_trip(value: uuid.UUID) -> None:
    assert uuid_text(value.bytes) == str(value)
    assert uuid_bytes(str(value)) == uuid_bytes(str(value).upper()) == value.bytes


@pytest.mark.parametrize(
    "text",
    [
        "",
        RFC_EXAMPLE[:-1],
        RFC_EXAMPLE + "\n",
        RFC_EXAMPLE.replace("-", ""),
        "{" + RFC_EXAMPLE + "}",
        "urn:uuid:" + RFC_EXAMPLE,
        RFC_EXAMPLE.replace("0", "٠"),
        RFC_EXAMPLE.replace("f", "g"),
    ],
)
def test_other_text_is_refused(text: str) -> None:
    with refused(BAD_FIELD, "id"):
        uuid_bytes(text)


@pytest.mark.parametrize("length", [0, 15, 17])
def test_other_lengths_are_refused(length: int) -> None:
    with refused(BAD_FIELD, "id"):
        uuid_text(bytes(length))


def test_lanes_are_stable_and_even() -> None:
    cases = [hashlib.sha256(b"%d" % n).digest()[:16] for n in range(6000)]
    assert [lane(case) for case in cases[:8]] == [1, 5, 2, 0, 5, 0, 2, 0]
    share = Counter(map(lane, cases))
    assert set(share) == set(range(LANES))
    assert all(850 < count < 1150 for count in share.values())


def test_provinces_are_keyed_by_their_code() -> None:
    assert list(PROVINCES) == ["310000", "320000", "330000", "340000"]
    assert "".join(p.short_zh for p in PROVINCES.values()) == "沪苏浙皖"
    assert all(code == province.code for code, province in PROVINCES.items())
