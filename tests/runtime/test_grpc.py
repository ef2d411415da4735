"""A real server and real channels on mutual TLS."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # its wheel has no types

from core.refusals import BAD_SETTINGS, DRAINING, KEY_REVOKED, NO_IDENTITY, RECORD_HELD, UNAVAILABLE, WRONG_ROLE, Refused
from runtime.grpc_client import channel, refused
from runtime.grpc_options import MESSAGE_LIMIT
from runtime.grpc_server import Identity, Serving, identity, serving
from tests.runtime.certificates import issue, make_root
from yrdx.v1 import exchange_pb2, exchange_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from runtime.settings import TlsFiles

    Stub = exchange_pb2_grpc.ExchangeAsyncStub

SERVICE = "yrdx.v1.Exchange"
NODE = "spiffe://yrdx/province/310000/node"
REFLECT = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
Wanted = exchange_pb2.TrustListRequest


class World:
    """Certificates of one test session."""

    def __init__(self, folder: Path) -> None:
        make_root(folder)
        make_root(folder, "stranger")
        self.hub = issue(folder, "hub", "spiffe://yrdx/hub/hub")
        self.node = issue(folder, "node", NODE)
        self.system = issue(
            folder, "system", "spiffe://yrdx/province/330000/system", "spiffe://yrdx/province/330000/units/3301",
            "spiffe://yrdx/province/330000/units/33",
        )  # fmt: skip
        self.auditor = issue(folder, "auditor", "spiffe://yrdx/hub/auditor")
        self.nobody = issue(folder, "nobody")
        self.two_faced = issue(folder, "two", NODE, "spiffe://yrdx/province/320000/node")
        self.greedy = issue(folder, "greedy", NODE, "spiffe://yrdx/province/330000/units/33")
        fake = issue(folder, "fake", NODE, root="stranger")
        self.fake = type(fake)(certificate=fake.certificate, key=fake.key, root=self.node.root)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("tls"))


class Servicer(exchange_pb2_grpc.ExchangeServicer):
    """Answers as the request's version says; remembers callers."""

    def __init__(self) -> None:
        self.callers: list[Identity] = []
        self.open = asyncio.Event()
        self.closed = asyncio.Event()

    async def TrustList(self, request: Any, context: Any) -> exchange_pb2.TrustListResponse:  # noqa: N802 - gRPC
        self.callers.append(identity(context))
        match request.version:
            case 1:
                raise Refused(RECORD_HELD, "记录", retry_after_s=2.5)
            case 2:
                raise KeyError("secret")
            case 3:
                raise ConnectionResetError("database")
            case 4:
                self.open.set()
                await asyncio.sleep(0.3)
            case 5:
                await asyncio.sleep(60)
            case _:
                pass
        return exchange_pb2.TrustListResponse()

    async def Submit(self, request: Any, _context: Any) -> exchange_pb2.SubmitResponse:  # noqa: N802 - gRPC
        return exchange_pb2.SubmitResponse(results=[{} for _ in request.envelopes])

    async def Deliver(self, request_iterator: Any, _context: Any) -> AsyncIterator[exchange_pb2.DeliverResponse]:  # noqa: N802 - gRPC
        try:
            async for request in request_iterator:
                if request.credits == 9:
                    raise Refused(RECORD_HELD)
                yield exchange_pb2.DeliverResponse(stand_by=exchange_pb2.StandBy(active=True))
                self.open.set()
        finally:
            self.closed.set()


def _run(
    world: World,
    body: Callable[[Stub, Servicer, Serving], Awaitable[None]],
    *,
    client: TlsFiles | None = None,
    **options: Any,
) -> None:
    async def main() -> None:
        servicer = Servicer()  # type: ignore[abstract]  # the methods of these tests only
        services = options.pop("services", {SERVICE: {"node", "system"}})

        def add(server: grpc.aio.Server) -> None:
            exchange_pb2_grpc.add_ExchangeServicer_to_server(servicer, server)

        async with (
            serving("127.0.0.1:0", world.hub, add, services, **options) as served,
            channel(served.address, client or world.node) as link,
        ):
            await body(exchange_pb2_grpc.ExchangeStub(link), servicer, served)

    asyncio.run(main())


