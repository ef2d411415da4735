"""Children die with their parent, and what is left over is found."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime import children

HERE = Path(__file__).parents[2]
SLEEPER = (sys.executable, "-I", "-S", "-c", "import time; print('up', flush=True); time.sleep(600)")
STUBBORN = (*SLEEPER[:-1], f"import signal; signal.signal(15, signal.SIG_IGN); {SLEEPER[-1]}")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait_until_up(log: Path) -> None:
    deadline = time.monotonic() + 10
    while "up" not in (log.read_text() if log.exists() else ""):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while _alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_dies_with_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    script = f"""
import asyncio, pathlib
from runtime import children
async def main():
    folder = pathlib.Path({str(tmp_path)!r})
    await children.spawn({SLEEPER!r}, log=folder / "log", pid_file=folder / "pid")
    await asyncio.sleep(600)
asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=HERE)
    _wait_until_up(tmp_path / "log")
    pid = int((tmp_path / "pid").read_text().split()[0])
    assert _alive(pid)
    parent.send_signal(number)
    parent.wait(10)
    _wait_until_gone(pid)


def test_what_is_left_over_is_ended_at_the_next_start(tmp_path: Path) -> None:
    async def main() -> None:
        child = await children.spawn(STUBBORN, log=tmp_path / "log", pid_file=tmp_path / "pid")
        await asyncio.to_thread(_wait_until_up, tmp_path / "log")
        await children.clear(tmp_path / "pid", signal.SIGUSR1)
        assert await child.ended() == -signal.SIGUSR1
        await children.clear(tmp_path / "pid")

    asyncio.run(main())


def test_a_pid_that_belongs_to_somebody_else_now_is_left_alone(tmp_path: Path) -> None:
    async def main() -> None:
        child = await children.spawn(SLEEPER, log=tmp_path / "log", pid_file=tmp_path / "pid")
        await asyncio.to_thread(_wait_until_up, tmp_path / "log")
        pid, started = (tmp_path / "pid").read_text().split()
        (tmp_path / "pid").write_text(f"{pid} {int(started) - 1}\n")
        await children.clear(tmp_path / "pid")
        assert child.running
        for text in ("", pid):
            (tmp_path / "pid").write_text(text)
            await children.clear(tmp_path / "pid")
        assert child.running
        await child.end()

    asyncio.run(main())


def test_ending_takes_the_steps_it_needs(tmp_path: Path) -> None:
    async def main() -> None:
        obedient = await children.spawn(SLEEPER, log=tmp_path / "a")
        stubborn = await children.spawn(STUBBORN, log=tmp_path / "b")
        await asyncio.to_thread(_wait_until_up, tmp_path / "a")
        await asyncio.to_thread(_wait_until_up, tmp_path / "b")
        await obedient.end((signal.SIGTERM, 10))
        await stubborn.end((signal.SIGTERM, 0.1))
        await stubborn.end((signal.SIGTERM, 0.1))
        assert (await obedient.ended(), await stubborn.ended()) == (-signal.SIGTERM, -signal.SIGKILL)
        assert not _alive(stubborn.pid)

    asyncio.run(main())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_drops_its_privileges(tmp_path: Path) -> None:
    async def main() -> None:
        child = await children.spawn(("/bin/sh", "-c", "id -u; id -G"), log=tmp_path / "log", user="nobody")
        assert await child.ended() == 0

    asyncio.run(main())
    user, groups = (tmp_path / "log").read_text().split()
    assert user == groups == "65534"
