"""Policy tables for tests: the regional numbers under a province's name, and one thing changed."""

from __future__ import annotations

import json
from typing import Any

from core.rules import POLICY, shipped_rules

REGIONAL = next(data for kind, data in shipped_rules().artefacts if kind == POLICY)


def table(code: str, version: int = 1, *, days: dict[str, int] | None = None, **changes: Any) -> bytes:
    """A table of the province with this code; `days` are lengths of limits by name, `changes` whole fields."""
    values = json.loads(REGIONAL)
    for name, length in (days or {}).items():
        values["limits"][name] = {"days": length, "unit": "working"}
    own = {"name": f"{code}-{version}", "province": code, "version": version, "valid_from": "2026-01-01"}
    return json.dumps({**values, **own, **changes}, ensure_ascii=False).encode()
