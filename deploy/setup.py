"""`python deploy/setup.py FOLDER`: makes, once, everything secret that docker-compose.yml mounts, and registers for a trial.

    pki/          the whole key ceremony in one folder, as `yrdx-pki init` makes it, for the names of the containers
    dsn/          where hub and nodes find their databases, each with a password of its own
    postgres/     the password of the databases' owner
    registers/    four registers with made-up residents, a folder each

For a trial on one machine. In production the root stays offline, each province makes its keys on its own machine (`yrdx-pki request`,
`sign`) and runs its own register; what is left of this are the DSN files.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from pathlib import Path
from typing import Final

from core.ids import PROVINCES
from core.refusals import Refused
from nodes.provinces import policies
from pki import development
from pki.names import LOCAL, Names
from runtime import files
from runtime.clock import SystemClock
from simulator.inhabitants import settle
from simulator.layout import Layout
from simulator.population import population

SERVERS: Final = ("hub", *(f"{kind}-{code}" for kind in ("node", "register") for code in PROVINCES))
DATABASES: Final = ("hub", *(f"node_{code}" for code in PROVINCES))

_HOST: Final = "postgres:5432"
_SEED, _PEOPLE = 2026, 400


def make(folder: Path) -> None:
    """Makes it all. If we crash here, the next call refuses: remove the folder and begin anew.

    Raises:
        Refused: BAD_SETTINGS when there are keys already.
    """
    names = Names((*LOCAL.dns, *SERVERS), LOCAL.addresses)
    development.init(folder / "pki", SystemClock().now(), os.urandom, names=names, policies=policies())
    for name in ("dsn", "postgres"):
        (folder / name).mkdir()
    for database in DATABASES:
        text = f"postgresql://{database}:{secrets.token_hex(24)}@{_HOST}/{database}\n"
        files.write(folder / "dsn" / database, text, private=True)
    files.write(folder / "postgres" / "password", secrets.token_hex(24) + "\n", private=True)
    for code, residents in population(_SEED, _PEOPLE).items():
        layout = Layout.of(folder / "registers" / code)
        layout.database(code).parent.mkdir(parents=True)
        layout.beginning(code).parent.mkdir()
        settle(layout, {code: residents})


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    os.umask(0o077)
    try:
        make(folder)
    except (Refused, OSError) as error:
        parser.exit(1, f"{error}: is everything made already? To begin anew, remove what is in {folder}, and the databases with it\n")
    sys.stdout.write(f"made in {folder}: keep it private\n")


if __name__ == "__main__":
    main()
