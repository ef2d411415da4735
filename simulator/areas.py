"""Counties of the four provinces with the years in which their codes were in use (GB/T 2260, table of python-stdnum).

Abolished codes matter: an old citizen's number keeps the code of the place where it was first made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from stdnum import numdb

_NAMED_YEARS = re.compile(r"(?:\[(\d*)-(\d*)\])?([^,]+)")
_EVER = (1, 9999)
_NOT_COUNTIES = ("市辖区", "市区", "县")
"""Collective names that have codes too."""


@dataclass(frozen=True, slots=True)
class Area:
    """One name of one code, with its first and last year."""

    code: str
    city: str
    name: str
    since: int
    until: int


@cache
def counties(province: str, year: int) -> tuple[Area, ...]:
    """The counties of a province ("310000") whose codes were in use in a year, by code."""
    return tuple(area for area in _counties(province) if area.since <= year <= area.until)


@cache
def province_name(province: str) -> str:
    """The Chinese name of a province."""
    names: dict[str, str] = dict(numdb.get("cn/loc").info(province[:2])[0][1])
    return names["province"]


@cache
def _counties(province: str) -> tuple[Area, ...]:
    names = _names(province)
    return tuple(
        Area(code, _city(names, code), name, since, until)
        for code, known in sorted(names.items())
        for since, until, name in known
        if not code.endswith("00") and name not in _NOT_COUNTIES
    )


def _names(province: str) -> dict[str, list[tuple[int, int, str]]]:
    """Code to its names with their years."""
    children = next(entry[4] for entry in numdb.get("cn/loc").prefixes if entry[1] == province[:2])
    return {province[:2] + low: _years(properties["county"]) for _, low, _, properties, _ in children}


def _years(text: str) -> list[tuple[int, int, str]]:
    """Reads "[1983-2001]东市区,[2002-]瑶海区"; an open end is for ever, no bracket always."""
    return [(int(since or _EVER[0]), int(until or _EVER[1]), name) for since, until, name in _NAMED_YEARS.findall(text)]


def _city(names: dict[str, list[tuple[int, int, str]]], code: str) -> str:
    """The prefecture-level city above a county, empty where there is none (Shanghai)."""
    above = names.get(code[:4] + "00", [])
    return next((name for _, _, name in above if name.endswith("市") and not name.startswith("市")), "")
