"""`yrdx-desk`: a sample client of the Desk, as a provincial system has one. Exit status: 0 fine, 1 refused or no answer, 2 usage.

Calls `yrdx.v1.Desk` and nothing else; what a provincial system must send and gets to see can be read off here. `commands` are the calls,
`decisions` the actions of a case, `stated` what is said in them, `asking` what all calls have in common, `shown` the tables.
"""

from __future__ import annotations

from nodes.desk_client.commands import app
from runtime.command_line import run


def main() -> None:
    """Parses the command line and exits."""
    run(app)
