"""`yrdx-desk` against a desk that answers as told: what it sends, what it shows, how it ends."""

from __future__ import annotations

import asyncio
import signal
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from core.procedures.household_transfer import HOUSEHOLD_TRANSFER
from core.refusals import CONSENT_MISSING, DECISION_PENDING, VERSION_CONFLICT, Refused
from runtime.grpc_server import serving
from tests.nodes.fake_desk import CASE, MESSAGE, NOON, NUMBER, OFFICER, SAID, WHY, Desk
from tests.runtime.certificates import issue, make_root
from tests.support.programs import Ended, files_of, run, start, write_world
from yrdx.v1 import desk_pb2, desk_pb2_grpc
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import grpc

    from runtime.settings import TlsFiles

    Body = Callable[[Desk, list[object]], Awaitable[None]]

SERVICES = {"yrdx.v1.Desk": ["system"]}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TlsFiles]:
    folder = tmp_path_factory.mktemp("tls")
    make_root(folder)
    return {role: issue(folder, role, f"spiffe://yrdx/province/330000/{role}") for role in ("node", "system")}


@pytest.fixture
def play(certificates: dict[str, TlsFiles], tmp_path: Path) -> Callable[[Body], None]:
    """Runs a coroutine function with a served desk and the options that lead there."""

    async def main(body: Body) -> None:
        desk = Desk()

        def add(server: grpc.aio.Server) -> None:
            desk_pb2_grpc.add_DeskServicer_to_server(desk, server)

        async with serving("127.0.0.1:0", certificates["node"], add, SERVICES) as served:
            write_world(tmp_path / "up", "node-330000", served.address, "system", certificates["system"])
            await body(desk, ["--dir", tmp_path / "up", "--party", "node-330000"])

    return lambda body: asyncio.run(main(body))


