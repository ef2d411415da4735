"""Who moves, and who stands beside: how people are typed, and the application that they make.

A person is NAME:NUMBER, somebody who moves too NAME:NUMBER:RELATION; what is said about one of several names him by his number first,
NUMBER=… The node checks numbers, ages and relations; here only the form is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Group, Parameter

from runtime.command_line import Usage
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yrdx.v1 import desk_pb2

    Mover = transfer_pb2.HouseholdApplication | transfer_pb2.Mover
    Person = Mover | transfer_pb2.Guardian

_HOUSEHOLD: Final = Group("Household")
_TEXTS: Final = Parameter(negative=())

Texts = tuple[str, ...]


@Parameter(name="*", group=_HOUSEHOLD)
@dataclass(frozen=True, kw_only=True)
class Household:
    """Everybody but the applicant."""

    mover: Annotated[Texts, _TEXTS, Parameter(help="NAME:NUMBER:RELATION, moves too; 10 spouse, 20 son, 30 daughter; may be repeated")] = ()
    guardian: Annotated[Texts, _TEXTS, Parameter(help="NUMBER=NAME:NUMBER, of the first, who is under 18; may be repeated")] = ()
    relation: Annotated[str, Parameter(help="of an applicant under 18: what he is to his guardian, GB/T 4761")] = ""
    agent: Annotated[str, Parameter(help="NAME:NUMBER, acts for the applicant; needs a document with the code agent-authority")] = ""
    new_head: Annotated[str, Parameter(help="number of who follows when the head of the household moves and others stay")] = ""

    def add_to(self, application: transfer_pb2.HouseholdApplication) -> None:
        """Writes them into the application of their applicant.

        Raises:
            Usage: when a text has another form, or a guardian is of nobody who moves.
        """
        application.relation_code, application.new_head_id_number = self.relation, self.new_head
        for text in self.mover:
            name, number, relation = _parts(text, 3, "NAME:NUMBER:RELATION")
            application.others.add(name=name, id_number=number, relation_code=relation)
        for text in self.guardian:
            ward, guardian = _named(text)
            name, number = _parts(guardian, 2, "NUMBER=NAME:NUMBER")
            _mover(application, ward).guardian.CopyFrom(transfer_pb2.Guardian(id_number=number, name=name))
        if self.agent:
            name, number = _parts(self.agent, 2, "NAME:NUMBER")
            application.agent.CopyFrom(transfer_pb2.Agent(id_number=number, name=name))


def newest_application(messages: Iterable[desk_pb2.MessageView]) -> transfer_pb2.HouseholdApplication:
    """What the applicant has stated last.

    Raises:
        Usage: when the case shows no application.
    """
    found, application, correction = None, transfer_pb2.HouseholdApplication(), transfer_pb2.Correction()
    for message in messages:
        if message.refusal:
            continue
        if message.payload.Unpack(application):
            found = application
        elif message.payload.Unpack(correction):
            found = correction.application
    if found is None:
        raise Usage("the case shows no application to correct")
    return found


def rename(application: transfer_pb2.HouseholdApplication, texts: Iterable[str]) -> None:
    """Corrects names, NUMBER=NAME, wherever the person stands in the application.

    Raises:
        Usage: when a text has another form, or nobody has the number.
    """
    for text in texts:
        number, name = _named(text)
        movers = _movers(application)
        people: list[Person] = [*movers, *(mover.guardian for mover in movers if mover.HasField("guardian"))]
        found = [person for person in people if person.id_number == number]
        if not found:
            raise Usage(f"nobody in the application has the number {number}")
        for person in found:
            person.name = name


def _movers(application: transfer_pb2.HouseholdApplication) -> list[Mover]:
    others: list[Mover] = list(application.others)
    return [application, *others]


def _mover(application: transfer_pb2.HouseholdApplication, number: str) -> Mover:
    found = next((mover for mover in _movers(application) if mover.id_number == number), None)
    if found is None:
        raise Usage(f"nobody who moves has the number {number}")
    return found


def _named(text: str) -> tuple[str, str]:
    number, equals, rest = text.partition("=")
    if not equals or not number:
        raise Usage(f"{text} is no NUMBER=…")
    return number, rest


def _parts(text: str, number: int, form: str) -> list[str]:
    parts = text.split(":")
    if len(parts) != number or not all(parts):
        raise Usage(f"{text} is no {form}")
    return parts
