"""`python -m runtime.health`: what a container's health check asks."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest

from runtime.addresses import free_port
from runtime.grpc_server import serving
from tests.runtime.certificates import issue, make_root
from tests.support.programs import files_of

if TYPE_CHECKING:
    from pathlib import Path

    from runtime.settings import TlsFiles


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    """The server's own certificate, as a container has no other."""
    folder = tmp_path_factory.mktemp("tls")
    make_root(folder)
    return issue(folder, "hub", "spiffe://yrdx/hub/hub")


async def status(address: str, tls: TlsFiles) -> int | None:
    words = ["--address", address, *map(str, files_of(tls))]
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "runtime.health", *words)
    return await process.wait()


def test_it_says_what_the_server_says(tls: TlsFiles) -> None:
    async def main() -> None:
        async with serving("127.0.0.1:0", tls, lambda _: None, {"yrdx.v1.Exchange": ["node"]}) as served:
            assert await status(served.address, tls) == 1
            await served.ready()
            assert await status(served.address, tls) == 0

    asyncio.run(main())


def test_nobody_there_is_not_healthy_and_no_file_is_usage(tls: TlsFiles, tmp_path: Path) -> None:
    async def main() -> None:
        nobody = f"127.0.0.1:{free_port()}"
        assert await status(nobody, tls) == 1
        absent = type(tls)(certificate=tls.certificate, key=tmp_path / "absent.key", root=tls.root)
        assert await status(nobody, absent) == 2

    asyncio.run(main())
