"""The node of one province, until a signal ends it: a desk for its officers' systems, with the exchange behind it."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.refusals import Refused
from nodes.common.composition import running
from nodes.common.settings import NodeSettings
from nodes.provinces import CODECS
from runtime import process, settings
from runtime.clock import SystemClock


async def serve(wanted: NodeSettings) -> None:
    """Serves until cancelled."""
    async with running(wanted, CODECS[wanted.province], SystemClock()):
        await process.until_stopped()


def main() -> None:
    """Reads the settings and runs the node."""
    parser = argparse.ArgumentParser(prog="yrdx-node", description=__doc__)
    parser.add_argument(
        "--settings", type=Path, required=True, help="JSON file; docs/settings.md has every key, deploy/settings an example"
    )
    try:
        wanted = settings.load(parser.parse_args().settings, NodeSettings)
    except Refused as refusal:
        parser.error(str(refusal))
    if wanted.province not in CODECS:
        parser.error(f"province {wanted.province} is no member")
    process.run(lambda: serve(wanted), name=wanted.name, log=wanted.process_log)


if __name__ == "__main__":
    main()
