"""Two provinces decide at the same time: the hub's order decides, and registers and desks agree with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import grpc
import pytest

from core.refusals import ACTION_NOT_LEGAL, CASE_CLOSED, VERSION_CONFLICT
from runtime.grpc_client import refused
from tests.support.province import IN, OUT

if TYPE_CHECKING:
    import random

    from tests.nodes.conftest import Play
    from tests.support.province import Federation, Province

ROUNDS = 8


async def attempt(province: Province, case_id: bytes, action: str, after_s: float) -> int:
    """The number of the refusal, 0 when the desk said yes."""
    await asyncio.sleep(after_s)
    try:
        await province.decide(case_id, action)
    except grpc.aio.AioRpcError as error:
        refusal = refused(error)
        assert refusal is not None
        return refusal.kind.number
    return 0


@pytest.mark.parametrize(("ending", "action"), [("permit-revoked", "revoke"), ("withdrawn-before-deregistration", "withdraw")])
def test_of_a_revocation_and_a_deregistration_exactly_one_wins(play: Play, rng: random.Random, ending: str, action: str) -> None:
    async def one(made: Federation) -> str:
        person = made.country.person(OUT)
        case_id = await made.up_to("deregister", person)
        await made[IN].can(case_id, action)
        revoked, deregistered = await asyncio.gather(
            attempt(made[IN], case_id, action, rng.uniform(0, 0.05)), attempt(made[OUT], case_id, "deregister", rng.uniform(0, 0.05))
        )
        assert {revoked, deregistered} <= {0, ACTION_NOT_LEGAL.number, VERSION_CONFLICT.number}, (revoked, deregistered)
        await made.idle()
        there, here = await made[OUT].view(case_id), await made[IN].view(case_id)
        assert (there.state, there.ending) == (here.state, here.ending)
        if there.ending == ending:
            assert revoked == 0
            assert made.country.status(OUT, person.id_number) == "active"
            assert made.country.operations(OUT, person.id_number) in ([], [("move-out", "released")])
            assert there.refusal in {0, CASE_CLOSED.number}
        else:
            assert (there.state, deregistered) == ("deregistered", 0)
            assert made.country.status(OUT, person.id_number) == "moved-out"
            assert made.country.operations(OUT, person.id_number) == [("move-out", "finalised")]
            assert here.refusal in {0, 4006}
        return there.ending

    async def body(made: Federation) -> None:
        await asyncio.gather(*(one(made) for _ in range(ROUNDS)))
        assert not any(made.country.held(code) for code in made.provinces)

    play(body)
