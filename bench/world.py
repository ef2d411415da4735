"""A whole world to be measured: the simulator's, with PostgreSQL told to remember when each transaction was committed."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Final

import asyncpg

from bench.plan import CasePlan, Party
from core.ids import PROVINCES
from runtime.embedded.postgres import Postgres
from simulator.processes import POSTGRES
from simulator.servers import Servers

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from simulator.layout import Layout
    from simulator.processes import Processes, Row
    from yrdx.v1 import resident_pb2

_PAIRS: Final = tuple(permutations(sorted(PROVINCES), 2))


class DatingServers(Servers):
    """Embedded servers; `pg_xact_commit_timestamp` tells when a row became durable."""

    async def databases(self, layout: Layout, processes: Processes) -> None:
        """As in every world, after the setting that needs a restart."""
        async with Postgres(layout.engine(POSTGRES)) as cluster:
            owner = await asyncpg.connect((cluster.folder / "owner.dsn").read_text())
            await owner.execute("alter system set track_commit_timestamp = on")
            await owner.close()
        await super().databases(layout, processes)


def people_needed(cases: int) -> int:
    """Residents of each province, so that enough adults can move to each of the others."""
    return max(60, 2 * cases)


def cases(people: Mapping[str, Sequence[resident_pb2.Resident]], count: int, chance: random.Random) -> list[CasePlan]:
    """Who moves where, spread evenly over the ordered pairs of provinces; nobody twice."""
    movers = {code: [person for person in residents if person.phone] for code, residents in people.items()}
    for residents in movers.values():
        chance.shuffle(residents)
    pairs = [_PAIRS[number % len(_PAIRS)] for number in range(count)]
    found = [(movers[home].pop(), home, destination) for home, destination in pairs]
    return [
        CasePlan(id_number=person.id_number, name=person.name, home=home, destination=destination) for person, home, destination in found
    ]


def parties(layout: Layout, rows: Mapping[str, Row]) -> dict[str, Party]:
    """The desks with the certificates of the provincial systems."""
    return {
        code: Party(
            address=rows[f"node-{code}"].address,
            certificate=str(layout.member(code, "system") / "tls.pem"),
            key=str(layout.member(code, "system") / "tls.key"),
            root=str(layout.root),
        )
        for code in PROVINCES
    }
