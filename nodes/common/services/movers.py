"""Who moves in a case of household transfer, and who may stand beside them: guardians, an agent, a new head of the household left behind.

Checks of `check_movers`, in this order: (1) every number and name has its form, nobody is named twice, (2) who is under 18 has a guardian
who is of age and somebody else, (3) an agent acts for an applicant of age, is of age himself, moves not with him, and his written authority
is there, (4) who follows the head of the old household is of age and stays. What held once holds later on, so that the receiver, who looks
later, finds no fault with what the sender was allowed to say. Not checked: what only a register knows (that these people
live there, that somebody of them is the head).

Sources: 公通字〔2021〕12号 art. 15 for minors, guardians and collective households; for heads who leave others behind and for agents the
only published rules are local ones, adopted here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from core.refusals import AGENT_NOT_ALLOWED, BAD_FIELD, GUARDIAN_REQUIRED, Refused
from nodes.common.services.citizens import check_number, is_minor
from nodes.common.services.service import Person

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from yrdx.v1 import household_transfer_pb2 as transfer_pb2

    Application = transfer_pb2.HouseholdApplication
    Moving = transfer_pb2.HouseholdApplication | transfer_pb2.Mover

AUTHORITY: Final = "agent-authority"
"""Code of the document by which an agent shows that he may act; it is never promised for later, so no policy lists it."""
MOST: Final = 16
"""Persons a case; the tags of all of them must fit into one message."""
_RELATION = re.compile(r"\d{2}", re.ASCII)
_SELF, _HEAD = "01", "02"


def moving(application: Application) -> tuple[Moving, ...]:
    """Everybody who moves as stated, the applicant first."""
    others: tuple[Moving, ...] = tuple(application.others)
    return (application, *others)


def people(application: Application) -> tuple[Person, ...]:
    """Everybody who moves, the applicant first."""
    return tuple(Person(one.id_number, one.name) for one in moving(application))


def check_movers(application: Application, documents: Collection[str], at: datetime) -> None:
    """Looks at everybody who is named.

    Args:
        application: what is asked for.
        documents: codes of the documents that are there.
        at: business time.

    Raises:
        Refused: BAD_FIELD, GUARDIAN_REQUIRED or AGENT_NOT_ALLOWED.
    """
    movers = moving(application)
    if len(movers) > MOST:
        raise Refused(BAD_FIELD, "others")
    for place, mover in enumerate(movers):
        _check_person(mover, _field(place, "id_number"), _field(place, "name"))
    numbers = [mover.id_number for mover in movers]
    if len(set(numbers)) < len(numbers):
        raise Refused(BAD_FIELD, "others: a person twice")
    for place, mover in enumerate(movers):
        _check_ward(mover, people(application), _field(place, "guardian"), at)
        if place or is_minor(mover.id_number, at) or mover.relation_code:
            _check_relation(mover.relation_code, _field(place, "relation_code"))
    if application.HasField("agent"):
        _check_agent(application, documents, at)
    if application.new_head_id_number:
        _check_successor(application.new_head_id_number, numbers, at)


def _check_successor(number: str, leaving: Collection[str], at: datetime) -> None:
    check_number(number, "new_head_id_number")
    if number in leaving or is_minor(number, at):
        raise Refused(BAD_FIELD, "new_head_id_number")


def _field(place: int, name: str) -> str:
    return f"others[{place - 1}].{name}" if place else name


def _check_person(person: Moving | transfer_pb2.Guardian | transfer_pb2.Agent, number: str, name: str) -> None:
    check_number(person.id_number, number)
    if not person.name.strip():
        raise Refused(BAD_FIELD, name)


def _check_ward(mover: Moving, everybody: Collection[Person], field: str, at: datetime) -> None:
    """A guardian is also taken for somebody of age, who may be without capacity; one who moves too has one name."""
    if not mover.HasField("guardian"):
        if is_minor(mover.id_number, at):
            raise Refused(GUARDIAN_REQUIRED, field)
        return
    _check_person(mover.guardian, f"{field}.id_number", f"{field}.name")
    if mover.guardian.id_number == mover.id_number or is_minor(mover.guardian.id_number, at):
        raise Refused(GUARDIAN_REQUIRED, field)
    if any(one.id_number == mover.guardian.id_number and one.name != mover.guardian.name for one in everybody):
        raise Refused(BAD_FIELD, f"{field}.name")


def _check_relation(code: str, field: str) -> None:
    """Everybody but the head of the new household says what he is to that; the form alone, a code that no table has is a warning later."""
    if not _RELATION.fullmatch(code) or code in {_SELF, _HEAD}:
        raise Refused(BAD_FIELD, field)


def _check_agent(application: Application, documents: Collection[str], at: datetime) -> None:
    _check_person(application.agent, "agent.id_number", "agent.name")
    if is_minor(application.id_number, at) or is_minor(application.agent.id_number, at):
        raise Refused(AGENT_NOT_ALLOWED, "agent")
    if application.agent.id_number in {mover.id_number for mover in moving(application)}:
        raise Refused(AGENT_NOT_ALLOWED, "agent.id_number")
    if AUTHORITY not in documents:
        raise Refused(AGENT_NOT_ALLOWED, f"documents: {AUTHORITY}")
