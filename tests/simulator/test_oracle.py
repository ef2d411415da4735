"""The oracle is silent about what is right, whatever its way there: the usual run, and any walk that the procedure allows."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.procedures.household_transfer import HOUSEHOLD_TRANSFER
from core.procedures.model import CLOSED
from simulator import command, oracle
from simulator.oracle import Verdict, judge
from simulator.trouble import FINDING, FINE, USAGE
from tests.simulator.run_folder import SHANGHAI, RunFolder, read_lines, usual, write_lines
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    import random

PROVINCES = ("310000", "320000", "330000", "340000")
REASONS = tuple(
    envelope_pb2.ReasonClass.Value(f"REASON_CLASS_{name}")
    for name in ("POLICY_NOT_MET", "IDENTITY_MISMATCH", "APPLICANT_WISH", "NO_SHOW", "DECEASED", "UNSPECIFIED")
)
NAMING = ("concerns", "concerns", "supersedes")
AUTUMN = datetime(2026, 9, 1, tzinfo=UTC)
"""From then on no more days are spent: certificates and the year's calendar come to their end."""


def checked(verdict: Verdict) -> dict[str, int]:
    return {item.name: item.checked for item in verdict.invariants}


def test_the_usual_run_has_every_ending() -> None:
    wanted = {arrow.ending or arrow.destines for arrow in HOUSEHOLD_TRANSFER.transitions}
    wanted |= {arrow.corrected_ending for arrow in HOUSEHOLD_TRANSFER.transitions}
    wanted |= {deadline.expires_to for deadline in HOUSEHOLD_TRANSFER.deadlines}
    assert {case.ending for case in usual().log.cases.values()} == wanted - {""}


def test_the_usual_run_is_right_and_every_invariant_was_looked_at(tmp_path: Path) -> None:
    verdict = judge(usual().write(tmp_path))
    assert verdict.findings == []
    assert verdict.is_right
    assert (verdict.lost, verdict.doubled) == (0, 0)
    assert list(checked(verdict)) == [f"I{n}" for n in range(1, 10)]
    assert min(checked(verdict).values()) > 20


@pytest.mark.parametrize("walk", range(4))
def test_whatever_the_procedure_allows_is_right(rng: random.Random, tmp_path: Path, walk: int) -> None:
    """Random officers of both sides, with days between; the engine decides, the oracle's own rules must agree with it every time."""
    run = RunFolder()
    for _ in range(10):
        wander(run, rng, *rng.sample(PROVINCES, 2))
    verdict = judge(run.write(tmp_path))
    assert verdict.findings == []
    assert verdict.is_right, walk


def wander(run: RunFolder, rng: random.Random, home: str, destination: str) -> None:
    """A case in which anybody says anything, right or wrong, until it is over."""
    actions = [action.name for action in HOUSEHOLD_TRANSFER.actions if not (action.opens or action.settles or action.anywhere)]
    actions += ["permit", "resubmit", "supplement", "resume", "deregister", "land"] * 3
    case_id = run.apply(home, destination, open_key_materials=owed(rng))
    while run.log.cases[case_id].state != CLOSED:
        run.wait(rng.choice((0, 0, 0, 1, 3, 12)) if run.log.business_at < AUTUMN else 0)
        state = run.log.cases[case_id].state
        if state in {"deregistering", "landing"} and rng.random() < 0.3:
            run.say(case_id, "execution-failed", destination if state == "landing" else home)
        elif state.startswith(("deregistering", "landing")) or (state == "deregistration-failed" and rng.random() < 0.5):
            run.enter(case_id, "land" if state.startswith("landing") else "deregister")
        elif rng.random() < 0.2:
            speak_of_content(run, rng, case_id)
        else:
            sender, reason = rng.choice((home, destination)), rng.choice(REASONS)
            run.decide(case_id, rng.choice(actions), sender, reason_class=reason, open_key_materials=owed(rng))


def speak_of_content(run: RunFolder, rng: random.Random, case_id: bytes) -> None:
    """Somebody cannot use what he was sent, or seals something again, rightly or not."""
    case = run.log.cases[case_id]
    refused = case.content(case.unusable)
    if refused and rng.random() < 0.7:
        same: dict[str, Any] = {"plaintext_commitment": refused.commitment, "tag_commitment": refused.tag_commitment}
        run.say(case_id, "reseal", refused.sender, supersedes=refused.message_id, **same)
    else:
        header: dict[str, Any] = {rng.choice(NAMING): rng.choice(case.contents).message_id}
        run.say(case_id, rng.choice(("reseal", "content-refused")), rng.choice(run.parties[case_id]), **header)


def owed(rng: random.Random) -> int:
    return rng.choice((0, 0, 0, 1))


def test_a_person_may_move_on_and_come_back(tmp_path: Path) -> None:
    run, person = RunFolder(), ""
    for home, destination in (("310000", "320000"), ("320000", "310000"), ("310000", "340000"), ("340000", "320000")):
        case_id = run.apply(home, destination, person)
        person = run.persons[case_id]
        run.decide(case_id, "permit")
        run.carry_out(case_id, "deregister")
        run.carry_out(case_id, "land")
    assert judge(run.write(tmp_path)).findings == []


def test_an_empty_verdict_is_not_a_right_one() -> None:
    assert not Verdict().is_right


def test_a_run_in_which_something_never_happened_is_not_right(tmp_path: Path) -> None:
    """An invariant with 0 checks is a failure: nothing was shown."""
    verdict = judge(RunFolder().write(tmp_path))
    assert verdict.findings == []
    assert checked(verdict)["I3"] == 0
    assert not verdict.is_right


def test_no_folder_is_a_question_not_a_finding(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError):
        judge(tmp_path / "nowhere")
    assert command.check(tmp_path / "nowhere") == USAGE


def test_an_empty_folder_has_findings_and_no_traceback(tmp_path: Path) -> None:
    verdict = judge(tmp_path)
    assert not verdict.is_right
    assert any("log/checkpoint" in finding for finding in verdict.findings)


def test_check_prints_the_invariants_and_the_first_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = usual()
    folder = run.write(tmp_path)
    assert command.check(folder) == FINE
    printed = capsys.readouterr().out
    assert [line.split()[0] for line in printed.splitlines()] == [*(f"I{n}" for n in range(1, 10)), "lost"]
    assert printed.endswith("everything holds\n")
    for path in (folder / "registers").glob("*.jsonl"):
        write_lines(path, [{**line, "status": "deceased"} for line in read_lines(path)])
    assert command.check(folder) == FINDING
    printed = capsys.readouterr().out
    assert printed.count("!! I") == 20
    assert [line.split()[-1] for line in printed.splitlines()[-2:]] == ["more", "right"]
    for secret in (*run.people[SHANGHAI], *run.persons.values()):
        assert secret not in printed


def test_the_oracle_knows_nothing_of_the_procedure_it_judges() -> None:
    folder = Path(oracle.__file__).parent
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not [
            name for name in modules if name.startswith(("core.procedures", "core.rules", "core.calendar", "hub", "nodes", "audit"))
        ]
