"""Blind tags and their commitment."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.refusals import BAD_FIELD
from core.tags import commitment, normalise, tag
from tests.core.refusing import refused

KEY = bytes(range(32))
NUMBER = "11010519491231002X"
SALT = b"s" * 32
VALUES = st.binary(min_size=32, max_size=32)
TAGS = st.lists(st.tuples(st.integers(1, 2**32 - 1), VALUES), min_size=1, max_size=6, unique=True)


def test_tag_is_an_hmac_of_kind_and_number() -> None:
    expected = hmac.new(KEY, b"person\x0011010519491231002X", hashlib.sha256).digest()
    assert tag(KEY, "person", NUMBER) == expected


@pytest.mark.parametrize("typed", ["11010519491231002x", " 11010519491231002X\n", "１１０１０５１９４９１２３１００２Ｘ"])
def test_every_way_of_typing_a_number_gives_the_same_tag(typed: str) -> None:
    assert normalise(typed) == NUMBER
    assert tag(KEY, "person", typed) == tag(KEY, "person", NUMBER)


def test_key_kind_and_number_all_count() -> None:
    tags = {
        tag(KEY, "person", NUMBER),
        tag(KEY[::-1], "person", NUMBER),
        tag(KEY, "birth-certificate", NUMBER),
        tag(KEY, "person", "110105194912310021"),
    }
    assert len(tags) == 4


@pytest.mark.parametrize("number", ["", " \t", "\u3000"])
def test_an_empty_number_has_no_tag(number: str) -> None:
    with refused(BAD_FIELD, "number"):
        tag(KEY, "person", number)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    with refused(BAD_FIELD, "tag key"):
        tag(bytes(length), "person", NUMBER)


def test_commitment_is_a_hash_of_domain_salt_and_sorted_tags() -> None:
    low, high = b"\x01" * 32, b"\x02" * 32
    body = SALT + b"\0\0\0\x01" + high + b"\0\0\0\x02" + low
    assert commitment(SALT, [(2, low), (1, high)]) == hashlib.sha256(b"yrdx/v1/tag-commitment\0" + body).digest()


@given(TAGS, st.data())
def test_order_does_not_matter(tags: list[tuple[int, bytes]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(tags))
    assert commitment(SALT, shuffled) == commitment(SALT, tags)


@given(TAGS, VALUES, st.data())
def test_any_other_opening_has_another_commitment(tags: list[tuple[int, bytes]], value: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(tags) - 1))
    epoch, old = tags[at]
    other = [*tags[:at], (epoch, value), *tags[at + 1 :]]
    committed = commitment(SALT, tags)
    if len(tags) > 1:
        assert commitment(SALT, tags[:at] + tags[at + 1 :]) != committed
    assert commitment(b"t" * 32, tags) != committed
    if value != old and len(set(other)) == len(other):
        assert commitment(SALT, other) != committed


GOOD = (1, b"v" * 32)


@pytest.mark.parametrize(
    ("salt", "tags", "field"),
    [
        (b"", [GOOD], "tag_opening.salt"),
        (SALT + b"s", [GOOD], "tag_opening.salt"),
        (SALT, [], "tag_opening.tags"),
        (SALT, [GOOD, GOOD], "tag_opening.tags"),
        (SALT, [GOOD, (0, b"v" * 32)], "tag_opening.tags"),
        (SALT, [GOOD, (2**32, b"v" * 32)], "tag_opening.tags"),
        (SALT, [GOOD, (2, b"v" * 31)], "tag_opening.tags"),
    ],
)
def test_malformed_openings_are_refused(salt: bytes, tags: list[tuple[int, bytes]], field: str) -> None:
    with refused(BAD_FIELD, field):
        commitment(salt, tags)
