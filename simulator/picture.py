"""What a person who watches a run sees: which province asks whom for what, how far the cases are, one case from its first step.

Decides which facts are shown; `simulator.live` draws them. Holds what the offices have seen, nothing of its own.
"""

from __future__ import annotations

import uuid
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from core.calendar import SHANGHAI
from core.ids import PROVINCES
from core.procedures.model import CLOSED
from simulator.faults import told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from simulator.faults import Fault
    from yrdx.v1 import desk_pb2

_LINES: Final = 10
_STEPS: Final = 7
_DEATHS: Final = 4
# State reached → who speaks to whom about what.
_SAYINGS: Final = {
    "applied": ("IN", "申请核查 asks about a resident"),
    "permitted": ("IN", "准迁 permits the move"),
    "returned": ("OUT", "退回补正 asks for a correction"),
    "enquiring": ("IN", "补充调查 makes enquiries"),
    "investigating": ("OUT", "补充调查 makes enquiries"),
    "deregistering": ("OUT", "迁出注销 deregisters"),
    "deregistration-failed": ("OUT", "注销未能执行 cannot deregister yet"),
    "deregistered": ("OUT", "迁移证 has deregistered, hands over"),
    "landing": ("IN", "落户 registers"),
    "landing-failed": ("IN", "落户未能执行 cannot register yet"),
}
_ACTIONS: Final = {
    "apply": "申请核查",
    "permit": "准迁",
    "refuse": "不予办理",
    "return": "退回补正",
    "resubmit": "补正",
    "supplement": "补充材料",
    "pause": "暂停计时",
    "resume": "恢复计时",
    "switch-to-paper": "转线下办理",
    "deregister": "迁出注销",
    "withdraw": "撤回",
    "revoke": "撤销准迁",
    "land": "落户",
    "entered": "登记完成",
    "execution-failed": "未能执行",
    "annul": "终止",
    "content-refused": "内容无法读取",
    "reseal": "重新密封发送",
}


@dataclass(slots=True)
class Picture:
    """The state of a run as a watcher sees it.

    Attributes:
        total: cases planned.
        faults: the run's deaths, shared with `simulator.faults`.
    """

    total: int
    faults: Sequence[Fault]
    business_at: datetime | None = None
    log_size: int = 0
    due_events: int = 0
    closed: int = 0
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    happenings: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES))
    followed: desk_pb2.GetCaseResponse | None = None
    _shown: dict[tuple[str, bytes], str] = field(default_factory=dict)

    @property
    def day(self) -> str:
        """Business time at the counter."""
        return f"{self.business_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if self.business_at else "—"

    def see(self, province: str, case: desk_pb2.CaseView) -> None:
        """Takes in a case as one province shows it. What happened is told as its doer sees it, counted as the destination does."""
        before = self._shown.get((province, case.case_id))
        if before == case.state:
            return
        self._shown[province, case.case_id] = case.state
        asker, asked = case.parties["IN"], case.parties["OUT"]
        role, saying = _SAYINGS.get(case.state, ("IN", _saying(case)))
        if province == case.parties[role]:
            listener = asked if role == "IN" else asker
            self.happenings.append(f"{_short(province)} ──▶ {_short(listener)}  {tag(case.case_id)}  {saying}{_company(case)}")
        if province == asker:
            self.pairs[asker, asked] += (before is None) - (case.state == CLOSED)
            self.closed += case.state == CLOSED and case.ending != ""

    def matrix(self) -> list[str]:
        """A line a province: how many open cases it has with each of the others as the place the person leaves."""
        return [
            f"{_short(asker)} "
            + "  ".join(f"──{self.pairs[asker, asked]:>3} ─▶ {_short(asked)}" for asked in sorted(PROVINCES) if asked != asker)
            for asker in sorted(PROVINCES)
        ]

    def title(self) -> str:
        """Of the followed case; empty as long as there is none."""
        if self.followed is None:
            return ""
        case = self.followed.case
        return f"跟踪案例 following {tag(case.case_id)}  {_name(case.parties['OUT'])} → {_name(case.parties['IN'])}"

    def story(self) -> list[str]:
        """The followed case, step by step, and what it waits for."""
        if self.followed is None:
            return []
        return [*map(_step, self.followed.messages[-_STEPS:]), _standing(self.followed.case)]

    def troubles(self) -> list[str]:
        """A line for each of the last deaths."""
        return [f"!! {told(fault)}" for fault in self.faults[-_DEATHS:]]


def tag(case_id: bytes) -> str:
    """A case id, short enough to be read."""
    text = str(uuid.UUID(bytes=case_id))
    return f"{text[9:13]}…{text[-4:]}"


def _step(message: desk_pb2.MessageView) -> str:
    doing = f"{_ACTIONS.get(message.action, message.action)} by {_name(message.sender)}"
    if message.refusal:
        return f" ✗ {doing}  refused, {message.refusal}"
    stages = [stage for stage in ("accepted", "delivered", "entered") if message.HasField(f"{stage}_at")]
    return f" ✓ {doing}  " + " · ".join(stages)


def _standing(case: desk_pb2.CaseView) -> str:
    owner = f" · owner now {_name(case.owner)}" if case.owner else ""
    if not case.ball_holder:
        return f" ▸ 办结 {case.ending}{owner}"
    due = f" · due {case.due_at.ToDatetime(SHANGHAI):%Y-%m-%d}" if case.HasField("due_at") else ""
    return f" ▸ waiting for {_name(case.ball_holder)}{due}{owner}"


def _company(case: desk_pb2.CaseView) -> str:
    """How many move together, if not one alone."""
    return f" · {len(case.movers)} 人同迁" if len(case.movers) > 1 else ""


def _saying(case: desk_pb2.CaseView) -> str:
    """Of a case that is on its way to the hub, or over; one that the hub never opened has no ending."""
    if case.state != CLOSED:
        return "待受理 on its way"
    return f"办结 {case.ending}" if case.ending else "未受理 not taken up"


def _short(code: str) -> str:
    return PROVINCES[code].short_zh


def _name(code: str) -> str:
    return PROVINCES[code].name_zh if code in PROVINCES else code
