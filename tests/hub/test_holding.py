"""A delivery that its receiver cannot process five times is held, alone, until an operator has it replayed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from core import refusals
from hub.ledger.holding import ATTEMPTS
from pki.identity import Role
from runtime.grpc_client import channel, refused
from tests.support.exchange import PATIENCE_S, exchange, until
from tests.support.world import JIANGSU, SHANGHAI, ZHEJIANG, new_id
from yrdx.v1 import exchange_pb2, operations_pb2, operations_pb2_grpc

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.exchange import Exchange, Node
    from yrdx.v1 import envelope_pb2, receipt_pb2


async def held(made: Exchange) -> list[receipt_pb2.Hold]:
    return list((await made.operations.Held(operations_pb2.HeldRequest(), timeout=PATIENCE_S)).held)


async def replay(made: Exchange, message_id: bytes, receiver: str) -> None:
    await made.operations.Replay(operations_pb2.ReplayRequest(message_id=message_id, receiver=receiver), timeout=PATIENCE_S)


async def arrived(node: Node, envelope: envelope_pb2.Envelope) -> exchange_pb2.Delivery:
    """The delivery of a message."""
    await until(lambda: node.received(envelope))
    return next(one for one in node.deliveries if one.envelope.header == envelope.header)


async def refused_so_often(made: Exchange, node: Node, delivery: exchange_pb2.Delivery, times: int) -> None:
    """Answers so often that it cannot be processed, and waits until that has arrived."""
    for _ in range(times):
        node.cannot_process(delivery)
    await until(lambda: _counted(made, times))


async def _counted(made: Exchange, times: int) -> bool:
    return bool(await made.hub.pool.fetchval("select count(*) filter (where counts) = $1 from attempts", times))


def test_the_fifth_answer_holds_that_message_and_no_other(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, sweep_s=0.1) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            asked.acknowledges = False
            case_id = new_id()
            poison, other = asking.speaker.apply(SHANGHAI, "person-1", case_id), asking.speaker.apply(SHANGHAI, "person-2")
            await asking.accepted(poison, other)
            delivery = await arrived(asked, poison)
            await refused_so_often(made, asked, delivery, ATTEMPTS - 1)
            before = asked.received(poison)
            await until(lambda: asked.received(poison) > before + 1)
            assert await held(made) == [], "four are not five"
            await refused_so_often(made, asked, delivery, ATTEMPTS)
            (hold,) = await held(made)
            assert (hold.case_id, hold.receiver, hold.refusal, hold.attempts) == (
                case_id,
                SHANGHAI,
                refusals.CANNOT_PROCESS.number,
                ATTEMPTS,
            )
            await until(lambda: asked.held == asking.held == [hold])
            await asking.accepted(asking.speaker.say(case_id, "permit", SHANGHAI))
            await asyncio.sleep(0.3)  # whatever of it was under way
            before, others = asked.received(poison), asked.received(other)
            await until(lambda: asked.received(other) > others + 2)
            assert asked.received(poison) == before, "it is sent no more, the others are"
            assert len({one.envelope.header for one in asked.deliveries}) == 3, "what follows in its case is delivered and waits there"
            members = {member.code: member for member in (await made.status()).members}
            assert (members[SHANGHAI].held, members[SHANGHAI].undelivered, members[ZHEJIANG].held) == (1, 2, 0)

    asyncio.run(main())


def test_a_replayed_message_is_tried_and_acknowledged_anew(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, sweep_s=0.1) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            asked.acknowledges = False
            poison = asking.speaker.apply(SHANGHAI, "person-1")
            await asking.accepted(poison)
            delivery = await arrived(asked, poison)
            await refused_so_often(made, asked, delivery, ATTEMPTS)
            (hold,) = await held(made)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await replay(made, hold.message_id, JIANGSU)
            refusal = refused(caught.value)
            assert refusal is not None
            assert refusal.kind is refusals.NOT_HELD
            before = asked.received(poison)
            await replay(made, hold.message_id, SHANGHAI)
            await until(lambda: asked.received(poison) > before)
            await refused_so_often(made, asked, delivery, ATTEMPTS - 1)
            assert await held(made) == [], "the count begins anew"
            await until(lambda: asked.held == [] == asking.held)
            asked.acknowledge(delivery)
            await made.idle()

    asyncio.run(main())


def test_a_receiver_that_has_helped_itself_needs_no_replay(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            asked.acknowledges = False
            poison = asking.speaker.apply(SHANGHAI, "person-1")
            await asking.accepted(poison)
            delivery = await arrived(asked, poison)
            await refused_so_often(made, asked, delivery, ATTEMPTS)
            asked.acknowledge(delivery)
            await until(lambda: asking.receipts)
            assert await held(made) == []
            await until(lambda: asked.held == [])
            asked.cannot_process(delivery)
            await until(lambda: asked.problems)
            assert asked.problems[-1].number == refusals.NOT_FOUND.number, "acknowledged is acknowledged"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"receiver": JIANGSU}, refusals.SENDER_NOT_CALLER),
        ({"message_id": b"m" * 16}, refusals.NOT_FOUND),
        ({"header_digest": b"d" * 32}, refusals.NOT_FOUND),
        ({"refusal": 0}, refusals.BAD_FIELD),
        ({"header_digest": b""}, refusals.BAD_FIELD),
    ],
    ids=["of another province", "of no message", "of another header", "without a reason", "without a digest"],
)
def test_an_answer_that_does_not_count(hub_dsn: str, tmp_path: Path, changes: dict[str, Any], number: refusals.Kind) -> None:
    async def body(_made: Exchange, asked: Node, delivery: exchange_pb2.Delivery) -> None:
        for _ in range(ATTEMPTS):
            asked.cannot_process(delivery, **changes)
        await until(lambda: len(asked.problems) == ATTEMPTS)
        assert {problem.number for problem in asked.problems} == {number.number}

    asyncio.run(_no_attempt(hub_dsn, tmp_path, body))


def test_the_same_answer_again_is_no_further_attempt_and_a_foreign_signature_none(hub_dsn: str, tmp_path: Path) -> None:
    async def body(made: Exchange, asked: Node, delivery: exchange_pb2.Delivery) -> None:
        signed = asked.speaker.cannot_process(delivery)
        signed.signature = made.world.signer(JIANGSU).sign(b"something else")
        asked.send(cannot_process=[signed])
        await until(lambda: asked.problems)
        assert asked.problems[0].number == refusals.BAD_SIGNATURE.number
        assert await _counted(made, 0)
        once = asked.speaker.cannot_process(delivery)
        asked.send(cannot_process=[once] * ATTEMPTS)
        asked.send(cannot_process=[signed])
        await until(lambda: len(asked.problems) == 2)  # hence all before it were counted
        assert await _counted(made, 1)

    asyncio.run(_no_attempt(hub_dsn, tmp_path, body))


def test_only_the_hubs_operator_sees_and_replays(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made:
            tls = made.world.tls(SHANGHAI, Role.OPERATOR)
            async with channel(made.hub.settings.address, tls) as link:
                stub = operations_pb2_grpc.OperationsStub(link)
                for ask in (stub.Held(operations_pb2.HeldRequest()), stub.Replay(operations_pb2.ReplayRequest())):
                    with pytest.raises(grpc.aio.AioRpcError) as caught:
                        await ask
                    refusal = refused(caught.value)
                    assert refusal is not None
                    assert refusal.kind is refusals.WRONG_ROLE

    asyncio.run(main())


async def _no_attempt(hub_dsn: str, folder: Path, body: Any) -> None:
    """Plays with one delivery; nothing is held afterwards."""
    async with exchange(folder, hub_dsn, sweep_s=60) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
        asked.acknowledges = False
        poison = asking.speaker.apply(SHANGHAI, "person-1")
        await asking.accepted(poison)
        await body(made, asked, await arrived(asked, poison))
        assert await held(made) == []
        assert {member.code: member.undelivered for member in (await made.status()).members}[SHANGHAI] == 1
