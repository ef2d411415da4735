"""Citizen numbers: their form against another implementation, and ages against a plain count of birthdays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from core.refusals import BAD_FIELD, Refused
from nodes.common.services.citizens import check_number, is_minor

days = st.dates(date(1900, 1, 1), date(2026, 12, 31))


def number(born: date, area: str = "310101", sequence: str = "001") -> str:
    first = f"{area}{born:%Y%m%d}{sequence}"
    return first + ric.calc_check_digit(first + "0")


def refuses(text: str) -> str:
    """The field at which a number is refused; empty when it is not."""
    try:
        check_number(text, "id_number")
    except Refused as refusal:
        return refusal.field if refusal.kind is BAD_FIELD else refusal.kind.name
    return ""


@given(days, st.from_regex(r"[0-9]{3}", fullmatch=True), st.sampled_from("0123456789X"))
def test_the_check_digit_is_that_of_gb_11643(born: date, sequence: str, digit: str) -> None:
    right = number(born, sequence=sequence)
    assert refuses(right) == ""
    assert (refuses(right[:17] + digit) == "") == (digit == right[17])


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9０-９]{17}[0-9Xx]\n?", fullmatch=True)))
def test_what_has_another_form_is_no_number(text: str) -> None:
    if len(text) == 18 and text.isascii() and text[:17].isdigit() and text[17] in "0123456789X":
        return
    assert refuses(text) == "id_number"


@pytest.mark.parametrize("born", ["19900230", "19901301", "00000101", "19900100"])
def test_a_day_of_birth_that_never_was_is_none(born: str) -> None:
    first = f"310101{born}001"
    assert refuses(first + ric.calc_check_digit(first + "0")) == "id_number: day of birth"


@given(days, st.datetimes(datetime(2020, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - the zone is drawn
def test_somebody_is_of_age_from_his_eighteenth_birthday_in_china(born: date, at: datetime) -> None:
    birthdays = 0
    today = (at + timedelta(hours=8)).date()
    for year in range(born.year + 1, today.year + 1):
        day = date(year, 3, 1) if (born.month, born.day) == (2, 29) and year % 4 else date(year, born.month, born.day)
        birthdays += day <= today
    assert is_minor(number(born), at) == (birthdays < 18)
