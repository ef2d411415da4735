"""The provinces by code: what the common node is told about each, and what its authority signs."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from nodes.anhui.records import CODEC as ANHUI
from nodes.jiangsu.records import CODEC as JIANGSU
from nodes.shanghai.records import CODEC as SHANGHAI
from nodes.zhejiang.records import CODEC as ZHEJIANG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nodes.common.records.codec import RecordCodec

CODECS: Final[Mapping[str, RecordCodec]] = {"310000": SHANGHAI, "320000": JIANGSU, "330000": ZHEJIANG, "340000": ANHUI}
"""Code to the format of the province's records."""

_FOLDERS: Final = {"310000": "shanghai", "320000": "jiangsu", "330000": "zhejiang", "340000": "anhui"}


def policies() -> dict[str, bytes]:
    """Code to the province's policy table (政策表), for a key ceremony. A node reads none: what is in force comes with the list."""
    return {code: (files("nodes") / folder / "policy.json").read_bytes() for code, folder in _FOLDERS.items()}
