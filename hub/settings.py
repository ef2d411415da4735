"""The hub's settings file, as a frozen value. Secrets are paths."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations of a Struct when it runs
from pathlib import Path  # noqa: TC003 - msgspec reads it
from typing import Annotated, Literal

import msgspec

from core.refusals import BAD_SETTINGS, Refused
from runtime.settings import KafkaSettings, Settings, SigningFiles, TlsFiles

Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class HubSettings(Settings, frozen=True, kw_only=True):
    """What one hub process needs to know.

    Attributes:
        name: of this process, for its log and its leases; two processes on one database have different names.
        address: `host:port` to listen on.
        tls: the hub's TLS certificate and the root of its callers.
        signing: signs receipts and due events.
        log_key: Ed25519, signs checkpoints.
        pepper: 32 bytes under which blind tags are hashed.
        trust_root: the root's certificate, the anchor of the trust list.
        trust_list: a serialised SignedTrustList; put in force when it is the successor of the one in force.
        dsn_file: holds the address of the hub's database.
        kafka: where the transport is.
        log_directory: the log folder.
        materials_directory: sealed documents.
        business_time: "real" lets deadlines follow the real clock; "simulated" lets an operator move them.
        business_start: first business time of a new simulated ledger.
        process_log: JSON lines; None is standard error.
        log_origin: the log's name in checkpoints.
        max_in_flight: messages of one province between submit and answer.
        sweep_s: seconds after which an unacknowledged delivery is sent again from the ledger.
        metrics: `host:port` of a loopback address where Prometheus reads figures, unencrypted; None serves none.
        reflection: also serve gRPC reflection.
    """

    name: str
    address: str
    tls: TlsFiles
    signing: SigningFiles
    log_key: Path
    pepper: Path
    trust_root: Path
    trust_list: Path
    dsn_file: Path
    kafka: KafkaSettings
    log_directory: Path
    materials_directory: Path
    business_time: Literal["real", "simulated"]
    business_start: datetime | None = None
    process_log: Path | None = None
    log_origin: str = "yrdx-hub"
    max_in_flight: Count = 2000
    sweep_s: Seconds = 5.0
    metrics: str | None = None
    reflection: bool = False

    def check(self) -> None:
        """Refuses a combination that makes no sense.

        Raises:
            Refused: BAD_SETTINGS when a start of business time is given without simulation or without its zone, or is missing.
        """
        start = self.business_start
        if (start is None) == (self.business_time == "simulated") or (start is not None and start.tzinfo is None):
            raise Refused(BAD_SETTINGS, "business_start")

    @property
    def simulated(self) -> bool:
        """Whether an operator moves business time."""
        return self.business_time == "simulated"
