"""Bad input over gRPC: each with its numbered refusal, and nothing changed by it."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc
import pytest

from core import refusals
from pki.identity import Role
from pki.signer import load_signer
from runtime.clock import SystemClock
from runtime.grpc_client import channel, refused
from tests.support.exchange import Exchange, Node, contents, exchange, receipt_of
from tests.support.hosting import hosted
from tests.support.world import ANHUI, JIANGSU, SHANGHAI, ZHEJIANG, Speaker, World, new_id, routing
from yrdx.v1 import envelope_pb2, exchange_pb2, exchange_pb2_grpc, operations_pb2, operations_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from core.refusals import Kind
    from tests.support.postgres import Server

Envelope = envelope_pb2.Envelope
Build: TypeAlias = "Callable[[Speaker], Envelope]"
Run: TypeAlias = "Callable[[Callable[[Exchange], Awaitable[None]]], None]"

EXPIRED, REVOKED = 1, 2
"""Places of Zhejiang's keys in the world of these tests; the newest is good."""
UNKNOWN_FIELD = b"\xa2\x06\x01x"
"""Field 100, one byte."""


@pytest.fixture(scope="module")
def run(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a coroutine function on the one hub of these tests, whose ledger has an open case in it."""
    folder = tmp_path_factory.mktemp("bad-input")
    world = World(folder)
    world.add_key(ZHEJIANG, days=10)
    world.add_key(ZHEJIANG)
    world.revoke(ZHEJIANG)
    world.add_key(ZHEJIANG)
    with hosted(exchange(folder, postgres_server.new_database(), world)) as one:
        node = one.thing.nodes[ZHEJIANG]
        one.run(node.accepted(node.speaker.apply(SHANGHAI, "somebody")))

        async def play(body: Callable[[Exchange], Awaitable[None]]) -> None:
            await body(one.thing)

        yield lambda body: one.run(play(body))


def apply(**changes: Any) -> Build:
    """An application with these header fields."""
    return lambda speaker: speaker.apply(SHANGHAI, "bad", **changes)


def way(**changes: Any) -> Build:
    """An application with these routing fields."""
    return lambda speaker: speaker.apply(SHANGHAI, "bad", routing=changes)


def changed(change: Callable[[Envelope], None]) -> Build:
    """An application that is changed and signed again."""

    def build(speaker: Speaker) -> Envelope:
        envelope = speaker.apply(SHANGHAI, "bad")
        change(envelope)
        return speaker.sign(envelope)

    return build


def by_key(place: int) -> Build:
    """An application signed with an older key of the province."""

    def build(speaker: Speaker) -> Envelope:
        speaker.signer = speaker.world.signing[speaker.code][place].signer
        return speaker.apply(SHANGHAI, "bad")

    return build


def truncated(envelope: Envelope) -> None:
    envelope.header = envelope.header[:-3]


def unknown_field(envelope: Envelope) -> None:
    envelope.header += UNKNOWN_FIELD


def unknown_field_inside(envelope: Envelope) -> None:
    header = envelope_pb2.Header.FromString(envelope.header)
    header.routing += UNKNOWN_FIELD
    envelope.header = header.SerializeToString()


def long_header(envelope: Envelope) -> None:
    envelope.header += b"\xa2\x06\x80\x80\x02" + b"x" * 32768


def other_payload(envelope: Envelope) -> None:
    envelope.sealed_payload = os.urandom(100)


def other_opening(envelope: Envelope) -> None:
    envelope.tag_opening.salt = os.urandom(32)


def no_opening(envelope: Envelope) -> None:
    envelope.ClearField("tag_opening")


def forged(speaker: Speaker) -> Envelope:
    envelope = speaker.apply(SHANGHAI, "bad")
    envelope.signature = envelope.signature[:-1] + bytes((envelope.signature[-1] ^ 1,))
    return envelope


def by_tls_key(speaker: Speaker) -> Envelope:
    speaker.signer = load_signer(speaker.world.tls(speaker.code).key)
    return speaker.apply(SHANGHAI, "bad")


def by_other_province(speaker: Speaker) -> Envelope:
    speaker.signer = speaker.world.signer(ANHUI)
    return speaker.apply(SHANGHAI, "bad")


def in_the_future(speaker: Speaker) -> Envelope:
    return speaker.apply(SHANGHAI, "bad", created_at=SystemClock().now() + timedelta(minutes=6))


def absent_material(speaker: Speaker) -> Envelope:
    return speaker.apply(SHANGHAI, "bad", materials=[envelope_pb2.MaterialReference(digest=b"m" * 32, size=10)])


BAD: dict[str, tuple[Kind, Build]] = {
    "truncated": (refusals.MALFORMED, changed(truncated)),
    "header too long": (refusals.TOO_LARGE, changed(long_header)),
    "payload too long": (refusals.TOO_LARGE, lambda speaker: speaker.apply(SHANGHAI, "bad", payload=b"x" * (1 << 20))),
    "unknown header field": (refusals.UNKNOWN_HEADER_FIELD, changed(unknown_field)),
    "unknown routing field": (refusals.UNKNOWN_HEADER_FIELD, changed(unknown_field_inside)),
    "unknown format": (refusals.BAD_FORMAT_VERSION, apply(format=2)),
    "no purpose": (refusals.BAD_FIELD, apply(purpose="")),
    "unknown service": (refusals.UNKNOWN_SERVICE, way(service="horoscope")),
    "unknown action": (refusals.UNKNOWN_ACTION, way(action="abduct")),
    "unknown receiver": (refusals.UNKNOWN_PROVINCE, way(receiver="990000")),
    "other payload": (refusals.PAYLOAD_DIGEST_MISMATCH, changed(other_payload)),
    "other opening": (refusals.TAG_COMMITMENT_MISMATCH, changed(other_opening)),
    "no opening": (refusals.BAD_FIELD, changed(no_opening)),
    "unknown rules": (refusals.UNKNOWN_RULES, apply(procedure_digest=os.urandom(32))),
    "future clock": (refusals.FUTURE_CLOCK, in_the_future),
    "sender is not the caller": (refusals.SENDER_NOT_CALLER, way(sender=ANHUI)),
    "unit of another province": (refusals.UNIT_NOT_ALLOWED, way(unit="340101000000")),
    "wrong signature": (refusals.BAD_SIGNATURE, forged),
    "key of another purpose": (refusals.UNKNOWN_KEY, by_tls_key),
    "key of another province": (refusals.UNKNOWN_KEY, by_other_province),
    "expired certificate": (refusals.KEY_EXPIRED, by_key(EXPIRED)),
    "revoked certificate": (refusals.KEY_REVOKED, by_key(REVOKED)),
    "gap": (refusals.PRIOR_MISSING, apply(case_seq=2)),
    "absent material": (refusals.MATERIAL_ABSENT, absent_material),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_message_is_refused_by_its_number_and_changes_nothing(run: Run, name: str) -> None:
    kind, build = BAD[name]

    async def body(made: Exchange) -> None:
        envelope, before = build(Speaker(made.world, ZHEJIANG)), await contents(made)
        (result,) = await made.nodes[ZHEJIANG].submit(envelope)
        assert result.problem.number == kind.number
        assert result.problem.HasField("retry_after") == kind.retriable
        assert (result.problem.text_zh, result.problem.text_en) == (kind.zh, kind.en)
        assert not result.receipts
        assert await contents(made) == before
        node = made.nodes[ZHEJIANG]
        await node.accepted(node.speaker.apply(SHANGHAI, f"good after {name}"))  # the person of the bad one stays free

    run(body)


def test_a_request_that_is_cut_off_is_refused_by_its_number(run: Run) -> None:
    async def body(made: Exchange) -> None:
        before = await contents(made)
        request = exchange_pb2.SubmitRequest(envelopes=[Speaker(made.world, ZHEJIANG).apply(SHANGHAI, "bad")])
        opening = exchange_pb2.DeliverRequest(opening=exchange_pb2.DeliverOpening(instance="one"))
        async with channel(made.hub.settings.address, made.world.tls(ZHEJIANG)) as link:
            submit: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = link.unary_unary("/yrdx.v1.Exchange/Submit")
            deliver: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = link.stream_stream("/yrdx.v1.Exchange/Deliver")
            with pytest.raises(grpc.aio.AioRpcError) as cut_off:
                await submit(request.SerializeToString()[:-10])
            with pytest.raises(grpc.aio.AioRpcError) as cut_off_later:
                async for _ in deliver(iter([opening.SerializeToString(), b"\x12"])):
                    pass
        assert (kind_of(cut_off.value), kind_of(cut_off_later.value)) == (refusals.MALFORMED, refusals.MALFORMED)
        assert await contents(made) == before

    run(body)


def test_an_exact_repeat_has_the_same_answer_and_other_content_conflicts(run: Run) -> None:
    async def body(made: Exchange) -> None:
        node = made.nodes[ZHEJIANG]
        envelope = node.speaker.apply(SHANGHAI, "repeated")
        first = await node.submit(envelope)
        before = await contents(made)
        assert [result.SerializeToString() for result in await node.submit(envelope)] == [first[0].SerializeToString()]
        other = node.speaker.apply(SHANGHAI, "another", routing={"message_id": routing(envelope).message_id})
        (conflict,) = await node.submit(other)
        assert (conflict.problem.number, len(conflict.receipts)) == (refusals.CONFLICTING_REPEAT.number, 0)
        assert await contents(made) == before

    run(body)


def test_a_second_open_transfer_of_a_person_is_refused_for_ever_and_changes_no_case(run: Run) -> None:
    async def body(made: Exchange) -> None:
        await made.nodes[ZHEJIANG].accepted(made.nodes[ZHEJIANG].speaker.apply(SHANGHAI, "claimed"))
        before = await contents(made)
        second = made.nodes[ANHUI].speaker.apply(JIANGSU, "claimed")
        (answer,) = await made.nodes[ANHUI].submit(second)
        assert receipt_of(answer).refusal == refusals.PERSON_CLAIMED.number
        assert await made.nodes[ANHUI].submit(second) == [answer]
        assert unchanged(before, await contents(made)) >= {"cases", "claims", "deliveries", "lanes"}

    run(body)


def test_an_action_out_of_procedure_is_refused_for_ever_and_moves_no_case(run: Run) -> None:
    async def body(made: Exchange) -> None:
        node, case_id = made.nodes[ZHEJIANG], new_id()
        await node.accepted(node.speaker.apply(SHANGHAI, "out of procedure", case_id))
        before = await contents(made)
        landing = node.speaker.say(case_id, "land", SHANGHAI)
        (answer,) = await node.submit(landing)
        assert receipt_of(answer).refusal == refusals.OUT_OF_PROCEDURE.number
        assert await node.submit(landing) == [answer]
        assert unchanged(before, await contents(made)) >= {"claims", "deliveries", "lanes"}
        (receipt,) = await node.accepted(node.speaker.say(case_id, "permit", SHANGHAI))
        assert receipt.step == 2, "the refused action was no step"

    run(body)


def test_too_many_in_flight_are_told_when_to_come_again(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, max_in_flight=5) as made:
            node = made.nodes[ZHEJIANG]
            results = await node.submit(*(node.speaker.apply(SHANGHAI, f"person-{n}") for n in range(8)))
            assert [result.problem.number for result in results] == [0] * 5 + [refusals.TOO_MANY_IN_FLIGHT.number] * 3
            assert all(result.problem.HasField("retry_after") for result in results[5:])
            assert await made.hub.pool.fetchval("select count(*) from cases") == 5
            await node.accepted(node.speaker.apply(SHANGHAI, "person-9"))

    asyncio.run(main())


def test_a_batch_of_too_many_is_refused_whole(run: Run) -> None:
    async def body(made: Exchange) -> None:
        node, before = made.nodes[ZHEJIANG], await contents(made)
        assert await refusal(node, *[node.speaker.apply(SHANGHAI, "bad")] * 257) is refusals.BATCH_TOO_LARGE
        assert await contents(made) == before

    run(body)


def test_only_nodes_submit_and_only_the_hubs_operators_operate_it(run: Run) -> None:
    async def body(made: Exchange) -> None:
        async with channel(made.hub.settings.address, made.world.tls(ZHEJIANG, Role.OPERATOR)) as link:
            operator = Node(made.nodes[ZHEJIANG].speaker, exchange_pb2_grpc.ExchangeStub(link))
            assert await refusal(operator, operator.speaker.apply(SHANGHAI, "bad")) is refusals.WRONG_ROLE
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await operations_pb2_grpc.OperationsStub(link).Status(operations_pb2.StatusRequest())
        assert kind_of(caught.value) is refusals.WRONG_ROLE

    run(body)


def test_a_tls_certificate_is_refused_from_its_revocation_on(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made:
            node = made.nodes[ZHEJIANG]
            await node.accepted(node.speaker.apply(SHANGHAI, "person-1"))
            made.world.revoke_tls(ZHEJIANG, Role.NODE)
            request = operations_pb2.PublishTrustListRequest(trust_list=made.world.signed_trust_list(2))
            await made.operations.PublishTrustList(request)
            before = await contents(made)
            assert await refusal(node, node.speaker.apply(SHANGHAI, "person-2")) is refusals.KEY_REVOKED
            assert await contents(made) == before

    asyncio.run(main())


def unchanged(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {table for table, content in before.items() if after[table] == content}


async def refusal(node: Node, *envelopes: Envelope) -> Kind:
    """The refusal of a whole batch."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await node.submit(*envelopes)
    return kind_of(caught.value)


def kind_of(error: grpc.aio.AioRpcError) -> Kind:
    found = refused(error)
    assert found is not None, error
    return found.kind
