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
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from yrdx.v1 import desk_pb2, register_pb2


class Person(NamedTuple):
    """Whom a case is about."""

    id_number: str
    name: str


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

    def check_application(self, application: Message) -> None:
        """Looks at what the citizen asks for.

        Raises:
            Refused: BAD_FIELD.
        """
        ...

    def person(self, facts: Facts) -> Person:
        """Whom the case is about, as stated last; empty while nothing is known."""
        ...

    def numbers(self, application: Message) -> Sequence[tuple[Kind, str]]:
        """What the opening action claims: kinds and real numbers, for blind tags."""
        ...

    def check_decision(self, decision: desk_pb2.DecideRequest, detail: Message, facts: Facts) -> None:
        """Whether the officer stated what he must state.

        Raises:
            Refused: BAD_FIELD.
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
        """Compares the record that is held with what the case states.

        Raises:
            Refused: RECORD_MISMATCH, or UNREADABLE_RECORD.
        """
        ...
