"""The port of a service at a node."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - a dataclass keeps its annotations
from typing import TYPE_CHECKING, NamedTuple, Protocol

from core.procedures.engine import Rules  # noqa: TC001 - as above
from core.tags import Kind  # noqa: TC001 - as above
from nodes.common.facts import Facts  # noqa: TC001 - as above
from nodes.common.records.codec import RecordCodec  # noqa: TC001 - as above

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from google.protobuf.message import Message

    from core.policy import Policy
    from nodes.common.services.materials import Owed
    from yrdx.v1 import desk_pb2, register_pb2, resident_pb2


class Person(NamedTuple):
    """Somebody whom a case is about."""

    id_number: str
    name: str


class Beside(NamedTuple):
    """What is known beside a payload when its rules are looked at.

    Attributes:
        at: business time.
        policy: of the case.
        open_key_materials: key materials that are still owed, as the hub is told; None when another message told it.
        documents: codes of the documents of the case, those that come with the payload too.
        is_today: whether `at` is the present for sure.
    """

    at: datetime
    policy: Policy
    open_key_materials: int | None
    documents: Collection[str]
    is_today: bool = True


class Living(NamedTuple):
    """Somebody of a case as this province has him.

    Attributes:
        resident: his record, or None.
        is_active: whether he is registered here now.
        household_size: how many active records his household has.
    """

    resident: resident_pb2.Resident | None
    is_active: bool = False
    household_size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What is known when a decision is written down.

    Attributes:
        province: of this node.
        unit: that decides.
        message_id: of the message that will carry the decision; makes document numbers unique.
        at: business time.
        facts: of the case.
        rules: that the case runs under.
        codec: of the province's records.
        reserved: the register's answer to Reserve, for an irreversible action.
    """

    province: str
    unit: str
    message_id: bytes
    at: datetime
    facts: Facts
    rules: Rules
    codec: RecordCodec
    reserved: register_pb2.ReserveResponse | None = None


class Service(Protocol):
    """The rules of one service that need plain data. Pure; no method blocks."""

    def kept(self, action: str, payload: bytes) -> bytes | None:
        """What stays in the facts of a case of the newest payload of an action, for later decisions; None for nothing.

        The facts are written with every change of the case; the whole payload stands in the message.
        """
        ...

    def check_content(self, content: Message, beside: Beside) -> None:
        """Looks at what a message says, at either end: what holds for its sender holds for its receiver, later.

        Raises:
            Refused: BAD_FIELD, or a 5xxx kind that says what is not possible.
        """
        ...

    def check_said(self, content: Message, beside: Beside) -> None:
        """Looks at what is to be said now: as `check_content`, and whether it is still in time.

        Raises:
            Refused: as `check_content`.
        """
        ...

    def has_unknown_reason(self, action: str, content: Message, policy: Policy) -> bool:
        """Whether what was said with an action gives a reason that the policy of the case has not.

        No officer here may say that; from the other province it is worth a warning and hinders nothing.
        """
        ...

    def people(self, facts: Facts) -> tuple[Person, ...]:
        """Whom the case is about, as stated last, the applicant first; he is empty while nothing is known."""
        ...

    def movers(self, facts: Facts) -> Sequence[desk_pb2.MoverView]:
        """The same people as a desk shows them, with what they are to each other."""
        ...

    def owed(self, facts: Facts, policy: Policy, at: datetime) -> Sequence[Owed]:
        """What has still to be brought."""
        ...

    def looked_up(self, facts: Facts) -> Sequence[str]:
        """Numbers of everybody whose record `differences` compares; empty while nothing is known."""
        ...

    def differences(self, facts: Facts, living: Mapping[str, Living]) -> Sequence[Sequence[str]]:
        """For each of the people, the fields in which his record, or that of his household, differs from what the case states.

        Args:
            facts: of the case.
            living: by number, everybody of `looked_up`.
        """
        ...

    def numbers(self, application: Message) -> Sequence[tuple[Kind, str]]:
        """What the opening action claims: kinds and real numbers, for blind tags."""
        ...

    def claimed(self, facts: Facts) -> Sequence[tuple[Kind, str]]:
        """The same, of a case that was opened."""
        ...

    def check_decision(self, decision: desk_pb2.DecideRequest, detail: Message, facts: Facts, beside: Beside) -> None:
        """Whether the officer stated what he must state.

        Raises:
            Refused: as `check_said`.
        """
        ...

    def written(self, detail: Message, occasion: Occasion) -> Message:
        """The payload of an action: what the officer stated and `check_decision` passed, completed by what only node and register know."""
        ...

    def reservation(
        self, decision: desk_pb2.DecideRequest, operation_id: bytes, facts: Facts, codec: RecordCodec
    ) -> register_pb2.ReserveRequest:
        """What the register is asked to hold for an irreversible action, for the reason that the officer gave.

        Raises:
            Refused: RECORD_MISMATCH when the facts of the case contradict each other.
        """
        ...

    def check_reserved(self, action: str, reserved: register_pb2.ReserveResponse, facts: Facts, codec: RecordCodec) -> None:
        """Compares the records that are held with what the case states.

        Raises:
            Refused: RECORD_MISMATCH, NEW_HEAD_REQUIRED, or UNREADABLE_RECORD.
        """
        ...
