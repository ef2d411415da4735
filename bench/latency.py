"""Percentiles of what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_WANTED: Final = (50, 95, 99)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 and p99 by nearest rank: the smallest value that at least so many percent do not exceed. 0 for nothing."""
    ordered = sorted(values)
    return {f"p{wanted}": round(ordered[_rank(wanted, len(ordered))], 1) if ordered else 0.0 for wanted in _WANTED}


def _rank(percent: int, count: int) -> int:
    return -(-percent * count // 100) - 1
