"""`python -m runtime.apache`: fetches Apache Kafka, so that whatever needs it finds it.

Exit status: 0 it is there, 1 it cannot be fetched, 3 something must be installed first.
"""

from __future__ import annotations

import asyncio
import sys

from core.refusals import ENGINE_MISSING, Refused
from runtime.apache import jars


def main() -> None:
    """Fetches and says where it is."""
    try:
        print(asyncio.run(jars.java()).jars)
    except Refused as refusal:
        print(f"{refusal.kind.en} {refusal.field}", file=sys.stderr)
        sys.exit(3 if refusal.kind is ENGINE_MISSING else 1)


if __name__ == "__main__":
    main()
