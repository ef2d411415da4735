"""The hub as nodes see it: gRPC, Kafka and database, steps 1 to 7."""

from __future__ import annotations

import asyncio
import hashlib
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from core import refusals
from core.ids import LANES, PROVINCES
from tests.support.exchange import exchange, until
from tests.support.transfer import transfer
from tests.support.world import ANHUI, JIANGSU, SHANGHAI, ZHEJIANG, Speaker, new_id, routing
from yrdx.v1 import envelope_pb2, exchange_pb2, receipt_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.exchange import Exchange, Node


def test_a_message_goes_from_node_to_node_by_kafka(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            envelope = asking.speaker.apply(SHANGHAI, "person-1")
            (receipt,) = await asking.accepted(envelope)
            await until(lambda: asking.receipts and asked.receipts)
            (delivery,) = asked.deliveries
            assert (delivery.envelope.header, delivery.envelope.sealed_payload) == (envelope.header, envelope.sealed_payload)
            assert not delivery.envelope.HasField("tag_opening")
            assert receipt_pb2.Receipt.FromString(delivery.accepted.receipt) == receipt
            assert asking.receipts == asked.receipts, "both hear that it was delivered"
            status = await made.idle()
            assert (status.counters["delivered_by_kafka"], status.counters["delivered_by_ledger"]) == (1, 0)

    asyncio.run(main())


def test_a_transfer_lands_and_its_results_travel_the_same_way_back(hub_dsn: str, tmp_path: Path) -> None:
    """Step 7 is steps 1 to 6 the other way round."""

    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            said = await transfer(asking, asked, "person-1")
            status = await made.idle()
            there, back = [said[n] for n in (0, 1, 4, 5)], [said[n] for n in (2, 3)]
            assert [delivery.envelope.header for delivery in asked.deliveries] == [envelope.header for envelope in there]
            assert [delivery.envelope.header for delivery in asking.deliveries] == [envelope.header for envelope in back]
            assert (status.counters["open_cases"], await claims(made)) == (0, 0), "the person is free again"
            await asking.accepted(asking.speaker.apply(ANHUI, "person-1"))

    asyncio.run(main())


def test_a_repeat_has_the_same_bytes_and_reaches_nobody_again(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            case_id = new_id()
            envelope = asking.speaker.apply(SHANGHAI, "person-1", case_id)
            (first,) = await asking.submit(envelope)
            repeats = await asyncio.gather(*(asking.submit(envelope, envelope) for _ in range(5)))
            assert {result.receipts[0].SerializeToString() for results in repeats for result in results} == {
                first.receipts[0].SerializeToString()
            }
            await made.idle()
            (known,) = await asking.submit(envelope)
            assert list(known.receipts) == [first.receipts[0], asking.receipts[0].receipt], "now with the proof of delivery"
            await asking.accepted(asking.speaker.say(case_id, "permit", SHANGHAI))
            await until(lambda: len(asked.deliveries) > 1)
            assert [routing(delivery.envelope).action for delivery in asked.deliveries] == ["apply", "permit"]

    asyncio.run(main())


def test_each_case_comes_in_the_order_of_its_steps(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.following(*PROVINCES) as nodes:
            pairs = list(permutations(nodes, 2))
            cases = await asyncio.gather(*(transfer(*pair, f"person-{n}") for n, pair in enumerate(pairs * 3)))
            await made.idle()
            for said in cases:
                case_id = routing(said[0]).case_id
                seen = {node.code: steps(node, case_id) for node in nodes}
                assert all(found == sorted(found) for found in seen.values()), seen
                assert sorted(step for found in seen.values() for step in found) == [1, 2, 3, 4, 5, 6]

    asyncio.run(main())


def test_first_deliveries_come_by_kafka(hub_dsn: str, tmp_path: Path) -> None:
    """At least 95 of 100, outside of faults; over all twelve pairs, many at once."""

    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.following(*PROVINCES) as nodes:
            for round_ in range(4):
                for node in nodes:
                    others = [other for other in nodes if other is not node]
                    await node.accepted(
                        *(node.speaker.apply(o.code, f"{round_}-{node.code}-{o.code}-{n}") for n in range(10) for o in others)
                    )
            counters = (await made.idle()).counters
            assert counters["delivered_by_kafka"] + counters["delivered_by_ledger"] == 480
            assert counters["delivered_by_kafka"] >= 0.95 * 480

    asyncio.run(main())


@pytest.mark.parametrize("acknowledges", [True, False])
def test_a_record_that_is_repeated_into_the_topic_has_no_second_effect(hub_dsn: str, tmp_path: Path, acknowledges: bool) -> None:  # noqa: FBT001 - a parameter of the test
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            asked.acknowledges = acknowledges
            case_id = new_id()
            envelope = asking.speaker.apply(SHANGHAI, "person-1", case_id)
            await asking.accepted(envelope)
            await until(lambda: asking.receipts if acknowledges else asked.deliveries)
            (delivery,) = asked.deliveries
            await published(made, delivery, delivery, delivery)
            await asking.accepted(asking.speaker.say(case_id, "permit", SHANGHAI))
            await until(lambda: len(asked.deliveries) > 1)
            assert [routing(one.envelope).action for one in asked.deliveries] == ["apply", "permit"]

    asyncio.run(main())


def test_a_forged_record_delivers_nothing_and_takes_no_number(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            case_id = new_id()
            first = asking.speaker.apply(SHANGHAI, "person-1", case_id)
            await asking.accepted(first)
            await until(lambda: asked.deliveries)
            real = asked.deliveries[0]
            lie = exchange_pb2.Delivery(lane=real.lane, accepted=real.accepted, envelope=Speaker(made.world, ANHUI).apply(SHANGHAI, "lie"))
            await published(made, *(with_number(lie, number) for number in (0, 1, 2, 3, 1000)))
            async with made.producer(SHANGHAI) as publish:
                await publish((real.lane + 1) % LANES, real.SerializeToString())
                await publish(real.lane, b"no delivery")
            await asking.accepted(asking.speaker.say(case_id, "permit", SHANGHAI))
            await until(lambda: len(asked.deliveries) > 1)
            await asking.accepted(asking.speaker.say(case_id, "withdraw", SHANGHAI))
            await made.idle()
            assert [routing(one.envelope).action for one in asked.deliveries] == ["apply", "permit", "withdraw"]
            assert {routing(one.envelope).sender for one in asked.deliveries} == {ZHEJIANG}

    asyncio.run(main())


def test_a_false_receipt_acknowledges_nothing(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, sweep_s=0.2) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            asked.acknowledges = False
            await asking.accepted(asking.speaker.apply(SHANGHAI, "person-1"))
            await until(lambda: asked.deliveries)
            delivery = asked.deliveries[0]
            forged = asked.speaker.delivered(delivery)
            forged.signature = asking.speaker.delivered(delivery).signature
            asked.send(receipts=[forged])
            asked.acknowledge(delivery, receiver=ZHEJIANG)
            asked.acknowledge(delivery, header_digest=b"d" * 32)
            asked.acknowledge(delivery, message_id=new_id())
            await until(lambda: len(asked.problems) == 4)
            kinds = [refusals.BY_NUMBER[problem.number] for problem in asked.problems]
            assert set(kinds) == {refusals.BAD_SIGNATURE, refusals.SENDER_NOT_CALLER, refusals.BAD_FIELD, refusals.NOT_FOUND}
            assert not (await made.status()).idle
            await until(lambda: len(asked.deliveries) > 1)  # so it comes again
            asked.acknowledge(asked.deliveries[1])
            await made.idle()
            assert await made.hub.pool.fetchval("select count(*) from deliveries where delivered_receipt is not null") == 1

    asyncio.run(main())


def test_receipts_that_were_missed_are_told_to_those_concerned(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made:
            asking = made.nodes[ZHEJIANG]
            envelope = asking.speaker.apply(SHANGHAI, "person-1")
            async with made.following(SHANGHAI):
                await asking.accepted(envelope)
                await made.idle()
            wanted = exchange_pb2.ReceiptsWanted(message_ids=[routing(envelope).message_id, new_id()])
            async with made.following(*PROVINCES) as nodes:
                for node in nodes:
                    node.receipts.clear()
                    node.send(receipts_wanted=wanted)
                    node.send(receipts_wanted=exchange_pb2.ReceiptsWanted(message_ids=[b"no id"]))
                await until(lambda: all(node.problems for node in nodes))
                told = {node.code: len(node.receipts) for node in nodes}
                assert told == {SHANGHAI: 1, ZHEJIANG: 1, JIANGSU: 0, ANHUI: 0}
                assert made.nodes[SHANGHAI].receipts == asking.receipts

    asyncio.run(main())


def test_a_message_with_a_stored_document_is_accepted(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made:
            node, document = made.nodes[ZHEJIANG], b"sealed" * 100_000
            material = envelope_pb2.MaterialReference(digest=hashlib.sha256(document).digest(), size=len(document))
            opening = exchange_pb2.MaterialOpening(material=material, receiver=SHANGHAI)
            chunks = [document[at : at + 100_000] for at in range(0, len(document), 100_000)]
            requests = [exchange_pb2.PutMaterialRequest(opening=opening), *(exchange_pb2.PutMaterialRequest(chunk=one) for one in chunks)]
            await node.exchange.PutMaterial(iter(requests))
            await node.accepted(node.speaker.apply(SHANGHAI, "person-1", materials=[material]))
            (elsewhere,) = await node.submit(node.speaker.apply(JIANGSU, "person-2", materials=[material]))
            assert elsewhere.problem.number == refusals.MATERIAL_ABSENT.number, "it is sealed to Shanghai"
            read = [
                answer.chunk
                async for answer in made.nodes[SHANGHAI].exchange.GetMaterial(exchange_pb2.GetMaterialRequest(digest=material.digest))
            ]
            assert b"".join(read) == document

    asyncio.run(main())


async def published(made: Exchange, *deliveries: exchange_pb2.Delivery) -> None:
    """Puts records into Shanghai's topic."""
    async with made.producer(SHANGHAI) as publish:
        for delivery in deliveries:
            await publish(delivery.lane, delivery.SerializeToString())


def with_number(delivery: exchange_pb2.Delivery, number: int) -> exchange_pb2.Delivery:
    made = exchange_pb2.Delivery(delivery_seq=number)
    made.MergeFrom(delivery)
    return made


def steps(node: Node, case_id: bytes) -> list[int]:
    """The steps of a case as they came."""
    receipts = [receipt_pb2.Receipt.FromString(delivery.accepted.receipt) for delivery in node.deliveries]
    return [receipt.step for receipt in receipts if receipt.case_id == case_id]


async def claims(made: Exchange) -> int:
    return int(await made.hub.pool.fetchval("select count(*) from claims"))
