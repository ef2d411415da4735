"""One hub process, until a signal ends it: takes messages of provinces, gives them their order, delivers and logs them."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.refusals import Refused
from hub.composition import running
from hub.settings import HubSettings
from runtime import process, settings
from runtime.clock import SystemClock


async def serve(wanted: HubSettings) -> None:
    """Serves until cancelled."""
    async with running(wanted, SystemClock()):
        await process.until_stopped()


def main() -> None:
    """Reads the settings and runs the hub."""
    parser = argparse.ArgumentParser(prog="yrdx-hub", description=__doc__)
    parser.add_argument(
        "--settings", type=Path, required=True, help="JSON file; docs/settings.md has every key, deploy/settings/hub.json an example"
    )
    try:
        wanted = settings.load(parser.parse_args().settings, HubSettings)
    except Refused as refusal:
        parser.error(str(refusal))
    process.run(lambda: serve(wanted), name=wanted.name, log=wanted.process_log)


if __name__ == "__main__":
    main()
