"""The rules that cases run under: procedure, calendar and policy, found by the digests that headers name.

Procedures, calendars and the regional policy are artefacts of their own in the log. A province's own policy is not: it stands in the trust
list, signed by the province, and whoever takes up a trust list lets the book learn what is in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

from core.calendar import Calendar
from core.policy import Policy, is_usable
from core.procedures import PROCEDURES
from core.procedures.engine import Rules
from core.procedures.model import Procedure
from core.refusals import UNKNOWN_RULES, Refused
from core.values import canonical, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.procedures.model import Case
    from yrdx.v1.envelope_pb2 import Header

PROCEDURE, CALENDAR, POLICY = "procedure", "calendar", "policy"


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every procedure, calendar and policy that is known, by digest. Safe to use from many threads."""

    artefacts: tuple[tuple[str, bytes], ...]
    """Kind and bytes, in the order in which they were put in force; what was learned is not among them."""
    procedures: dict[bytes, Procedure]
    calendars: dict[bytes, Calendar]
    policies: dict[bytes, Policy]
    """Regional ones."""
    provincial: dict[bytes, Policy] = field(default_factory=dict)
    """Those of trust lists, whichever were ever in force: a case keeps its own to the end."""
    _made: dict[tuple[bytes, bytes, bytes], Rules] = field(default_factory=dict, repr=False, compare=False)

    def of(self, named: Header | Case) -> Rules:
        """The rules that a header or a case names.

        Raises:
            Refused: UNKNOWN_RULES when a digest is not in the book.
        """
        return self._rules((named.procedure_digest, named.calendar_digest, named.policy_digest))

    def learn(self, tables: Iterable[tuple[bytes, Policy]]) -> None:
        """Takes up the policies of a trust list, each with its digest; none is ever forgotten."""
        self.provincial.update(tables)

    def is_in_force(self, policy: bytes, own: bytes) -> bool:
        """Whether a province may open a case under this policy now: its own if it has one (`own`, see `current`), else a regional one."""
        return policy == own if own else policy in self.policies

    def current(self, service: str, own: bytes = b"") -> tuple[bytes, bytes, bytes]:
        """Digests of the procedure, calendar and policy for a new case: the newest of each.

        Args:
            service: of the case.
            own: digest of the policy that the trust list in force has for the province that opens; empty: it has none, and the
                regional one holds.

        Raises:
            Refused: UNKNOWN_RULES when there is none for the service.
        """
        digests = [digest for digest, procedure in self.procedures.items() if procedure.service == service]
        if not digests:
            raise Refused(UNKNOWN_RULES, "service")
        return digests[-1], next(reversed(self.calendars)), own or next(reversed(self.policies))

    def for_new(self, service: str, own: bytes = b"") -> Rules:
        """The rules that a new case runs under; `own` as in `current`.

        Raises:
            Refused: UNKNOWN_RULES when there are none for the service.
        """
        return self._rules(self.current(service, own))

    def _rules(self, digests: tuple[bytes, bytes, bytes]) -> Rules:
        if digests not in self._made:
            procedure, calendar, policy = digests
            try:
                table = self.provincial.get(policy) or self.policies[policy]
                rules = Rules(self.procedures[procedure], self.calendars[calendar], table, procedure, policy)
            except KeyError as error:
                raise Refused(UNKNOWN_RULES, "procedure_digest") from error
            self._made[digests] = rules
        return self._made[digests]


def misfit(rules: Rules) -> str | None:
    """Name of a deadline of the procedure that cannot be counted under the policy, so that no case can run; None when all can."""
    limits = rules.policy.limits
    return next((one.name for one in rules.procedure.deadlines if one.name not in limits or not is_usable(limits[one.name])), None)


def rule_book(artefacts: Iterable[tuple[str, bytes]]) -> RuleBook:
    """Reads artefacts (kind and bytes) into a book.

    Raises:
        Refused: UNKNOWN_RULES for an unknown kind, BAD_FIELD when one cannot be read.
    """
    book = RuleBook(tuple(artefacts), {}, {}, {})
    for kind, data in book.artefacts:
        digest = hashlib.sha256(data).digest()
        if kind == PROCEDURE:
            book.procedures[digest] = parse(data, Procedure)
        elif kind == CALENDAR:
            book.calendars[digest] = Calendar.parse(data)
        elif kind == POLICY:
            book.policies[digest] = parse(data, Policy)
        else:
            raise Refused(UNKNOWN_RULES, kind)
    return book


def shipped_rules() -> RuleBook:
    """The rules that come with this version of the software."""
    data = files("core") / "data"
    artefacts = [(PROCEDURE, canonical(procedure)) for procedure in PROCEDURES.values()]
    artefacts += [(CALENDAR, (data / "calendar-cn.json").read_bytes()), (POLICY, (data / "policy.json").read_bytes())]
    return rule_book(artefacts)
