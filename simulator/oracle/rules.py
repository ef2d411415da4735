"""The rules of a household transfer (跨省户口迁移), stated once more: who may say what, and when.

Written from what the service is, not from the code that carries it out, so that a mistake there is a difference here.

* The destination applies and the person stays with his home until the home's register has let him go, then he is the destination's.
* The destination permits or refuses; the home may refuse too, or give the case back to be corrected, as often as it takes. A case that
  was given back only the destination can move. Who refuses because the record is somebody else's ends the case for that.
* Whoever has to decide may find something out first. While the destination does, the home has nothing to say; while the home does, the
  destination may still end the case and bring what the applicant owed. Only the enquirer goes on.
* Until the home's deregistration is accepted the destination may withdraw, revoke its permit or take the case back to paper; so may the
  home, as to paper. After that there is no way back but that the home's register cannot do it (`execution-failed`): then it may annul.
* What cannot be undone waits until the applicant owes no key material (容缺受理), by his newest word, and all content can be used.
* Landing needs that the deregistration was entered. It says whether he who should land died, goes home again, or never came; the last
  only after his time was over and that was said. Whoever does an act that cannot be undone answers for it (`entered`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from simulator.oracle import content
from simulator.oracle.case import UNDER_WAY, Act, Case
from yrdx.v1 import envelope_pb2, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.oracle.facts import Message

SERVICE: Final = "household-transfer"
APPLY, PERMIT, RETURN, RESUBMIT, SUPPLEMENT = "apply", "permit", "return", "resubmit", "supplement"
PAUSE, RESUME, TO_PAPER, REFUSE, REVOKE, WITHDRAW = "pause", "resume", "switch-to-paper", "refuse", "revoke", "withdraw"
DEREGISTER, LAND, ENTERED, FAILED, ANNUL = "deregister", "land", "entered", "execution-failed", "annul"
CORRECTION, VALIDITY, LANDING = "correction", "permit-validity", "landing"
"""Limits that decide something when they pass."""
IRREVERSIBLE: Final = frozenset({DEREGISTER, LAND})
OF_THE_REGISTER: Final = frozenset({ENTERED, FAILED})
"""The node reports what its register did."""
BY_THE_NODE: Final = OF_THE_REGISTER | content.ABOUT_CONTENT
"""What no officer says."""
ENDED_BY_THE_CLOCK: Final[Mapping[str, str]] = {VALIDITY: "permit-expired", CORRECTION: "correction-lapsed"}
"""Limits that end the case when they pass, and how."""
_REASONED: Final = frozenset({REFUSE, RETURN, WITHDRAW, REVOKE, PAUSE, TO_PAPER, ANNUL, FAILED})
_TELLS_WHAT_IS_OWED: Final = frozenset({APPLY, RESUBMIT, SUPPLEMENT})
_MOVES_NOTHING: Final = frozenset({SUPPLEMENT, PAUSE, RESUME})
_MISMATCH: Final = envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH
_NO_SHOW, _WISH = envelope_pb2.REASON_CLASS_NO_SHOW, envelope_pb2.REASON_CLASS_APPLICANT_WISH
DECEASED: Final = envelope_pb2.REASON_CLASS_DECEASED


class _Rule(NamedTuple):
    """When something may be said, and what is so afterwards."""

    may: Callable[[Case], bool]
    then: Callable[[Case], Case]


def _ends(ending: str) -> Callable[[Case], Case]:
    return lambda case: replace(case, ending=ending)


def _lands(promised: str = "") -> Callable[[Case], Case]:
    """The landing begins; it will end in this, or as usual."""

    def then(case: Case) -> Case:
        usual = "landed-after-correction" if case.corrected else "landed"
        return replace(case, landing=Act.ACCEPTED, promised=promised or usual)

    return then


def _may_land(case: Case) -> bool:
    return case.leaving is Act.ENTERED and case.landing is Act.NOT_BEGUN


def _may_refuse(case: Case) -> bool:
    """The destination: what it has not permitted, or what came back."""
    return case.is_revocable and (case.returned or not case.permitted)


def _go_on(case: Case) -> Case:
    return replace(case, enquirer="")


_TO_PAPER: Final = _ends("switched-to-paper")
_SOMEBODY_ELSE: Final = _ends("closed-for-identity-mismatch")
_Said = str | tuple[str, int]
"""An action, or one for a certain class of reason, which then has a rule of its own."""

_BY_DESTINATION: Final[Mapping[_Said, _Rule]] = {
    PERMIT: _Rule(lambda case: case.is_at_review, lambda case: replace(case, permitted=True)),
    REFUSE: _Rule(_may_refuse, _ends("refused-by-in")),
    (REFUSE, _MISMATCH): _Rule(_may_refuse, _SOMEBODY_ELSE),
    RESUBMIT: _Rule(lambda case: case.is_revocable and case.returned, lambda case: replace(case, returned=False)),
    SUPPLEMENT: _Rule(lambda case: case.is_with_home, lambda case: case),
    PAUSE: _Rule(lambda case: case.is_at_review, lambda case: replace(case, enquirer=case.destination)),
    RESUME: _Rule(lambda case: case.is_revocable and case.enquirer == case.destination, _go_on),
    WITHDRAW: _Rule(lambda case: case.is_revocable, _ends("withdrawn-before-deregistration")),
    TO_PAPER: _Rule(lambda case: case.is_revocable, _TO_PAPER),
    REVOKE: _Rule(lambda case: case.is_revocable and case.permitted, _ends("permit-revoked")),
    LAND: _Rule(_may_land, _lands()),
    (LAND, _NO_SHOW): _Rule(lambda case: _may_land(case) and case.missed, _lands("landed-after-no-show")),
    (LAND, DECEASED): _Rule(_may_land, _lands("landed-and-deceased")),
    (LAND, _WISH): _Rule(_may_land, _lands("landed-then-moved-back")),
    ENTERED: _Rule(
        lambda case: case.landing in UNDER_WAY,
        lambda case: replace(case, landing=Act.ENTERED, ending=case.promised),
    ),
    FAILED: _Rule(lambda case: case.landing is Act.ACCEPTED, lambda case: replace(case, landing=Act.FAILED)),
}
_BY_HOME: Final[Mapping[_Said, _Rule]] = {
    REFUSE: _Rule(lambda case: case.is_with_home, _ends("refused-by-out")),
    (REFUSE, _MISMATCH): _Rule(lambda case: case.is_with_home, _SOMEBODY_ELSE),
    RETURN: _Rule(lambda case: case.is_with_home and not case.enquirer, lambda case: replace(case, returned=True, corrected=True)),
    TO_PAPER: _Rule(lambda case: case.is_with_home, _TO_PAPER),
    PAUSE: _Rule(lambda case: case.is_at_response, lambda case: replace(case, enquirer=case.home)),
    RESUME: _Rule(lambda case: case.is_revocable and case.enquirer == case.home, _go_on),
    DEREGISTER: _Rule(lambda case: case.is_at_response, lambda case: replace(case, leaving=Act.ACCEPTED)),
    ENTERED: _Rule(lambda case: case.leaving in UNDER_WAY, lambda case: replace(case, leaving=Act.ENTERED)),
    FAILED: _Rule(lambda case: case.leaving is Act.ACCEPTED, lambda case: replace(case, leaving=Act.FAILED)),
    ANNUL: _Rule(lambda case: case.leaving is Act.FAILED, _ends("annulled-not-executable")),
}


def objection(case: Case | None, message: Message) -> str:
    """What stands against accepting a message, claims aside; empty when nothing does."""
    routing, header = message.routing, message.header
    if case is None:
        return "" if routing.action == APPLY and routing.service == SERVICE else "is about no case"
    owed = header.open_key_materials or case.owed
    against = [
        ({routing.sender, routing.receiver} != {case.home, case.destination}, "is not between the parties of the case"),
        (routing.action == APPLY, "opens a case that there is"),
        (bool(case.ending), "comes after the end of the case"),
        (_rules_of(message) != case.rules, "names other rules than the case runs under"),
        (not _may_be_said(case, message), f"may not be said by this side while the case is {case.word}"),
        (bool(content.objection(case, message)), content.objection(case, message)),
        (routing.action in IRREVERSIBLE and owed > 0, "cannot be undone and a key material is missing"),
        (routing.action in IRREVERSIBLE and bool(case.unusable), "cannot be undone and content of the case cannot be used"),
        (routing.action in _REASONED and not header.reason_class, "gives no reason"),
        (routing.action in OF_THE_REGISTER and header.concerns != case.pending, "answers for another message than the pending one"),
    ]
    return next((text for stands, text in against if stands), "")


def after(case: Case | None, message: Message) -> Case | None:
    """The case after an accepted message; what no rule knows changes nothing."""
    routing, owed = message.routing, message.header.open_key_materials
    if case is None:
        opened = Case(destination=routing.sender, home=routing.receiver, rules=_rules_of(message), last=message.id, owed=owed)
        return content.with_content(opened, message) if routing.action == APPLY else None
    if routing.action in content.ABOUT_CONTENT:
        return content.with_word(case, message)
    rule = _rule(case, message)
    if rule is None:
        return case
    said = case if routing.action in OF_THE_REGISTER else content.with_content(case, message)
    return replace(
        rule.then(said),
        last=case.last if routing.action in _MOVES_NOTHING else message.id,
        pending=message.id if routing.action in IRREVERSIBLE else case.pending,
        owed=owed if routing.action in _TELLS_WHAT_IS_OWED else case.owed,
    )


def told(case: Case, event: receipt_pb2.DueEvent) -> Case:
    """The case after the clock has spoken."""
    if event.kind == receipt_pb2.DUE_KIND_EXPIRED:
        return replace(case, ending=ENDED_BY_THE_CLOCK.get(event.deadline, "expired"))
    if event.kind == receipt_pb2.DUE_KIND_OVERDUE and event.deadline == LANDING:
        return replace(case, missed=True)
    return case


def _may_be_said(case: Case, message: Message) -> bool:
    rule = _rule(case, message)
    return message.routing.action in content.ABOUT_CONTENT or (rule is not None and rule.may(case))


def _rule(case: Case, message: Message) -> _Rule | None:
    rules = _BY_DESTINATION if message.routing.sender == case.destination else _BY_HOME
    action, reason = message.routing.action, message.header.reason_class
    return rules.get((action, reason)) or rules.get(action)


def _rules_of(message: Message) -> tuple[bytes, bytes, bytes]:
    header = message.header
    return header.procedure_digest, header.calendar_digest, header.policy_digest
