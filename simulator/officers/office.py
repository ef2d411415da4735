"""The household office of one province: its officers watch their node's cases, plan visits to them and act when the time comes.

Decides who deals with a case and when; what is decided stands in `destination` and `home`. Acts through `Desk` only. A visit that
meets a case which somebody changed meanwhile looks again and decides anew.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from google.protobuf.any_pb2 import Any as Packed

from simulator.officers import counter, destination, home
from simulator.officers.desk import RECORDS_DIFFER, VERSION_CONFLICT, Declined
from simulator.officers.dossier import When
from simulator.officers.forms import application, owed
from simulator.officers.judgement import Decision, Seen
from simulator.officers.occasions import Purpose, is_news, visits
from yrdx.v1 import desk_pb2, precheck_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from google.protobuf.message import Message

    from simulator.officers.desk import Desk
    from simulator.officers.dossier import Dossier, Scan

_SERVICE: Final = "household-transfer"
_BASIS: Final = "mps-2021-12"
_LOOKS: Final = 5
_SOON: Final = When(0, 0)


class Plan(Protocol):
    """The office's calendar."""

    def __call__(self, when: When, counterpart: str, act: Callable[[], Awaitable[None]]) -> None:
        """Calls `act` at that time; `counterpart` is whom it may write to."""
        ...


