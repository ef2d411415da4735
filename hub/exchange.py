"""The Exchange service: each call goes to the step that it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from runtime.identity import identity
from yrdx.v1 import exchange_pb2, exchange_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import grpc

    from hub.deliver import Deliverer
    from hub.materials import Materials
    from hub.retag import Retagger
    from hub.submit import Submitter
    from hub.trust import TrustInForce

    Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


class ExchangeService(exchange_pb2_grpc.ExchangeServicer):
    """Serves `yrdx.v1.Exchange` to nodes; who calls is known from TLS alone."""

    def __init__(self, submitter: Submitter, deliverer: Deliverer, trust: TrustInForce, materials: Materials, retagger: Retagger) -> None:
        """Takes the parts that answer."""
        self._submitter, self._deliverer, self._trust, self._materials, self._retagger = submitter, deliverer, trust, materials, retagger

    async def Submit(self, request: exchange_pb2.SubmitRequest, context: Context) -> exchange_pb2.SubmitResponse:  # noqa: N802 - gRPC
        """Steps 1 to 3."""
        return await self._submitter.submit(request, identity(context).member)

    async def Deliver(  # type: ignore[override]  # noqa: N802 - gRPC; writes through its context, for it answers out of turn
        self, request_iterator: AsyncIterator[exchange_pb2.DeliverRequest], context: Context
    ) -> None:
        """Steps 5 and 6."""
        await self._deliverer.serve(request_iterator, context.write, identity(context))

    async def TrustList(  # noqa: N802 - gRPC
        self, request: exchange_pb2.TrustListRequest, _context: Context
    ) -> exchange_pb2.TrustListResponse:
        """The trust list in force, or a past version."""
        return await self._trust.version(request)

    async def PutMaterial(  # noqa: N802 - gRPC
        self, request_iterator: AsyncIterator[exchange_pb2.PutMaterialRequest], context: Context
    ) -> exchange_pb2.PutMaterialResponse:
        """Takes a sealed document."""
        return await self._materials.put(request_iterator, identity(context).member)

    async def GetMaterial(  # noqa: N802 - gRPC
        self, request: exchange_pb2.GetMaterialRequest, context: Context
    ) -> AsyncIterator[exchange_pb2.GetMaterialResponse]:
        """Gives a sealed document to those who may have it."""
        async for chunk in self._materials.get(request, identity(context).member):
            yield chunk

    async def StatMaterial(  # noqa: N802 - gRPC
        self, request: exchange_pb2.StatMaterialRequest, context: Context
    ) -> exchange_pb2.StatMaterialResponse:
        """Tells how much of a sealed document is stored."""
        return await self._materials.stat(request, identity(context).member)

    async def Retag(  # noqa: N802 - gRPC
        self, request: exchange_pb2.RetagRequest, context: Context
    ) -> exchange_pb2.RetagResponse:
        """Takes tags of newer epochs."""
        return await self._retagger.retag(request, identity(context).member)
