"""Lets aiokafka 0.14.0 be an idempotent producer at the embedded broker.

aiokafka speaks only version 0 of InitProducerId (key 22), Tansu only versions from 3 on. This adds version 4 (KIP-360, flexible) beside
version 0; aiokafka then picks the newest that the broker offers. It touches private names of the pinned aiokafka, hence it is loaded only
when the settings say `embedded`, and a test runs it against the real broker. Apache Kafka needs none of it.
"""

from __future__ import annotations

from typing import Any

from aiokafka.protocol import transaction
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import CompactString, Int16, Int32, Int64, Schema, TaggedFields

_KEY, _VERSION = 22, 4


class _Answer(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = _KEY
    API_VERSION = _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("tags", TaggedFields),
    )


class _Question(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = _KEY
    API_VERSION = _VERSION
    RESPONSE_TYPE = _Answer
    FLEXIBLE_VERSION = True
    SCHEMA = Schema(
        ("transactional_id", CompactString("utf-8")),
        ("transaction_timeout_ms", Int32),
        ("producer_id", Int64),
        ("producer_epoch", Int16),
        ("tags", TaggedFields),
    )


def install() -> None:
    """Adds version 4 for the whole process; a second call does nothing."""
    request: Any = transaction.InitProducerIdRequest
    if _Question in request._CLASSES:  # noqa: SLF001 - that is the shim
        return
    build_0 = request.build

    def build(self: Any, version: type) -> Any:
        if version is not _Question:
            return build_0(self, version)
        return _Question(self._transactional_id, self._transaction_timeout_ms, -1, -1, {})

    request._CLASSES = (*request._CLASSES, _Question)  # noqa: SLF001 - that is the shim
    request.build = build
