"""The programs of a world with their settings files: four registers, the hub, four nodes.

Decides addresses and what each process is told; every name in the files is that of hub/settings.py, nodes/common/settings.py and
simulator/registers/settings.py. Secrets are paths.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from core.ids import PROVINCES
from runtime.addresses import LOOPBACK, reserve_port
from runtime.settings import KafkaSettings, TlsFiles
from simulator.processes import Program

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from simulator.layout import Layout

HUB: Final = "hub"
POLLING: Final = frozenset({"330000"})
"""Provinces whose register calls nobody and is called by nobody: it polls its node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """Writes the files and names the processes.

    Attributes:
        kafka: where the transport is.
        business_start: the simulated clock's first moment.
        launcher: words before the module that is run, for whoever wants to be there when it starts.
    """

    layout: Layout
    kafka: KafkaSettings
    business_start: datetime
    launcher: tuple[str, ...] = ()
    addresses: dict[str, str] = field(default_factory=dict)

    def write(self) -> tuple[list[Program], list[Program]]:
        """Writes every settings file; gives the registers, and the hub with its nodes."""
        names = [*(f"register-{code}" for code in PROVINCES), HUB, *(f"node-{code}" for code in PROVINCES)]
        self.addresses.update({name: f"{LOOPBACK}:{reserve_port()}" for name in names})
        registers = [self._program(f"register-{code}", code, "simulator.registers", self._register(code)) for code in PROVINCES]
        nodes = [self._program(f"node-{code}", code, "nodes", self._node(code), database=True) for code in PROVINCES]
        return registers, [self._program(HUB, HUB, "hub", self._hub(), database=True), *nodes]

    def tls(self, code: str, role: str) -> TlsFiles:
        """TLS files of one role of a member."""
        folder = self.layout.member(code, role)
        return TlsFiles(certificate=folder / "tls.pem", key=folder / "tls.key", root=self.layout.root)

    def _program(self, name: str, code: str, module: str, settings: dict[str, Any], *, database: bool = False) -> Program:
        path = self.layout.settings(name)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(settings, enc_hook=str)))
        return Program(
            name=name,
            command=(sys.executable, "-m", *self.launcher, module, "--settings", str(path)),
            address=self.addresses[name],
            operator=self.tls(code, "operator"),
            dsn_file=self.layout.dsn(name) if database else None,
        )

    def _register(self, code: str) -> dict[str, Any]:
        return {
            "province": code,
            "database": self.layout.database(code),
            "tls": self._tls(code, "system"),
            "listen": self.addresses[f"register-{code}"],
            "address_file": self.layout.private / "registers" / f"{code}.address",
            "node": self.addresses[f"node-{code}"] if code in POLLING else None,
            "process_log": self.layout.process_log(f"register-{code}"),
        }

    def _hub(self) -> dict[str, Any]:
        keys = self.layout.member(HUB, HUB)
        return {
            "name": HUB,
            "address": self.addresses[HUB],
            "tls": self._tls(HUB, HUB),
            "signing": {"certificate": keys / "signing.pem", "key": keys / "signing.key"},
            "log_key": keys / "log.key",
            "pepper": keys / "pepper.key",
            **self._trust(HUB),
            "kafka": self.kafka,
            "log_directory": self.layout.log,
            "materials_directory": self.layout.private / "materials",
            "business_time": "simulated",
            "business_start": f"{self.business_start:%Y-%m-%dT%H:%M:%SZ}",
        }

    def _node(self, code: str) -> dict[str, Any]:
        keys, name = self.layout.member(code, "node"), f"node-{code}"
        return {
            "name": name,
            "province": code,
            "address": self.addresses[name],
            "tls": self._tls(code, "node"),
            "signing": {"certificate": keys / "signing.pem", "key": keys / "signing.key"},
            "sealing_key": keys / "sealing.key",
            "officer_key": keys / "officer.key",
            "storage_key": keys / "storage.key",
            "tag_keys": {"1": keys / "tag-1.key"},
            **self._trust(name),
            "hub": self.addresses[HUB],
            "register": None if code in POLLING else self.addresses[f"register-{code}"],
        }

    def _trust(self, name: str) -> dict[str, Any]:
        return {
            "trust_root": self.layout.root,
            "trust_list": self.layout.pki / "trust-list.bin",
            "dsn_file": self.layout.dsn(name),
            "process_log": self.layout.process_log(name),
        }

    def _tls(self, code: str, role: str) -> dict[str, Path]:
        files = self.tls(code, role)
        return {"certificate": files.certificate, "key": files.key, "root": files.root}
