"""`python -m runtime.health --address HOST:PORT --certificate FILE --key FILE --root FILE`: whether a server says SERVING.

Exit status: 0 it does, 1 it does not or cannot be asked, 2 usage. Any certificate of the exchange will do, the server's own as well.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # its wheel has no types

from core.refusals import Refused
from runtime.grpc_client import channel
from runtime.settings import TlsFiles

_CALL_S = 2.0


async def serves(address: str, tls: TlsFiles) -> bool:
    """Whether the server at `address` answers within two seconds that it serves.

    Raises:
        Refused: BAD_SETTINGS when a TLS file cannot be read.
    """
    async with channel(address, tls) as link:
        try:
            answer = await health_pb2_grpc.HealthStub(link).Check(health_pb2.HealthCheckRequest(), timeout=_CALL_S)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def main() -> None:
    """Asks once."""
    parser = argparse.ArgumentParser(prog="python -m runtime.health", description=__doc__)
    parser.add_argument("--address", required=True)
    for name in ("certificate", "key", "root"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    asked = parser.parse_args()
    try:
        right = asyncio.run(serves(asked.address, TlsFiles(certificate=asked.certificate, key=asked.key, root=asked.root)))
    except Refused as refusal:
        parser.error(str(refusal))
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
