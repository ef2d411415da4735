"""The provinces by code: what the common node is told about each."""

from __future__ import annotations

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