async def _refusal(call: Awaitable[object]) -> Refused:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    refusal = refused(failed.value)
    assert refusal is not None, failed.value
    return refusal


def test_the_caller_is_who_its_certificate_says(world: World) -> None:
    async def body(stub: Stub, servicer: Servicer, _served: Serving) -> None:
        await stub.TrustList(Wanted(), timeout=5)
        caller = servicer.callers[0]
        assert (caller.member, caller.role, caller.units) == ("330000", "system", ("3301", "33"))
        assert caller.certificate_der.startswith(b"\x30\x82")

    _run(world, body, client=world.system)


@pytest.mark.parametrize("name", ["nobody", "two_faced", "greedy"])
def test_a_certificate_that_names_not_exactly_one_holder_is_no_identity(world: World, name: str) -> None:
    async def body(stub: Stub, servicer: Servicer, _served: Serving) -> None:
        assert (await _refusal(stub.TrustList(Wanted(), timeout=5))).kind is NO_IDENTITY
        assert servicer.callers == []

    _run(world, body, client=getattr(world, name))


def test_a_stranger_does_not_even_connect(world: World) -> None:
    async def body(stub: Stub, servicer: Servicer, _served: Serving) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.TrustList(Wanted(), timeout=5)
        assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
        assert servicer.callers == []

    _run(world, body, client=world.fake)


def test_a_role_that_is_not_listed_is_refused(world: World) -> None:
    async def body(stub: Stub, servicer: Servicer, _served: Serving) -> None:
        assert (await _refusal(stub.TrustList(Wanted(), timeout=5))).kind is WRONG_ROLE
        assert servicer.callers == []

    _run(world, body, client=world.auditor)
    _run(world, body, services={"yrdx.v1.Audit": ["node"]})


@pytest.mark.parametrize("roles", [(), ("nodes",)])
def test_an_empty_or_unknown_allow_list_does_not_start(world: World, roles: tuple[str, ...]) -> None:
    async def body(*_: object) -> None:
        raise AssertionError

    with pytest.raises(Refused, match=BAD_SETTINGS.name):
        _run(world, body, services={SERVICE: roles})


def test_the_servers_own_check_comes_before_the_method(world: World) -> None:
    def revoked(peer: Identity) -> None:
        raise Refused(KEY_REVOKED, peer.member)

    async def body(stub: Stub, servicer: Servicer, _served: Serving) -> None:
        refusal = await _refusal(stub.TrustList(Wanted(), timeout=5))
        assert (refusal.kind, refusal.field) == (KEY_REVOKED, "310000")
        assert servicer.callers == []

    _run(world, body, check_peer=revoked)


def test_a_refusal_arrives_whole(world: World) -> None:
    async def body(stub: Stub, _servicer: Servicer, _served: Serving) -> None:
        refusal = await _refusal(stub.TrustList(Wanted(version=1), timeout=5))
        assert (refusal.kind, refusal.field, refusal.retry_after_s) == (RECORD_HELD, "记录", 2.5)

    _run(world, body)


def test_a_refusal_in_a_stream_arrives_whole(world: World) -> None:
    async def body(stub: Stub, servicer: Servicer, _served: Serving) -> None:
        call = stub.Deliver(timeout=5)
        await call.write(exchange_pb2.DeliverRequest(credits=1))
        await call.read()
        await call.write(exchange_pb2.DeliverRequest(credits=9))
        assert (await _refusal(call.read())).kind is RECORD_HELD
        await servicer.closed.wait()

    _run(world, body)