class Office:
    """One province's officers.

    Attributes:
        province: its code.
        cases: every case as last seen, by id.
        prechecks: how often the rules came out how.
    """

    def __init__(
        self,
        desk: Desk,
        staff: Sequence[desk_pb2.Officer],
        dossiers: Mapping[tuple[str, str], Dossier],
        plan: Plan,
        seen: Callable[[str, desk_pb2.CaseView], None],
    ) -> None:
        """Takes the dossiers by number of the person and destination; `seen` is told of every change."""
        self.province = desk.province
        self.cases: dict[bytes, desk_pb2.CaseView] = {}
        self.prechecks: Counter[str] = Counter()
        self._desk = desk
        self._staff = staff
        self._dossiers = dossiers
        self._plan = plan
        self._seen = seen

    async def watch(self) -> None:
        """Follows the node's cases, for ever, and plans visits where something is new."""
        async for case in self._desk.watch():
            before = self.cases.get(case.case_id)
            self.cases[case.case_id] = case
            if is_news(before, case):
                self._plan_visits(case)
            self._seen(self.province, case)

    def chase(self) -> int:
        """Plans again whatever waits for this province; returns how many cases that were."""
        waiting = [case for case in self.cases.values() if case.ball_holder == self.province and not case.pending_action]
        for case in waiting:
            self._plan_visits(case, _SOON)
        return len(waiting)

    async def refresh(self) -> None:
        """Reads every open case again, should the watch have missed a change."""
        for case in await self._desk.list_cases(open_only=False):
            self.cases[case.case_id] = case

    async def look(self, dossier: Dossier) -> desk_pb2.GetCaseResponse | None:
        """The case of a dossier with its messages, or None while there is none."""
        for case in self.cases.values():
            if self._dossier(case) is dossier:
                return await self._desk.get_case(case.case_id)
        return None

    async def accept(self, dossier: Dossier) -> None:
        """The applicant stands at the counter. A case is opened only where no rule of either province is against it.

        Else a word may put it right, or he comes back with what he lacks, or nothing comes of it.
        """
        for wish in dict.fromkeys((dossier, counter.reminded(dossier))):
            if await self._may_open(wish):
                await self._open(wish)
                return
        if dossier.comes_back:
            self._plan(dossier.comes_back, dossier.home, partial(self.accept, counter.complete(dossier)))

    async def _may_open(self, dossier: Dossier) -> bool:
        """What the rules say once they were told whatever they ask for and the applicant knows."""
        request = counter.enquiry(_SERVICE, dossier)
        request.facts.update(counter.answers(dossier, (await self._desk.precheck(request)).findings))
        grade = (await self._desk.precheck(request)).grade
        self.prechecks[counter.named(grade)] += 1
        return grade != precheck_pb2.PRECHECK_GRADE_FAIL

    async def _open(self, dossier: Dossier) -> None:
        """His documents are scanned, the case is opened."""
        officer = self._officer(dossier)
        documents = [await self._scan(scan, officer, dossier.home) for scan in dossier.scans]
        missing = owed(dossier)
        request = desk_pb2.OpenCaseRequest(
            officer=officer,
            service=_SERVICE,
            counterpart=dossier.home,
            application=_packed(application(dossier, missing, corrected=False)),
            legal_basis=_BASIS,
            purpose=_SERVICE,
            documents=documents,
            consent_recorded=True,
            open_key_materials=int(dossier.promise is not None and dossier.promise.is_key),
        )
        with suppress(Declined):  # the journal has it; the applicant is told at the counter
            await self._desk.open_case(request)

    async def visit(self, case_id: bytes, purpose: Purpose) -> None:
        """An officer takes up a case."""
        warned = False
        for _ in range(_LOOKS):
            try:
                if await self._act(case_id, purpose, warned=warned):
                    return
            except Declined as declined:
                warned = warned or declined.number in RECORDS_DIFFER
                if declined.number not in {VERSION_CONFLICT, *RECORDS_DIFFER}:
                    return  # not possible (any more): the case itself shows what comes next

    async def _act(self, case_id: bytes, purpose: Purpose, *, warned: bool) -> bool:
        """One look and at most one decision; whether the visit is over."""
        shown = await self._desk.get_case(case_id)
        dossier = self._dossier(shown.case)
        if dossier is None or shown.case.pending_action:
            return True
        officer = self._officer(dossier)
        if self._role(shown.case) == "IN":
            await self._carry_out(shown.case, officer, destination.decide(purpose, Seen(shown, dossier)))
            return True
        seen = Seen(shown, dossier, await self._desk.find_resident(officer, case_id), warned)
        if purpose is Purpose.WAY_BACK:
            if dossier.back and home.has_left(seen):
                await self.accept(dossier.back)
            return True
        await self._read_documents(shown.case)
        await self._carry_out(shown.case, officer, home.decide(seen))
        return True

    async def _carry_out(self, case: desk_pb2.CaseView, officer: desk_pb2.Officer, decision: Decision | None) -> None:
        if decision is None:
            return
        counterpart = self._counterpart(case)
        documents = [await self._scan(scan, officer, counterpart) for scan in decision.scans]
        request = desk_pb2.DecideRequest(
            expected_version=case.version,
            officer=officer,
            case_id=case.case_id,
            action=decision.action,
            detail=_packed(decision.detail),
            reason_class=decision.reason,
            legal_basis=_BASIS,
            documents=documents,
            open_key_materials=decision.missing,
        )
        await self._desk.decide(request)

    async def _read_documents(self, case: desk_pb2.CaseView) -> None:
        """Looks at what the applicant brought, as long as it is the other side's."""
        for document in case.documents:
            if document.sender != self.province:
                await self._desk.get_document(case.case_id, document.digest)

    async def _scan(self, scan: Scan, officer: desk_pb2.Officer, counterpart: str) -> bytes:
        content = random.Random(scan.seed).randbytes(scan.length)  # noqa: S311 - stands for a picture
        opening = desk_pb2.DocumentOpening(
            officer=officer, counterpart=counterpart, code=scan.code, media_type="image/jpeg", length=scan.length
        )
        return await self._desk.put_document(opening, content)

    def _plan_visits(self, case: desk_pb2.CaseView, when: When | None = None) -> None:
        dossier = self._dossier(case)
        if dossier is None:
            return
        for purpose, pace in visits(case, self._role(case), dossier):
            self._plan(when or pace, self._counterpart(case), partial(self.visit, case.case_id, purpose))

    def _role(self, case: desk_pb2.CaseView) -> str:
        return next(role for role, code in case.parties.items() if code == self.province)

    def _counterpart(self, case: desk_pb2.CaseView) -> str:
        return next(code for code in case.parties.values() if code != self.province)

    def _dossier(self, case: desk_pb2.CaseView) -> Dossier | None:
        return self._dossiers.get((case.person_id_number, case.parties["IN"]))

    def _officer(self, dossier: Dossier) -> desk_pb2.Officer:
        """Whoever takes a case first keeps it (首接责任制)."""
        return self._staff[dossier.number % len(self._staff)]


def _packed(message: Message) -> Packed:
    packed = Packed()
    packed.Pack(message)
    return packed
