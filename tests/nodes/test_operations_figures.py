"""What operators see of a node: the same figures by gRPC and by Prometheus."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from nodes.common.composition import running
from nodes.common.settings import NodeSettings
from nodes.provinces import CODECS
from runtime import settings
from runtime.addresses import free_port
from runtime.clock import SystemClock
from tests.support.province import IN
from tests.support.scraping import DESCRIBED, scraped, wanted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.country import Country
    from tests.support.postgres import Server

UNSENT = """
    insert into outbox (message_id, case_id, action, header, key_id, signature, sealed_payload, tag_opening, content, created_at, try_after)
    values (gen_random_uuid(), gen_random_uuid(), 'apply', '', '', '', '', '', '', $1, $2)"""


def test_prometheus_and_operators_see_the_same_figures(country: Country, postgres_server: Server, tmp_path: Path) -> None:
    """A node alone: neither hub nor register is there."""
    address, log = f"127.0.0.1:{free_port()}", tmp_path / "node.log"
    file = country.node_settings(IN, postgres_server.new_database(), metrics=address, process_log=str(log))

    async def main() -> None:
        async with running(settings.load(file, NodeSettings), CODECS[IN], SystemClock()) as node:
            empty = (await node.operator.status()).counters
            assert (empty["outbox"], empty["oldest_unsent_age_seconds"], empty["stream_active"]) == (0, 0, 0)
            now = SystemClock().now()
            await node.database._pool.execute(UNSENT, now - timedelta(hours=1), now + timedelta(hours=1))
            await node.database._pool.execute(UNSENT, now - timedelta(hours=2), now + timedelta(hours=1))
            status, values = await node.operator.status(), await scraped(address)
            assert status.counters["outbox"] == 2
            assert 7200 <= status.counters["oldest_unsent_age_seconds"] < 7300
            due = wanted(status)
            assert set(values) == set(due)
            assert {name for name, _ in values} <= DESCRIBED
            moving = ("_seconds", "_bytes")
            assert {key: value for key, value in values.items() if not key[0].endswith(moving)} == {
                key: value for key, value in due.items() if not key[0].endswith(moving)
            }
            names = {name for name, _ in values}
            assert names >= {f"yrdx_{name}" for name in ("unapplied", "operations", "failed_operations", "work", "certificate_days_left")}
            assert values["yrdx_disk_free_bytes", frozenset({("folder", "process_log")})] > 0

    asyncio.run(main())
