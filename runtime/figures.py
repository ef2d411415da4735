"""A status of hub or node as a list of named figures, for Prometheus and for alarms.

Decides names and labels; what a figure means, and from where on it is alarming, stands in docs/operations.md. A status knows no person and
no case, so a figure neither: labels are provinces, folders, epochs of tag keys and ways of delivery.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from yrdx.v1 import operations_pb2

DISK_FREE: Final = "disk_free_bytes"
CLAIMS_ONLY_UNDER: Final = "claims_only_under_epoch_"
_DELIVERED_BY: Final = "delivered_by_"
_MICROS: Final = 1_000_000
_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})


class Figure(NamedTuple):
    """One number.

    Attributes:
        name: with its unit; one that ends in `_total` only grows while the process lives.
    """

    name: str
    value: float
    labels: Mapping[str, str] = _NO_LABELS


def figures(status: operations_pb2.StatusResponse) -> Iterator[Figure]:
    """Everything in a status that is a number; what only a hub has is left out of a node's."""
    yield Figure("process_info", 1, {"process": status.name, "version": status.version})
    yield Figure("idle", status.idle)
    yield Figure("draining", status.draining)
    yield Figure("trust_list_version", status.trust_list_version)
    if status.log_size:
        yield Figure("log_size", status.log_size)
        yield Figure("checkpoint_size", status.checkpoint_size)
    for member in status.members:
        yield from _of_member(member, status)
    yield from counted(status)


def counted(status: operations_pb2.StatusResponse) -> Iterator[Figure]:
    """The counters of a status, by name."""
    for name, value in sorted(status.counters.items()):
        if name.endswith(f"_{DISK_FREE}"):
            yield Figure(DISK_FREE, value, {"folder": name.removesuffix(f"_{DISK_FREE}")})
        elif name.startswith(CLAIMS_ONLY_UNDER):
            yield Figure("claims_only_under_epoch", value, {"epoch": name.removeprefix(CLAIMS_ONLY_UNDER)})
        elif name.startswith(_DELIVERED_BY):
            yield Figure("first_deliveries_total", value, {"path": name.removeprefix(_DELIVERED_BY)})
        else:
            yield Figure(name, value)


def _of_member(member: operations_pb2.MemberStatus, status: operations_pb2.StatusResponse) -> Iterator[Figure]:
    waits = member.HasField("oldest_undelivered")
    age = status.recorded_at.ToMicroseconds() - member.oldest_undelivered.ToMicroseconds() if waits else 0
    labels = {"member": member.code}
    yield Figure("connected", member.connected, labels)
    yield Figure("undelivered", member.undelivered, labels)
    yield Figure("oldest_undelivered_age_seconds", max(0, age) / _MICROS, labels)
    yield Figure("overdue", member.overdue, labels)
    yield Figure("held", member.held, labels)
