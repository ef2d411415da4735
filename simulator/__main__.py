"""`yrdx-sim`: runs the simulated world, leaves it running, stops it, kills in it, and checks what a run left.

Exit status: 0 fine, 1 a finding, 2 usage, 3 something to install.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number

from core.typed import whole

if TYPE_CHECKING:
    from simulator.servers import Servers

app = App(name="yrdx-sim", help=__doc__, version_flags=())


def _check_kafka(_type: object, value: str) -> None:
    if value not in {"embedded", "apache", "apache3"} and not re.fullmatch(r"[^\s:]+:\d{1,5}", value):
        raise ValueError('is "embedded", "apache", "apache3" or HOST:PORT')


def _servers(kafka: str, dsn_dir: Path | None) -> Servers:
    from simulator.servers import Servers  # noqa: PLC0415 - `--help` must not load the whole world

    return Servers(kafka=kafka, dsn_folder=dsn_dir)


Out = Annotated[Path, Parameter(help="folder of the run")]
Seed = Annotated[int, Parameter(converter=whole, help="the same seed repeats people and plan")]
Kafka = Annotated[
    str,
    Parameter(
        help='"embedded", "apache" (Apache Kafka, fetched with Maven), "apache3" (three nodes, TLS), or HOST:PORT of a broker that runs',
        validator=_check_kafka,
    ),
]
DsnDir = Annotated[
    Path | None,
    Parameter(help="use these databases, which must be empty: a folder with the DSN files hub, node-310000, … node-340000"),
]


@app.command
def run(
    *,
    cases: Annotated[int, Parameter(converter=whole, validator=Number(gte=1, lte=10_000), help="people who want to move")] = 200,
    seed: Seed = 2026,
    kafka: Kafka = "embedded",
    dsn_dir: DsnDir = None,
    out: Out = Path("demo-out"),
) -> int:
    """Plays household transfers among four provinces and proves what happened.

    Example: yrdx-sim run --cases 200 --seed 2026 --out demo-out
    """
    from simulator import command  # noqa: PLC0415 - `--help` must not load the whole world

    return command.run(cases, seed, _servers(kafka, dsn_dir), out)


@app.command
def up(*, seed: Seed = 2026, kafka: Kafka = "embedded", dsn_dir: DsnDir = None, out: Out = Path("up")) -> int:
    """Starts the same world and leaves it running in the background; prints addresses and what to try.

    Example: yrdx-sim up --out up
    """
    from simulator import background  # noqa: PLC0415 - as above

    return background.up(seed, _servers(kafka, dsn_dir), out)


@app.command
def down(*, out: Out = Path("up")) -> int:
    """Stops what `up` started.

    Example: yrdx-sim down --out up
    """
    from simulator import background  # noqa: PLC0415 - as above

    return background.down(out)


@app.command
def faults(
    *,
    seed: Seed = 2026,
    only: Annotated[tuple[str, ...], Parameter(help="shell pattern for process and point, as in 'hub ledger.*'; may be repeated")] = (),
    out: Out = Path("faults-out"),
) -> int:
    """Kills every process at named points of the nine steps and four strokes, each time with work in flight: faults.json.

    Example: yrdx-sim faults --out faults-out
    """
    from simulator.kills import command  # noqa: PLC0415 - as above

    return command.faults(seed, only, out)


@app.command
def check(folder: Path) -> int:
    """Lets the oracle judge a run again, from its registers, journal and log alone.

    Example: yrdx-sim check demo-out
    """
    from simulator import command  # noqa: PLC0415 - as above

    return command.check(folder)


def main() -> None:
    """Parses the command line and exits."""
    try:
        status = app(exit_on_error=False, result_action="return_value")
    except CycloptsError:  # already printed
        sys.exit(2)
    except KeyboardInterrupt:  # before or after the work, which takes the signal itself
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


if __name__ == "__main__":
    main()