def test_precheck(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        words = ["precheck", "--counterpart", "310000", "--ground", "spouse", "--material", "identity", "--material", "photo"]
        ended = await run("yrdx-desk", *words, "--fact", "minor=true", "--fact", "leaving-area=310101", *there)
        assert (ended.status, ended.err) == (0, "")
        assert all(text in ended.out for text in ("WARN 待核", "SH-1", "minor", "Find out first.", "shanghai-1 version 4", "regional"))
        (request,) = desk.heard
        assert (request.service, request.counterpart, request.ground) == ("household-transfer", "310000", "spouse")
        assert (list(request.materials), dict(request.facts)) == (["identity", "photo"], {"minor": "true", "leaving-area": "310101"})
        machine = await run("yrdx-desk", *words, *there, "--json")
        assert machine.json["grade"] == "PRECHECK_GRADE_WARN"
        assert machine.json["findings"][0]["asks"] == ["minor"]
        for wrong in ("minor", "=true", "minor="):
            assert (await run("yrdx-desk", *words, "--fact", wrong, *there)).status == 2
        assert (await run("yrdx-desk", *words, "--fact", "a=b", "--fact", "a=c", *there)).status == 2
        assert len(desk.heard) == 2

    play(body)


def test_open(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        words = ["--counterpart", "310000", "--id-number", NUMBER, "--name", "张三", "--ground", "spouse", "--consent"]
        documents = ["--document", "ab" * 32, "--document", "cd" * 32]
        owing = ["--missing", "receiving-consent=2026-03-01", "--open-key-materials", "1"]
        ended = await run("yrdx-desk", "open", *words, *documents, *owing, *OFFICER, *there)
        assert (ended.status, ended.err) == (0, "")
        assert str(CASE) in ended.out
        (request,) = desk.heard
        assert uuid.UUID(request.request_id).version == 4
        stated = transfer_pb2.HouseholdApplication()
        assert request.application.Unpack(stated)
        assert (stated.id_number, stated.name, stated.ground) == (NUMBER, "张三", transfer_pb2.TRANSFER_GROUND_SPOUSE)
        (missing,) = stated.missing
        assert (missing.code, missing.promised_until, missing.promised_by) == ("receiving-consent", "2026-03-01", "张三")
        assert request.open_key_materials == 1
        assert (request.officer, request.counterpart, request.consent_recorded) == (SAID, "310000", True)
        assert (request.service, request.purpose, request.legal_basis) == ("household-transfer", "household-transfer", "mps-2021-12")
        assert list(request.documents) == [b"\xab" * 32, b"\xcd" * 32]

        machine = await run("yrdx-desk", "open", *words, "--request-id", request.request_id, *OFFICER, *there, "--json")
        assert (machine.json["case"]["case_id"], machine.json["case"]["version"]) == (str(CASE), 7)
        assert machine.json["case"]["parties"] == {"IN": "330000", "OUT": "310000"}
        assert desk.heard[1].request_id == request.request_id

    play(body)


def test_show_names_the_stages(play: Callable[[Body], None]) -> None:
    async def body(_desk: Desk, there: list[object]) -> None:
        shown, told = await asyncio.gather(
            run("yrdx-desk", "show", CASE, *there), run("yrdx-desk", "show", str(CASE).upper(), *there, "--json")
        )
        assert (shown.status, told.status, told.err) == (0, 0, "")
        rows = {line.split()[1]: line for line in shown.out.splitlines() if line.split()[0] in {"1", "2", "–"}}
        assert "accepted · delivered  " in rows["apply"]
        assert f"id_number {NUMBER}, name 张三, ground TRANSFER_GROUND_SPOUSE" in rows["apply"]
        assert "accepted · delivered · entered" in rows["deregister"]
        assert "refused 4006" in rows["withdraw"]
        assert "on its way" in rows["permit"]
        assert "上海→浙江" in shown.out
        assert f"{'cd' * 32}  relation-proof" in shown.out
        messages = told.json["messages"]
        assert messages[0]["payload"]["type"] == "yrdx.v1.HouseholdApplication"
        assert messages[0]["payload"]["ground"] == "TRANSFER_GROUND_SPOUSE"
        assert (messages[0]["message_id"], messages[0]["entered_at"], messages[1]["entered_at"]) == (
            str(MESSAGE),
            None,
            "2026-01-26T04:00:00Z",
        )

    play(body)


def test_list_reads_every_page(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        words = ["--open-only", "--acts-next", "330000", "--due-before", "2026-01-26T12:00:00"]
        shown = await run("yrdx-desk", "list", *words, *there)
        assert len(shown.out.splitlines()) == 5
        assert "closed: landed" in shown.out
        first, second = desk.heard
        assert (first.filter.open_only, first.filter.ball_holder, first.filter.due_before.seconds) == (True, "330000", NOON["seconds"])
        assert (first.page_token, second.page_token, second.filter) == ("", "more", first.filter)
        assert len((await run("yrdx-desk", "list", *there, "--json")).json["cases"]) == 4

    play(body)


def test_watch_until_interrupted(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        process = await start("yrdx-desk", "watch", *there)
        assert process.stdout is not None
        lines = [(await process.stdout.readline()).decode() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
        assert (process.returncode, err.decode()) == (0, "")
        assert "permitted · version 9 · acts next 上海" in lines[1]

        machine = await run("yrdx-desk", "watch", *there, "--json", "--cursor", "end")
        assert [line["cursor"] for line in machine.lines] == ["one", "two"]
        assert desk.heard[1].cursor == "end"

    play(body)


DECISIONS: list[tuple[str, list[str], Any, str]] = [
    ("permit", ["--to-address", "杭州市", "--phone", "1"], transfer_pb2.MovePermit(to_address="杭州市", contact_phone="1"), ""),
    ("deregister", [], transfer_pb2.MigrationCertificate(), ""),
    ("land", [], transfer_pb2.LandingReceipt(), ""),
    ("land", ["--reason", "no-show"], transfer_pb2.LandingReceipt(), "REASON_CLASS_NO_SHOW"),
    ("land", ["--reason", "wish"], transfer_pb2.LandingReceipt(), "REASON_CLASS_APPLICANT_WISH"),
    (
        "land",
        ["--reason", "deceased", "--deceased-on", "2026-02-01"],
        transfer_pb2.LandingReceipt(deceased_on="2026-02-01"),
        "REASON_CLASS_DECEASED",
    ),
    (
        "supplement",
        ["--brought", "receiving-consent", "--missing", "photo=2026-03-01"],
        transfer_pb2.Supplement(
            brought=["receiving-consent"], missing=[{"code": "photo", "promised_until": "2026-03-01", "promised_by": "张三"}]
        ),
        "",
    ),
    ("resume", WHY[2:], transfer_pb2.Decision(reason_code="policy", reason="不符合落户政策。"), ""),
    (
        "resubmit",
        ["--name", "章三", "--ground", "talent", "--note", "更正", "--missing", "photo=2026-03-01"],
        transfer_pb2.Correction(
            application={
                "id_number": NUMBER,
                "name": "章三",
                "ground": transfer_pb2.TRANSFER_GROUND_TALENT,
                "missing": [{"code": "photo", "promised_until": "2026-03-01", "promised_by": "张三"}],
            },
            note="更正",
        ),
        "",
    ),
    (
        "return",
        [*WHY, "--differs", "name=章三", "--missing", "photo", "--missing", "identity"],
        transfer_pb2.CorrectionRequest(
            reason_code="policy",
            reason="不符合落户政策。",
            differences=[{"field": "name", "stated": "张三", "registered": "章三"}],
            missing_materials=["photo", "identity"],
        ),
        "REASON_CLASS_POLICY_NOT_MET",
    ),
    *(
        (action, WHY, transfer_pb2.Decision(reason_code="policy", reason="不符合落户政策。"), "REASON_CLASS_POLICY_NOT_MET")
        for action in ("refuse", "withdraw", "revoke", "annul", "pause", "switch-to-paper")
    ),
]


def test_every_decision_says_what_it_means(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        for action, words, detail, reason in DECISIONS:
            ended = await run("yrdx-desk", "decide", action, CASE, *words, *OFFICER, *there)
            assert (ended.status, ended.err) == (0, ""), action
            assert f"on its way: message {MESSAGE}" in ended.out
            request = desk.heard.pop()
            stated = type(detail)()
            assert request.detail.Unpack(stated)
            assert stated == detail
            assert (request.action, request.case_id, request.expected_version, request.officer) == (action, CASE.bytes, 7, SAID)
            assert request.reason_class == (desk_pb2.DecideRequest(reason_class=reason or None).reason_class)

    play(body)


def test_every_action_of_an_officer_has_a_command() -> None:
    actions = [action for action in HOUSEHOLD_TRANSFER.actions if not (action.opens or action.settles or action.anywhere)]
    assert {action for action, *_ in DECISIONS} == {action.name for action in actions}


def test_an_unlikely_landing_or_promise_is_not_sent(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        wrong: list[list[object]] = [
            ["land", CASE, "--reason", "deceased"],
            ["land", CASE, "--deceased-on", "2026-02-01"],
            ["land", CASE, "--reason", "no-show", "--deceased-on", "2026-02-01"],
            ["land", CASE, "--reason", "deceased", "--deceased-on", "yesterday"],
            ["land", CASE, "--reason", "policy-not-met"],
            ["supplement", CASE, "--brought", "photo", "--missing", "identity"],
            ["supplement", CASE, "--brought", "photo", "--missing", "identity=soon"],
        ]
        for words in wrong:
            ended = await run("yrdx-desk", "decide", *words, *OFFICER, *there)
            assert (ended.status, bool(ended.err)) == (2, True), words
        assert desk.heard == []

    play(body)


def test_a_version_that_the_officer_saw(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        desk.refusal = Refused(VERSION_CONFLICT)
        request_id = str(uuid.uuid4())
        words = ["decide", "land", CASE, "--version", "3", "--request-id", request_id, *OFFICER, *there]
        ended = await run("yrdx-desk", *words)
        assert (ended.status, ended.out) == (1, "")
        assert ended.err.splitlines() == ["5002 VERSION_CONFLICT", VERSION_CONFLICT.zh, VERSION_CONFLICT.en]
        assert (desk.heard[0].expected_version, desk.heard[0].request_id) == (3, request_id)

    play(body)


def test_a_lost_answer_can_be_asked_for_again(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        desk.refusal = Refused(DECISION_PENDING)
        ended = await run("yrdx-desk", "decide", "land", CASE, *OFFICER, *there)
        assert ended.status == 1
        assert ended.err.splitlines()[0] == f"--request-id {desk.heard[0].request_id} --version 7 repeats this request"

        desk.refusal = Refused(CONSENT_MISSING)
        words = ["open", "--counterpart", "310000", "--id-number", NUMBER, "--name", "张三", "--ground", "spouse"]
        final = await run("yrdx-desk", *words, *OFFICER, *there, "--json")
        assert (final.status, final.err, final.json["refused"]["number"]) == (1, "", 5005)

    play(body)


def test_find(play: Callable[[Body], None]) -> None:
    async def body(desk: Desk, there: list[object]) -> None:
        shown, told = await asyncio.gather(
            run("yrdx-desk", "find", CASE, *OFFICER, *there), run("yrdx-desk", "find", CASE, *OFFICER, *there, "--json")
        )
        assert "active · differences: name" in shown.out
        assert "章三" in shown.out
        assert (told.json["resident"]["name"], told.json["differences"]) == ("章三", ["name"])
        assert desk.heard[0] == desk_pb2.FindResidentRequest(officer=SAID, case_id=CASE.bytes)

    play(body)


def test_usage(certificates: dict[str, TlsFiles]) -> None:
    there = ["--address", "127.0.0.1:1", *files_of(certificates["system"])]
    wrong: list[list[object]] = [
        ["show", "no-id", *there],
        ["show", *there],
        ["decide", "permit", CASE, *OFFICER, *there],
        ["decide", "refuse", CASE, *WHY[2:], *OFFICER, *there],
        ["decide", "approve", CASE, *there],
        ["decide", "land", CASE, *OFFICER[2:], *there],
        ["open", "--counterpart", "310000", "--id-number", NUMBER, "--name", "张三", "--ground", "fun", *OFFICER, *there],
        ["list", "--due-before", "soon", *there],
    ]

    async def main() -> list[Ended]:
        return [await run("yrdx-desk", *words) for words in wrong]

    for words, ended in zip(wrong, asyncio.run(main()), strict=True):
        assert (ended.status, bool(ended.err)) == (2, True), words
