"""`end_to_end_10k`: from desk to desk through a whole world, every party a process of its own.

A message counts when its sender has the logged DELIVERED receipt durable in its own database within the measured seconds; latency runs
from the desk call to that moment, which PostgreSQL's commit timestamp tells. CPU is that of all processes of the world, as the kernel
counts it, from the first to the last measured second.
"""

from __future__ import annotations

import asyncio
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
import msgspec

from bench import cpu
from bench.anew import begin
from bench.latency import percentiles
from bench.plan import Call, Calls, Plan, Stage
from bench.world import DatingServers, cases, parties, people_needed
from simulator.population import population
from simulator.world import Wish, World, world

if TYPE_CHECKING:
    from runtime.clock import Clock, Sleep
    from simulator.layout import Layout

PAYLOAD: Final = 10_000
IN_FLIGHT: Final = 200
_IDLE_S, _WARM_S, _HALF_S, _DRAIN_S = 6.0, 6.0, 10.0, 3.0
_SEED: Final = 2026
_DELIVERED: Final = "select message_id, extract(epoch from pg_xact_commit_timestamp(xmin))::float8 as at from delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run gave.

    Attributes:
        seconds: measured.
        messages: delivered in them, with the receipt home.
        latency_ms: at saturation p50, p95, p99; p50 of the idle system; p99 at half the rate.
        cpu_us: by group of processes, a message.
        refused: desk calls that had to be made again, by number of the refusal.
        by_kafka: share of first deliveries that Kafka brought.
    """

    seconds: float
    messages: int
    latency_ms: dict[str, float]
    cpu_us: dict[str, float]
    refused: dict[str, int]
    by_kafka: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


async def measure(out: Path, seconds: float, clock: Clock, sleep: Sleep) -> Measured:
    """Runs a world in `out` and leaves its log there."""
    layout = await begin(out)
    wish = Wish(
        layout=layout,
        servers=DatingServers(),
        people=lambda: population(_SEED, people_needed(IN_FLIGHT)),
        tell=lambda text: print(text, flush=True),
        clock=clock,
        sleep=sleep,
    )
    async with world(wish) as scene:
        plan = _plan(layout, scene, seconds)
        readings = await _driven(layout, plan, scene)
        await scene.operators.settle()
        calls = msgspec.msgpack.decode(Path(plan.out).read_bytes(), type=Calls)
        delivered = [await _delivered(layout, code) for code in plan.parties]
        by_kafka, by_ledger = scene.operators.by_kafka.total, scene.operators.by_ledger.total
    return _measured(calls, {key: at for one in delivered for key, at in one.items()}, readings, by_kafka / (by_kafka + by_ledger))


def _plan(layout: Layout, scene: World, seconds: float) -> Plan:
    return Plan(
        parties=parties(layout, scene.processes.rows),
        cases=cases(scene.people, IN_FLIGHT, random.Random(_SEED)),  # noqa: S311 - synthetic people
        payload=PAYLOAD,
        idle_s=_IDLE_S,
        warm_s=_WARM_S,
        saturated_s=seconds,
        half_s=_HALF_S,
        drain_s=_DRAIN_S,
        out=str(layout.private / "calls"),
    )


async def _driven(layout: Layout, plan: Plan, scene: World) -> list[dict[str, float]]:
    """Runs the driver; CPU readings at the begin and the end of saturation."""
    file = layout.private / "plan.json"
    file.write_bytes(msgspec.json.encode(plan))
    words = (sys.executable, "-m", "bench.driver", str(file))
    driver = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    roots = {name: row.pid for name, row in scene.processes.rows.items()} | {"driver": driver.pid}
    assert driver.stdout is not None  # noqa: S101 - it is a pipe
    readings = [cpu.spent(roots) async for line in driver.stdout if line.startswith(b"saturated")]
    if await driver.wait():
        raise SystemExit("the driver failed")
    return readings


async def _delivered(layout: Layout, code: str) -> dict[tuple[str, bytes], float]:
    """When this province had each logged receipt in its database."""
    connection = await asyncpg.connect(layout.dsn(f"node-{code}").read_text())
    try:
        return {(code, row["message_id"].bytes): row["at"] for row in await connection.fetch(_DELIVERED)}
    finally:
        await connection.close()


def _measured(calls: Calls, delivered: dict[tuple[str, bytes], float], readings: list[dict[str, float]], by_kafka: float) -> Measured:
    stages = {stage.name: stage for stage in calls.stages}
    flood = stages["saturated"]
    home = [(call, delivered[call.province, call.message_id]) for call in calls.calls if (call.province, call.message_id) in delivered]
    counted = [(call, at) for call, at in home if flood.begin <= at < flood.end]
    saturated = percentiles([1000 * (at - call.at) for call, at in counted])
    idle, half = (percentiles(_begun_in(home, stages[name])) for name in ("idle", "half"))
    took = cpu.between(*readings)
    return Measured(
        seconds=flood.end - flood.begin,
        messages=len(counted),
        latency_ms={**saturated, "idle_p50": idle["p50"], "half_rate_p99": half["p99"]},
        cpu_us={group: round(1e6 * seconds / max(1, len(counted)), 1) for group, seconds in cpu.grouped(took).items()},
        refused=calls.refused,
        by_kafka=round(by_kafka, 4),
    )


def _begun_in(home: list[tuple[Call, float]], stage: Stage) -> list[float]:
    return [1000 * (at - call.at) for call, at in home if stage.begin <= call.at < stage.end]
