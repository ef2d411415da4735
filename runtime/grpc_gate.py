"""What every gRPC call passes: who may call, how long it may take, and how it may fail.

Decides, in this order, for each call:

1. identity - the certificate names one holder, else NO_IDENTITY;
2. role - it is on the service's allow-list, else WRONG_ROLE (a service that is on no list may be called by nobody);
3. the server's own check of the peer (revocation, member), a refusal of its choice;
4. the request can be read, else MALFORMED, also in the middle of a stream;
5. the method itself, for `limit_s` seconds when it answers once; streams last as long as both sides want.

A refusal becomes its rich status. A time-out or a lost connection behind the method becomes UNAVAILABLE. Anything else is logged with
its cause and answered with an opaque INTERNAL. Draining ends streams at once with DRAINING and lets single answers finish.

Does not check what the method asks for: rules about units, senders and cases belong to the services.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any

import grpc

from core.refusals import DRAINING, UNAVAILABLE, WRONG_ROLE, Refused
from runtime import grpc_errors, process_log
from runtime.grpc_requests import marking, readable
from runtime.identity import Identity, identity

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
    from types import TracebackType

    Context = grpc.aio.ServicerContext[Any, Any]
    Handler = grpc.RpcMethodHandler[Any, Any]
    CheckPeer = Callable[[Identity], None]


class Gate(grpc.aio.ServerInterceptor):
    """The interceptor of a server; one for its whole life."""

    def __init__(self, services: Mapping[str, Collection[str]], check_peer: CheckPeer, *, limit_s: float) -> None:
        self._services = services
        self._check_peer = check_peer
        self._limit_s = limit_s
        self._guarded: dict[str, Handler] = {}
        self._streams: set[asyncio.Task[Any]] = set()
        self._draining = False

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Puts the gate before the method that is called; None, hence UNIMPLEMENTED, for an unknown one."""
        method = handler_call_details.method
        if method not in self._guarded:
            handler = await continuation(handler_call_details)
            if handler is None:
                return None
            self._guarded[method] = self._guard(method, handler)
        return self._guarded[method]

    def end_streams(self) -> None:
        """Ends every open stream with DRAINING, now and from now on; calls with one answer go on."""
        self._draining = True
        for task in self._streams:
            task.cancel()

    def _guard(self, method: str, handler: Handler) -> Handler:
        inner = handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
        codec = marking(handler.request_deserializer), handler.response_serializer
        if handler.response_streaming:
            wrap = grpc.stream_stream_rpc_method_handler if handler.request_streaming else grpc.unary_stream_rpc_method_handler
            return wrap(self._streamed(method, inner), *codec)
        wrap = grpc.stream_unary_rpc_method_handler if handler.request_streaming else grpc.unary_unary_rpc_method_handler
        return wrap(self._single(method, inner), *codec)

    def _single(self, method: str, inner: Any) -> Callable[[Any, Context], Awaitable[Any]]:
        async def call(request: Any, context: Context) -> Any:
            async with _Answer(method, context):
                self._admit(method, context)
                async with asyncio.timeout(self._limit_s):
                    return await inner(readable(request), context)

        return call

    def _streamed(self, method: str, inner: Any) -> Callable[[Any, Context], AsyncIterator[Any]]:
        async def call(request: Any, context: Context) -> AsyncIterator[Any]:
            async with _Answer(method, context, ends=self._is_draining):
                self._admit(method, context)
                with self._open_stream():
                    answer = inner(readable(request), context)
                    if not hasattr(answer, "__aiter__"):  # the health service writes through its context
                        await answer
                        return
                    async with aclosing(answer) as items:
                        async for item in items:
                            yield item

        return call

    def _admit(self, method: str, context: Context) -> None:
        caller = identity(context)
        if caller.role not in self._services.get(_service(method), ()):
            raise Refused(WRONG_ROLE, caller.role)
        self._check_peer(caller)

    @contextmanager
    def _open_stream(self) -> Iterator[None]:
        if self._draining:
            raise Refused(DRAINING)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a handler always runs in one
        self._streams.add(task)
        try:
            yield
        finally:
            self._streams.discard(task)

    def _is_draining(self) -> bool:
        return self._draining


class _Answer:
    """How a method ended, as the peer is told."""

    def __init__(self, method: str, context: Context, *, ends: Callable[[], bool] = lambda: False) -> None:
        self._method = method
        self._context = context
        self._ends = ends

    async def __aenter__(self) -> None:
        """Nothing to do before the method."""

    async def __aexit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None) -> None:
        if isinstance(error, asyncio.CancelledError) and self._ends() and not self._context.done():
            error = Refused(DRAINING)
        if not isinstance(error, Exception) or isinstance(error, grpc.aio.AbortError):
            return
        refusal = _refusal(self._method, error)
        if refusal is None:
            await self._context.abort(grpc.StatusCode.INTERNAL, "internal error")
        else:
            details = ((grpc_errors.DETAILS, grpc_errors.status(refusal)),)
            await self._context.abort(grpc_errors.CODES[refusal.kind.code.value], refusal.kind.en, details)


def _refusal(method: str, error: Exception) -> Refused | None:
    log = process_log.get("grpc")
    if isinstance(error, Refused):
        if not error.kind.retriable:
            log.info("refused", method=method, number=error.kind.number, field=error.field)
        return error
    if isinstance(error, (TimeoutError, ConnectionError)):
        log.warning("unavailable", method=method, exc_info=error)
        return Refused(UNAVAILABLE)
    log.error("broken", method=method, exc_info=error)
    return None


def _service(method: str) -> str:
    """`/yrdx.v1.Exchange/Submit` belongs to `yrdx.v1.Exchange`."""
    return method.split("/")[1]
