"""A small country: keys of four provinces, their registers, and people in them."""

from __future__ import annotations

import json
import ssl
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from stdnum.cn import ric

from core.ids import PROVINCES
from nodes.provinces import CODECS
from pki.identity import Role
from pki.keys import save_private
from runtime.addresses import free_port
from runtime.grpc_server import serving
from simulator.registers.service import RegisterService
from simulator.registers.store import Store, connect
from tests.support.world import TAG_KEY, World
from yrdx.v1 import register_pb2, register_pb2_grpc, resident_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from simulator.registers.store import Record

    Trouble = Callable[[], Awaitable[None]]

TAG_KEYS = {1: TAG_KEY, 2: b"2" * 32}
"""By epoch; the trust list says which of them are in force."""
_SINCE = 1_000_000
_PEOPLE = count()
_FIRST_BIRTHDAY = date(1960, 1, 1)


class Country(World):
    """Keys of a world with provincial systems and whole nodes.

    Attributes:
        addresses: where hub, nodes ("310000") and registers ("register-310000") listen, over all restarts.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        names = ("hub", *PROVINCES, *(f"register-{code}" for code in PROVINCES))
        self.addresses = {name: f"127.0.0.1:{port}" for name, port in zip(names, _ports(len(names)), strict=True)}
        for code in PROVINCES:
            self._add_tls(code, Role.SYSTEM)
            self._write_node(code)
        self.write_trust_list()

    def hub_settings(self, dsn: str, bootstrap: str, address: str, **changes: Any) -> dict[str, Any]:
        """As usual, but the hub stays where it is."""
        del address
        return super().hub_settings(dsn, bootstrap, self.addresses["hub"], **changes)

    def node_settings(self, code: str, dsn: str, **changes: Any) -> Path:
        """The settings file of a node."""
        place = self._place(code, Role.NODE)
        (place / "dsn").write_text(dsn)
        values = {
            "name": f"node-{code}",
            "province": code,
            "address": self.addresses[code],
            "tls": _texts(self.tls(code)),
            "signing": {"certificate": str(place / "signing.pem"), "key": str(place / "signing.key")},
            **{f"{name}_key": str(place / f"{name}.key") for name in ("sealing", "officer", "storage")},
            "tag_keys": {str(epoch): str(place / f"tag-{epoch}.key") for epoch in TAG_KEYS},
            "trust_root": str(self.folder / "root.pem"),
            "trust_list": str(self.folder / "trust-list.bin"),
            "dsn_file": str(place / "dsn"),
            "hub": self.addresses["hub"],
            "register": self.addresses[f"register-{code}"],
            **changes,
        }
        (place / "node.json").write_text(json.dumps(values))
        return place / "node.json"

    def register_settings(self, code: str) -> Path:
        """The settings file of a register that is a process of its own."""
        place = self._place(code, Role.SYSTEM)
        values = {
            "province": code,
            "database": str(self.register_file(code)),
            "tls": _texts(self.tls(code, Role.SYSTEM)),
            "listen": self.addresses[f"register-{code}"],
            "address_file": str(place / "register.address"),
        }
        (place / "register.json").write_text(json.dumps(values))
        return place / "register.json"

    def register_file(self, code: str) -> Path:
        return self.folder / f"register-{code}.sqlite"

    def person(self, code: str) -> resident_pb2.Resident:
        """Somebody new, registered in this province."""
        resident = somebody(code)
        with closing(connect(self.register_file(code))) as file:
            values = (resident.id_number, resident.name, resident.household_number, CODECS[code].encode(resident), CODECS[code].format)
            file.execute(
                "INSERT INTO record (id_number, name, household_number, record, format, status, since) VALUES (?, ?, ?, ?, ?, 'active', ?)",
                (*values, _SINCE),
            )
        return resident

    def record(self, code: str, id_number: str) -> Record | None:
        """What a province's register has about somebody."""
        with closing(Store(self.register_file(code), code)) as store:
            return store.find(id_number)

    def status(self, code: str, id_number: str) -> str | None:
        found = self.record(code, id_number)
        return found.status.value if found else None

    def operations(self, code: str, id_number: str) -> list[tuple[str, str]]:
        """Change and state of every operation about somebody, in the order of Reserve."""
        with closing(connect(self.register_file(code))) as file:
            query = "SELECT change, state FROM operation JOIN part USING (sequence) WHERE id_number = ? ORDER BY sequence"
            return [(change, state) for change, state in file.execute(query, (id_number,))]

    def held(self, code: str) -> int:
        """How many reservations stand in a register."""
        with closing(connect(self.register_file(code))) as file:
            (number,) = file.execute("SELECT count(*) FROM operation WHERE state = 'reserved'").fetchone()
            return int(number)

    def _write_node(self, code: str) -> None:
        place, signing = self._place(code, Role.NODE), self.signing[code][-1]
        save_private(place / "signing.key", signing.signer._key)
        save_private(place / "sealing.key", self.opener(code)._private)
        (place / "signing.pem").write_bytes(ssl.DER_cert_to_PEM_cert(signing.der).encode())
        for name, secret in (("officer", b"o"), ("storage", b"s")):
            (place / f"{name}.key").write_bytes((secret + code.encode()).ljust(32, b"."))
        for epoch, key in TAG_KEYS.items():
            (place / f"tag-{epoch}.key").write_bytes(key)


