"""`report.html`: the report for people, in Chinese and English, one file without anything from elsewhere."""

from __future__ import annotations

from datetime import datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Final

import msgspec

from core.calendar import SHANGHAI
from simulator.faults import CRASH, OUTSIDE, SELF

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from simulator.report.figures import Report

_ENDINGS: Final = {
    "landed": "已落户",
    "landed-after-correction": "补正后落户",
    "landed-after-no-show": "逾期未到，依规落户",
    "landed-then-moved-back": "落户后回迁",
    "landed-and-deceased": "迁入并死亡注销",
    "refused-by-in": "迁入地不予准迁",
    "refused-by-out": "迁出地不予迁出",
    "closed-for-identity-mismatch": "身份信息不符，终止",
    "correction-lapsed": "逾期未补正",
    "permit-revoked": "准迁证被撤销",
    "permit-expired": "准迁证过期",
    "withdrawn-before-deregistration": "注销前撤回",
    "annulled-not-executable": "注销无法执行",
    "switched-to-paper": "转线下办理",
}
INVARIANTS: Final = {
    "I1": "一人一地：任何时刻只有一个责任省份 · one owner province at every instant",
    "I2": "竞争由账本次序裁决，不可逆步骤四步走 · ledger order judges races; four strokes",
    "I3": "一人至多一件在办迁移 · at most one open transfer a person",
    "I4": "至少送达一次，仅生效一次，按序生效 · delivered at least once, effective once, in order",
    "I5": "已受理的报文不丢失 · an accepted message is never lost",
    "I6": "枢纽读不到个人信息 · the hub cannot read personal data",
    "I7": "每一步有签名、可离线证明 · every event is signed and provable offline",
    "I8": "期限按工作日历计算 · deadlines follow the working-day calendar",
    "I9": "错误输入被编号拒绝且不改变任何状态 · bad input changes nothing",
}


class _Check(msgspec.Struct):
    """A line of the auditor's report."""

    number: int
    title: str
    checked: int
    findings: int


def page(report: Report) -> str:
    """The whole page."""
    problems = report.problems()
    template = Template((files("simulator.report") / "page.html").read_text())
    return template.substitute(
        verdict="全部正确 · all right" if not problems else "有问题 · findings",
        tone="bad" if problems else "good",
        problems=escape("; ".join(problems)),
        seed=report.seed,
        facts=_facts(report),
        endings=_endings(report),
        invariants=_invariants(report),
        faults=_faults(report),
        audit=_audit(report),
    )


def _facts(report: Report) -> str:
    total = sum(sum(counts.values()) for counts in report.cases.values())
    rates = report.rates
    facts = [
        (f"{total}", "案件 cases"),
        (f"{report.pairs}", "省际方向 province pairs"),
        (f"{sum(report.prechecks.values())} / {report.prechecks.get('fail', 0)}", "预审 / 不符 prechecks / against it"),
        (f"{report.messages}", "报文 messages"),
        (f"{report.latency_ms['p50']:.0f} / {report.latency_ms['p95']:.0f}", "送达时延 delivery p50 / p95, ms"),
        (_by_kafka(report.delivered_via_outside_of_faults), "经 Kafka 送达（无故障时） by Kafka outside of faults"),
        (_by_kafka(report.delivered_via), "经 Kafka 送达（全程） by Kafka altogether"),
        (f"{rates['window_visits']:.0f} ← {rates['window_visits_on_paper']:.0f}", "群众跑窗口 window visits ← on paper"),
        (f"{rates['median_working_days']:.0f}", "办结工作日中位数 median working days"),
        (f"{report.lost} / {report.doubled}", "丢失 / 重复 lost / doubled"),
        (f"{report.run_s:.0f} s", "用时 run"),
    ]
    return "".join(f"<div><b>{escape(value)}</b><span>{escape(name)}</span></div>" for value, name in facts)


def _by_kafka(via: Mapping[str, int]) -> str:
    return f"{100 * via['kafka'] / (sum(via.values()) or 1):.0f} %"


def _endings(report: Report) -> str:
    rows = []
    for counts in report.cases.values():
        most = max(counts.values(), default=1)
        for ending, count in sorted(counts.items(), key=lambda item: -item[1]):
            bar = f'<div class="bar" style="width:{100 * count / most:.0f}%"></div>'
            rows.append((escape(_ENDINGS.get(ending, "")), f"<code>{escape(ending)}</code>", _number(count), bar))
    return _table(("结果", "ending", "件数", ""), rows)


def _invariants(report: Report) -> str:
    rows = [
        (escape(item.name), escape(INVARIANTS.get(item.name, "")), _number(item.checked), _violations(item.violations))
        for item in report.invariants
    ]
    return _table(("", "", "检查 checked", "违反 violations"), rows)


def _faults(report: Report) -> str:
    if not report.faults:
        return "<p>无 · none</p>"
    rows = [
        (
            escape(_beijing(fault.at)),
            f"<code>{escape(fault.process)}</code>",
            escape({SELF: "演示 demonstration", OUTSIDE: "外部 outside", CRASH: "自行崩溃 crashed by itself"}[fault.by]),
            _number(fault.in_flight),
            _number(fault.recovered_s) if fault.recovered_s is not None else '<span class="bad">—</span>',
        )
        for fault in report.faults
    ]
    return _table(("北京时间 at", "进程 killed -9", "原因 by", "在途 in flight", "恢复 recovered, s"), rows)


def _audit(report: Report) -> str:
    log = f"<p>日志 log: {report.log['size']} entries, root <code>{escape(str(report.log['root']))}</code></p>"
    verdict = str(report.audit.get("verdict"))
    tone = "good" if verdict == "ok" else "bad"
    found = report.audit.get("checks")
    checks = msgspec.convert(found, list[_Check]) if isinstance(found, list) else []
    rows = [(str(check.number), escape(check.title), _number(check.checked), _violations(check.findings)) for check in checks]
    text = "通过 · nothing found" if verdict == "ok" else verdict
    return f'{log}<p class="{tone}">{escape(text)}</p>' + (_table(("", "", "检查 checked", "问题 findings"), rows) if rows else "")


def _beijing(at: str) -> str:
    """A time of the report as people read it."""
    return f"{datetime.fromisoformat(at).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _number(value: float) -> str:
    return f"{value:,}"


def _violations(count: int) -> str:
    return f'<span class="{"bad" if count else "good"}">{count}</span>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
