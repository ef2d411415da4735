"""What the people around one move know, beyond what any system shows them.

Decides nothing: facts of life that an officer asks for (the policy office, the court's list, the applicant at the counter) and the
pace at which he gets round to the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yrdx.v1 import household_transfer_pb2 as transfer_pb2


@dataclass(frozen=True, slots=True)
class When:
    """A moment relative to the present: slot `number` (0 to 15, from 09:00) of the day `days` working days on."""

    days: int
    number: int


@dataclass(frozen=True, slots=True)
class Scan:
    """A document at the counter; its bytes follow from `seed`.

    Attributes:
        code: material code of the procedure.
        length: bytes, 8 MiB at most.
        seed: any number.
    """

    code: str
    length: int
    seed: int


@dataclass(frozen=True, slots=True)
class Promise:
    """A document that the applicant has not got yet: when he brings it, until when (ISO 8601) he said he would, whether it is a key one."""

    scan: Scan
    when: When
    until: str
    is_key: bool


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who stands beside a move: a guardian, an agent."""

    id_number: str
    name: str


@dataclass(frozen=True, slots=True)
class Companion:
    """Somebody who moves with the applicant.

    Attributes:
        stated_name: as written on the form.
        relation: GB/T 4761, to the head of the new household.
        guardian: of a child.
    """

    id_number: str
    name: str
    stated_name: str
    relation: str
    guardian: Named | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One person's wish to move. What happens at no time, or never, is None.

    Attributes:
        number: its place in the plan, 1, 2, 3…
        id_number: of the mover, of several the one who applies.
        name: as registered.
        stated_name: as written on the form.
        ground: why the person may move.
        home: province that the person leaves.
        destination: province that the person wants to live in.
        to_address: where exactly.
        to_area: in which county, GB/T 2260.
        phone: of the applicant.
        scans: what the applicant brings.
        lacks: what he has not got when he comes first: materials by code, facts by the name that rules have for them.
        comes_back: when he has it.
        promise: what he will bring later.
        others: who moves with him.
        guardian: of a child that goes alone.
        relation: what it is to him, GB/T 4761.
        is_head: whether he heads the household that he leaves.
        agent: who comes to the counter in his place.
        new_head: number of who follows him as the head of the household he leaves, where that is needed.
        forgets_new_head: whether he has to be asked for it.
        unit_head: number of the head whom the unit has named for the collective household where they land; empty for one of their own.
        review: when the destination reviews an application.
        response: when the home province takes up a permit.
        correction: when the applicant comes back with what was wrong.
        arrival: when the applicant, or his family, comes to register.
        early_look: when the home province looks at an application by itself.
        policy_met: whether the destination's policy allows the move.
        restricted: whether a court or authority keeps the person at home.
        abandoned: whether the applicant, asked to correct, gives up instead.
        insists: whether he says the same again instead.
        unproven: whether he cannot show that he is the person of the record.
        paper_wanted: whether he would rather have it done on paper, once he is told how it goes.
        paper_kept: whether the home province has the record on paper only.
        hasty: whether the home province's officer strikes him off before he has compared the records.
        enquiry: when the destination has found out what it must know before it permits.
        home_enquiry: the same for the home province, before it lets him go.
        second_thoughts: the state in which the applicant changes his mind, and when he says so.
        error_found: when the destination finds that its permit was a mistake.
        died: whether the person dies on the way.
        back: his way home again, if he changes his mind when it is too late to stay.
    """

    number: int
    id_number: str
    name: str
    stated_name: str
    ground: transfer_pb2.TransferGround
    home: str
    destination: str
    to_address: str
    to_area: str
    phone: str
    scans: tuple[Scan, ...]
    lacks: tuple[str, ...] = ()
    comes_back: When | None = None
    promise: Promise | None = None
    others: tuple[Companion, ...] = ()
    guardian: Named | None = None
    relation: str = ""
    is_head: bool = False
    agent: Named | None = None
    new_head: str = ""
    forgets_new_head: bool = False
    unit_head: str = ""
    review: When
    response: When | None
    correction: When | None
    arrival: When | None
    early_look: When | None = None
    policy_met: bool = True
    restricted: bool = False
    abandoned: bool = False
    insists: bool = False
    unproven: bool = False
    paper_wanted: bool = False
    paper_kept: bool = False
    hasty: bool = False
    enquiry: When | None = None
    home_enquiry: When | None = None
    second_thoughts: tuple[str, When] | None = None
    error_found: When | None = None
    died: bool = False
    back: Dossier | None = None
