"""A whole world: all processes serve, whatever is killed comes back at its address, and nothing outlives the end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from core.ids import PROVINCES
from runtime.clock import SystemClock, sleep
from runtime.health import serves
from runtime.settings import TlsFiles
from simulator.layout import Layout
from simulator.population import population
from simulator.servers import Servers
from simulator.world import Wish, World, world

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAMS = {"hub", *(f"node-{code}" for code in PROVINCES), *(f"register-{code}" for code in PROVINCES)}
ENGINES = {"postgres", "broker"}
VICTIMS = ["broker", "register-310000", "node-320000", "hub", "postgres"]


def rows(layout: Layout) -> Mapping[str, dict[str, str]]:
    return {row["name"]: row for row in json.loads((layout.folder / "world.json").read_text())}


def lives(pid: int | str) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


async def killed(layout: Layout, scene: World, name: str) -> None:
    """Kills a process as anybody may who reads `world.json`, and waits until its death is over."""
    before, deaths = rows(layout)[name], len(scene.faults.records)
    os.kill(int(before["pid"]), signal.SIGKILL)
    while len(scene.faults.records) == deaths:
        await sleep(0.02)
    await scene.faults.over()
    after = rows(layout)[name]
    assert after["pid"] != before["pid"]
    assert (after["address"], after["dsn_file"]) == (before["address"], before["dsn_file"])
    fault = scene.faults.records[deaths]
    assert (fault.process, fault.by, fault.in_flight) == (name, "outside", 0)


async def lived(layout: Layout, told: list[str]) -> set[str]:
    """The life of a world with five deaths; the pids that it ever had."""
    pids: set[str] = set()
    clock, people = SystemClock(), population(1, 40)
    wish = Wish(layout=layout, servers=Servers(), people=lambda: people, tell=told.append, clock=clock, sleep=sleep)
    async with world(wish) as scene:
        assert set(rows(layout)) == PROGRAMS | ENGINES
        for name in VICTIMS:
            pids |= {row["pid"] for row in rows(layout).values()}
            await killed(layout, scene, name)
        pids |= {row["pid"] for row in rows(layout).values()}
        await scene.operators.settle()
        for program in PROGRAMS:
            member = program.rpartition("-")[2]
            assert await serves(rows(layout)[program]["address"], tls(layout, member)), program
    return pids


def tls(layout: Layout, member: str) -> TlsFiles:
    keys = layout.member(member, "operator")
    return TlsFiles(certificate=keys / "tls.pem", key=keys / "tls.key", root=layout.root)


def test_what_is_killed_comes_back_at_its_address_and_the_end_leaves_nothing(tmp_path: Path) -> None:
    layout, told = Layout.of(tmp_path), list[str]()
    layout.clean()
    pids = asyncio.run(lived(layout, told))
    assert len(pids) == len(PROGRAMS | ENGINES) + len(VICTIMS)
    assert not [pid for pid in pids if lives(pid)]
    assert "160 residents" in told[0]
    modes = {layout.dsn(name).stat().st_mode & 0o777 for name in ("hub", *(f"node-{code}" for code in PROVINCES))}
    assert modes == {0o600}
