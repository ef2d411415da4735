"""What an officer states in a decision, and how it is typed: reasons, promises, dates, differences, digests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Group, Parameter

from core.typed import whole
from nodes.desk_client.asking import BASIS, HERE, Officer
from runtime.command_line import Server, Usage
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable

_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")
_REASON: Final = Group("Reason")


class Ground(Enum):
    """Why a person may move (迁移事由)."""

    SPOUSE = "spouse"
    PARENTS_TO_CHILDREN = "parents-to-children"
    CHILDREN_TO_PARENTS = "children-to-parents"
    TALENT = "talent"
    JOB_TRANSFER = "job-transfer"

    @property
    def label(self) -> str:
        """Its name in the contract."""
        return f"TRANSFER_GROUND_{self.name}"


class ReasonClass(Enum):
    """Coarse class of a reason, visible to the hub."""

    POLICY_NOT_MET = "policy-not-met"
    IDENTITY_MISMATCH = "identity-mismatch"
    MATERIAL_MISSING = "material-missing"
    NOT_REGISTERED = "not-registered"
    LEGAL_RESTRICTION = "legal-restriction"
    APPLICANT_WISH = "applicant-wish"
    AUTHORITY_ERROR = "authority-error"
    FORGERY = "forgery"
    NOT_EXECUTABLE = "not-executable"
    ENQUIRY = "enquiry"

    @property
    def label(self) -> str:
        """Its name in the contract."""
        return f"REASON_CLASS_{self.name}"


class Landing(Enum):
    """What is out of the ordinary about a landing, and the class of reasons that says so."""

    NO_SHOW = "NO_SHOW"
    DECEASED = "DECEASED"
    WISH = "APPLICANT_WISH"

    @property
    def label(self) -> str:
        """Its name in the contract."""
        return f"REASON_CLASS_{self.value}"


@Parameter(name="*", group=Group("Decision"))
@dataclass(frozen=True, kw_only=True)
class Decision:
    """What every decision has."""

    version: Annotated[int | None, Parameter(converter=whole, help="of the case that the officer saw; without it, as the case is now")] = (
        None
    )
    legal_basis: Annotated[str, Parameter(help="code of the legal basis")] = BASIS
    document: Annotated[tuple[str, ...], Parameter(negative=(), help="digest that put-document printed; may be repeated")] = ()
    open_key_materials: Annotated[int, Parameter(converter=whole, help="key materials that are still missing (容缺)")] = 0
    request_id: Annotated[str | None, Parameter(help="repeats an earlier request whose answer was lost")] = None
    officer: Officer
    server: Server = HERE


@Parameter(name="*", group=_REASON)
@dataclass(frozen=True, kw_only=True)
class Words:
    """A reason that the hub need not know."""

    reason_code: Annotated[str, Parameter(help="code of a reason in the policy of the case: `yrdx-desk show CASE` lists them")]
    reason: Annotated[str, Parameter(help="in full, as the applicant will read it")]

    def stated(self, _seen: desk_pb2.GetCaseResponse) -> transfer_pb2.Decision:
        """The payload of an action that says nothing but why."""
        return transfer_pb2.Decision(reason_code=self.reason_code, reason=self.reason)


@Parameter(name="*", group=_REASON)
@dataclass(frozen=True, kw_only=True)
class Reason(Words):
    """Why: the class goes to the hub, the rest is sealed."""

    reason_class: Annotated[ReasonClass, Parameter(help="coarse class")]


Flag = Annotated[bool, Parameter(negative=())]
Differs = Annotated[
    tuple[str, ...],
    Parameter(negative=(), help="FIELD=REGISTERED, for example name=张三, of one of several NUMBER:FIELD=REGISTERED; may be repeated"),
]
Missing = Annotated[tuple[str, ...], Parameter(negative=(), help="code of a material; may be repeated")]
Promised = Annotated[tuple[str, ...], Parameter(negative=(), help="CODE=DATE: still missing, promised until then; may be repeated")]
Brought = Annotated[tuple[str, ...], Parameter(negative=(), help="code of a material that comes with this message; may be repeated")]


def words(texts: Iterable[str]) -> dict[str, str]:
    """Facts by name.

    Raises:
        Usage: when a text is not NAME=WORD, or a name comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, _, word = text.partition("=")
        if not name or not word:
            raise Usage(f"{text} is no NAME=WORD, for example minor=true")
        if name in found:
            raise Usage(f"{name} is stated twice")
        found[name] = word
    return found


def promises(texts: Iterable[str], by: str) -> list[transfer_pb2.PromisedMaterial]:
    """What somebody has promised to bring.

    Raises:
        Usage: when a text is not CODE=DATE.
    """
    found = []
    for text in texts:
        code, _, until = text.partition("=")
        try:
            day = date.fromisoformat(until)
        except ValueError as error:
            raise Usage(f"{text} is no CODE=DATE, for example photo=2026-03-01") from error
        found.append(transfer_pb2.PromisedMaterial(code=code, promised_until=day.isoformat(), promised_by=by))
    return found


def difference(text: str, seen: desk_pb2.CaseView) -> transfer_pb2.FieldDifference:
    """A field that the register has otherwise than the case; without a number, the applicant's.

    Raises:
        Usage: when nobody who moves has the number.
    """
    where, _, registered = text.partition("=")
    number, _, field = where.rpartition(":")
    people = [mover for mover in seen.movers if mover.id_number == (number or seen.person_id_number)]
    if number and not people:
        raise Usage(f"nobody who moves has the number {number}")
    name = people[0].name if people else seen.person_name
    stated = {"name": name, "id_number": number or seen.person_id_number}.get(field, "")
    return transfer_pb2.FieldDifference(field=field, stated=stated, registered=registered, id_number=number)


def hex_digest(text: str) -> bytes:
    """A digest that somebody typed.

    Raises:
        Usage: when it is none.
    """
    if not _DIGEST.fullmatch(text):
        raise Usage(f"{text} is no digest: 64 hex digits")
    return bytes.fromhex(text)
