"""`yrdx-desk decide ACTION CASE`: the actions of a household transfer and what an officer states in each.

The node fills in what only it and the register know (numbers of documents, times, the record); the ledger judges whether an action was
possible. Unless `--version` says what the officer saw, the case is read first and decided as it stands.
"""

from __future__ import annotations

from datetime import date  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from core.ids import uuid_text
from nodes.desk_client import shown
from nodes.desk_client.asking import CALL_S, on_desk, packed, repeatable, with_known
from nodes.desk_client.household import newest_application, rename
from nodes.desk_client.stated import (
    Brought,
    Decision,
    Differs,
    Flag,
    Ground,
    Landing,
    Missing,
    Promised,
    Reason,
    Words,
    difference,
    hex_digest,
    promises,
)
from runtime.command_line import Usage, id_of, say, show
from runtime.plain import plain
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

    from yrdx.v1 import desk_pb2_grpc

    State = Callable[[desk_pb2.GetCaseResponse], Message]

decide = App(name="decide", help="Take an action in the name of an officer.", version_flags=())


@decide.command
def permit(case: str, /, *, to_address: str, phone: str = "", collective: Flag = False, whole: Flag = False, decision: Decision) -> int:
    """准迁: IN allows the people to come. The node numbers and dates the permit.

    Args:
        case: id of the case.
        to_address: where they will live.
        phone: of the applicant, for OUT to ask him.
        collective: they land in a collective household (集体户), whose head is named at the landing.
        whole: nobody of the old household stays.
        decision: of whom, about which version.
    """
    kind = "collective" if collective else ""
    stated = transfer_pb2.MovePermit(to_address=to_address, contact_phone=phone, household_kind=kind, whole_household=whole)
    return _decide(case, "permit", decision, lambda _: stated)


@decide.command
def resubmit(
    case: str,
    /,
    *,
    name: str = "",
    person: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    new_head: str = "",
    ground: Ground | None = None,
    note: str = "",
    missing: Promised = (),
    decision: Decision,
) -> int:
    """补正: IN sends the corrected application; what is not given stays as it was stated last, citizen numbers always.

    Args:
        case: id of the case.
        name: the applicant's right name.
        person: NUMBER=NAME, the right name of one of the others, or of a guardian; may be repeated.
        new_head: number of who follows the head of the household.
        ground: why they may move.
        note: for the officer of OUT.
        missing: CODE=DATE, what the applicant still owes; without any he owes nothing.
        decision: of whom, about which version.
    """

    def state(seen: desk_pb2.GetCaseResponse) -> transfer_pb2.Correction:
        application = newest_application(seen.messages)
        rename(application, [*([f"{application.id_number}={name}"] if name else []), *person])
        application.new_head_id_number = new_head or application.new_head_id_number
        if ground is not None:
            application.MergeFrom(transfer_pb2.HouseholdApplication(ground=ground.label))
        del application.missing[:]
        application.missing.extend(promises(missing, seen.case.person_name))
        return transfer_pb2.Correction(application=application, note=note)

    return _decide(case, "resubmit", decision, state)


@decide.command
def supplement(case: str, /, *, brought: Brought, missing: Promised = (), decision: Decision) -> int:
    """容缺补正: IN brings what the applicant owed; --open-key-materials says how many of the key ones he still owes."""

    def state(seen: desk_pb2.GetCaseResponse) -> transfer_pb2.Supplement:
        return transfer_pb2.Supplement(brought=brought, missing=promises(missing, seen.case.person_name))

    return _decide(case, "supplement", decision, state)


@decide.command(name="return")
def return_case(case: str, /, *, differs: Differs = (), missing: Missing = (), reason: Reason, decision: Decision) -> int:
    """退回补正: OUT says everything that must be corrected, at once; the node refuses less than `find` shows."""

    def state(seen: desk_pb2.GetCaseResponse) -> transfer_pb2.CorrectionRequest:
        return transfer_pb2.CorrectionRequest(
            reason_code=reason.reason_code,
            reason=reason.reason,
            differences=[difference(text, seen.case) for text in differs],
            missing_materials=missing,
        )

    return _decide(case, "return", decision, state, reason.reason_class.label)