@dataclass
class Troubled:
    """What happens before or after an answer of a register: `trouble["before Finalise"]` may raise, or wait for ever.

    Attributes:
        asked: how often each call came.
    """

    trouble: dict[str, Trouble] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    async def around(self, name: str, answer: Awaitable[Any]) -> Any:
        self.asked[name] += 1
        try:
            if before := self.trouble.get(f"before {name}"):
                await before()
        except BaseException:
            answer.close()  # type: ignore[attr-defined]  # a coroutine that nobody will await
            raise
        result = await answer
        if after := self.trouble.get(f"after {name}"):
            await after()
        return result


class TroubledRegister(RegisterService):
    """A real register, with troubles."""

    def __init__(self, store: Store, thread: ThreadPoolExecutor) -> None:
        super().__init__(store, thread)
        self.troubled = Troubled()

    async def Find(self, request: register_pb2.FindRequest, context: Any) -> register_pb2.FindResponse:  # noqa: N802 - gRPC
        answer: register_pb2.FindResponse = await self.troubled.around("Find", super().Find(request, context))
        return answer

    async def Reserve(self, request: register_pb2.ReserveRequest, context: Any) -> register_pb2.ReserveResponse:  # noqa: N802 - gRPC
        answer: register_pb2.ReserveResponse = await self.troubled.around("Reserve", super().Reserve(request, context))
        return answer

    async def Finalise(self, request: register_pb2.FinaliseRequest, context: Any) -> register_pb2.FinaliseResponse:  # noqa: N802 - gRPC
        answer: register_pb2.FinaliseResponse = await self.troubled.around("Finalise", super().Finalise(request, context))
        return answer

    async def Release(self, request: register_pb2.ReleaseRequest, context: Any) -> register_pb2.ReleaseResponse:  # noqa: N802 - gRPC
        answer: register_pb2.ReleaseResponse = await self.troubled.around("Release", super().Release(request, context))
        return answer


@asynccontextmanager
async def register(country: Country, code: str) -> AsyncIterator[Troubled]:
    """The register of a province, served in this process."""
    with closing(Store(country.register_file(code), code)) as store, ThreadPoolExecutor(1) as thread:
        service = TroubledRegister(store, thread)

        def add(server: Any) -> None:
            register_pb2_grpc.add_RegisterServicer_to_server(service, server)

        address, tls = country.addresses[f"register-{code}"], country.tls(code, Role.SYSTEM)
        async with serving(address, tls, add, {"yrdx.v1.Register": ("node",)}, drain_s=0.1) as server:
            await server.ready()
            yield service.troubled


def somebody(code: str) -> resident_pb2.Resident:
    """A made-up resident of a province, different each time."""
    number = next(_PEOPLE)
    born = _FIRST_BIRTHDAY + timedelta(days=number % 20_000)
    first = f"{code[:2]}0101{born:%Y%m%d}{number // 20_000:03d}"
    return resident_pb2.Resident(
        id_number=first + ric.calc_check_digit(first + "0"),
        name=f"张三{chr(0x4E00 + number)}",
        sex_code="1",
        birth_date=born.isoformat(),
        ethnicity_code="01",
        household_number=f"{code[:2]}0{number:09d}",
        household_kind="family",
        relation_to_head_code="02",
        address_code=f"{code[:2]}0101",
        address="人民路1号",
    )


def _texts(tls: Any) -> dict[str, str]:
    return {name: str(getattr(tls, name)) for name in ("certificate", "key", "root")}


def _ports(number: int) -> list[int]:
    ports: set[int] = set()
    while len(ports) < number:
        ports.add(free_port())
    return sorted(ports)
