"""What comes late: signed with a key that has been replaced, was revoked or has expired since, and good when it was made."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from core.receipts import read_cannot_process
from core.refusals import NOT_FOUND, UNKNOWN_KEY, Refused
from nodes.common.store import steps as steps_of
from pki.identity import HUB
from pki.trust import load_trust_list
from runtime import grpc_errors
from tests.nodes.histories import History
from tests.nodes.small_nodes import two_nodes
from tests.support.country import Country
from tests.support.province import IN, OTHER, OUT
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from tests.nodes.small_nodes import Small

    Change = Callable[[Country, str], None]

SPAN = timedelta(days=400)


class Lists:
    """A hub that has these versions of the trust list; the last one is in force.

    Attributes:
        asked: versions that a node wanted; 0 is the one in force.
    """

    def __init__(self, *versions: exchange_pb2.TrustListResponse) -> None:
        self.versions, self.asked = versions, list[int]()

    async def TrustList(self, request: exchange_pb2.TrustListRequest, **_: Any) -> exchange_pb2.TrustListResponse:  # noqa: N802 - gRPC
        self.asked.append(request.version)
        if request.version > len(self.versions):
            details = grpc.aio.Metadata((grpc_errors.DETAILS, grpc_errors.status(Refused(NOT_FOUND, "version"))))
            raise grpc.aio.AioRpcError(grpc.StatusCode.NOT_FOUND, grpc.aio.Metadata(), details)
        return self.versions[request.version - 1]


def replaced(country: Country, member: str) -> None:
    country.signing[member].clear()
    country.add_key(member)


def revoked(country: Country, member: str) -> None:
    country.revoke(member)
    country.add_key(member)


class Late:
    """A life of a case that a node hears the end of only when another trust list is in force."""

    def __init__(self, made: Small, rng: random.Random) -> None:
        self.made, self.history = made, History(made, rng)

    def pieces(self, code: str) -> Sequence[exchange_pb2.Delivery]:
        return list(self.history.hub.mail[code])

    async def change(self, code: str, change: Change, member: str) -> Lists:
        """Another list in force; the node of `code` has that one alone, as one that is newly set up."""
        country, trust = self.made.country, self.made.nodes[code].trust
        before = exchange_pb2.TrustListResponse(trust_list=country.signed_trust_list(1))
        change(country, member)
        lists = Lists(before, exchange_pb2.TrustListResponse(trust_list=country.signed_trust_list(2)))
        trust._exchange = lists  # type: ignore[assignment]  # what it asks
        await trust.refresh()
        del trust._versions[1]
        lists.asked.clear()
        return lists


def live(folder: Path, dsns: dict[str, str], rng: random.Random, body: Callable[[Late], Awaitable[None]]) -> None:
    async def main() -> None:
        async with two_nodes(Country(folder), dsns) as made:
            await body(Late(made, rng))

    asyncio.run(main())


@pytest.mark.parametrize("change", [replaced, revoked])
def test_a_due_event_of_the_hubs_old_key_is_taken(tmp_path: Path, node_dsns: dict[str, str], rng: random.Random, change: Change) -> None:
    async def body(late: Late) -> None:
        node, history = late.made.nodes[OUT], late.history
        await history.say(IN, "apply")
        await node.inbox.take(late.pieces(OUT), [])
        history.hub.pass_time(SPAN)
        due = late.pieces(OUT)[1:]
        assert due
        assert all(one.HasField("due_event") for one in due)
        lists = await late.change(OUT, change, HUB)
        assert len((await node.inbox.take(due, [])).receipts) == len(due)
        assert lists.asked == [1]
        async with node.database.reading() as connection:
            assert len(await steps_of.of_case(connection, history.case_id)) == 1 + len(due)

    live(tmp_path, node_dsns, rng, body)


@pytest.mark.parametrize("change", [replaced, revoked])
def test_a_logged_receipt_of_a_provinces_old_key_is_taken(
    tmp_path: Path, node_dsns: dict[str, str], rng: random.Random, change: Change
) -> None:
    async def body(late: Late) -> None:
        node, history = late.made.nodes[IN], late.history
        await history.say(IN, "apply")
        await history.receive_all(OUT)
        lists = await late.change(IN, change, OUT)
        await node.inbox.take([], history.hub.logged)
        assert lists.asked == [1]
        async with node.database.reading() as connection:
            assert len(await steps_of.delivered(connection, history.case_id)) == 1

    live(tmp_path, node_dsns, rng, body)


def test_a_due_event_of_a_key_that_has_expired_is_taken(tmp_path: Path, node_dsns: dict[str, str], rng: random.Random) -> None:
    async def body(late: Late) -> None:
        node, history, country = late.made.nodes[OUT], late.history, late.made.country
        await history.say(IN, "apply")
        country.add_key(HUB, days=30)
        trust = load_trust_list(country.trust_list(2), country.root_pem)
        history.hub.pass_time(SPAN)
        with pytest.raises(Refused):
            trust.signing_key(country.signer(HUB).key_id, HUB, node.clock.now())
        assert node.verifier.step(late.pieces(OUT)[1], {2: trust}).step == 2

    live(tmp_path, node_dsns, rng, body)


def test_a_due_event_that_no_list_ever_vouched_for_is_not_taken(tmp_path: Path, node_dsns: dict[str, str], rng: random.Random) -> None:
    async def body(late: Late) -> None:
        node, history, country = late.made.nodes[OUT], late.history, late.made.country
        await history.say(IN, "apply")
        lists = await late.change(OUT, replaced, OTHER)
        country.add_key(HUB)
        history.hub.pass_time(SPAN)
        mail = late.pieces(OUT)
        taken, answers = await node.inbox.take(mail, [])
        assert len(taken) == 1, "the application that came with it"
        assert {read_cannot_process(one.cannot_process).refusal for one in answers} == {UNKNOWN_KEY.number}, "the hub hears why"
        assert lists.asked == [1]
        with pytest.raises(Refused) as caught:
            node.verifier.step(mail[1], await node.trust.older())
        assert caught.value.kind is UNKNOWN_KEY

    live(tmp_path, node_dsns, rng, body)
