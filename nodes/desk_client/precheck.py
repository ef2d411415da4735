"""`yrdx-desk precheck`: what both provinces' rules say before anybody applies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from nodes.desk_client import shown
from nodes.desk_client.asking import CALL_S, HERE, SERVICE, on_desk
from nodes.desk_client.stated import Ground, words
from runtime.command_line import Server, say, show
from runtime.plain import plain
from yrdx.v1 import precheck_pb2

if TYPE_CHECKING:
    from yrdx.v1 import desk_pb2_grpc


def precheck(
    *,
    counterpart: str,
    ground: Ground,
    material: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    fact: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    server: Server = HERE,
) -> int:
    """Hold what an applicant tells against the published rules of both provinces, before anything is opened. Creates nothing.

    Example: yrdx-desk precheck --counterpart 310000 --ground spouse --material identity --material receiving-consent
        --material relation-proof --fact minor=false --fact restricted=false --dir up --party node-330000

    Each rule passes, warns or fails; one that asks for facts which were not stated warns and names them.

    Args:
        counterpart: code of the province where the person is registered, for example 310000.
        ground: why he may move.
        material: code of a material that is at hand; may be repeated.
        fact: NAME=WORD as the rules ask for it, for example minor=true; may be repeated. Nothing that names a person.
        server: whom to call.
    """

    async def ask(stub: desk_pb2_grpc.DeskAsyncStub) -> None:
        request = precheck_pb2.PrecheckRequest(
            service=SERVICE, counterpart=counterpart, ground=ground.value, materials=material, facts=words(fact)
        )
        found = await stub.Precheck(request, timeout=CALL_S)
        if server.json:
            say(plain(found))
        else:
            show(shown.tables(found), shown.findings(found.findings), shown.grade(found.grade))

    return on_desk(server, ask)
