"""Provinces on a real hub: nodes with databases and registers of their own, and officers at their desks.

A node runs in this process, or as a process of its own that can be killed (-9). In this process a `crash` first cuts its database off, so
that nothing more becomes durable, and then takes it down wherever it stands.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc

from core.ids import PROVINCES
from core.refusals import VERSION_CONFLICT
from nodes.common.composition import running
from nodes.common.settings import NodeSettings
from nodes.provinces import CODECS
from pki.identity import Role
from runtime import settings
from runtime.clock import SystemClock
from runtime.embedded.broker import Broker
from runtime.grpc_client import channel, refused
from runtime.health import serves
from tests.support.country import Country, Troubled, register
from tests.support.exchange import Exchange, exchange, until
from tests.support.lives import Hold, Life
from tests.support.officers import detail_of, packed, reason_of
from yrdx.v1 import desk_pb2, desk_pb2_grpc, operations_pb2, operations_pb2_grpc
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from google.protobuf.message import Message

    from nodes.common.composition import Node
    from yrdx.v1 import resident_pb2

IN, OUT = "330000", "310000"
OTHER = "320000"
CALL_S = 20.0
LANDING = ((IN, "permit"), (OUT, "deregister"), (IN, "land"))
_CONFLICTS = 20


@dataclass
class Province:
    """A province: its node, its register and an officer.

    Attributes:
        settings: the file of its node.
        register: what happens at its register, while that is in this process.
        node: the parts of its node, while that is in this process and runs.
        officer: at its desk.
    """

    country: Country
    code: str
    settings: Path
    desk: desk_pb2_grpc.DeskAsyncStub
    operations: operations_pb2_grpc.OperationsAsyncStub
    life: Life
    register_life: Life
    register: Troubled = field(default_factory=Troubled)
    _node: Node | None = None
    process: asyncio.subprocess.Process | None = None

    @property
    def node(self) -> Node:
        assert self._node is not None
        return self._node

    @property
    def officer(self) -> desk_pb2.Officer:
        return desk_pb2.Officer(number=f"{self.code[:2]}0001", name="王警官", unit=f"{self.code[:2]}0101000000", grade="一级警司")

    async def start(self) -> None:
        """Starts the node in this process."""
        wanted = settings.load(self.settings, NodeSettings)
        self._node = await self.life.begin(running(wanted, CODECS[self.code], SystemClock()))

    async def crash(self, *calls: asyncio.Task[Any]) -> None:
        """Nothing that the node does from now on lasts; `calls` to it end with it."""
        self.node.database._pool.terminate()
        for call in calls:
            call.cancel()
        await self.life.end()
        self._node = None

    async def stop(self) -> None:
        await self.life.end()
        self._node = None

    async def spawn(self) -> None:
        """Starts the node as a process."""
        self.process = await program("nodes", self.settings)
        await until(lambda: serves(self.country.addresses[self.code], self.country.tls(self.code, Role.SYSTEM)))

    async def kill(self) -> None:
        """Kills the process (-9)."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()
        self.process = None

    async def begin_register(self) -> None:
        self.register = await self.register_life.begin(register(self.country, self.code))

    async def open(self, counterpart: str, person: resident_pb2.Resident, **changes: Any) -> bytes:
        """Opens a case about a person of the counterpart; returns its id."""
        request = self.opening(counterpart, person, **changes)
        return (await self.desk.OpenCase(request, timeout=CALL_S)).case.case_id

    def opening(self, counterpart: str, person: resident_pb2.Resident, **changes: Any) -> desk_pb2.OpenCaseRequest:
        application = transfer_pb2.HouseholdApplication(
            id_number=person.id_number, name=person.name, ground=transfer_pb2.TRANSFER_GROUND_SPOUSE
        )
        values: dict[str, Any] = {
            "request_id": str(uuid.uuid4()),
            "officer": self.officer,
            "service": "household-transfer",
            "counterpart": counterpart,
            "application": packed(application),
            "legal_basis": "mps-2021-12",
            "consent_recorded": True,
        }
        return desk_pb2.OpenCaseRequest(**{**values, **changes})

    async def decide(self, case_id: bytes, action: str, detail: Message | None = None, **changes: Any) -> desk_pb2.DecideResponse:
        """Decides on the case as it stands; reads it anew when news came between reading and deciding."""
        request = await self.decision(case_id, action, detail, **changes)
        for _ in range(_CONFLICTS):
            try:
                return await self.desk.Decide(request, timeout=CALL_S)
            except grpc.aio.AioRpcError as error:
                refusal = refused(error)
                if refusal is None or refusal.kind is not VERSION_CONFLICT or "expected_version" in changes:
                    raise
            request.expected_version = (await self.view(case_id)).version
        raise AssertionError("the case never stands still")

    async def decision(self, case_id: bytes, action: str, detail: Message | None = None, **changes: Any) -> desk_pb2.DecideRequest:
        values: dict[str, Any] = {
            "request_id": str(uuid.uuid4()),
            "officer": self.officer,
            "case_id": case_id,
            "action": action,
            "detail": packed(detail or detail_of(action)),
            "legal_basis": "mps-2021-12",
            "reason_class": reason_of(action),
            **changes,
        }
        values.setdefault("expected_version", (await self.view(case_id)).version)
        return desk_pb2.DecideRequest(**values)

    async def get(self, case_id: bytes) -> desk_pb2.GetCaseResponse:
        return await self.desk.GetCase(desk_pb2.GetCaseRequest(case_id=case_id), timeout=CALL_S)

    async def view(self, case_id: bytes) -> desk_pb2.CaseView:
        return (await self.get(case_id)).case

    async def sees(self, case_id: bytes, **wanted: Any) -> desk_pb2.CaseView:
        """Waits until the desk shows a case like this."""
        seen = desk_pb2.CaseView()

        async def there() -> bool:
            nonlocal seen
            try:
                seen = await self.view(case_id)
            except grpc.aio.AioRpcError:
                return False
            return all(getattr(seen, name) == value for name, value in wanted.items())

        try:
            await until(there)
        except AssertionError as error:
            raise AssertionError(f"{self.code} expects {wanted}, sees {seen}") from error
        return seen

    async def can(self, case_id: bytes, action: str) -> None:
        """Waits until the desk offers an action."""

        async def offered() -> bool:
            try:
                seen = await self.view(case_id)
            except grpc.aio.AioRpcError:
                return False
            return action in seen.legal_actions and not seen.pending_action

        await until(offered)

    async def idle(self) -> None:
        """Waits until the node has nothing to do."""

        async def rests() -> bool:
            return (await self.operations.Status(operations_pb2.StatusRequest(), timeout=CALL_S)).idle

        await until(rests)


