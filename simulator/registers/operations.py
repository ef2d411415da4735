"""What a register promises about operations: the pure rules of Reserve and Finalise.

An operation goes from RESERVED to FINALISED or RELEASED and never back; its id is kept for ever. The rules, in the order in which
they are asked; of several persons every one must pass, or nothing is stored:

1. a repeat with other content is OPERATION_CONFLICT, one of a released operation OPERATION_RELEASED, any other gets the answer again;
2. a person whom another operation holds is RECORD_HELD: retriable, nothing is stored, the same id may succeed later;
3. MOVE_OUT needs an active record of the person here, MOVE_IN needs that there is none;
4. Finalise needs an operation that was reserved and not released; a repeat gets the answer again.

Release has no rule: it always answers what became of the operation (of one never seen: RELEASED, so that a late Reserve is refused).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from core.refusals import (
    OPERATION_CONFLICT,
    OPERATION_RELEASED,
    OPERATION_UNKNOWN,
    RECORD_EXISTS,
    RECORD_HELD,
    RECORD_NOT_ACTIVE,
    RECORD_NOT_FOUND,
    Refused,
)


class Status(Enum):
    """What a record is; the words stand in the file and in dumps."""

    ACTIVE = "active"
    MOVED_OUT = "moved-out"
    DECEASED = "deceased"


class State(Enum):
    """What became of an operation."""

    RESERVED = "reserved"
    FINALISED = "finalised"
    RELEASED = "released"


class Change(Enum):
    """What an operation changes."""

    MOVE_OUT = "move-out"
    MOVE_IN = "move-in"
    MOVE_IN_DECEASED = "move-in-deceased"

    @property
    def begins(self) -> bool:
        """Whether it begins a record, be it of somebody who died on the way."""
        return self is not Change.MOVE_OUT


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reservation asks for one person: two are the same operation only if all of it is equal for all of them.

    Attributes:
        change: the change.
        id_number: citizen number of the person.
        name: MOVE_IN: the name that the register compares in `Check`.
        record: MOVE_IN: the record in the province's format, never read.
        format: MOVE_IN: name of that format.
    """

    change: Change
    id_number: str
    name: str = ""
    record: bytes = b""
    format: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation as the register keeps it.

    Attributes:
        state: what became of it.
        wishes: its content, person by person; none in a tombstone, which was released before it was ever seen.
        household_number: MOVE_IN: what the register gave.
        record_numbers: the record of each person, MOVE_IN only from FINALISED on.
        since: FINALISED: microseconds since 1970 UTC.
    """

    state: State
    wishes: tuple[Wish, ...]
    household_number: str = ""
    record_numbers: tuple[int | None, ...] = ()
    since: int | None = None


def check_repeat(known: Operation, wishes: tuple[Wish, ...]) -> None:
    """Rule 1; passes when the stored answer may be given again.

    Raises:
        Refused: OPERATION_CONFLICT or OPERATION_RELEASED.
    """
    if known.wishes and known.wishes != wishes:
        raise Refused(OPERATION_CONFLICT, "operation_id")
    if known.state is State.RELEASED:
        raise Refused(OPERATION_RELEASED, "operation_id")


def check_new(wish: Wish, *, held: bool, status: Status | None) -> None:
    """Rules 2 and 3.

    Args:
        wish: what an operation not seen before asks for one person.
        held: whether another operation is RESERVED for the person.
        status: of the person's record here; None when there is none.

    Raises:
        Refused: RECORD_HELD, RECORD_EXISTS, RECORD_NOT_FOUND or RECORD_NOT_ACTIVE.
    """
    if held:
        raise Refused(RECORD_HELD, "id_number")
    if wish.change.begins:
        if status is Status.ACTIVE:
            raise Refused(RECORD_EXISTS, "id_number")
    elif status is None:
        raise Refused(RECORD_NOT_FOUND, "id_number")
    elif status is not Status.ACTIVE:
        raise Refused(RECORD_NOT_ACTIVE, "id_number")


def check_finalise(known: Operation | None) -> Operation:
    """Rule 4; the operation, RESERVED or FINALISED.

    Raises:
        Refused: OPERATION_UNKNOWN or OPERATION_RELEASED.
    """
    if known is None:
        raise Refused(OPERATION_UNKNOWN, "operation_id")
    if known.state is State.RELEASED:
        raise Refused(OPERATION_RELEASED, "operation_id")
    return known
