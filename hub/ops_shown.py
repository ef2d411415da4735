"""What `yrdx-ops` shows of a status: tables for people, alarms for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from core.ids import PROVINCES, uuid_text
from core.refusals import BY_NUMBER
from hub.alarms import Level
from runtime.command_line import moment
from runtime.figures import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hub.alarms import Alarm
    from runtime.figures import Figure
    from yrdx.v1 import operations_pb2, receipt_pb2

_MARKS: Final = {Level.WARN: "! 注意 warn", Level.ACT: "!! 须处理 act"}
_UNITS: Final = {"_bytes": (1 << 30, "GiB"), "_seconds": (1, "s")}


def facts(found: operations_pb2.StatusResponse, alarming: Sequence[Alarm]) -> Table:
    """Everything but the members, with marks where a threshold is passed."""
    table = Table(box=None, show_header=False)
    rows = {
        "name": f"{found.name}, version {found.version}",
        "state": ", ".join(["draining"] * found.draining + ["idle" if found.idle else "busy"]),
        "recorded time": moment(found, "recorded_at"),
        "business time": moment(found, "business_at"),
        "next due": moment(found, "next_due"),
        **({"log": _log(found)} if found.log_size else {}),
        "trust list": f"version {found.trust_list_version}",
    }
    for row in rows.items():
        table.add_row(*row)
    marks = {_name(alarm.figure): _mark(alarm) for alarm in alarming}
    for figure in counted(found):
        table.add_row(_name(figure), _value(figure.name, figure.value), marks.get(_name(figure), ""))
    return table


def members(found: operations_pb2.StatusResponse, alarming: Sequence[Alarm]) -> Table:
    """A row a member, with its alarms."""
    table = Table("code", "member", "connected", "undelivered", "oldest undelivered", "overdue", "held", "", box=None)
    for member in found.members:
        known = PROVINCES.get(member.code)
        name = f"{known.name_zh} {known.name_en}" if known else ""
        connected = "yes" if member.connected else "no"
        of_it = [alarm for alarm in alarming if alarm.figure.labels.get("member") == member.code]
        marks = "; ".join(f"{_mark(alarm)} ({alarm.figure.name})" for alarm in of_it)
        counts = str(member.undelivered), moment(member, "oldest_undelivered"), str(member.overdue), str(member.held)
        table.add_row(member.code, name, connected, *counts, marks)
    return table


def held(found: Iterable[receipt_pb2.Hold]) -> Table:
    """A row a held delivery."""
    table = Table("case", "message", "to be mended by", "since", "attempts", "reason", box=None)
    for hold in found:
        kind = BY_NUMBER.get(hold.refusal)
        reason = f"{hold.refusal} {kind.zh} {kind.en}" if kind else str(hold.refusal)
        row = uuid_text(hold.case_id), uuid_text(hold.message_id), hold.receiver, moment(hold, "since"), str(hold.attempts), reason
        table.add_row(*row)
    return table


def plainly(alarming: Iterable[Alarm]) -> list[dict[str, Any]]:
    """Alarms for a script."""
    return [
        {
            "figure": alarm.figure.name,
            "labels": dict(alarm.figure.labels),
            "value": alarm.figure.value,
            "level": alarm.level.value,
            "limit": alarm.limit,
        }
        for alarm in alarming
    ]


def _log(found: operations_pb2.StatusResponse) -> str:
    return f"{found.log_size} entries, checkpoint {found.checkpoint_size} {found.checkpoint_root.hex()}".rstrip()


def _name(figure: Figure) -> str:
    return " ".join((figure.name.replace("_", " "), *figure.labels.values()))


def _value(name: str, value: float) -> str:
    for ending, (unit, text) in _UNITS.items():
        if name.endswith(ending):
            return f"{value / unit:.0f} {text}"
    return f"{value:.0f}"


def _mark(alarm: Alarm) -> str:
    return f"{_MARKS[alarm.level]}: {'below' if alarm.below else 'from'} {_value(alarm.figure.name, alarm.limit)}"
