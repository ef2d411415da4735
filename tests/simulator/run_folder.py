"""The folder of a run, made without processes: a log signed for everybody, registers that follow it, and a journal of who asked for what.

`RunFolder` plays desks, nodes, hub and registers in one. What it makes is right; a test that wants a wrong one changes a file of it, or
lies on the way (`log` is the builder underneath).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stdnum.cn import ric

from core.ids import PROVINCES
from core.procedures.model import CLOSED
from core.refusals import PERSON_CLAIMED, UNAVAILABLE, VERSION_CONFLICT, Kind, Refused
from simulator.chain import FIRST, link
from tests.support.log_folder import LogBuilder
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.support.trust import Keys

SHANGHAI, JIANGSU, ZHEJIANG, ANHUI = PROVINCES
_BEGINNING = "2020-01-01T00:00:00Z"
_BY_OUT = {"deregister", "return", "annul"}


class RunFolder:
    """A world that is played step by step.

    Attributes:
        log: what the hub logs.
        registers: lines of each register, as they will be written.
        beginning: the same before the first case.
        journal: lines of the journal.
        people: citizen numbers by province.
    """

    def __init__(self, keys: Keys | None = None, residents: int = 10) -> None:
        self.log = LogBuilder(keys).begin()
        self.people = {code: [citizen_number(f"{code}19800101{n:03d}") for n in range(residents)] for code in PROVINCES}
        self.registers = {code: [self._record(number, _BEGINNING) for number in own] for code, own in self.people.items()}
        self.beginning = {code: [dict(line) for line in lines] for code, lines in self.registers.items()}
        self.journal: list[dict[str, Any]] = []
        self.persons: dict[bytes, str] = {}
        self.companions: dict[bytes, list[str]] = {}
        self.parties: dict[bytes, tuple[str, str]] = {}
        self._open: dict[str, bytes] = {}
        self._requests = 0

    def apply(self, home: str, destination: str, person: str = "", others: Sequence[str] = (), **header: Any) -> bytes:
        """Somebody applies at a counter, also for others; refused when another case of one of them is open. Returns the case id."""
        person = person or self.people[home].pop()
        case_id = self.log.new_id()
        self.persons[case_id], self.companions[case_id], self.parties[case_id] = person, list(others), (destination, home)
        scan = hashlib.sha256(case_id).digest()
        document = {"code": "OK", "digest": scan.hex(), "content": hashlib.sha256(scan).hexdigest()}
        self._line(destination, "PutDocument", b"", document)
        self.call(destination, "OpenCase", case_id)
        self.log.wait(minutes=1)
        materials = [envelope_pb2.MaterialReference(digest=scan, size=4096)]
        message = self.log.message(case_id, "apply", destination, home, materials=materials, **header)
        if any(mover in self._open for mover in self.movers(case_id)):
            self.log.refuse(message, PERSON_CLAIMED.number)
            return case_id
        self._open |= dict.fromkeys(self.movers(case_id), case_id)
        self.log.deliver(self.log.accept(message))
        self._line(home, "GetDocument", case_id, document)
        return case_id

    def decide(self, case_id: bytes, action: str, province: str = "", *, deliver: bool = True, **header: Any) -> bytes:
        """An officer decides; the hub judges. An accepted act that cannot be undone changes its register, and is entered by `enter`."""
        sender = province or self.parties[case_id][action in _BY_OUT]
        message_id = self.say(case_id, action, sender, deliver=deliver, **header)
        self.call(sender, "Decide", case_id, action=action, message_id=str(uuid.UUID(bytes=message_id)))
        return message_id

    def carry_out(self, case_id: bytes, action: str, **header: Any) -> None:
        """`deregister` or `land` with all four strokes."""
        self.decide(case_id, action, **header)
        self.enter(case_id, action)

    def movers(self, case_id: bytes) -> list[str]:
        """Everybody who moves in a case."""
        return [self.persons[case_id], *self.companions[case_id]]

    def enter(self, case_id: bytes, action: str) -> None:
        """The register makes the change for everybody as of its acceptance, and the node says so; the last one is who died, if one did."""
        destination, home = self.parties[case_id]
        movers, since = self.movers(case_id), self.accepted_at.isoformat().replace("+00:00", "Z")
        died = self.log.cases[case_id].destined == "landed-and-deceased"
        for person in movers:
            if action == "deregister":
                standing = next(line for line in self.registers[home] if line["id_number"] == person and line["status"] == "active")
                standing.update(status="moved-out", since=since)
            else:
                self.registers[destination].append(self._record(person, since, "deceased" if died and person == movers[-1] else "active"))
        self.say(case_id, "entered", home if action == "deregister" else destination)

    def say(self, case_id: bytes, action: str, sender: str, *, deliver: bool = True, **header: Any) -> bytes:
        """A message to the other side: logged as accepted and delivered, or as refused. Returns its id."""
        self.log.wait(minutes=1)
        receiver = next(code for code in self.parties[case_id] if code != sender)
        message = self.log.message(case_id, action, sender, receiver, **header)
        try:
            self.log.accept(message)
        except Refused as refusal:
            self.log.refuse(message, refusal.kind.number)
            return message.routing.message_id
        self._note_end(case_id)
        if action in {"deregister", "land"}:
            self.accepted_at: datetime = self.log.business_at
        self.log.wait(seconds=1)
        if deliver:
            self.log.deliver(message.routing.message_id)
        return message.routing.message_id

    def wait(self, days: int) -> None:
        """Days go by, and the clock says what it has to say, day after day."""
        for _ in range(days):
            self.log.wait(days=1)
            for case_id, parties in self.parties.items():
                for event_id in self.log.due(case_id) if case_id in self.log.cases else ():
                    for code in parties:
                        self.log.deliver(event_id, receiver=code)
                self._note_end(case_id)

    def call(self, province: str, call: str, case_id: bytes, *, request_id: str = "", **answer: str) -> str:
        """A desk answers OK. Returns the request id."""
        case = self.log.cases.get(case_id)
        told = {"state": case.state if case else "", "ending": case.ending if case else ""}
        full = {"code": "OK", **told, "id_number": " ".join(self.movers(case_id)), **answer}
        return self._line(province, call, case_id, full, request_id)

    def decline(self, province: str, call: str, case_id: bytes, kind: Kind, *, request_id: str = "") -> str:
        """A desk answers no."""
        return self._line(province, call, case_id, {"code": kind.code.name, "number": kind.number, "name": kind.name}, request_id)

    def write(self, folder: Path) -> Path:
        """Writes the folder; what is on the way already may be written too."""
        self.log.write(folder / "log")
        for name in ("registers", "beginning", "process-logs"):
            (folder / name).mkdir()
        for name, registers in (("registers", self.registers), ("beginning", self.beginning)):
            for code, lines in registers.items():
                write_lines(folder / name / f"{code}.jsonl", lines)
        write_lines(folder / "journal.jsonl", self.journal)
        (folder / "process-logs" / "hub.log").write_text('{"event": "serving", "address": "127.0.0.1:1"}\n')
        return folder

    def _line(self, province: str, call: str, case_id: bytes, answer: dict[str, Any], request_id: str = "") -> str:
        self._requests += 1
        at = self.log.recorded_at + timedelta(milliseconds=self._requests)
        new = str(uuid.UUID(int=self._requests, version=4)) if call in {"OpenCase", "Decide"} else ""
        line = {"at": at.isoformat(), "province": province, "call": call, "request_id": request_id or new}
        self.journal.append({**line, "case_id": str(uuid.UUID(bytes=case_id)) if case_id else "", "answer": answer})
        return request_id or new

    def _record(self, number: str, since: str, status: str = "active") -> dict[str, str]:
        name = "王" + "".join(chr(0x5000 + int(digit)) for digit in number[:2] + number[-4:-1])
        return {"id_number": number, "name": name, "status": status, "since": since}

    def _note_end(self, case_id: bytes) -> None:
        case = self.log.cases.get(case_id)
        if case is not None and case.state == CLOSED:
            self._open = {person: holder for person, holder in self._open.items() if holder != case_id}


def citizen_number(first: str) -> str:
    """Seventeen digits with their check digit."""
    return first + ric.calc_check_digit(first + "0")


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def write_lines(path: Path, lines: list[dict[str, Any]]) -> None:
    """Writes lines; those of a journal get the chain that belongs to them, so that only what they say is to be judged."""
    if path.name == "journal.jsonl":
        lines = chained(lines)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")


def chained(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same lines with the chain of the journal through them."""
    made, before = [], FIRST
    for line in lines:
        said = {name: value for name, value in line.items() if name != "chain"}
        before = link(before, said)
        made.append({**said, "chain": before})
    return made


