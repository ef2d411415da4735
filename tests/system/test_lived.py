"""A run in which every Kafka record came twice: right in every respect, and no change made to it by hand goes unnoticed."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from audit.verify import verify
from core.ids import PROVINCES
from simulator.oracle import judge
from tests.simulator.run_folder import chained
from tests.support.programs import run
from tests.system.conftest import CASES

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.system.conftest import Lived

Lines = list[dict[str, Any]]
SHANGHAI, JIANGSU, ZHEJIANG, ANHUI = PROVINCES
JOURNAL = "journal.jsonl"


def test_records_that_are_repeated_have_no_second_effect(lived: Lived) -> None:
    report = lived.report
    assert lived.repeated > 4 * CASES
    assert report.problems() == []
    assert (report.lost, report.doubled, report.open, report.pairs) == (0, 0, 0, 12)
    assert sum(sum(counts.values()) for counts in report.cases.values()) == CASES


def test_deliveries_come_by_kafka_when_nothing_dies(lived: Lived) -> None:
    via = lived.report.delivered_via
    assert lived.report.faults == []
    assert via["kafka"] >= 0.95 * (via["kafka"] + via["ledger"])


def lines_of(path: Path) -> Lines:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write(path: Path, lines: Lines) -> None:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")


def edited(file: str, how: Callable[[Lines], object]) -> Callable[[Path], None]:
    """An edit of a file of lines."""

    def edit(folder: Path) -> None:
        lines = lines_of(folder / file)
        how(lines)
        write(folder / file, lines)

    return edit


def forged(how: Callable[[Lines], object]) -> Callable[[Path], None]:
    """An edit of the journal by somebody who makes its chain anew, and takes away the report that names its end."""

    def edit(folder: Path) -> None:
        edited(JOURNAL, how)(folder)
        write(folder / JOURNAL, chained(lines_of(folder / JOURNAL)))
        (folder / "report.json").unlink()

    return edit


def of(lines: Lines, **wanted: str) -> dict[str, Any]:
    """The first line, or answer, with these values."""
    return next(line for line in lines if all({**line, **line.get("answer", {})}.get(name) == value for name, value in wanted.items()))


def settled(lines: Lines) -> Lines:
    return [line for line in lines if line["since"] < "2026"]


def arrived(lines: Lines) -> dict[str, Any]:
    return next(line for line in lines if line["since"] > "2026" and line["status"] == "active")


def exchange(lines: Lines, name: str) -> None:
    one, other = settled(lines)[:2]
    one[name], other[name] = other[name], one[name]


def a_day_later(line: dict[str, Any]) -> None:
    line["since"] = (datetime.fromisoformat(line["since"]) + timedelta(days=1)).isoformat()


def refused_opening(lines: Lines) -> dict[str, Any]:
    """Of the second application of a person, or the first opening when nobody had one."""
    return next((line for line in lines if line["call"] == "OpenCase" and line["answer"].get("number")), of(lines, call="OpenCase"))


def moved(folder: Path) -> None:
    """Somebody is taken from one register to another."""
    here, there = (lines_of(folder / f"registers/{code}.jsonl") for code in (ANHUI, JIANGSU))
    there.append(here.pop(5))
    for code, lines in ((ANHUI, here), (JIANGSU, there)):
        write(folder / f"registers/{code}.jsonl", lines)


def cut(name: str, count: int) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-count])


def gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


EDITS: dict[str, Callable[[Path], object]] = {
    "two names exchanged": edited(f"registers/{SHANGHAI}.jsonl", lambda lines: exchange(lines, "name")),
    "two numbers exchanged": edited(f"registers/{SHANGHAI}.jsonl", lambda lines: exchange(lines, "id_number")),
    "another name of one who stayed": edited(f"registers/{JIANGSU}.jsonl", lambda lines: settled(lines)[9].update(name="王小明")),
    "another name of one who arrived": edited(f"registers/{JIANGSU}.jsonl", lambda lines: arrived(lines).update(name="王小明")),
    "one who stayed came a day later": edited(f"registers/{JIANGSU}.jsonl", lambda lines: a_day_later(settled(lines)[7])),
    "one who arrived came a day later": edited(f"registers/{JIANGSU}.jsonl", lambda lines: a_day_later(arrived(lines))),
    "one who left never did": edited(f"registers/{ANHUI}.jsonl", lambda lines: of(lines, status="moved-out").update(status="active")),
    "one who stayed died": edited(f"registers/{ANHUI}.jsonl", lambda lines: settled(lines)[7].update(status="deceased")),
    "a record is gone": edited(f"registers/{ZHEJIANG}.jsonl", lambda lines: lines.remove(settled(lines)[11])),
    "an arrival is gone": edited(f"registers/{ZHEJIANG}.jsonl", lambda lines: lines.remove(arrived(lines))),
    "a record stands twice": edited(f"registers/{ZHEJIANG}.jsonl", lambda lines: lines.append(dict(lines[0]))),
    "somebody is in another register": moved,
    "a register is gone": gone(f"registers/{ANHUI}.jsonl"),
    "a register is cut": cut(f"registers/{ANHUI}.jsonl", 9),
    "a decision is gone": forged(lambda lines: lines.remove(of(lines, call="Decide", code="OK"))),
    "an opening is gone": forged(lambda lines: lines.remove(refused_opening(lines))),
    "a decision was another": forged(lambda lines: of(lines, action="permit")["answer"].update(action="refuse")),
    "a decision by another": forged(lambda lines: of(lines, action="land", province=JIANGSU).update(province=ANHUI)),
    "a case ended otherwise": forged(lambda lines: of(lines, ending="landed")["answer"].update(ending="landed-after-correction")),
    "another person": forged(lambda lines: of(lines, call="GetCase")["answer"].update(id_number=lines[-1]["at"])),
    "another day": forged(lambda lines: of(lines, call="GetCase").update(at="2026-01-01T00:00:00Z")),
    "a document came otherwise": forged(lambda lines: of(lines, call="GetDocument")["answer"].update(content="0" * 64)),
    "a lone request id": edited(JOURNAL, lambda lines: of(lines, call="Decide").update(request_id=str(UUID(int=7)))),
    "a list was another's": edited(JOURNAL, lambda lines: of(lines, call="ListCases", province=ANHUI).update(province=JIANGSU)),
    "the journal's last call is gone": edited(JOURNAL, lambda lines: lines.pop()),
    "the journal's last line is cut": cut(JOURNAL, 9),
    "the journal is gone": gone(JOURNAL),
    "the anchor is gone": gone("root.pem"),
    "the checkpoint is cut": cut("log/checkpoint", 2),
    "the log's key is gone": gone("log/log.vkey"),
}


@pytest.fixture
def folder(lived: Lived, tmp_path: Path) -> Path:
    """A copy that may be changed: of everything but the objects, which are looked at where they are."""
    left_out = shutil.ignore_patterns("world", "process-logs", "objects")
    copy = Path(shutil.copytree(lived.folder, tmp_path / "run", ignore=left_out))
    (copy / "log" / "objects").symlink_to(lived.folder / "log" / "objects")
    return copy


def test_an_untouched_copy_is_right(folder: Path) -> None:
    assert judge(folder).is_right


@pytest.mark.parametrize("edit", EDITS)
def test_the_oracle_notices_an_edit(folder: Path, edit: str) -> None:
    EDITS[edit](folder)
    assert not judge(folder).is_right


def test_the_command_says_what_is_wrong_in_a_line(folder: Path) -> None:
    EDITS["one who stayed came a day later"](folder)
    ended = asyncio.run(run("yrdx-sim", "check", folder))
    assert ended.status == 1
    assert f"!! I1 registers/{JIANGSU}.jsonl line 8: active since 2020-01-02" in ended.out


def changed(path: Path, rng: random.Random) -> None:
    """One bit of a file."""
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def files_of_log(log: Path, kind: str) -> list[Path]:
    return sorted(path for path in log.glob(kind) if path.is_file())


KINDS = ("checkpoint", "log.vkey", "policy", "objects/*", "tile/0/**/*", "tile/entries/**/*")


@pytest.mark.parametrize("kind", KINDS)
def test_the_auditor_notices_any_changed_missing_or_surplus_file(lived: Lived, tmp_path: Path, rng: random.Random, kind: str) -> None:
    log, root = Path(shutil.copytree(lived.folder / "log", tmp_path / "log")), (lived.folder / "root.pem").read_bytes()

    def is_ok() -> bool:
        verified = verify(log, root, threads=1)
        assert verified.is_ok == (not verified.findings.kept())
        return verified.is_ok

    assert is_ok()
    path = rng.choice(files_of_log(log, kind))
    data = path.read_bytes()
    for harm in (lambda: changed(path, rng), path.unlink, lambda: path.write_bytes(data + b"\n")):
        harm()
        assert not is_ok(), path
        path.write_bytes(data)
    (path.parent / "surplus").write_bytes(b"surplus")
    assert not is_ok()
