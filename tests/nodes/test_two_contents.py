"""Two contents of one case that cannot be used: each is asked for again, and mending one hides nothing of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.envelope import read_header
from core.refusals import CANNOT_OPEN
from nodes.common.content import SealedContent
from nodes.common.store import outbox
from tests.nodes.histories import History, hear, payload_of
from tests.nodes.test_hostile import refuses_deregistration, row_of, sealed, told_all
from tests.support.province import IN, OUT
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    import random

    from nodes.common.composition import Node
    from nodes.common.store.outbox import Outgoing
    from tests.nodes.small_nodes import Small
    from tests.nodes.test_hostile import Play

UNREADABLE = CANNOT_OPEN.number
ASKED = "select header from outbox where case_id = encode($1, 'hex')::uuid and action = 'content-refused' order by position"


async def said_unreadable(history: History, node: Node, action: str) -> Outgoing:
    return await history.say(
        IN, action, altered=lambda content, header: sealed(node, content.SerializeToString(), header, b"another message")
    )


async def mended(made: Small, history: History, message: Outgoing) -> None:
    """What the receiver's node has written down reaches the hub, and the sender seals the content again."""
    node = made.nodes[OUT]
    async with node.database.reading() as connection:
        written = await outbox.of_case(connection, history.case_id)
    history.sent += [(OUT, one) for one in written]
    await history.hub.Submit(exchange_pb2.SubmitRequest(envelopes=[one.envelope for one in written]))
    plain = SealedContent.FromString(made.nodes[IN].cipher.decrypt(message.content, message.message_id))
    await history.say(IN, "reseal", payload_of(message.action), again=(message.message_id, plain))
    assert history.hub.said[history.case_id][-1] == "reseal"


async def asked(node: Node, history: History) -> list[bytes]:
    """Messages whose content this node refused by itself, in order."""
    async with node.database.reading() as connection:
        rows = await connection.fetch(ASKED, history.case_id)
    return [read_header(row["header"]).header.concerns for row in rows]


def test_the_alarm_stays_until_both_can_be_used(small: Play, rng: random.Random) -> None:
    async def body(made: Small) -> None:
        history, node = History(made, rng), made.nodes[OUT]
        apply, permit = [await said_unreadable(history, node, action) for action in ("apply", "permit")]
        await hear(node, list(history.hub.mail[OUT]))
        assert await asked(node, history) == [apply.message_id], "one at a time"
        await mended(made, history, apply)
        await told_all(node, history)
        assert (await row_of(node, history)).alarm == UNREADABLE
        assert await asked(node, history) == [apply.message_id, permit.message_id]
        await refuses_deregistration(node, history)
        await mended(made, history, permit)
        await told_all(node, history)
        row = await row_of(node, history)
        assert (row.alarm, sorted(row.facts.payloads)) == (0, ["apply", "permit"])
        assert len(await asked(node, history)) == 2, "nothing is left to ask for"

    small(body)
