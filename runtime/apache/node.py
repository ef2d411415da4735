"""What one node of a cluster is told: its `server.properties`, as text.

Decides the settings, the same for one node and for three: every node is broker and controller; a record is confirmed when a majority of its
replicas has it; topics are made by whoever knows how many partitions they need. With TLS every connection, between nodes too, shows a
certificate, and only nodes and the hub may do anything: operators, auditors and provinces have certificates of the same root.

Ids follow from the controllers' addresses. So nothing has to be remembered while the nodes of a new cluster are prepared one by one.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pki.identity import HUB, Role
from pki.profile import directory_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runtime.settings import TlsFiles

_MAY_DO_ANYTHING: Final = (Role.BROKER, Role.HUB)
_ID_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Quorum:
    """The controllers of a cluster, in the order of their node ids.

    Attributes:
        controllers: `host:port` of each.
    """

    controllers: Sequence[str]

    @property
    def cluster_id(self) -> str:
        """The cluster's id."""
        return _id(",".join(self.controllers))

    @property
    def initial(self) -> str:
        """All controllers with the ids of their data, as `kafka.tools.StorageTool` wants to know them."""
        return ",".join(f"{number}@{address}:{_id(address)}" for number, address in enumerate(self.controllers, start=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node.

    Attributes:
        folder: its own.
        number: its id, from 1.
        address: where its clients reach it.
        quorum: of its cluster.
        tls: of the nodes; None speaks plain text.
    """

    folder: Path
    number: int
    address: str
    quorum: Quorum
    tls: TlsFiles | None

    @property
    def data(self) -> Path:
        """Where everything is that a restart keeps."""
        return self.folder / "data"

    @property
    def keystore(self) -> Path:
        """Key and certificates in one file."""
        return self.folder / "keystore.pem"

    def properties(self) -> str:
        """The file."""
        values = {**self._place(), **self._copies(), **self._security()}
        return "".join(f"{name}={value}\n" for name, value in values.items())

    def _place(self) -> dict[str, object]:
        protocol = "SSL" if self.tls else "PLAINTEXT"
        listeners = f"{protocol}://{self.address},CONTROLLER://{self.quorum.controllers[self.number - 1]}"
        return {
            "process.roles": "broker,controller",
            "node.id": self.number,
            "controller.quorum.bootstrap.servers": ",".join(self.quorum.controllers),
            "controller.listener.names": "CONTROLLER",
            "listeners": listeners,
            "advertised.listeners": listeners,
            "inter.broker.listener.name": protocol,
            "listener.security.protocol.map": f"CONTROLLER:{protocol},{protocol}:{protocol}",
            "log.dirs": self.data,
        }

    def _copies(self) -> dict[str, object]:
        nodes = len(self.quorum.controllers)
        return {
            "auto.create.topics.enable": "false",
            "default.replication.factor": nodes,
            "min.insync.replicas": nodes // 2 + 1,
        }

    def _security(self) -> dict[str, object]:
        if self.tls is None:
            return {}
        return {
            "ssl.client.auth": "required",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.keystore,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.tls.root,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": ";".join(f"User:{directory_name(HUB, role).rfc4514_string()}" for role in _MAY_DO_ANYTHING),
        }


def _id(text: str) -> str:
    """An id in Kafka's form: 16 bytes in base64. The first is zero, for an id must not look like an option."""
    return base64.urlsafe_b64encode(b"\0" + hashlib.sha256(text.encode()).digest()[: _ID_BYTES - 1]).rstrip(b"=").decode()
