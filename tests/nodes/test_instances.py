"""Two instances of one node on one database: both work, nothing is said or done twice, and one goes on alone."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from nodes.common.composition import running
from nodes.common.settings import NodeSettings
from nodes.provinces import CODECS
from pki.identity import Role
from runtime import settings
from runtime.addresses import free_port
from runtime.clock import SystemClock
from runtime.grpc_client import channel
from tests.nodes.conftest import staged
from tests.support.exchange import until
from tests.support.lives import Life
from tests.support.province import IN, OUT
from yrdx.v1 import desk_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from nodes.common.composition import Node
    from tests.nodes.conftest import Play, Stage
    from tests.support import postgres
    from tests.support.province import Federation, Province


@pytest.fixture(scope="module")
def stage(postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Four provinces and a hub of their own: here a node is left in other ways than the tests beside expect."""
    with staged(postgres_server, tmp_path_factory) as made:
        yield made


@asynccontextmanager
async def another(province: Province) -> AsyncIterator[tuple[Node, desk_pb2_grpc.DeskAsyncStub]]:
    """A second instance of a province's node, and its desk."""
    values, address = json.loads(province.settings.read_text()), f"127.0.0.1:{free_port()}"
    file = province.settings.with_name("another.json")
    file.write_text(json.dumps({**values, "name": "another", "address": address}))
    wanted = settings.load(file, NodeSettings)
    async with asyncio.TaskGroup() as group:
        life = Life(group)
        node = await life.begin(running(wanted, CODECS[province.code], SystemClock()))
        async with channel(address, province.country.tls(province.code, Role.SYSTEM)) as link:
            yield node, desk_pb2_grpc.DeskStub(link)
        await life.end()


def test_two_instances_do_everything_once(play: Play) -> None:
    async def body(made: Federation) -> None:
        await made.up_to("deregister")  # what time it is at the hub, an instance learns from its mail, or at its start
        async with another(made[OUT]) as (_, desk):
            people = [made.country.person(OUT) for _ in range(6)]
            cases = await asyncio.gather(*(made.up_to("deregister", person) for person in people))
            await made.idle()
            requests = [await made[OUT].decision(case_id, "deregister") for case_id in cases]
            both = await asyncio.gather(
                *(one.Decide(request) for request in requests for one in (desk, made[OUT].desk)), return_exceptions=True
            )
            for first, second in zip(both[::2], both[1::2], strict=True):
                assert first == second, "whoever is asked"
            for case_id, person in zip(cases, people, strict=True):
                await made[IN].sees(case_id, state="deregistered")
                assert [one.action for one in (await made[OUT].get(case_id)).messages] == ["apply", "permit", "deregister", "entered"]
                assert made.country.operations(OUT, person.id_number) == [("move-out", "finalised")]
            await made.idle()

    play(body)


def test_one_instance_goes_on_when_the_other_is_gone(play: Play) -> None:
    async def body(made: Federation) -> None:
        await made.up_to("deregister")
        async with another(made[OUT]) as (node, desk):
            waiting = await made.up_to("deregister")
            await made.idle()
            request = await made[OUT].decision(waiting, "deregister")
            await made[OUT].crash()
            try:
                await until(lambda: node.stream.active)
                await desk.Decide(request)
                await made[IN].sees(waiting, state="deregistered")
                other = await made[IN].open(OUT, made.country.person(OUT))
                await made[IN].can(other, "permit")
                await until(lambda: known(node, other))
            finally:
                await made[OUT].start()
        await made[OUT].sees(other, state="applied")

    play(body)


async def known(node: Node, case_id: bytes) -> bool:
    async with node.database.reading() as connection:
        return await node.cases.find(connection, case_id) is not None
