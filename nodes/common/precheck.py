"""The precheck at a node: two tables of the trust list in force, and nothing else. No database, no register, no hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.ids import PROVINCES
from core.precheck import Draft, Grade, facts_of, precheck
from core.refusals import BAD_FIELD, UNKNOWN_PROVINCE, Refused
from yrdx.v1 import precheck_pb2

if TYPE_CHECKING:
    from core.precheck import Finding
    from core.procedures.engine import Rules
    from core.rules import RuleBook
    from nodes.common.trust import NodeTrust

_GRADES: Final = {
    Grade.PASS: precheck_pb2.PRECHECK_GRADE_PASS,
    Grade.WARN: precheck_pb2.PRECHECK_GRADE_WARN,
    Grade.FAIL: precheck_pb2.PRECHECK_GRADE_FAIL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prechecker:
    """Answers `Desk.Precheck` in one province."""

    province: str
    trust: NodeTrust
    rules: RuleBook

    def answer(self, request: precheck_pb2.PrecheckRequest) -> precheck_pb2.PrecheckResponse:
        """Every rule of both provinces that is about such a case.

        Raises:
            Refused: UNKNOWN_PROVINCE, UNKNOWN_RULES "service", or BAD_FIELD for a counterpart that is this province, and for a material or
                fact that neither table knows.
        """
        if request.counterpart not in PROVINCES:
            raise Refused(UNKNOWN_PROVINCE, "counterpart")
        if request.counterpart == self.province:
            raise Refused(BAD_FIELD, "counterpart")
        receiving, leaving = self._rules(request.service, self.province), self._rules(request.service, request.counterpart)
        _check(request, receiving, leaving)
        draft = Draft(request.ground, frozenset(request.materials), dict(request.facts))
        found = [_shown(finding) for finding in precheck(receiving.policy, leaving.policy, draft)]
        return precheck_pb2.PrecheckResponse(
            grade=max((one.grade for one in found), default=precheck_pb2.PRECHECK_GRADE_PASS),
            findings=found,
            receiving=_table(receiving),
            leaving=_table(leaving),
        )

    def _rules(self, service: str, province: str) -> Rules:
        return self.rules.for_new(service, self.trust.current.policy_of(province))


def _check(request: precheck_pb2.PrecheckRequest, receiving: Rules, leaving: Rules) -> None:
    if not request.ground:
        raise Refused(BAD_FIELD, "ground")
    if not set(request.materials) <= {*receiving.policy.key_materials, *receiving.policy.deferrable_materials}:
        raise Refused(BAD_FIELD, "materials")
    if not request.facts.keys() <= facts_of(receiving.policy, leaving.policy):
        raise Refused(BAD_FIELD, "facts")


def _shown(finding: Finding) -> precheck_pb2.PrecheckFinding:
    return precheck_pb2.PrecheckFinding(
        grade=_GRADES[finding.grade],
        province=finding.province,
        rule_id=finding.rule_id,
        text_zh=finding.zh,
        text_en=finding.en,
        source=finding.source,
        asks=finding.asks,
    )


def _table(rules: Rules) -> precheck_pb2.PolicyView:
    policy = rules.policy
    return precheck_pb2.PolicyView(name=policy.name, province=policy.province, version=policy.version, digest=rules.policy_digest)
