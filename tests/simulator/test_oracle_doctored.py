"""A run that was changed by hand afterwards: each kind of change is noticed, under an invariant that it breaks."""

from __future__ import annotations

import base64
import hashlib
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.ids import PROVINCES
from simulator.oracle import judge
from tests.simulator.run_folder import ANHUI, JIANGSU, SHANGHAI, ZHEJIANG, citizen_number, read_lines, usual, write_lines

Lines = list[dict[str, Any]]
Change = Callable[[Lines], object]
JOURNAL = "journal.jsonl"
STRANGER = citizen_number("31000019700101000")


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The usual run. Tests leave it as it was."""
    return usual().write(tmp_path_factory.mktemp("right"))


@pytest.fixture
def folder(right: Path, tmp_path: Path) -> Path:
    """A copy, to be changed, with the log of the right one."""
    folder = Path(shutil.copytree(right, tmp_path / "run", ignore=shutil.ignore_patterns("log")))
    (folder / "log").symlink_to(right / "log")
    return folder


@pytest.fixture
def logged(right: Path, tmp_path: Path) -> Path:
    """A copy of everything, whose log may be changed."""
    return Path(shutil.copytree(right, tmp_path / "run"))


def violated(folder: Path) -> set[str]:
    """The invariants that do not hold; every one of them has a line."""
    verdict = judge(folder)
    names = {item.name for item in verdict.invariants if item.violations}
    assert names == {finding.split(" ")[0] for finding in verdict.findings}
    assert verdict.is_right == (not names)
    return names


def change(folder: Path, name: str, how: Change) -> None:
    """Changes the lines of a file in place."""
    lines = read_lines(folder / name)
    how(lines)
    write_lines(folder / name, lines)


def the(lines: Lines, **wanted: str) -> dict[str, Any]:
    """The first line, or answer, with these values."""
    return next(line for line in lines if all({**line, **line.get("answer", {})}.get(key) == value for key, value in wanted.items()))


def moved_to(folder: Path, code: str) -> dict[str, Any]:
    """A record that a landing made."""
    return next(line for line in read_lines(folder / f"registers/{code}.jsonl") if line["since"] > "2026")


def exchanged(lines: Lines, field: str) -> None:
    """Two who never moved have each other's."""
    one, other = lines[:2]
    one[field], other[field] = other[field], one[field]


REGISTER_CHANGES: dict[str, Change] = {
    "a resident is gone": lambda lines: lines.pop(0),
    "a record of a move is gone": lambda lines: lines.remove(the(lines, status="moved-out")),
    "a record stands twice": lambda lines: lines.append(dict(lines[0])),
    "an unknown person appears": lambda lines: lines.append({**lines[0], "id_number": STRANGER}),
    "a person without reason moved out": lambda lines: lines[0].update(status="moved-out"),
    "a person died": lambda lines: lines[0].update(status="deceased"),
    "who left is back": lambda lines: the(lines, status="moved-out").update(status="active"),
    "another day of a resident": lambda lines: lines[0].update(since="2019-12-31T00:00:00Z"),
    "another second of a move": lambda lines: the(lines, status="moved-out").update(since="2026-01-30T01:02:03Z"),
    "another number": lambda lines: the(lines, status="moved-out").update(id_number=STRANGER),
    "no number": lambda lines: lines[0].update(id_number=lines[0]["id_number"][:-1] + "Y"),
    "a wrong check digit": lambda lines: lines[0].update(id_number=lines[0]["id_number"][:-2] + lines[0]["id_number"][-1] * 2),
    "another name": lambda lines: the(lines, status="moved-out").update(name="李四"),
    "another name of who stayed": lambda lines: lines[0].update(name="李四"),
    "two names exchanged": lambda lines: exchanged(lines, "name"),
    "another number of who stayed": lambda lines: lines[0].update(id_number=STRANGER),
    "two numbers exchanged": lambda lines: exchanged(lines, "id_number"),
    "two lines exchanged": lambda lines: lines.insert(1, lines.pop(0)),
    "everybody came a day later": lambda lines: [line.update(since="2020-01-02T00:00:00Z") for line in lines if line["since"] < "2026"],
    "another field": lambda lines: lines[0].update(note=""),
    "a field is gone": lambda lines: lines[0].pop("name"),
    "no time": lambda lines: lines[0].update(since="yesterday"),
    "no zone": lambda lines: lines[0].update(since="2020-01-01T00:00:00"),
    "no such status": lambda lines: lines[0].update(status="Active"),
}


