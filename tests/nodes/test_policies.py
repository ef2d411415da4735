"""A node that learns of its province's new policy table by the hub's refusal: it writes its application again, once more for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.envelope import sha256
from core.policy import read_policy
from tests.support.province import IN, OUT
from tests.support.tables import table
from yrdx.v1 import envelope_pb2, operations_pb2

if TYPE_CHECKING:
    from tests.nodes.conftest import Play
    from tests.support.province import Federation

FIRST, SECOND = table(IN, 1, days={"review": 9}), table(IN, 2)


def test_an_application_under_the_table_of_before_is_written_again_and_accepted(play: Play) -> None:
    async def put_in_force(made: Federation, policy: bytes) -> None:
        made.country.policies[IN] = policy
        version = (await made.hub.status()).trust_list_version + 1
        request = operations_pb2.PublishTrustListRequest(trust_list=made.country.signed_trust_list(version))
        await made.hub.operations.PublishTrustList(request)

    async def named(made: Federation, case_id: bytes) -> set[bytes]:
        """Tables that the messages of a case name at the hub."""
        rows = await made.hub.hub.pool.fetch("select header from messages where case_id = encode($1, 'hex')::uuid", case_id)
        return {envelope_pb2.Header.FromString(row["header"]).policy_digest for row in rows}

    async def body(made: Federation) -> None:
        await put_in_force(made, FIRST)
        old = await made.up_to("permit")
        await put_in_force(made, SECOND)
        new = await made.up_to("permit")
        for case_id, policy in ((old, FIRST), (new, SECOND)):
            await made[OUT].sees(case_id, state="applied", refusal=0)
            await made[IN].decide(case_id, "withdraw")
            await made[OUT].sees(case_id, state="closed")
            await made.idle()
            assert await named(made, case_id) == {sha256(policy)}
        assert read_policy(FIRST, IN).limits != read_policy(SECOND, IN).limits

    play(body)
