"""The rules of a household transfer (跨省户口迁移), stated once more: who may say what, and when.

Written from what the service is, not from the code that carries it out, so that a mistake there is a difference here. A case is told by
facts instead of states: is there a permit, has it been given back, how far are the two acts that nobody can undo.

* The destination applies and the person stays with his home until the home's register has let him go, then he is the destination's.
* The destination permits or refuses; the home may refuse too, or give the case back to be corrected, as often as it takes. A case that
  was given back only the destination can move.
* Until the home's deregistration is accepted the destination may withdraw, and revoke its permit. After that there is no way back but
  that the home's register cannot do it (`execution-failed`): then the home may annul.
* Landing needs that the deregistration was entered. Whoever does an act that cannot be undone answers for it (`entered`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.oracle.facts import Message

SERVICE: Final = "household-transfer"
APPLY, PERMIT, RETURN, RESUBMIT = "apply", "permit", "return", "resubmit"
DEREGISTER, LAND, ENTERED, FAILED = "deregister", "land", "entered", "execution-failed"
IRREVERSIBLE: Final = frozenset({DEREGISTER, LAND})
BY_THE_NODE: Final = frozenset({ENTERED, FAILED})
"""What no officer says: the node reports what its register did."""
_REASONED: Final = frozenset({"refuse", "return", "withdraw", "revoke", "annul", FAILED})


class Act(Enum):
    """How far an irreversible act is."""

    NOT_BEGUN = "not begun"
    ACCEPTED = "accepted"
    FAILED = "failed"
    ENTERED = "entered"


_OPEN: Final = frozenset({Act.ACCEPTED, Act.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of one move.

    Attributes:
        destination: province that the person wants to live in; it applied.
        home: province that he leaves.
        rules: digests of procedure, calendar and policy.
        last: the message that moved the case last.
        pending: the irreversible act that is not entered yet.
        permitted: there is a permit.
        returned: the case was given back and not submitted again.
        corrected: it was given back at least once.
        leaving: the deregistration.
        landing: the registration at the destination.
        ending: how it ended; empty while it is open.
    """

    destination: str
    home: str
    rules: tuple[bytes, bytes, bytes]
    last: bytes
    pending: bytes = b""
    permitted: bool = False
    returned: bool = False
    corrected: bool = False
    leaving: Act = Act.NOT_BEGUN
    landing: Act = Act.NOT_BEGUN
    ending: str = ""

    @property
    def owner(self) -> str:
        """The province that answers for the person."""
        return self.destination if self.leaving is Act.ENTERED else self.home

    @property
    def is_revocable(self) -> bool:
        """Whether nothing that cannot be undone has begun."""
        return not self.ending and self.leaving is Act.NOT_BEGUN

    @property
    def is_with_home(self) -> bool:
        """Whether the home has the word before the deregistration."""
        return self.is_revocable and not self.returned

    @property
    def word(self) -> str:
        """The state, in the words of the desks."""
        if self.ending:
            return "closed"
        if self.landing in _OPEN:
            return "landing" if self.landing is Act.ACCEPTED else "landing-failed"
        if self.leaving is not Act.NOT_BEGUN:
            return {Act.ACCEPTED: "deregistering", Act.FAILED: "deregistration-failed"}.get(self.leaving, "deregistered")
        if self.returned:
            return "returned"
        return "permitted" if self.permitted else "applied"


class _Rule(NamedTuple):
    """When something may be said, and what is so afterwards."""

    may: Callable[[Case], bool]
    then: Callable[[Case], Case]


def _ends(ending: str) -> Callable[[Case], Case]:
    return lambda case: replace(case, ending=ending)


_BY_DESTINATION: Final[Mapping[str, _Rule]] = {
    PERMIT: _Rule(lambda case: case.is_with_home and not case.permitted, lambda case: replace(case, permitted=True)),
    "refuse": _Rule(lambda case: case.is_revocable and (case.returned or not case.permitted), _ends("refused-by-in")),
    RESUBMIT: _Rule(lambda case: case.is_revocable and case.returned, lambda case: replace(case, returned=False)),
    "withdraw": _Rule(lambda case: case.is_revocable, _ends("withdrawn-before-deregistration")),
    "revoke": _Rule(lambda case: case.is_revocable and case.permitted, _ends("permit-revoked")),
    LAND: _Rule(
        lambda case: case.leaving is Act.ENTERED and case.landing is Act.NOT_BEGUN,
        lambda case: replace(case, landing=Act.ACCEPTED),
    ),
    ENTERED: _Rule(
        lambda case: case.landing in _OPEN,
        lambda case: replace(case, landing=Act.ENTERED, ending="landed-after-correction" if case.corrected else "landed"),
    ),
    FAILED: _Rule(lambda case: case.landing is Act.ACCEPTED, lambda case: replace(case, landing=Act.FAILED)),
}
_BY_HOME: Final[Mapping[str, _Rule]] = {
    "refuse": _Rule(lambda case: case.is_with_home, _ends("refused-by-out")),
    RETURN: _Rule(lambda case: case.is_with_home, lambda case: replace(case, returned=True, corrected=True)),
    DEREGISTER: _Rule(lambda case: case.is_with_home and case.permitted, lambda case: replace(case, leaving=Act.ACCEPTED)),
    ENTERED: _Rule(lambda case: case.leaving in _OPEN, lambda case: replace(case, leaving=Act.ENTERED)),
    FAILED: _Rule(lambda case: case.leaving is Act.ACCEPTED, lambda case: replace(case, leaving=Act.FAILED)),
    "annul": _Rule(lambda case: case.leaving is Act.FAILED, _ends("annulled-not-executable")),
}


def objection(case: Case | None, message: Message) -> str:
    """What stands against accepting a message, claims aside; empty when nothing does."""
    routing = message.routing
    if case is None:
        return "" if routing.action == APPLY and routing.service == SERVICE else "is about no case"
    rule = _rule(case, message)
    against = [
        ({routing.sender, routing.receiver} != {case.home, case.destination}, "is not between the parties of the case"),
        (routing.action == APPLY, "opens a case that there is"),
        (bool(case.ending), "comes after the end of the case"),
        (_rules_of(message) != case.rules, "names other rules than the case runs under"),
        (rule is None or not rule.may(case), f"may not be said by this side while the case is {case.word}"),
        (routing.action in IRREVERSIBLE and message.header.open_key_materials > 0, "cannot be undone and a key material is missing"),
        (routing.action in _REASONED and not message.header.reason_class, "gives no reason"),
        (routing.action in BY_THE_NODE and message.header.concerns != case.pending, "answers for another message than the pending one"),
    ]
    return next((text for stands, text in against if stands), "")


def after(case: Case | None, message: Message) -> Case | None:
    """The case after an accepted message; what no rule knows changes nothing."""
    routing = message.routing
    if case is None:
        opened = Case(destination=routing.sender, home=routing.receiver, rules=_rules_of(message), last=message.id)
        return opened if routing.action == APPLY else None
    rule = _rule(case, message)
    if rule is None:
        return case
    pending = message.id if routing.action in IRREVERSIBLE else case.pending
    return replace(rule.then(case), last=message.id, pending=pending)


def expired(case: Case) -> Case:
    """The case after the validity of its permit has run out."""
    return replace(case, ending="permit-expired")


def _rule(case: Case, message: Message) -> _Rule | None:
    rules = _BY_DESTINATION if message.routing.sender == case.destination else _BY_HOME
    return rules.get(message.routing.action)


def _rules_of(message: Message) -> tuple[bytes, bytes, bytes]:
    header = message.header
    return header.procedure_digest, header.calendar_digest, header.policy_digest