@pytest.mark.parametrize("kind", REGISTER_CHANGES)
def test_a_register_that_was_changed(folder: Path, kind: str) -> None:
    change(folder, f"registers/{SHANGHAI}.jsonl", REGISTER_CHANGES[kind])
    assert "I1" in violated(folder)


@pytest.mark.parametrize("kind", ["a resident is gone", "everybody came a day later"])
def test_registers_that_were_all_changed_alike(folder: Path, kind: str) -> None:
    """They still agree with each other; not with what they were."""
    for code in PROVINCES:
        change(folder, f"registers/{code}.jsonl", REGISTER_CHANGES[kind])
    assert "I1" in violated(folder)


def test_a_run_of_which_the_beginning_was_not_kept(folder: Path) -> None:
    shutil.rmtree(folder / "beginning")
    assert violated(folder) == set()
    change(folder, f"registers/{SHANGHAI}.jsonl", REGISTER_CHANGES["a resident is gone"])
    assert violated(folder) == {"I1"}


@pytest.mark.parametrize("data", [None, b""])
def test_a_beginning_of_which_a_part_is_gone(folder: Path, data: bytes | None) -> None:
    file = folder / f"beginning/{SHANGHAI}.jsonl"
    file.unlink() if data is None else file.write_bytes(data)
    assert violated(folder) == {"I1"}


def test_two_active_records_are_a_doubled_person(folder: Path) -> None:
    there = moved_to(folder, ZHEJIANG)
    change(folder, f"registers/{ANHUI}.jsonl", lambda lines: lines.append(there))
    assert "I1" in violated(folder)
    verdict = judge(folder)
    assert (verdict.lost, verdict.doubled) == (0, 1)


def test_a_landing_entered_twice_is_doubled(folder: Path) -> None:
    there = moved_to(folder, ZHEJIANG)
    change(folder, f"registers/{ZHEJIANG}.jsonl", lambda lines: lines.append({**there, "status": "moved-out"}))
    assert "I1" in violated(folder)
    assert judge(folder).doubled == 1


def test_a_landing_that_is_not_in_the_register_is_lost(folder: Path) -> None:
    there = moved_to(folder, ZHEJIANG)
    change(folder, f"registers/{ZHEJIANG}.jsonl", lambda lines: lines.remove(there))
    assert "I1" in violated(folder)
    verdict = judge(folder)
    assert (verdict.lost, verdict.doubled) == (1, 0)


def test_who_has_not_left_by_the_register_was_lost(folder: Path) -> None:
    change(folder, f"registers/{SHANGHAI}.jsonl", REGISTER_CHANGES["who left is back"])
    assert {"I1", "I2"} <= violated(folder)
    assert judge(folder).lost == 1


def answered(name: str, value: str | int, **wanted: str) -> Change:
    """Another answer in the first line with these values."""
    return lambda lines: the(lines, **wanted)["answer"].update({name: value})


def to_no(lines: Lines) -> None:
    the(lines, action="permit")["answer"] = {"code": "FAILED_PRECONDITION", "number": 5004, "name": "ACTION_NOT_LEGAL"}


def to_yes(lines: Lines) -> None:
    the(lines, code="ABORTED")["answer"].update(code="OK", action="permit", message_id=str(uuid.uuid4()))


def invented(lines: Lines) -> None:
    line = the(lines, action="permit")
    lines.append({**line, "request_id": "invented", "answer": {**line["answer"], "message_id": str(uuid.uuid4())}})


def no_then_yes(lines: Lines) -> None:
    line = the(lines, action="permit")
    no = {"code": "FAILED_PRECONDITION", "number": 5004, "name": "ACTION_NOT_LEGAL"}
    lines.insert(lines.index(line), {**line, "answer": no})


