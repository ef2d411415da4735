"""Tag keys are exchanged while a case is open: its claims are made again, and the old epoch can go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.refusals import PERSON_CLAIMED
from nodes.common.retag import Retagger
from tests.nodes.conftest import staged
from tests.nodes.test_family import application, opened, settled
from tests.support.province import IN, OTHER, OUT
from yrdx.v1 import operations_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nodes.common.composition import Node
    from tests.nodes.conftest import Play, Stage
    from tests.support import postgres
    from tests.support.province import Federation


@pytest.fixture(scope="module")
def stage(postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Four provinces of their own: an epoch goes only when no case at all rests on it alone, and tests beside leave cases open."""
    with staged(postgres_server, tmp_path_factory) as made:
        yield made


class WalkedError(Exception):
    """The walk is over."""


async def walked(node: Node) -> None:
    """Twice, as after a restart."""

    async def end(_seconds: float) -> None:
        raise WalkedError

    retagger = Retagger(IN, node.database, node.cases, node.exchange, node.writer, node.book)
    for _ in range(2):
        with pytest.raises(WalkedError):
            await retagger.run(end)


def test_an_open_case_holds_its_person_across_an_exchange_of_tag_keys(play: Play) -> None:
    async def put_in_force(made: Federation, epochs: list[int]) -> None:
        made.country.tag_epochs = epochs
        version = (await made.hub.status()).trust_list_version + 1
        request = operations_pb2.PublishTrustListRequest(trust_list=made.country.signed_trust_list(version))
        await made.hub.operations.PublishTrustList(request)

    async def body(made: Federation) -> None:
        for province in made.provinces.values():
            province.node.tag_keys[2] = b"2" * 32
        people = settled(made)
        case_id = await opened(made, application(people))
        await made[IN].can(case_id, "permit")
        await put_in_force(made, [1, 2])
        for province in made.provinces.values():
            await province.node.trust.refresh()
        await walked(made[IN].node)
        claims = await made.hub.hub.pool.fetch("select epoch from claims where case_id = encode($1, 'hex')::uuid order by 1", case_id)
        assert [row["epoch"] for row in claims] == [1] * len(people) + [2] * len(people)
        try:
            await put_in_force(made, [2])
            for province in made.provinces.values():
                await province.node.trust.refresh()
            second = await opened(made, application(people), OTHER)
            await made[OTHER].sees(second, refusal=PERSON_CLAIMED.number)
            await made[IN].decide(case_id, "withdraw")
            await made[OUT].sees(case_id, state="closed")
        finally:
            await put_in_force(made, [1, 2])
            await put_in_force(made, [1])

    play(body)