@dataclass
class Federation:
    """Four provinces and their hub.

    Attributes:
        hub: the running hub with its surroundings.
    """

    country: Country
    broker: Broker
    provinces: Mapping[str, Province]
    hub_life: Life
    hub_dsn: str
    _hub: Exchange | None = None

    def __getitem__(self, code: str) -> Province:
        return self.provinces[code]

    @property
    def hub(self) -> Exchange:
        assert self._hub is not None
        return self._hub

    async def begin_hub(self) -> None:
        self._hub = await self.hub_life.begin(exchange(self.country.folder, self.hub_dsn, self.country, self.broker, sweep_s=1.0))

    async def end_hub(self) -> None:
        await self.hub_life.end()
        self._hub = None

    async def mend(self) -> None:
        """Everything runs again, whatever a test that failed has left."""
        if not self.hub_life.lives:
            await self.begin_hub()
        for province in self.provinces.values():
            if province.process is not None:
                await province.kill()
            if not province.register_life.lives:
                await province.begin_register()
            if not province.life.lives:
                await province.start()
            province.register.trouble.clear()

    @contextmanager
    def held_submits(self, *, before: bool) -> Iterator[Hold]:
        """Holds up whatever is submitted, before the hub has heard it or before the sender hears the answer; afterwards no more."""
        submitter, hold = self.hub.hub.submitter, Hold()
        submit = submitter.submit

        async def held(*request: Any) -> Any:
            if before:
                await hold()
            answer = await submit(*request)
            if not before:
                await hold()
            return answer

        submitter.submit = held  # type: ignore[method-assign,assignment]  # of this one hub
        try:
            yield hold
        finally:
            hold.open.set()
            del submitter.submit

    async def up_to(self, action: str, person: resident_pb2.Resident | None = None) -> bytes:
        """A new case from its application to where the next step may be `action`; returns its id."""
        case_id = await self[IN].open(OUT, person or self.country.person(OUT))
        for code, step in LANDING:
            await self[code].can(case_id, step)
            if step == action:
                break
            await self[code].decide(case_id, step)
        return case_id

    async def idle(self) -> None:
        """Waits until nobody has anything to do."""
        for province in self.provinces.values():
            await province.idle()
        await self.hub.idle()


@asynccontextmanager
async def federation(folder: Path, dsns: Mapping[str, str]) -> AsyncIterator[Federation]:
    """Everything runs, from entry to exit. `dsns`: empty databases by "hub" and province."""
    country = Country(folder)
    async with Broker(folder / "broker") as broker, AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        provinces = {code: await _province(country, code, dsns[code], group, stack) for code in PROVINCES}
        made = Federation(country, broker, provinces, Life(group), dsns["hub"])
        await made.begin_hub()
        for province in provinces.values():
            await province.begin_register()
            await province.start()
        try:
            yield made
        finally:
            await asyncio.gather(*(province.stop() for province in provinces.values()))
            await asyncio.gather(*(province.register_life.end() for province in provinces.values()))
            await made.hub_life.end()


async def program(module: str, file: Path) -> asyncio.subprocess.Process:
    """One of our servers as a process of its own."""
    return await asyncio.create_subprocess_exec(sys.executable, "-m", module, "--settings", file, stderr=asyncio.subprocess.DEVNULL)


async def _province(country: Country, code: str, dsn: str, group: asyncio.TaskGroup, stack: AsyncExitStack) -> Province:
    address = country.addresses[code]
    desk = await stack.enter_async_context(channel(address, country.tls(code, Role.SYSTEM)))
    operator = await stack.enter_async_context(channel(address, country.tls(code, Role.OPERATOR)))
    return Province(
        country,
        code,
        country.node_settings(code, dsn),
        desk_pb2_grpc.DeskStub(desk),
        operations_pb2_grpc.OperationsStub(operator),
        Life(group),
        Life(group),
    )