JOURNAL_CHANGES: dict[str, tuple[Change, str]] = {
    "an opening is gone": (lambda lines: lines.remove(the(lines, call="OpenCase")), "I5"),
    "a refused opening is gone": (lambda lines: lines.remove(the(lines, call="OpenCase", province=ANHUI)), "I5"),
    "a decision is gone": (lambda lines: lines.remove(the(lines, action="permit")), "I5"),
    "a decision that the hub refused is gone": (lambda lines: lines.remove(the(lines, action="withdraw", province=ZHEJIANG)), "I5"),
    "another message": (answered("message_id", str(uuid.UUID(int=7)), action="permit"), "I5"),
    "no message": (answered("message_id", "", action="permit"), "I5"),
    "another action": (answered("action", "refuse", action="permit"), "I5"),
    "another province": (lambda lines: the(lines, action="permit").update(province=JIANGSU), "I5"),
    "another case": (lambda lines: the(lines, action="permit").update(case_id=str(uuid.UUID(int=7))), "I5"),
    "an invented decision": (invented, "I5"),
    "an invented case": (
        lambda lines: lines.append({**the(lines, call="OpenCase"), "request_id": "new", "case_id": str(uuid.UUID(int=7))}),
        "I5",
    ),
    "a yes became a no": (to_no, "I5"),
    "a no became a yes": (to_yes, "I5"),
    "two answers to one request": (
        lambda lines: the(lines, action="return").update(request_id=the(lines, action="permit")["request_id"]),
        "I5",
    ),
    "two requests for one message": (lambda lines: lines.append({**the(lines, action="permit"), "request_id": "another"}), "I5"),
    "a yes after a no": (no_then_yes, "I9"),
    "a call of another day": (lambda lines: the(lines, call="GetCase").update(at="2026-01-25T01:00:00Z"), "I7"),
    "a first call long before": (lambda lines: lines[0].update(at="2026-01-25T01:00:00Z"), "I7"),
    "a last call long after": (lambda lines: lines[-1].update(at="2027-01-25T01:00:00Z"), "I7"),
    "a call at another place": (lambda lines: lines.insert(0, lines.pop()), "I7"),
    "another content": (answered("content", "00" * 32, call="GetDocument"), "I4"),
    "another document": (answered("digest", "00" * 32, call="GetDocument"), "I4"),
    "another person": (answered("id_number", STRANGER, call="OpenCase"), "I3"),
    "no person": (answered("id_number", "", call="GetCase"), "I3"),
    "a person of another kind": (answered("id_number", 7, call="Decide", code="OK"), "I5"),
    "a reason without a number": (lambda lines: the(lines, code="ABORTED")["answer"].pop("number"), "I5"),
    "another person later": (answered("id_number", STRANGER, call="GetCase"), "I3"),
    "another state": (answered("state", "landing", action="revoke"), "I4"),
    "another ending": (answered("ending", "landed", action="refuse"), "I4"),
    "no ending": (answered("ending", "", action="refuse"), "I4"),
    "a line stands twice": (lambda lines: lines.append(dict(the(lines, call="GetCase"))), "I5"),
    "a look by a stranger": (lambda lines: the(lines, call="GetCase").update(province=JIANGSU), "I4"),
    "a look at no case": (lambda lines: the(lines, call="GetCase").update(case_id=""), "I4"),
    "nobody found at home": (answered("found", 0, call="FindResident"), "I4"),
    "somebody dead at home": (answered("status", "deceased", call="FindResident"), "I4"),
    "another call": (lambda lines: the(lines, call="GetCase").update(call="FindResident"), "I5"),
    "another code": (answered("code", "FINE", call="GetCase"), "I5"),
    "another reason": (answered("number", 5003, code="ABORTED"), "I5"),
    "a document is gone": (lambda lines: lines.remove(the(lines, call="PutDocument")), "I4"),
    "another field": (lambda lines: lines[0].update(note=1), "I5"),
    "no such province": (lambda lines: lines[0].update(province="110000"), "I5"),
    "no such call": (lambda lines: lines[0].update(call="Delete"), "I5"),
    "no answer": (lambda lines: lines[0].update(answer={}), "I5"),
    "no time": (lambda lines: lines[0].update(at="noon"), "I5"),
}


@pytest.mark.parametrize("kind", JOURNAL_CHANGES)
def test_a_journal_that_was_changed(folder: Path, kind: str) -> None:
    how, name = JOURNAL_CHANGES[kind]
    change(folder, JOURNAL, how)
    assert name in violated(folder)


@pytest.mark.parametrize("how", [invented, to_yes])
def test_a_promise_without_a_message_is_lost(folder: Path, how: Change) -> None:
    change(folder, JOURNAL, how)
    verdict = judge(folder)
    assert (verdict.lost, verdict.doubled) == (1, 0)