def usual() -> RunFolder:
    """A run with every ending, both winners of a race, a refused second application, a late home, and a failure that was healed."""
    run = RunFolder()
    case_id = run.apply(SHANGHAI, ZHEJIANG)
    run.decline(ZHEJIANG, "Decide", case_id, UNAVAILABLE, request_id="tried twice")
    run.call(ZHEJIANG, "GetCase", case_id)
    run._line(SHANGHAI, "FindResident", case_id, {"code": "OK", "found": 1, "status": "active"})
    run.decide(case_id, "permit")
    run.decline(SHANGHAI, "Decide", case_id, VERSION_CONFLICT)
    run.apply(SHANGHAI, ANHUI, run.persons[case_id])
    run.wait(4)
    run.carry_out(case_id, "deregister")
    run.decide(case_id, "withdraw")
    run.carry_out(case_id, "land")
    case_id = run.apply(JIANGSU, SHANGHAI)
    for action in ("return", "resubmit", "permit"):
        run.decide(case_id, action)
    run.decide(case_id, "deregister")
    run.say(case_id, "execution-failed", JIANGSU)
    run.enter(case_id, "deregister")
    run.carry_out(case_id, "land")
    for actions in (["permit", "revoke", "deregister"], ["withdraw"], ["return", "refuse"], ["permit"], ["permit", "return"]):
        case_id = run.apply(ANHUI, JIANGSU)
        for action in actions:
            run.decide(case_id, action)
    seldom(run)
    return run


