"""A node that learns of a new epoch of tag keys by the hub's refusal: it writes its application again, once more for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.province import IN, OUT
from yrdx.v1 import operations_pb2

if TYPE_CHECKING:
    from tests.nodes.conftest import Play
    from tests.support.province import Federation


def test_an_application_that_misses_an_epoch_is_written_again_and_accepted(play: Play) -> None:
    async def put_in_force(made: Federation, epochs: list[int]) -> None:
        made.country.tag_epochs = epochs
        version = (await made.hub.status()).trust_list_version + 1
        request = operations_pb2.PublishTrustListRequest(trust_list=made.country.signed_trust_list(version))
        await made.hub.operations.PublishTrustList(request)

    async def body(made: Federation) -> None:
        for province in made.provinces.values():
            province.node.tag_keys[2] = b"2" * 32
        await put_in_force(made, [1, 2])
        try:
            case_id = await made.up_to("permit")
            (message,) = (await made[IN].get(case_id)).messages
            assert (message.action, message.step) == ("apply", 1)
            await made[OUT].sees(case_id, state="applied", refusal=0)
            await made.idle()
            claims = await made.hub.hub.pool.fetch("select epoch from claims where case_id = encode($1, 'hex')::uuid order by 1", case_id)
            assert [row["epoch"] for row in claims] == [1, 2]
            await made[IN].decide(case_id, "withdraw")
            await made[OUT].sees(case_id, state="closed")
        finally:
            await put_in_force(made, [1])

    play(body)
