"""`python -m simulator.supervisor --folder DIR --seed N …`: the world that `yrdx-sim up` leaves running, until a signal ends it.

Standard output is read by `yrdx-sim up`, which shows it: lines, then `SERVING` alone. From then on nothing is written there.

Business time starts on the same Monday as in a run and then keeps pace with the real clock, a minute at a time: deadlines pass as they
would, and the working-day calendar has the days that they need.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runtime import process
from runtime.clock import SystemClock, sleep
from simulator import trouble
from simulator.claim import claimed
from simulator.directions import HOME, addresses, things_to_try
from simulator.layout import Layout
from simulator.population import population
from simulator.processes import clear
from simulator.servers import Servers
from simulator.world import BUSINESS_START, Wish, world

if TYPE_CHECKING:
    from runtime.clock import Clock, Sleep
    from simulator.operators import Operators

SERVING: Final = "serving"
_RESIDENTS: Final = 120
_STEP_S: Final = 60


async def live(folder: Path, seed: int, servers: Servers, clock: Clock, sleep: Sleep) -> None:
    """Runs the world until cancelled."""
    await servers.check()
    layout = Layout.of(folder)
    with claimed(folder):
        await clear(layout)
        layout.clean()
        wish = Wish(
            layout=layout,
            servers=servers,
            people=lambda: population(seed, _RESIDENTS),
            tell=_say,
            clock=clock,
            sleep=sleep,
        )
        async with world(wish) as scene:
            for text in [*addresses(scene.processes.rows.values()), *things_to_try(folder, scene.people[HOME]), SERVING]:
                _say(text)
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `up` goes away now
            await _keep_pace(scene.operators, sleep)


async def _keep_pace(operators: Operators, sleep: Sleep) -> None:
    """Moves business time on, for ever."""
    at = BUSINESS_START
    while True:
        await sleep(_STEP_S)
        at += timedelta(seconds=_STEP_S)
        await operators.advance(at)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Reads the command line and runs the world."""
    parser = argparse.ArgumentParser(prog="python -m simulator.supervisor", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--dsn-dir", type=Path)
    asked = parser.parse_args()
    servers = Servers(kafka=asked.kafka, dsn_folder=asked.dsn_dir)
    log = Layout.of(asked.folder).simulator_log

    def work() -> None:
        process.run(lambda: live(asked.folder, asked.seed, servers, SystemClock(), sleep), name="simulator", log=log)

    sys.exit(trouble.attempt(work, _say, log))


if __name__ == "__main__":
    main()
