"""The calls of `yrdx-desk`; a command a method of `yrdx.v1.Desk`."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - cyclopts reads the annotations
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import App, Parameter
from google.protobuf.message import DecodeError

from core.calendar import SHANGHAI
from core.typed import whole
from nodes.desk_client import shown
from nodes.desk_client.asking import BASIS, CALL_S, HERE, SERVICE, Officer, on_desk, packed, repeatable
from nodes.desk_client.decisions import decide
from nodes.desk_client.documents import get_document, put_document
from nodes.desk_client.household import Household
from nodes.desk_client.precheck import precheck
from nodes.desk_client.stated import Flag, Ground, Promised, hex_digest, promises
from runtime.command_line import FINE, Server, Usage, id_of, say, show
from runtime.plain import plain
from yrdx.v1 import desk_pb2, resident_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from yrdx.v1 import desk_pb2_grpc

    Stub = desk_pb2_grpc.DeskAsyncStub
    Found = desk_pb2.FindResidentResponse | desk_pb2.FoundResident

_PAGE: Final = 200

app = App(
    name="yrdx-desk",
    help="Open, read and decide cases at a province's node, as a provincial system does.",
    help_epilogue="""Examples:
  yrdx-desk precheck --counterpart 310000 --ground spouse --material identity \\
    --fact minor=false --dir up --party node-330000
  yrdx-desk open --counterpart 310000 --id-number NUMBER --name 李明 \\
    --ground spouse --consent --dir up --party node-330000 \\
    --officer 330001 --officer-name 王警官 --unit 330106000000
  yrdx-desk list --dir up --party node-330000
  yrdx-desk show CASE --dir up --party node-330000 --json
  yrdx-desk decide permit CASE --to-address 杭州市西湖区文三路1号 \\
    --officer 330001 --officer-name 王警官 --unit 330106000000 \\
    --address node.example:7443 --certificate tls.pem --key tls.key \\
    --root root.pem

