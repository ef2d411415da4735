"""`python -m simulator.registers --settings FILE`: one province's register, until a signal ends it."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from core.refusals import WRONG_ROLE, Refused
from runtime import process, settings
from runtime.clock import sleep
from runtime.grpc_client import channel
from runtime.grpc_server import Identity, serving
from simulator.registers.polling import Polling
from simulator.registers.service import RegisterService
from simulator.registers.settings import RegisterSettings
from simulator.registers.store import Store
from yrdx.v1 import desk_pb2_grpc, register_pb2_grpc

if TYPE_CHECKING:
    import grpc

SERVICES = {"yrdx.v1.Register": ("node",)}


async def serve(wanted: RegisterSettings) -> None:
    """Serves or polls until cancelled; then lets calls in flight end before the file is closed. Who polls serves nothing but its health."""

    def check_peer(peer: Identity) -> None:
        if peer.member != wanted.province:
            raise Refused(WRONG_ROLE, "member")

    def add(server: grpc.aio.Server) -> None:
        if wanted.node is None:
            register_pb2_grpc.add_RegisterServicer_to_server(service, server)

    with closing(Store(wanted.database, wanted.province)) as store, ThreadPoolExecutor(1, "register-store") as thread:
        service, services = RegisterService(store, thread), SERVICES if wanted.node is None else {}
        async with serving(wanted.listen, wanted.tls, add, services, check_peer=check_peer, address_file=wanted.address_file) as server:
            await server.ready()
            if wanted.node is None:
                await process.until_stopped()
            async with channel(wanted.node, wanted.tls) as link:
                await Polling(service, desk_pb2_grpc.DeskStub(link), sleep).run()


def main() -> None:
    """Reads the settings and runs the service."""
    parser = argparse.ArgumentParser(prog="python -m simulator.registers", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True, help="JSON, see simulator/registers/settings.py")
    try:
        wanted = settings.load(parser.parse_args().settings, RegisterSettings)
    except Refused as refusal:
        parser.error(str(refusal))
    process.run(lambda: serve(wanted), name=f"register-{wanted.province}", log=wanted.process_log)


if __name__ == "__main__":
    main()
