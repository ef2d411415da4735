"""Cases, messages and documents as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from google.protobuf.timestamp_pb2 import Timestamp
from rich.table import Table

from core.ids import PROVINCES, uuid_text
from runtime.command_line import moment
from runtime.plain import plain, unpacked
from yrdx.v1 import precheck_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.message import Message

    from yrdx.v1 import desk_pb2

_GRADES: Final = {
    precheck_pb2.PRECHECK_GRADE_UNSPECIFIED: "?",
    precheck_pb2.PRECHECK_GRADE_PASS: "pass 符合",
    precheck_pb2.PRECHECK_GRADE_WARN: "WARN 待核",
    precheck_pb2.PRECHECK_GRADE_FAIL: "FAIL 不符",
}
_STAGES: Final = ("accepted", "delivered", "entered")


def cases(found: Iterable[desk_pb2.CaseView]) -> Table:
    """A row a case."""
    table = Table("case", "way", "person", "state", "acts next", "due", "owes", box=None)
    for case in found:
        row = uuid_text(case.case_id), _way(case), _people(case), _state(case), _province(case.ball_holder), _due(case), _owes(case)
        table.add_row(*row)
    return table


def line(case: desk_pb2.CaseView) -> str:
    """A case in one line."""
    acts = f" · acts next {_province(case.ball_holder)}" if case.ball_holder else ""
    return f"{uuid_text(case.case_id)} {_way(case)} {_people(case)} · {_state(case)} · version {case.version}{acts}"


def facts(case: desk_pb2.CaseView) -> Table:
    """Everything about one case but its messages."""
    table = Table(box=None, show_header=False)
    rows = {
        "case": uuid_text(case.case_id),
        "service": case.service,
        "way": _way(case),
        "person": f"{case.person_name} {case.person_id_number}",
        "moves too": ", ".join(_mover(mover) for mover in case.movers[1:]),
        "guardian": ", ".join(sorted({f"{one.guardian_name} {one.guardian_id_number}" for one in case.movers if one.guardian_id_number})),
        "owes": ", ".join(_owed(material) for material in case.owed),
        "state": _state(case),
        "version": str(case.version),
        "opened": moment(case, "opened_at"),
        "acts next": _province(case.ball_holder),
        "answers for the person": _province(case.owner),
        "due": _due(case),
        "possible now": ", ".join(case.legal_actions),
        "on its way": case.pending_action,
        "held": _held(case),
        "refused": f"{case.refusal} {case.refusal_text}" if case.refusal else "",
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    return table


def messages(found: Iterable[desk_pb2.MessageView]) -> Table:
    """A row a message, with its stages."""
    table = Table("step", "action", "from", "accepted", "stages", "payload", box=None)
    for message in found:
        stages = f"refused {message.refusal}" if message.refusal else _stages(message)
        step = str(message.step) if message.step else "–"
        table.add_row(step, message.action, _province(message.sender), moment(message, "accepted_at"), stages, _payload(message))
    return table


def documents(found: Iterable[desk_pb2.DocumentView]) -> Table:
    """A row a document."""
    table = Table("document", "code", "type", "bytes", "from", box=None)
    for document in found:
        row = (document.digest.hex(), document.code, document.media_type, str(document.length), _province(document.sender))
        table.add_row(*row)
    return table


def reasons(found: Iterable[precheck_pb2.ReasonView]) -> Table:
    """A row a reason."""
    table = Table("reason code", "to", "reason", box=None)
    for one in found:
        table.add_row(one.code, ", ".join(one.actions), f"{one.text_zh} {one.text_en}")
    return table


def tables(found: precheck_pb2.PrecheckResponse) -> Table:
    """Whose rules were read."""
    table = Table(box=None, show_header=False)
    for name, read in (("receives", found.receiving), ("lets go", found.leaving)):
        whose = _province(read.province) if read.province else "regional 区域通用"
        table.add_row(name, whose, f"{read.name} version {read.version}")
    return table


def findings(found: Iterable[precheck_pb2.PrecheckFinding]) -> Table:
    """A row a rule."""
    table = Table("", "rule", "of", "what to do", "not stated yet", box=None)
    for one in found:
        whose = _province(one.province) if one.province else "regional"
        table.add_row(grade(one.grade), one.rule_id, whose, f"{one.text_zh}\n{one.text_en}", ", ".join(one.asks))
    return table


def grade(found: precheck_pb2.PrecheckGrade) -> str:
    """How it came out."""
    return _GRADES[found]


def _mover(mover: desk_pb2.MoverView) -> str:
    return f"{mover.name} {mover.id_number} {mover.relation_code}"


def _owed(material: desk_pb2.OwedMaterial) -> str:
    """What, until when, by whom; whether things wait for it, and whether the day is over."""
    waits = " KEY 关键" * material.key + " LAPSED 逾期" * material.lapsed
    return f"{material.code} until {material.promised_until} by {material.promised_by}{waits}"


def _owes(case: desk_pb2.CaseView) -> str:
    """Materials in short; the promise that ends first decides about the day."""
    if not case.owed:
        return ""
    until = min(material.promised_until for material in case.owed)
    return ", ".join(material.code for material in case.owed) + f" until {until}" + " LAPSED 逾期" * any(one.lapsed for one in case.owed)


def _people(case: desk_pb2.CaseView) -> str:
    """The applicant, and how many come with him."""
    others = len(case.movers) - 1
    return f"{case.person_name} +{others}" if others > 0 else case.person_name


def _way(case: desk_pb2.CaseView) -> str:
    return f"{_province(case.parties['OUT'])}→{_province(case.parties['IN'])}"


def _state(case: desk_pb2.CaseView) -> str:
    return f"{case.state}: {case.ending}" if case.ending else case.state


def _held(case: desk_pb2.CaseView) -> str:
    if not case.HasField("held"):
        return ""
    return f"since {moment(case.held, 'since')}: {_province(case.held.receiver)} cannot process a message ({case.held.refusal})"


def _due(case: desk_pb2.CaseView) -> str:
    if not case.HasField("due_at"):
        return ""
    return f"{moment(case, 'due_at')} {case.deadline}" + " OVERDUE 逾期" * case.overdue


def _stages(message: desk_pb2.MessageView) -> str:
    return " · ".join(stage for stage in _STAGES if message.HasField(f"{stage}_at")) or "on its way"


def _payload(message: desk_pb2.MessageView) -> str:
    """The payload in a line; what is nested in it stands in `--json`."""
    payload = unpacked(message.payload)
    if payload is None:
        return ""
    values = plain(payload)
    return ", ".join(f"{field.name} {_short(payload, field.name, values[field.name])}" for field, _ in payload.ListFields())


def _short(payload: Message, field: str, value: object) -> str:
    if isinstance(getattr(payload, field), Timestamp):
        return moment(payload, field)
    return "…" if isinstance(value, dict | list) else str(value)


def _province(code: str) -> str:
    known = PROVINCES.get(code)
    return f"{known.name_zh}" if known else code