The certificate is that of role system. Exit status: 0 fine, 1 refused or no
answer, 2 usage.""",
    help_format="plaintext",
    version_flags=(),
)
app.command(decide)
app.command(precheck)
app.command(put_document)
app.command(get_document)


@app.command(name="open")
def open_case(
    *,
    counterpart: str,
    id_number: str,
    name: str,
    ground: Ground,
    consent: Flag = False,
    document: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    legal_basis: str = BASIS,
    missing: Promised = (),
    open_key_materials: Annotated[int, Parameter(converter=whole)] = 0,
    request_id: str | None = None,
    household: Household | None = None,
    officer: Officer,
    server: Server = HERE,
) -> int:
    """Open a household transfer: the applicant stands at this province's counter and wants to register here, alone or with others.

    A family: yrdx-desk open --counterpart 310000 --id-number FATHER --name 李明 --ground job-transfer --consent
        --mover 王芳:MOTHER:10 --mover 李乐:CHILD:20 --guardian CHILD=李明:FATHER …
    A child alone: … --id-number CHILD --name 李乐 --relation 20 --guardian CHILD=李明:FATHER …
    Something is missing: … --missing photo=2026-03-01 --missing receiving-consent=2026-03-01 --open-key-materials 1

    Args:
        counterpart: code of the province where the person is registered, for example 310000.
        id_number: the person's citizen number.
        name: as the person states it.
        ground: why he may move.
        consent: the applicant chose the electronic way in writing; required by the node.
        document: digest that put-document printed; may be repeated.
        legal_basis: code of the legal basis.
        missing: CODE=DATE, a material that the applicant will bring until then; may be repeated.
        open_key_materials: key materials that are still missing (容缺).
        request_id: repeats an earlier request whose answer was lost.
        household: who moves too, and who stands beside.
        officer: who takes the application.
        server: whom to call.
    """

    async def ask(stub: Stub) -> None:
        wanted = _opening(id_number, name, ground, missing, household or Household())
        wanted.counterpart, wanted.legal_basis, wanted.consent_recorded = counterpart, legal_basis, consent
        wanted.documents.extend(hex_digest(text) for text in document)
        wanted.open_key_materials = open_key_materials
        wanted.officer.CopyFrom(officer.message())
        with repeatable(request_id) as wanted.request_id:
            answer = await stub.OpenCase(wanted, timeout=CALL_S)
        _said(answer.case, as_json=server.json)

    return on_desk(server, ask)


@app.command(name="list")
def list_cases(
    *, state: str = "", acts_next: str = "", due_before: datetime | None = None, open_only: Flag = False, server: Server = HERE
) -> int:
    """List cases, page after page.

    Example: yrdx-desk list --acts-next 330000 --due-before 2026-03-01 --dir up --party node-330000

    Args:
        state: only cases in this state.
        acts_next: only cases in which this province must act.
        due_before: only cases with a deadline before this time; China's time unless it says otherwise.
        open_only: leave closed cases out.
        server: whom to call.
    """

    async def ask(stub: Stub) -> None:
        wanted = desk_pb2.CaseFilter(state=state, ball_holder=acts_next, open_only=open_only)
        if due_before is not None:
            wanted.due_before.FromDatetime(due_before if due_before.tzinfo else due_before.replace(tzinfo=SHANGHAI))
        request = desk_pb2.ListCasesRequest(filter=wanted, page_size=_PAGE)
        cases: list[desk_pb2.CaseView] = []
        while True:
            page = await stub.ListCases(request, timeout=CALL_S)
            cases += page.cases
            request.page_token = page.next_page_token
            if not page.next_page_token:
                break
        if server.json:
            say({"cases": [plain(case) for case in cases]})
        else:
            show(shown.cases(cases))

    return on_desk(server, ask)


@app.command(name="show")
def show_case(case: str, /, *, server: Server = HERE) -> int:
    """Show a case with its documents, its messages (accepted · delivered · entered) and the reasons that a decision may give now.

    Example: yrdx-desk show CASE --dir up --party node-330000
    """

    async def ask(stub: Stub) -> None:
        found = await stub.GetCase(desk_pb2.GetCaseRequest(case_id=id_of(case)), timeout=CALL_S)
        if server.json:
            say(plain(found))
            return
        documents = [shown.documents(found.case.documents)] if found.case.documents else []
        reasons = [shown.reasons(found.reasons)] if found.reasons else []
        show(shown.facts(found.case), *documents, shown.messages(found.messages), *reasons)

    return on_desk(server, ask)


@app.command
def watch(*, cursor: str = "", server: Server = HERE) -> int:
    """Print every case, then each change as it comes, until Ctrl-C.

    Example: yrdx-desk watch --dir up --party node-330000

    Args:
        cursor: continue behind the change that carried it (see --json); empty begins with all cases.
        server: whom to call.
    """

    async def ask(stub: Stub) -> None:
        async for change in stub.WatchCases(desk_pb2.WatchCasesRequest(cursor=cursor)):
            if not change.HasField("case"):
                continue
            if server.json:
                say(plain(change))
            else:
                show(shown.line(change.case))

    try:
        return on_desk(server, ask)
    except KeyboardInterrupt:  # the way to end it
        return FINE


@app.command
def find(case: str, /, *, officer: Officer, server: Server = HERE) -> int:
    """Find the people of a case in this province's own register, and everything that differs from what the case states.

    Example: yrdx-desk find CASE --officer 330001 --officer-name 王警官 --unit 330106000000 --dir up --party node-330000
    """

    async def ask(stub: Stub) -> None:
        request = desk_pb2.FindResidentRequest(officer=officer.message(), case_id=id_of(case))
        found = await stub.FindResident(request, timeout=CALL_S)
        if server.json:
            others = [{**plain(one), "resident": plain(_resident(one))} for one in found.others]
            say({**plain(found), "resident": plain(_resident(found)), "others": others})
        else:
            show(*_found(found), *(line for other in found.others for line in _found(other)))

    return on_desk(server, ask)


def _opening(id_number: str, name: str, ground: Ground, missing: Promised, household: Household) -> desk_pb2.OpenCaseRequest:
    """What the applicant states, as the beginning of a request."""
    application = transfer_pb2.HouseholdApplication(id_number=id_number, name=name, ground=ground.label, missing=promises(missing, name))
    household.add_to(application)
    return desk_pb2.OpenCaseRequest(service=SERVICE, purpose=SERVICE, application=packed(application))


def _said(case: desk_pb2.CaseView, *, as_json: bool) -> None:
    if as_json:
        say({"case": plain(case)})
    else:
        show(shown.facts(case))


def _found(found: Found) -> list[str]:
    """One of the people, in words."""
    if not found.found:
        return ["not registered here · 本地无登记"]
    differences = ", ".join(found.differences) or "none"
    return [f"{found.status} · differences: {differences}", str(_resident(found)).rstrip()]


def _resident(found: Found) -> resident_pb2.Resident:
    try:
        return resident_pb2.Resident.FromString(found.resident)
    except DecodeError as error:
        raise Usage("the node sent a record that is none") from error
