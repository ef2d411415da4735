"""Bytes that are no request: refused by number, as everything else is, instead of by gRPC in its own words.

gRPC reads a request before any interceptor may answer for it. So reading never fails here: what cannot be read becomes a mark, and the
gate, which knows how to refuse, asks for the request behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

from google.protobuf.message import DecodeError

from core.refusals import MALFORMED, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    Deserialize = Callable[[bytes], Any]

_UNREADABLE: Final = object()


def marking(deserialize: Deserialize | None) -> Deserialize | None:
    """The same, but with a mark for what cannot be read; None, which takes the bytes as they are, reads everything."""
    if deserialize is None:
        return None

    def read(data: bytes) -> Any:
        try:
            return deserialize(data)
        except DecodeError:
            return _UNREADABLE

    return read


def readable(request: Any) -> Any:
    """What a method may work with: a request that could be read, or a stream of such, which ends at the first that could not.

    Raises:
        Refused: MALFORMED.
    """
    if request is _UNREADABLE:
        raise Refused(MALFORMED, "request")
    return _Readable(request) if hasattr(request, "__anext__") else request


class _Readable:
    """A stream of requests."""

    def __init__(self, requests: AsyncIterator[Any]) -> None:
        self._requests = requests

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return readable(await anext(self._requests))
