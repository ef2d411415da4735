"""`yrdx-ops` against a hub that answers as told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from core.ids import uuid_text
from core.refusals import CANNOT_PROCESS, TRUST_LIST_ROLLBACK, UNAVAILABLE, Refused
from runtime.addresses import free_port
from runtime.grpc_server import identity, serving
from tests.runtime.certificates import issue, make_root
from tests.support.programs import Ended, files_of, run, write_world
from yrdx.v1 import operations_pb2, operations_pb2_grpc, receipt_pb2, trust_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    import grpc

    from runtime.settings import TlsFiles

SERVICES = {"yrdx.v1.Operations": ["operator"]}
_HELD = ["!!", "须处理", "act:", "from", "1", "(held)"]
_MARKS_OF_JIANGSU = ["!", "注意", "warn:", "below", "1", "(connected);", "!", "注意", "warn:", "from", "1", "(overdue);", *_HELD]
HOLD = receipt_pb2.Hold(
    case_id=b"c" * 16, message_id=b"m" * 16, receiver="320000", since={"seconds": 1_769_399_640}, refusal=CANNOT_PROCESS.number, attempts=5
)
LIST = trust_pb2.SignedTrustList(trust_list=b"list", signature=b"signature")


class Hub(operations_pb2_grpc.OperationsServicer):
    """Answers, or refuses what it was told to refuse; remembers."""

    def __init__(self) -> None:
        self.refusal: Refused | None = None
        self.heard: list[Any] = []
        self.held: list[receipt_pb2.Hold] = []
        self.counters = {"delivered_by_kafka": 990}
        self.members = [
            operations_pb2.MemberStatus(code="310000", connected=True),
            operations_pb2.MemberStatus(code="320000", undelivered=7, oldest_undelivered={"seconds": 1_769_399_640}, overdue=3, held=2),
        ]

    async def Status(self, request: Any, context: Any) -> operations_pb2.StatusResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        return operations_pb2.StatusResponse(
            name="hub",
            version="9.8.7",
            recorded_at={"seconds": 1_769_400_000},
            idle=False,
            draining=True,
            log_size=1077,
            checkpoint_size=1070,
            checkpoint_root=b"\xab" * 32,
            trust_list_version=4,
            members=self.members,
            counters=self.counters,
        )

    async def Drain(self, request: Any, context: Any) -> operations_pb2.DrainResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        return operations_pb2.DrainResponse()

    async def Held(self, request: Any, context: Any) -> operations_pb2.HeldResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        return operations_pb2.HeldResponse(held=self.held)

    async def Replay(self, request: Any, context: Any) -> operations_pb2.ReplayResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        return operations_pb2.ReplayResponse()

    async def PublishTrustList(self, request: Any, context: Any) -> operations_pb2.PublishTrustListResponse:  # noqa: N802 - gRPC
        self._hear(request, context)
        return operations_pb2.PublishTrustListResponse(log_index=41)

    def _hear(self, request: Any, context: Any) -> None:
        assert identity(context).role == "operator"
        if self.refusal is not None:
            raise self.refusal
        self.heard.append(request)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TlsFiles]:
    folder = tmp_path_factory.mktemp("tls")
    make_root(folder)
    return {role: issue(folder, role, f"spiffe://yrdx/hub/{role}") for role in ("hub", "operator", "auditor")}


@pytest.fixture
def play(certificates: dict[str, TlsFiles], tmp_path: Path) -> Callable[[Callable[[Hub, list[object]], Awaitable[None]]], None]:
    """Runs a coroutine function with a served hub and the options that lead there."""

    async def main(body: Callable[[Hub, list[object]], Awaitable[None]]) -> None:
        hub = Hub()  # type: ignore[abstract]  # the methods that an operator may call

        def add(server: grpc.aio.Server) -> None:
            operations_pb2_grpc.add_OperationsServicer_to_server(hub, server)

        async with serving("127.0.0.1:0", certificates["hub"], add, SERVICES) as served:
            write_world(tmp_path, "hub", served.address, "operator", certificates["operator"])
            await body(hub, ["--address", served.address])

    return lambda body: asyncio.run(main(body))


def test_status_for_people_and_for_scripts(play: Any, certificates: dict[str, TlsFiles]) -> None:
    async def body(_hub: Hub, there: list[object]) -> None:
        there += files_of(certificates["operator"])
        shown, told = await asyncio.gather(run("yrdx-ops", "status", *there), run("yrdx-ops", "status", "--json", *there))
        assert (shown.status, shown.err, told.status, told.err) == (1, "", 1, ""), "a member has alarms"
        assert "version 9.8.7" in shown.out
        assert "draining, busy" in shown.out
        assert "2026-01-26 12:00:00" in shown.out  # 04:00 UTC, in China's time
        assert f"1077 entries, checkpoint 1070 {'ab' * 32}" in shown.out
        assert "first deliveries total kafka  990" in " ".join(shown.out.split(" "))
        found = told.json
        assert (found["log_size"], found["checkpoint_root"], found["counters"]) == (1077, "ab" * 32, {"delivered_by_kafka": 990})
        assert (found["recorded_at"], found["next_due"], found["draining"]) == ("2026-01-26T04:00:00Z", None, True)

    play(body)


def test_members_of_a_world(play: Any, tmp_path: Path) -> None:
    async def body(_hub: Hub, _there: list[object]) -> None:
        shown, told = await asyncio.gather(
            run("yrdx-ops", "members", "--dir", tmp_path), run("yrdx-ops", "members", "--dir", tmp_path, "--party", "hub", "--json")
        )
        rows = [line.split() for line in shown.out.splitlines()]
        assert rows[1:] == [
            ["310000", "上海", "Shanghai", "yes", "0", "–", "0", "0"],
            ["320000", "江苏", "Jiangsu", "no", "7", "2026-01-26", "11:54:00", "3", "2", *_MARKS_OF_JIANGSU],
        ]
        assert (shown.status, told.status) == (0, 0), "`status` alone judges"
        assert [member["undelivered"] for member in told.json["members"]] == [0, 7]

    play(body)


def test_nothing_alarming_ends_with_0(play: Any, tmp_path: Path) -> None:
    async def body(hub: Hub, _there: list[object]) -> None:
        hub.members = [operations_pb2.MemberStatus(code="310000", connected=True)]
        hub.counters = {"certificate_days_left": 60, "log_disk_free_bytes": 10 << 30, "checkpoint_age_seconds": 9_999_999}
        shown, told = await asyncio.gather(*(run("yrdx-ops", "status", "--dir", tmp_path, *more) for more in ((), ("--json",))))
        assert (shown.status, told.status, told.json["alarms"]) == (0, 0, [])
        assert "!" not in shown.out

    play(body)


def test_what_is_beyond_a_threshold_is_marked_and_ends_with_1(play: Any, tmp_path: Path) -> None:
    async def body(hub: Hub, _there: list[object]) -> None:
        hub.members = [operations_pb2.MemberStatus(code="310000", connected=True)]
        hub.counters = {"certificate_days_left": 59, "log_disk_free_bytes": 1 << 30, "materials_disk_free_bytes": 99 << 30}
        shown, told = await asyncio.gather(*(run("yrdx-ops", "status", "--dir", tmp_path, *more) for more in ((), ("--json",))))
        assert (shown.status, told.status) == (1, 1)
        rows = {line.split("  ")[0].strip(): " ".join(line.split()) for line in shown.out.splitlines()}
        assert rows["certificate days left"] == "certificate days left 59 ! 注意 warn: below 60"
        assert rows["disk free bytes log"] == "disk free bytes log 1 GiB !! 须处理 act: below 2 GiB"
        assert rows["disk free bytes materials"] == "disk free bytes materials 99 GiB"
        assert told.json["alarms"] == [
            {"figure": "certificate_days_left", "labels": {}, "value": 59, "level": "warn", "limit": 60},
            {"figure": "disk_free_bytes", "labels": {"folder": "log"}, "value": 1 << 30, "level": "act", "limit": 2 << 30},
        ]

    play(body)


def test_drain_and_trust_list(play: Any, tmp_path: Path) -> None:
    async def body(hub: Hub, _there: list[object]) -> None:
        path = tmp_path / "trust-list.bin"
        path.write_bytes(LIST.SerializeToString())
        drained = await run("yrdx-ops", "drain", "--dir", tmp_path, "--json")
        published = await run("yrdx-ops", "trust-list", "publish", path, "--dir", tmp_path)
        assert (drained.status, drained.json) == (0, {"drained": True})
        assert (published.status, published.out) == (0, "in force from log index 41\n")
        assert hub.heard == [operations_pb2.DrainRequest(), operations_pb2.PublishTrustListRequest(trust_list=LIST)]

    play(body)


def test_held_and_replay(play: Any, tmp_path: Path) -> None:
    async def body(hub: Hub, _there: list[object]) -> None:
        nothing = await run("yrdx-ops", "held", "--dir", tmp_path)
        assert (nothing.status, nothing.out) == (0, "nothing is held\n")
        hub.held = [HOLD]
        shown, told = await asyncio.gather(*(run("yrdx-ops", "held", "--dir", tmp_path, *more) for more in ((), ("--json",))))
        message = uuid_text(HOLD.message_id)
        words = " ".join(shown.out.split())
        for part in (uuid_text(HOLD.case_id), f"{message} 320000 2026-01-26 11:54:00 5 {CANNOT_PROCESS.number}", CANNOT_PROCESS.zh):
            assert part in words
        assert (shown.status, told.status, told.json["held"][0]["attempts"]) == (0, 0, 5)
        replayed = await run("yrdx-ops", "replay", message, "--receiver", "320000", "--dir", tmp_path)
        assert (replayed.status, replayed.out) == (0, f"{message} is on its way again\n")
        assert hub.heard[-1] == operations_pb2.ReplayRequest(message_id=HOLD.message_id, receiver="320000")

    play(body)


def test_a_refusal_is_told_in_both_languages(play: Any, tmp_path: Path) -> None:
    async def body(hub: Hub, _there: list[object]) -> None:
        hub.refusal = Refused(TRUST_LIST_ROLLBACK, "version")
        path = tmp_path / "trust-list.bin"
        path.write_bytes(LIST.SerializeToString())
        words = ("trust-list", "publish", path, "--dir", tmp_path)
        told, machine = await asyncio.gather(run("yrdx-ops", *words), run("yrdx-ops", *words, "--json"))
        assert (told.status, told.out) == (1, "")
        lines = ["8007 TRUST_LIST_ROLLBACK (version)", TRUST_LIST_ROLLBACK.zh, TRUST_LIST_ROLLBACK.en]
        assert told.err.splitlines() == lines
        assert (machine.status, machine.err, machine.json["refused"]["number"]) == (1, "", 8007)

        hub.refusal = Refused(UNAVAILABLE, retry_after_s=2.5)
        assert "try again in 2.5 s" in (await run("yrdx-ops", "status", "--dir", tmp_path)).err

    play(body)


def test_another_role_and_nobody_there(play: Any, certificates: dict[str, TlsFiles]) -> None:
    async def body(hub: Hub, there: list[object]) -> None:
        other = await run("yrdx-ops", "status", *there, *files_of(certificates["auditor"]))
        assert (other.status, other.err.splitlines()[0], hub.heard) == (1, "2002 WRONG_ROLE (auditor)", [])
        away = f"127.0.0.1:{free_port()}"
        nobody = await run("yrdx-ops", "status", "--address", away, *files_of(certificates["operator"]))
        assert (nobody.status, nobody.out) == (1, "")
        assert nobody.err.startswith(f"no answer from {away}: UNAVAILABLE")

    play(body)


def test_usage(certificates: dict[str, TlsFiles], tmp_path: Path) -> None:
    """What the command line itself gets wrong never reaches a server."""
    files = files_of(certificates["operator"])
    no_list = tmp_path / "trust-list.bin"
    no_list.write_bytes(b"\xff")
    write_world(tmp_path / "up", "node-310000", "127.0.0.1:1", "operator", certificates["operator"])
    wrong: list[list[object]] = [
        ["status"],
        ["status", "--address", "localhost:1"],
        ["status", "--address", "localhost:1", *files, "--party", "hub"],
        ["status", "--address", "localhost:1", *files, "--dir", tmp_path],
        ["status", "--address", "localhost:1", *files[:-1], tmp_path / "absent.pem"],
        ["status", "--dir", tmp_path],
        ["status", "--dir", tmp_path / "up"],
        ["status", "--speed"],
        ["advance"],
        ["replay", "no-id", "--receiver", "310000", "--address", "localhost:1", *files],
        ["replay", "--receiver", "310000", "--address", "localhost:1", *files],
        ["trust-list", "publish", no_list, "--address", "localhost:1", *files],
    ]

    async def main() -> list[Ended]:
        return [await run("yrdx-ops", *words) for words in wrong]

    for words, ended in zip(wrong, asyncio.run(main()), strict=True):
        assert (ended.status, bool(ended.err)) == (2, True), words