def seldom(run: RunFolder) -> None:
    """What can come of a landing, of a failure and of doubts."""
    gone = leave(run, SHANGHAI, ANHUI)
    run.decide(gone, "land", reason_class=envelope_pb2.REASON_CLASS_NO_SHOW)
    run.wait(45)
    run.carry_out(gone, "land", reason_class=envelope_pb2.REASON_CLASS_NO_SHOW)
    run.carry_out(leave(run, SHANGHAI, ANHUI), "land", reason_class=envelope_pb2.REASON_CLASS_DECEASED)
    gone = leave(run, JIANGSU, ANHUI)
    run.carry_out(gone, "land", reason_class=envelope_pb2.REASON_CLASS_APPLICANT_WISH)
    run.carry_out(leave(run, ANHUI, JIANGSU, run.persons[gone]), "land")
    case_id = run.apply(ZHEJIANG, ANHUI)
    run.decide(case_id, "permit")
    run.decide(case_id, "deregister")
    run.say(case_id, "execution-failed", ZHEJIANG)
    run.decide(case_id, "annul")
    run.decide(run.apply(ZHEJIANG, ANHUI), "refuse", ZHEJIANG)
    run.decide(run.apply(ZHEJIANG, ANHUI), "refuse", reason_class=envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH)
    wait_and_see(run, run.apply(ZHEJIANG, ANHUI, open_key_materials=1))
    together(run)


def together(run: RunFolder) -> None:
    """Three move in one case, while one of them is refused another; a fourth has died when his family arrives."""
    family = [run.people[JIANGSU].pop() for _ in range(2)]
    case_id = run.apply(JIANGSU, ZHEJIANG, others=family)
    run.apply(JIANGSU, SHANGHAI, family[1])
    run.decide(case_id, "permit")
    for action in ("deregister", "land"):
        run.carry_out(case_id, action)
    case_id = run.apply(SHANGHAI, ANHUI, others=[run.people[SHANGHAI].pop()])
    run.decide(case_id, "permit")
    run.carry_out(case_id, "deregister")
    run.carry_out(case_id, "land", reason_class=envelope_pb2.REASON_CLASS_DECEASED)


def leave(run: RunFolder, home: str, destination: str, person: str = "") -> bytes:
    """A move up to the landing."""
    case_id = run.apply(home, destination, person)
    run.decide(case_id, "permit")
    run.carry_out(case_id, "deregister")
    return case_id


def wait_and_see(run: RunFolder, case_id: bytes) -> None:
    """Both sides find something out, what was owed is brought too late, the rest is done on paper."""
    destination, home = run.parties[case_id]
    run.wait(3)
    run.decide(case_id, "pause", destination)
    run.decide(case_id, "permit")
    run.wait(30)
    run.decide(case_id, "resume", destination)
    run.wait(2)
    run.decide(case_id, "permit")
    run.decide(case_id, "deregister")
    run.decide(case_id, "pause", home)
    run.decide(case_id, "supplement", destination)
    run.wait(5)
    run.decide(case_id, "resume", home)
    run.wait(1)
    run.decide(case_id, "switch-to-paper", home)
