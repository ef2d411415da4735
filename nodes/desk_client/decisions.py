"""`yrdx-desk decide ACTION CASE`: the actions of a household transfer and what an officer states in each.

The node fills in what only it and the register know (numbers of documents, times, the record); the ledger judges whether an action was
possible. Unless `--version` says what the officer saw, the case is read first and decided as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Group, Parameter

from core.ids import uuid_text
from nodes.desk_client import shown
from nodes.desk_client.asking import BASIS, CALL_S, HERE, Officer, on_desk, packed, repeatable
from runtime.command_line import Server, Usage, id_of, say, show
from runtime.plain import plain
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from yrdx.v1 import desk_pb2_grpc

    State = Callable[[desk_pb2.CaseView], Message]

_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")

decide = App(name="decide", help="Take an action in the name of an officer.", version_flags=())


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

    @property
    def label(self) -> str:
        """Its name in the contract."""
        return f"REASON_CLASS_{self.name}"


@Parameter(name="*", group=Group("Decision"))
@dataclass(frozen=True, kw_only=True)
class Decision:
    """What every decision has."""

    version: Annotated[int | None, Parameter(help="of the case that the officer saw; without it, as the case is now")] = None
    legal_basis: Annotated[str, Parameter(help="code of the legal basis")] = BASIS
    document: Annotated[tuple[str, ...], Parameter(negative=(), help="digest that put-document printed; may be repeated")] = ()
    open_key_materials: Annotated[int, Parameter(help="key materials that are still missing (容缺)")] = 0
    request_id: Annotated[str | None, Parameter(help="repeats an earlier request whose answer was lost")] = None
    officer: Officer
    server: Server = HERE


@Parameter(name="*", group=Group("Reason"))
@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why: the class goes to the hub, the rest is sealed."""

    reason_class: Annotated[ReasonClass, Parameter(help="coarse class")]
    reason_code: Annotated[str, Parameter(help="the office's own code, for example policy")]
    reason: Annotated[str, Parameter(help="in full, as the applicant will read it")]

    def stated(self, _seen: desk_pb2.CaseView) -> transfer_pb2.Decision:
        """The payload of an action that says nothing but why."""
        return transfer_pb2.Decision(reason_code=self.reason_code, reason=self.reason)


Differs = Annotated[tuple[str, ...], Parameter(negative=(), help="FIELD=REGISTERED, for example name=张三; may be repeated")]
Missing = Annotated[tuple[str, ...], Parameter(negative=(), help="code of a material; may be repeated")]


@decide.command
def permit(case: str, /, *, to_address: str, phone: str = "", decision: Decision) -> int:
    """准迁: IN allows the person to come. The node numbers and dates the permit."""
    return _decide(case, "permit", decision, lambda _: transfer_pb2.MovePermit(to_address=to_address, contact_phone=phone))


@decide.command
def resubmit(case: str, /, *, name: str = "", ground: Ground, note: str = "", decision: Decision) -> int:
    """补正: IN sends the corrected application; the name stays as the case has it unless given, the citizen number always."""

    def state(seen: desk_pb2.CaseView) -> transfer_pb2.Correction:
        application = transfer_pb2.HouseholdApplication(id_number=seen.person_id_number, name=name or seen.person_name, ground=ground.label)
        return transfer_pb2.Correction(application=application, note=note)

    return _decide(case, "resubmit", decision, state)


@decide.command(name="return")
def return_case(case: str, /, *, differs: Differs = (), missing: Missing = (), reason: Reason, decision: Decision) -> int:
    """退回补正: OUT says everything that must be corrected, at once."""

    def state(seen: desk_pb2.CaseView) -> transfer_pb2.CorrectionRequest:
        return transfer_pb2.CorrectionRequest(
            reason_code=reason.reason_code,
            reason=reason.reason,
            differences=[_difference(text, seen) for text in differs],
            missing_materials=missing,
        )

    return _decide(case, "return", decision, state, reason)


@decide.command
def deregister(case: str, /, *, decision: Decision) -> int:
    """迁出注销, irreversible: OUT strikes the person off; the node takes the record from the register."""
    return _decide(case, "deregister", decision, lambda _: transfer_pb2.MigrationCertificate())


@decide.command
def land(case: str, /, *, decision: Decision) -> int:
    """落户, irreversible: IN registers the person."""
    return _decide(case, "land", decision, lambda _: transfer_pb2.LandingReceipt())


@decide.command
def refuse(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """不予办理: either side says no, which closes the case."""
    return _decide(case, "refuse", decision, reason.stated, reason)


@decide.command
def withdraw(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """撤回: the applicant's wish, until the deregistration is accepted."""
    return _decide(case, "withdraw", decision, reason.stated, reason)


@decide.command
def revoke(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """撤销准迁: IN takes its permit back, until the deregistration is accepted."""
    return _decide(case, "revoke", decision, reason.stated, reason)


@decide.command
def annul(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """终止: OUT gives up a deregistration that its register cannot make."""
    return _decide(case, "annul", decision, reason.stated, reason)


def hex_digest(text: str) -> bytes:
    """A digest that somebody typed.

    Raises:
        Usage: when it is none.
    """
    if not _DIGEST.fullmatch(text):
        raise Usage(f"{text} is no digest: 64 hex digits")
    return bytes.fromhex(text)


def _decide(case: str, action: str, decision: Decision, state: State, reason: Reason | None = None) -> int:
    async def ask(stub: desk_pb2_grpc.DeskAsyncStub) -> None:
        case_id = id_of(case)
        seen = (await stub.GetCase(desk_pb2.GetCaseRequest(case_id=case_id), timeout=CALL_S)).case
        request = desk_pb2.DecideRequest(
            expected_version=seen.version if decision.version is None else decision.version,
            officer=decision.officer.message(),
            case_id=case_id,
            action=action,
            detail=packed(state(seen)),
            reason_class=reason.reason_class.label if reason else None,
            legal_basis=decision.legal_basis,
            documents=[hex_digest(text) for text in decision.document],
            open_key_materials=decision.open_key_materials,
        )
        with repeatable(decision.request_id, f" --version {request.expected_version}") as request.request_id:
            answer = await stub.Decide(request, timeout=CALL_S)
        if decision.server.json:
            say(plain(answer))
        else:
            show(shown.line(answer.case), f"on its way: message {uuid_text(answer.message_id)}")

    return on_desk(decision.server, ask)


def _difference(text: str, seen: desk_pb2.CaseView) -> transfer_pb2.FieldDifference:
    field, _, registered = text.partition("=")
    stated = {"name": seen.person_name, "id_number": seen.person_id_number}.get(field, "")
    return transfer_pb2.FieldDifference(field=field, stated=stated, registered=registered)
