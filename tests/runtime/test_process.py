"""The life of a process, tried on real child processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]


class Program:
    """A child that runs `body` as its main and writes its log to a file."""

    def __init__(self, folder: Path, body: str) -> None:
        self.log = folder / "process.log"
        script = f"""
import asyncio, pathlib
from core.refusals import BAD_SETTINGS, ENGINE_MISSING, NOT_FOUND, Refused
from runtime import process, process_log
from runtime.process import until_stopped

async def main() -> None:
{textwrap.indent(textwrap.dedent(body), "    ")}

process.run(main, name="sample", log=pathlib.Path({str(self.log)!r}))
"""
        self._child = subprocess.Popen([sys.executable, "-c", script], cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_for(self, word: str) -> None:
        assert self._child.stdout is not None
        assert self._child.stdout.readline().strip() == word

    def send(self, number: signal.Signals) -> None:
        self._child.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        out, err = self._child.communicate(timeout=20)
        return self._child.returncode, out, err

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


SERVICE = """
try:
    print("up", flush=True)
    await until_stopped()
finally:
    await asyncio.sleep(0.05)
    print("drained", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_in_order(tmp_path: Path, number: signal.Signals) -> None:
    program = Program(tmp_path, SERVICE)
    program.wait_for("up")
    program.send(number)
    assert program.end() == (0, "drained\n", "")
    assert [line["event"] for line in program.lines()] == ["stopping", "stopped"]
    assert program.lines()[0]["signal"] == number.name


def test_a_second_signal_cuts_the_drain_short(tmp_path: Path) -> None:
    program = Program(tmp_path, SERVICE.replace("0.05", "60"))
    program.wait_for("up")
    program.send(signal.SIGTERM)
    while len(program.lines()) < 1:
        pass
    program.send(signal.SIGTERM)
    assert program.end() == (0, "", "")


def test_a_main_that_returns_is_success(tmp_path: Path) -> None:
    assert Program(tmp_path, "pass").end() == (0, "", "")


@pytest.mark.parametrize(("kind", "status"), [("BAD_SETTINGS", 2), ("ENGINE_MISSING", 3), ("NOT_FOUND", 1)])
def test_a_refusal_is_an_exit_status_and_a_line(tmp_path: Path, kind: str, status: int) -> None:
    program = Program(tmp_path, f"raise Refused({kind}, 'there')")
    assert program.end() == (status, "", "")
    assert kind in str(program.lines()[0]["reason"])


def test_a_crash_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    body = """
    async def crash() -> None:
        number = "310101199001011234"
        try:
            {}["case"]
        except KeyError as exc:
            raise RuntimeError("duplicate key\\nDETAIL: Key (number)=(310101199001011234) exists") from exc
    async with asyncio.TaskGroup() as group:
        group.create_task(crash())
    """
    program = Program(tmp_path, body)
    assert program.end() == (1, "", "")
    text = program.log.read_text()
    assert "310101199001011234" not in text
    (line,) = program.lines()
    assert (line["level"], line["event"]) == ("critical", "failed")
    causes = line["cause"]
    assert isinstance(causes, list)
    assert causes[0].startswith("ExceptionGroup:")
    assert causes[1].startswith("  RuntimeError: duplicate key at <string>:")
    assert causes[2].startswith("  KeyError: 'case' at ")


def test_library_warnings_and_words_of_the_caller_are_lines_with_utc_times(tmp_path: Path) -> None:
    body = """
    import logging
    process_log.get("hub.publish").info("published", province="310000", count=3)
    process_log.get("hub.publish").debug("not shown")
    logging.getLogger("aiolib").warning("lost %s", "connection")
    """
    program = Program(tmp_path, body)
    assert program.end() == (0, "", "")
    first, second, _ = program.lines()
    assert str(first.pop("at")).endswith("Z")
    assert first == {
        "level": "info", "process": "sample", "part": "hub.publish",
        "event": "published", "province": "310000", "count": 3,
    }  # fmt: skip
    assert (second["level"], second["part"], second["event"]) == ("warning", "aiolib", "lost connection")


def test_a_full_disk_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    body = """
    import resource
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    process_log.get("a").info("before")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
    process_log.get("a").warning("lost")
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    process_log.get("a").info("after")
    """
    program = Program(tmp_path, body)
    assert program.end() == (0, "", "")
    assert [line["event"] for line in program.lines()] == ["before", "after", "stopped"]