def test_a_repeat_with_the_same_answer_is_one_call(folder: Path) -> None:
    change(folder, JOURNAL, lambda lines: lines.append({**the(lines, action="permit"), "at": lines[-1]["at"]}))
    assert violated(folder) == set()


@pytest.mark.parametrize("name", [f"registers/{JIANGSU}.jsonl", JOURNAL])
@pytest.mark.parametrize("data", [None, b"", b"\xff\n", b"[1]\n", b"{\n", b'{"id_number": 1}\n'])
def test_files_that_are_gone_or_cannot_be_read(folder: Path, name: str, data: bytes | None) -> None:
    (folder / name).unlink() if data is None else (folder / name).write_bytes(data)
    assert violated(folder) & {"I1", "I5"}


@pytest.mark.parametrize("where", [0.0, 0.4, 1.0])
def test_a_changed_byte_in_any_file_of_the_log(right: Path, where: float) -> None:
    missed = []
    for path in [path for path in right.rglob("log/**/*") if path.is_file()][:: 13 if where == 0.4 else 41]:
        data = path.read_bytes()
        changed = bytearray(data)
        changed[round((len(data) - 1) * where)] ^= 1
        path.write_bytes(changed)
        missed += [] if violated(right) & {"I6", "I7"} else [path.name]
        path.write_bytes(data)
    assert missed == []


@pytest.mark.parametrize("name", ["checkpoint", "log.vkey", "policy", "tile/0/**/*", "tile/entries/**/*", "objects/*"])
def test_a_missing_file_of_the_log(logged: Path, name: str) -> None:
    min(path for path in (logged / "log").rglob(name) if path.is_file()).unlink()
    assert "I6" in violated(logged)


def test_a_cut_bundle_and_a_folder_in_place_of_an_object(logged: Path) -> None:
    bundle = next(path for path in (logged / "log/tile/entries").rglob("*") if path.is_file())
    bundle.write_bytes(bundle.read_bytes()[:-1])
    (logged / "log/objects/surplus").mkdir()
    assert "I6" in violated(logged)


@pytest.mark.parametrize("name", ["notes.txt", "tile/0/007", "tile/entries/000.p/1", "checkpoint.old"])
def test_a_file_that_does_not_belong_to_the_log(logged: Path, name: str) -> None:
    (logged / "log" / name).parent.mkdir(exist_ok=True)
    (logged / "log" / name).write_bytes(b"surplus")
    assert violated(logged) == {"I6"}


def test_an_object_that_no_entry_names(logged: Path) -> None:
    (logged / "log/objects" / hashlib.sha256(b"surplus").hexdigest()).write_bytes(b"surplus")
    assert violated(logged) == {"I6"}


@pytest.mark.parametrize("data", [None, b"", b"no certificate"])
def test_the_anchor_is_gone_or_another(folder: Path, data: bytes | None) -> None:
    (folder / "root.pem").unlink() if data is None else (folder / "root.pem").write_bytes(data)
    assert "I7" in violated(folder)


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "clear": lambda secret: secret,
    "hex": lambda secret: secret.hex().encode(),
    "upper-case hex": lambda secret: secret.hex().upper().encode(),
    "base64": lambda secret: base64.b64encode(secret).rstrip(b"="),
    "base64 inside a longer text": lambda secret: base64.b64encode(b"x" + secret + b"yz"),
    "url base64": lambda secret: base64.urlsafe_b64encode(b"??>" + secret),
    "digest": lambda secret: hashlib.sha256(secret).digest(),
    "hex digest": lambda secret: hashlib.sha256(secret).hexdigest().encode(),
    "base64 digest": lambda secret: base64.b64encode(hashlib.sha256(secret).digest()),
    "JSON escapes": lambda secret: str(secret.decode()).encode("ascii", "backslashreplace"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("field", ["id_number", "name"])
def test_a_secret_in_a_process_log(folder: Path, form: str, field: str) -> None:
    secret = read_lines(folder / f"registers/{ANHUI}.jsonl")[0][field].encode()
    assert violated(folder) == set()
    with (folder / "process-logs" / "node.log").open("wb") as log:
        log.write(b'{"event": "' + FORMS[form](secret) + b'"}\n')
    assert violated(folder) == {"I6"}
    assert secret.decode() not in "".join(judge(folder).findings)
