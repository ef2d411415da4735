"""`python -m bench`: measures everything, prints a table, writes `bench-report.json`; the log of the judged run stays in `bench-out/log`.

Exit status 1 when that log does not verify.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop

from bench import catch_up, end_to_end, floor, growth, hub_ledger, peers
from bench.anew import BEFORE
from bench.report import Row, ratio, row, table, write
from runtime import process_log
from runtime.clock import SystemClock, sleep
from simulator import outcome

if TYPE_CHECKING:
    from bench.end_to_end import Measured
    from bench.floor import Floor
    from bench.floor.crypto import Crypto

_MILLION: Final = 1e6
HUB_ALONE: Final = "hub-alone"
AWAY: Final = "catch-up"
OLD_HUB: Final = "hub-old"


def main() -> None:
    """Reads the command line and measures."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench-out"), help="folder of the runs")
    parser.add_argument("--report", type=Path, default=Path("bench-report.json"))
    parser.add_argument("--seconds", type=float, default=30.0, help="of the judged measurement")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    process_log.configure("bench", asked.out / "bench.log")
    rows, verdict = uvloop.run(measured(asked.out, asked.seconds))
    write(asked.report, rows)
    print("\n".join(table(rows)))
    print(f"audit of {asked.out}/log: {verdict} · report: {asked.report}")
    sys.exit(verdict != "ok")


async def measured(out: Path, seconds: float) -> tuple[list[Row], str]:
    """All rows, and what the auditor says of the judged run."""
    payload, clock = end_to_end.PAYLOAD, SystemClock()
    shutil.rmtree(out / "floor", ignore_errors=True)
    run = await end_to_end.measure(out, seconds, clock, sleep)
    verdict = str((await outcome.audit(out))["verdict"])
    least = await floor.measured(out / "floor", payload)
    taken = await hub_ledger.measure(out / HUB_ALONE, payload, clock, sleep)
    grown = await growth.measure(out / OLD_HUB, payload, clock, sleep)
    outages = await catch_up.measure(out / AWAY, clock, sleep)
    others = await peers.measured(out / "peers", payload)
    for folder in (out, out / HUB_ALONE, out / OLD_HUB, out / AWAY):
        shutil.rmtree(folder / BEFORE, ignore_errors=True)
    best = max((peer.value for peer in others if peer.value), default=None)
    exchange = [_end_to_end(run, least, best), _latency(run), *_peers(others, run)]
    return [*exchange, _hub_ledger(taken, least), _growth(grown), *map(_catch_up, outages), *_crypto(least.crypto)], verdict


def _end_to_end(run: Measured, least: Floor, peer: float | None) -> Row:
    judged = row("end_to_end_10k", round(run.rate, 1), "messages/s", floor=least.rate, peer=peer, conditions=_conditions(run))
    judged.components_us, judged.cpu_us, judged.latency_ms = least.components, run.cpu_us, run.latency_ms
    judged.seconds, judged.messages = round(run.seconds, 3), run.messages
    return judged


def _conditions(run: Measured) -> str:
    return (
        f"{end_to_end.PAYLOAD} bytes of text a message, {end_to_end.IN_FLIGHT} cases with a message on its way each, 12 province pairs; "
        "hub, PostgreSQL, broker, 4 nodes, 4 registers and the provincial systems (one process) on one machine; counted when the sender "
        f"has the logged DELIVERED receipt; mutual TLS, synchronous commit, {run.by_kafka:.2%} of first deliveries by Kafka; "
        f"calls made again after a refusal: {run.refused or 'none'}; {os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}; floor: cores divided by the sum of components_us"
    )


def _hub_ledger(taken: hub_ledger.Taken, least: Floor) -> Row:
    conditions = f"submit to signed ACCEPTED, messages signed beforehand by two sender processes; refused: {taken.refused or 'none'}"
    alone = row("hub_ledger_10k", taken.rate, "messages/s", floor=least.hub_rate, conditions=conditions)
    alone.cpu_us = taken.cpu_us
    return alone


def _latency(run: Measured) -> Row:
    conditions = "from the desk call to the logged receipt: p99 at half the rate of end_to_end_10k; peer: p50 of one message at a time"
    return row("latency_half_rate", run.latency_ms["half_rate_p99"], "ms", peer=run.latency_ms["idle_p50"], conditions=conditions)


def _growth(grown: growth.Grown) -> Row:
    conditions = f"processor time of hub and its database with {growth.OLD:,} messages in the ledger; peer: with {growth.YOUNG:,}"
    return row("hub_ledger_1m_rows", grown.old_us, "us/message", peer=grown.young_us, conditions=conditions)


def _catch_up(outage: catch_up.Outage) -> Row:
    conditions = "from the death of a node that stood still until it has acknowledged all that waited for it, its start included"
    back = row(f"catch_up_{outage.waited}", round(outage.waited / outage.seconds, 1), "messages/s", conditions=conditions)
    back.seconds, back.messages = outage.seconds, outage.waited
    return back


def _peers(others: list[Row], run: Measured) -> list[Row]:
    """Each peer beside the exchange: the ratio is ours by theirs."""
    for one in others:
        one.peer, one.ratio = round(run.rate, 1), ratio(run.rate, one.value)
    return others


def _crypto(crypto: Crypto) -> list[Row]:
    """A core, through our code, beside the library alone."""
    ours = {"sign": crypto.sign, "verify": crypto.verify, "seal": crypto.seal, "open": crypto.open}
    conditions = "one core; floor: the same through the cryptography library alone"
    return [
        row(f"{name}_per_core", round(_MILLION / spent, 1), "1/s", floor=round(_MILLION / crypto.bare[name], 1), conditions=conditions)
        for name, spent in ours.items()
    ]


if __name__ == "__main__":
    main()
