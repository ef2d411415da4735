"""A folder has one simulator at a time, and a dead one holds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.claim import claimed, holder
from simulator.trouble import NotUsable

HERE = Path(__file__).parents[2]
HOLD = """
import pathlib, sys, time
from simulator.claim import claimed
with claimed(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    assert holder(tmp_path) is None
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], cwd=HERE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.readline()
        assert holder(tmp_path) == first.pid
        with pytest.raises(NotUsable, match="running"), claimed(tmp_path):
            pass
        first.send_signal(signal.SIGKILL)
    assert holder(tmp_path) is None
    with claimed(tmp_path):
        assert (tmp_path / "simulator.pid").read_text() == f"{os.getpid()}\n"
    assert holder(tmp_path) is None
