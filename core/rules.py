"""The rules that cases run under: procedure, calendar and policy, found by the digests that headers name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING

from core.calendar import Calendar
from core.procedures import PROCEDURES
from core.procedures.engine import Rules
from core.procedures.model import Policy, Procedure, canonical, parse
from core.refusals import UNKNOWN_RULES, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.procedures.model import Case
    from yrdx.v1.envelope_pb2 import Header

PROCEDURE, CALENDAR, POLICY = "procedure", "calendar", "policy"


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every procedure, calendar and policy that is known, by digest, with the bytes that were digested."""

    artefacts: tuple[tuple[str, bytes], ...]
    """Kind and bytes, in the order in which they were put in force."""
    procedures: dict[bytes, Procedure]
    calendars: dict[bytes, Calendar]
    policies: dict[bytes, Policy]
    _made: dict[tuple[bytes, bytes, bytes], Rules] = field(default_factory=dict, repr=False, compare=False)

    def of(self, named: Header | Case) -> Rules:
        """The rules that a header or a case names.

        Raises:
            Refused: UNKNOWN_RULES when a digest is not in the book.
        """
        digests = named.procedure_digest, named.calendar_digest, named.policy_digest
        if digests not in self._made:
            procedure, calendar, policy = digests
            try:
                rules = Rules(self.procedures[procedure], self.calendars[calendar], self.policies[policy], procedure, policy)
            except KeyError as error:
                raise Refused(UNKNOWN_RULES, "procedure_digest") from error
            self._made[digests] = rules
        return self._made[digests]

    def current(self, service: str) -> tuple[bytes, bytes, bytes]:
        """Digests of the procedure, calendar and policy for a new case: the newest of each.

        Raises:
            Refused: UNKNOWN_RULES when there is none for the service.
        """
        digests = [digest for digest, procedure in self.procedures.items() if procedure.service == service]
        if not digests:
            raise Refused(UNKNOWN_RULES, "service")
        return digests[-1], next(reversed(self.calendars)), next(reversed(self.policies))

    def for_new(self, service: str) -> Rules:
        """The rules that a new case runs under.

        Raises:
            Refused: UNKNOWN_RULES when there are none for the service.
        """
        procedure, calendar, policy = self.current(service)
        return Rules(self.procedures[procedure], self.calendars[calendar], self.policies[policy], procedure, policy)


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
