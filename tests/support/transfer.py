"""A household transfer over the exchange, message by message, as two nodes without desks would say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.world import new_id, routing

if TYPE_CHECKING:
    from tests.support.exchange import Node
    from yrdx.v1 import envelope_pb2

IN, OUT = 0, 1
LANDED = ((IN, "permit"), (OUT, "deregister"), (OUT, "entered"), (IN, "land"), (IN, "entered"))


async def transfer(asking: Node, asked: Node, number: str) -> list[envelope_pb2.Envelope]:
    """The move of a person from the province asked to the one asking, from `apply` to its landing; all of it must be accepted."""
    case_id, concerns = new_id(), b""
    said = [asking.speaker.apply(asked.code, number, case_id)]
    await asking.accepted(said[0])
    for side, action in LANDED:
        doer, other = (asking, asked) if side == IN else (asked, asking)
        envelope = doer.speaker.say(case_id, action, other.code, concerns=concerns if action == "entered" else b"")
        await doer.accepted(envelope)
        said.append(envelope)
        if action in {"deregister", "land"}:
            concerns = routing(envelope).message_id
    return said