def test_anything_unexpected_is_opaque_to_the_peer(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    async def body(stub: Stub, _servicer: Servicer, _served: Serving) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.TrustList(Wanted(version=2), timeout=5)
        assert (failed.value.code(), failed.value.details()) == (grpc.StatusCode.INTERNAL, "internal error")
        assert refused(failed.value) is None

    _run(world, body)
    assert "KeyError" in "".join(capfd.readouterr())


def test_a_lost_database_and_a_slow_method_may_be_tried_again(world: World) -> None:
    async def body(stub: Stub, _servicer: Servicer, _served: Serving) -> None:
        for version in (3, 5):
            refusal = await _refusal(stub.TrustList(Wanted(version=version), timeout=5))
            assert (refusal.kind, refusal.retry_after_s) == (UNAVAILABLE, 1.0)

    _run(world, body, call_limit_s=0.2)


def test_messages_have_a_limit(world: World) -> None:
    async def body(stub: Stub, _servicer: Servicer, _served: Serving) -> None:
        def batch(size: int) -> exchange_pb2.SubmitRequest:
            return exchange_pb2.SubmitRequest(envelopes=[{"sealed_payload": bytes(size)}])

        assert len((await stub.Submit(batch(MESSAGE_LIMIT - 1000), timeout=10)).results) == 1
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await stub.Submit(batch(MESSAGE_LIMIT), timeout=10)
        assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED

    _run(world, body)


def test_health_follows_readiness_and_draining(world: World, tmp_path: Path) -> None:
    address_file = tmp_path / "address"
    answer = health_pb2.HealthCheckResponse

    async def main() -> None:
        async with serving("127.0.0.1:0", world.hub, lambda _: None, {SERVICE: ["node"]}, address_file=address_file) as served:
            link = channel(served.address, world.node)
            watch = health_pb2_grpc.HealthStub(link).Watch(health_pb2.HealthCheckRequest(service=SERVICE))
            assert (await watch.read()).status == answer.NOT_SERVING
            assert not address_file.exists()
            await served.ready()
            assert address_file.read_text() == served.address
            assert (await watch.read()).status == answer.SERVING
        assert (await _refusal(watch.read())).kind is DRAINING
        await link.close()

    asyncio.run(main())


def test_draining_ends_streams_and_lets_calls_finish(world: World) -> None:
    async def main() -> None:
        servicer = Servicer()  # type: ignore[abstract]  # the methods of these tests only
        async with asyncio.TaskGroup() as group:
            async with serving(
                "127.0.0.1:0",
                world.hub,
                lambda server: exchange_pb2_grpc.add_ExchangeServicer_to_server(servicer, server),
                {SERVICE: ["node"]},
            ) as served:
                link = channel(served.address, world.node)
                stub: Stub = exchange_pb2_grpc.ExchangeStub(link)
                stream = stub.Deliver()
                await stream.write(exchange_pb2.DeliverRequest(credits=1))
                await stream.read()
                servicer.open.clear()

                async def single() -> None:
                    await stub.TrustList(Wanted(version=4), timeout=5)

                slow = group.create_task(single())
                await servicer.open.wait()
                begun = asyncio.get_running_loop().time()
            assert asyncio.get_running_loop().time() - begun < 2
            assert (await _refusal(stream.read())).kind is DRAINING
            assert servicer.closed.is_set()
            await slow
        await link.close()

    asyncio.run(main())


def test_a_client_that_goes_away_ends_its_stream(world: World) -> None:
    async def body(stub: Stub, servicer: Servicer, _served: Serving) -> None:
        call = stub.Deliver()
        await call.write(exchange_pb2.DeliverRequest(credits=1))
        await call.read()
        call.cancel()
        async with asyncio.timeout(5):
            await servicer.closed.wait()

    _run(world, body)


def test_a_port_in_use_is_refused(world: World) -> None:
    async def body(_stub: Stub, _servicer: Servicer, served: Serving) -> None:
        with pytest.raises(Refused, match=BAD_SETTINGS.name):
            async with serving(served.address, world.hub, lambda _: None, {SERVICE: ["node"]}):
                raise AssertionError

    _run(world, body)


def test_reflection_is_off_unless_asked_for(world: World) -> None:
    async def ask(link: grpc.aio.Channel) -> grpc.StatusCode:
        method: grpc.aio.StreamStreamMultiCallable[bytes, bytes] = link.stream_stream(REFLECT)
        call = method(iter([b"\x3a\x00"]))
        try:
            async for _ in call:
                pass
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    async def main() -> None:
        for on, code in ((False, grpc.StatusCode.UNIMPLEMENTED), (True, grpc.StatusCode.OK)):
            async with (
                serving("127.0.0.1:0", world.hub, lambda _: None, {SERVICE: ["node"]}, reflection=on) as served,
                channel(served.address, world.node) as link,
            ):
                assert await ask(link) is code

    asyncio.run(main())
