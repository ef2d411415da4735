"""What operators see of a hub: the same figures by gRPC and by Prometheus, and each of them true."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hub.publish import Publisher, Ready
from pki.identity import HUB
from runtime.addresses import free_port
from runtime.kafka import KafkaUnavailable, Outgoing
from tests.support.exchange import exchange, until
from tests.support.ledger import MovableClock
from tests.support.scraping import DESCRIBED, scraped, wanted
from tests.support.trust import BEGINNING
from tests.support.world import SHANGHAI, ZHEJIANG, World
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.exchange import Exchange


def test_prometheus_and_operators_see_the_same_true_figures(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        address = f"127.0.0.1:{free_port()}"
        async with exchange(tmp_path, hub_dsn, metrics=address) as made, made.following(ZHEJIANG, SHANGHAI) as (asking, asked):
            asked.acknowledges = False
            await asking.accepted(asking.speaker.apply(SHANGHAI, "person-1"), asking.speaker.apply(SHANGHAI, "person-2"))
            await until(lambda: len(asked.deliveries) == 2)
            await until(lambda: _published(made))
            status, values = await made.status(), await scraped(address)
            seen = {member.code: member for member in status.members}
            assert (seen[SHANGHAI].undelivered, seen[SHANGHAI].connected, seen[ZHEJIANG].undelivered) == (2, True, 0)
            assert (status.counters["open_cases"], status.counters["kafka_reached"], status.counters["checkpoint_behind_seconds"]) == (
                2,
                1,
                0,
            )
            left = BEGINNING + timedelta(days=900) - status.recorded_at.ToDatetime(BEGINNING.tzinfo)
            assert status.counters["certificate_days_left"] == left.days
            due = wanted(status)
            assert set(values) == set(due)
            assert {name for name, _ in values} <= DESCRIBED
            moving = ("_seconds", "_bytes")
            assert {key: value for key, value in values.items() if not key[0].endswith(moving)} == {
                key: value for key, value in due.items() if not key[0].endswith(moving)
            }
            for receiver, age in ((SHANGHAI, True), (ZHEJIANG, False)):
                key = "yrdx_oldest_undelivered_age_seconds", frozenset({("member", receiver)})
                assert (due[key] <= values[key] < 60) if age else values[key] == 0
            assert "person" not in str(values)

    asyncio.run(main())


def test_a_checkpoint_that_stays_behind_is_seen_and_an_old_one_that_covers_all_is_fine(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn) as made:
            await until(lambda: _published(made))
            clock = MovableClock()
            clock.ahead = timedelta(seconds=90)
            later = replace(made.hub.operations, clock=clock)
            current = (await later.status()).counters
            assert current["checkpoint_behind_seconds"] == 0
            assert 90 <= current["checkpoint_age_seconds"] < 150
            short = envelope_pb2.SeenCheckpoint(size=made.hub.checkpoint().size - 1)
            behind = (await replace(later, checkpoint=lambda: short).status()).counters
            assert 90 <= behind["checkpoint_behind_seconds"] < 150
            none = (await replace(later, checkpoint=envelope_pb2.SeenCheckpoint).status()).counters
            assert (none["checkpoint_age_seconds"], none["checkpoint_behind_seconds"] >= 90) == (0, True)
            clock.ahead = -timedelta(hours=1)  # somebody set the machine's clock back
            assert (await replace(later, checkpoint=lambda: short).status()).counters["checkpoint_behind_seconds"] == 0

    asyncio.run(main())


def test_disks_and_certificates_are_those_of_the_process(hub_dsn: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with exchange(tmp_path, hub_dsn, World(tmp_path)) as made:
            surroundings = made.hub.surroundings
            now = made.hub.operations.clock.now()
            counters = surroundings.counters(now)
            assert set(counters) == {"certificate_days_left", "log_disk_free_bytes", "materials_disk_free_bytes"}
            assert all(counters.values())
            gone = replace(surroundings, folders={"log": tmp_path / "gone", "materials": made.hub.settings.materials_directory})
            assert set(gone.counters(now)) == {"certificate_days_left", "materials_disk_free_bytes"}
            assert surroundings.counters(surroundings.expires_at - timedelta(days=1))["certificate_days_left"] == 1
            assert surroundings.counters(surroundings.expires_at + timedelta(days=3))["certificate_days_left"] == 0
            assert made.world.tls(HUB).certificate == made.hub.settings.tls.certificate

    asyncio.run(main())


class _Broker:
    """A producer whose broker can be away, and an outbox without anything in it."""

    def __init__(self) -> None:
        self.away = False
        self.calls = 0

    async def publish(self, *_: Any) -> None:
        self.calls += 1
        if self.away:
            raise KafkaUnavailable

    async def cursors(self) -> dict[Any, int]:
        return {}

    async def heads(self) -> dict[Any, int]:
        return {}

    async def save_cursors(self, _: Any) -> None:
        return


def test_a_broker_that_is_away_is_seen_until_it_takes_something_again() -> None:
    async def main() -> None:
        broker = _Broker()
        publisher = Publisher(broker, broker, lambda *_: None, lambda _: asyncio.sleep(0))  # type: ignore[arg-type]  # stand-ins
        running = asyncio.ensure_future(publisher.run())

        def sees(*, away: bool) -> bool:
            broker.away = away
            publisher.add([Ready((SHANGHAI, 0), 1, Outgoing(0, b"", b"value"))])
            return publisher.reached is not away

        await until(lambda: sees(away=False) and broker.calls)
        await until(lambda: sees(away=True))
        await until(lambda: sees(away=False))
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())


def _published(made: Exchange) -> Any:
    async def all_of_it() -> bool:
        status = await made.status()
        return status.checkpoint_size == status.log_size

    return all_of_it()
