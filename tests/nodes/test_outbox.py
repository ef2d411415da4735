"""Step 1 at the sender: whatever the hub answers, a message is settled once, waits, or shows why not; its neighbours do not suffer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core import refusals
from core.refusals import Kind, Refused
from nodes.common.outbox import MAX_BATCH, MAX_BYTES, _fitting
from nodes.common.store import outbox as rows
from nodes.common.store import steps as steps_of
from pki.keys import new_p256
from pki.signer import Signer
from runtime.grpc_errors import problem
from tests.nodes.histories import payload_of
from tests.support.ledger import MovableClock
from tests.support.officers import packed
from tests.support.province import IN, OUT
from yrdx.v1 import desk_pb2, envelope_pb2, exchange_pb2, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nodes.common.composition import Node
    from nodes.common.store.cases import CaseRow
    from nodes.common.store.outbox import Outgoing
    from tests.nodes.small_hub import SmallHub
    from tests.nodes.small_nodes import Small

    Play = Callable[[Callable[[Small], Awaitable[None]]], None]
    Results = list[exchange_pb2.SubmitResult]

OFFICER = desk_pb2.Officer(number="1", name="王警官", unit="330101000000")


@dataclass
class Odd:
    """A hub whose answers are changed on their way, as long as `change` is set; `heard` has every batch."""

    hub: SmallHub
    change: Callable[[Results], Results] | None
    heard: list[list[envelope_pb2.Envelope]]

    async def Submit(self, request: exchange_pb2.SubmitRequest, **_: Any) -> exchange_pb2.SubmitResponse:  # noqa: N802 - gRPC
        self.heard.append(list(request.envelopes))
        response = await self.hub.Submit(request)
        return response if self.change is None else exchange_pb2.SubmitResponse(results=self.change(list(response.results)))


def odd(made: Small, change: Callable[[Results], Results] | None = None) -> tuple[Node, Odd]:
    node, hub = made.nodes[IN], Odd(made.hub, change, [])
    outbox: Any = node.outbox
    outbox.exchange = hub
    return node, hub


async def opened(node: Node, name: str = "张三") -> bytes:
    """A case that an officer opened; its id."""
    application = payload_of("apply", number=f"31010119900101{name}")
    request = desk_pb2.OpenCaseRequest(
        officer=OFFICER, service="household-transfer", counterpart=OUT, application=packed(application), legal_basis="mps-2021-12"
    )
    async with node.database.writing() as transaction:
        answer = await node.decisions.open(transaction, request, node.writer.new_id(), b"digest")
    return desk_pb2.OpenCaseResponse.FromString(answer).case.case_id


async def look(node: Node, case_id: bytes) -> tuple[CaseRow, list[Outgoing]]:
    async with node.database.reading() as connection:
        return await node.cases.known(connection, case_id), list(await rows.of_case(connection, case_id))


def without_the_last(results: Results) -> Results:
    return results[:-1]


def unreadable(results: Results) -> Results:
    results[0].receipts[0].receipt = b"\xff"
    return results


def under_an_unknown_list(results: Results) -> Results:
    receipt = receipt_pb2.Receipt.FromString(results[0].receipts[0].receipt)
    receipt.trust_list_version = 7
    results[0].receipts[0].receipt = receipt.SerializeToString()
    return results


def forged(results: Results) -> Results:
    results[0].receipts[0].signature = bytes(64)
    return results


def exchanged(results: Results) -> Results:
    return results[::-1]


def test_an_answer_to_fewer_messages_is_none(small: Play) -> None:
    async def body(made: Small) -> None:
        node, hub = odd(made, without_the_last)
        case_id = await opened(node)
        with pytest.raises(Refused) as caught:
            await node.outbox._send()
        assert caught.value.kind is refusals.UNAVAILABLE
        hub.change = None
        await node.outbox._send()
        row, waiting = await look(node, case_id)
        assert (row.case is not None, row.pending, waiting) == (True, "", [])

    small(body)


@pytest.mark.parametrize("change", [unreadable, under_an_unknown_list, forged])
def test_one_answer_that_is_not_authentic_holds_up_no_other(small: Play, change: Callable[[Results], Results]) -> None:
    async def body(made: Small) -> None:
        node, hub = odd(made, change)
        first, second = await opened(node, "一"), await opened(node, "二")
        await node.outbox._send()
        row, waiting = await look(node, first)
        assert (row.case, row.pending, [one.action for one in waiting], row.refusal) == (None, "apply", ["apply"], 0)
        assert (await look(node, second))[0].pending == ""
        hub.change, node.outbox.clock = None, MovableClock()
        node.outbox.clock.ahead = timedelta(seconds=5)
        await node.outbox._send()
        assert (await look(node, first))[0].case is not None

    small(body)


def test_answers_that_were_exchanged_settle_nothing(small: Play) -> None:
    async def body(made: Small) -> None:
        node, _ = odd(made, exchanged)
        cases = [await opened(node, name) for name in ("一", "二")]
        await node.outbox._send()
        for case_id in cases:
            assert (await look(node, case_id))[0].case is None

    small(body)


WAITS = (
    refusals.PRIOR_MISSING, refusals.TOO_MANY_IN_FLIGHT, refusals.MATERIAL_ABSENT, refusals.KEY_EXPIRED, refusals.FUTURE_CLOCK,
    refusals.UNKNOWN_KEY, refusals.KEY_REVOKED, refusals.UNKNOWN_RULES, refusals.UNKNOWN_PROVINCE,
)  # fmt: skip


@pytest.mark.parametrize("kind", WAITS, ids=lambda kind: kind.name)
def test_what_may_be_taken_later_stays_and_is_sent_again_in_time(small: Play, kind: Kind) -> None:
    """A clock that goes wrong, or a key that the hub does not know yet, must not cost a citizen his application."""

    async def body(made: Small) -> None:
        node, hub = odd(made)
        hub.change = lambda results: [exchange_pb2.SubmitResult(problem=problem(Refused(kind))) for _ in results]
        case_id = await opened(node)
        assert await node.outbox._send()
        row, (message,) = await look(node, case_id)
        assert (row.pending, row.refusal, message.refusal) == ("apply", 0, 0)
        assert not await node.outbox._send(), "not at once"
        hub.change, node.outbox.clock = None, MovableClock()
        node.outbox.clock.ahead = timedelta(minutes=1)
        assert await node.outbox._send()
        assert hub.heard[0] == hub.heard[1], "the same bytes"
        row, waiting = await look(node, case_id)
        assert (row.case is not None, row.pending, waiting) == (True, "", [])

    small(body)


@pytest.mark.parametrize("kind", [refusals.MALFORMED, refusals.CONFLICTING_REPEAT, refusals.UNIT_NOT_ALLOWED], ids=lambda kind: kind.name)
def test_what_the_hub_will_never_take_is_given_up_and_shown(small: Play, kind: Kind) -> None:
    async def body(made: Small) -> None:
        node, hub = odd(made)
        hub.change = lambda results: [exchange_pb2.SubmitResult(problem=problem(Refused(kind))) for _ in results]
        case_id = await opened(node)
        await node.outbox._send()
        row, (message,) = await look(node, case_id)
        assert (row.pending, row.refusal, message.refusal) == ("", kind.number, kind.number)
        view = node.views.case(row)
        assert (view.state, view.refusal, view.refusal_text) == ("closed", kind.number, kind.zh)
        hub.change, node.outbox.clock = None, MovableClock()
        node.outbox.clock.ahead = timedelta(days=1)
        assert not await node.outbox._send()

    small(body)


def test_a_message_is_settled_once_however_often_it_is_answered(small: Play) -> None:
    async def body(made: Small) -> None:
        node, _ = odd(made)
        case_id = await opened(node)
        async with node.database.reading() as connection:
            sent = await rows.waiting(connection, node.clock.now(), MAX_BATCH, {})
        response = await made.hub.Submit(exchange_pb2.SubmitRequest(envelopes=[one.envelope for one in sent]))
        await node.outbox._settle(sent, response.results)
        before, _ = await look(node, case_id)
        await node.outbox._settle(sent, response.results)
        after, _ = await look(node, case_id)
        assert (after.version, after.case) == (before.version, before.case)
        async with node.database.reading() as connection:
            assert [one.step for one in await steps_of.of_case(connection, case_id)] == [1]

    small(body)


def test_another_key_signs_the_same_bytes_again(small: Play) -> None:
    async def body(made: Small) -> None:
        node, hub = odd(made)
        case_id = await opened(node)
        _, (message,) = await look(node, case_id)
        node.writer.signer = Signer.of(new_p256())
        envelope = node.outbox._current(message)
        assert (envelope.header, envelope.sealed_payload) == (message.envelope.header, message.envelope.sealed_payload)
        assert envelope.tag_opening == message.envelope.tag_opening
        assert (envelope.key_id, hub.heard) == (node.writer.signer.key_id, [])

    small(body)


def test_a_batch_fits_into_a_call(small: Play) -> None:
    async def body(made: Small) -> None:
        node, _ = odd(made)
        _, (message,) = await look(node, await opened(node))
        message.envelope.sealed_payload = bytes(MAX_BYTES // 4)
        assert [len(_fitting([message] * count)) for count in (1, 4, 5, 200)] == [1, 4, 4, 4]
        message.envelope.sealed_payload = bytes(MAX_BYTES + 1)
        assert len(_fitting([message] * 3)) == 1, "the first goes, whatever its size"

    small(body)
