"""The other end of `bench.floor.hops`: `python -m bench.floor.hop_server FOLDER ADDRESS BYTES` serves streams until its parent is gone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import grpc
import uvloop

from bench.floor.hops import COUNT, WARM, tls
from runtime import grpc_options
from runtime.clock import sleep

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_LOOK_S: Final = 0.05


async def serve(folder: Path, address: str, size: int) -> None:
    """Serves until its parent is gone."""
    message = os.urandom(size)

    async def stream(request: bytes, _context: Any) -> AsyncIterator[bytes]:
        for _ in range(1 if request == WARM else COUNT):
            yield message

    server = grpc.aio.server(options=grpc_options.SERVER)
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_stream_rpc_method_handler(stream)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("bench", {"Stream": handler}),))
    files = tls(folder, "hub")
    pair = (files.key.read_bytes(), files.certificate.read_bytes())
    credentials = grpc.ssl_server_credentials([pair], root_certificates=files.root.read_bytes(), require_client_auth=True)
    server.add_secure_port(address, credentials)
    await server.start()
    while os.getppid() != 1:
        await sleep(_LOOK_S)


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