@decide.command
def pause(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """补充调查: whoever must act finds something out first; what he had to do until then stands still."""
    return _decide(case, "pause", decision, reason.stated, reason.reason_class.label)


@decide.command
def resume(case: str, /, *, reason: Words, decision: Decision) -> int:
    """恢复办理: whoever paused the case knows now what he had to know."""
    return _decide(case, "resume", decision, reason.stated)


@decide.command
def deregister(case: str, /, *, decision: Decision) -> int:
    """迁出注销, irreversible: OUT strikes the person off; the node takes the record from the register."""
    return _decide(case, "deregister", decision, lambda _: transfer_pb2.MigrationCertificate())


@decide.command
def land(
    case: str,
    /,
    *,
    reason: Annotated[Landing | None, Parameter(help="the person did not come, died, or wants to go home again")] = None,
    deceased_on: Annotated[date | None, Parameter(help="with --reason deceased: the day of his death")] = None,
    deceased: Annotated[str, Parameter(help="with --reason deceased: number of the one of several who died")] = "",
    head: Annotated[str, Parameter(help="number of whom the unit has named head of a collective household; stays in this province")] = "",
    decision: Decision,
) -> int:
    """落户, irreversible: IN registers the people."""

    def state(_seen: desk_pb2.GetCaseResponse) -> transfer_pb2.LandingReceipt:
        if (reason is Landing.DECEASED) != (deceased_on is not None):
            raise Usage("--deceased-on goes with --reason deceased, and only with that")
        day = deceased_on.isoformat() if deceased_on else ""
        return transfer_pb2.LandingReceipt(deceased_on=day, deceased_id_number=deceased, head_id_number=head)

    return _decide(case, "land", decision, state, reason.label if reason else None)


@decide.command
def refuse(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """不予办理: either side says no, which closes the case."""
    return _decide(case, "refuse", decision, reason.stated, reason.reason_class.label)


@decide.command
def withdraw(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """撤回: the applicant's wish, until the deregistration is accepted."""
    return _decide(case, "withdraw", decision, reason.stated, reason.reason_class.label)


@decide.command
def revoke(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """撤销准迁: IN takes its permit back, until the deregistration is accepted."""
    return _decide(case, "revoke", decision, reason.stated, reason.reason_class.label)


@decide.command
def annul(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """终止: OUT gives up a deregistration that its register cannot make."""
    return _decide(case, "annul", decision, reason.stated, reason.reason_class.label)


@decide.command
def switch_to_paper(case: str, /, *, reason: Reason, decision: Decision) -> int:
    """转线下办理: either side ends the electronic case before the deregistration; the rest is done on paper."""
    return _decide(case, "switch-to-paper", decision, reason.stated, reason.reason_class.label)


def _decide(case: str, action: str, decision: Decision, state: State, reason_class: str | None = None) -> int:
    async def ask(stub: desk_pb2_grpc.DeskAsyncStub) -> None:
        case_id = id_of(case)
        seen = await stub.GetCase(desk_pb2.GetCaseRequest(case_id=case_id), timeout=CALL_S)
        request = desk_pb2.DecideRequest(
            expected_version=seen.case.version if decision.version is None else decision.version,
            officer=decision.officer.message(),
            case_id=case_id,
            action=action,
            detail=packed(state(seen)),
            reason_class=reason_class,
            legal_basis=decision.legal_basis,
            documents=[hex_digest(text) for text in decision.document],
            open_key_materials=decision.open_key_materials,
        )
        repeat = repeatable(decision.request_id, f" --version {request.expected_version}")
        with with_known(seen.reasons, action), repeat as request.request_id:
            answer = await stub.Decide(request, timeout=CALL_S)
        if decision.server.json:
            say(plain(answer))
        else:
            show(shown.line(answer.case), f"on its way: message {uuid_text(answer.message_id)}")

    return on_desk(decision.server, ask)
