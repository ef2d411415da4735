"""A node's settings file, as a frozen value. Secrets are paths."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - msgspec reads the annotations of a Struct when it runs
from typing import Annotated

import msgspec

from core.refusals import BAD_SETTINGS, Refused
from pki.keys import load_secret
from runtime.settings import Settings, SigningFiles, TlsFiles

Count = Annotated[int, msgspec.Meta(ge=1)]


class NodeSettings(Settings, frozen=True, kw_only=True):
    """What the node of one province needs to know.

    Attributes:
        name: of this process, for its log and its lease at the hub; two instances of a province have different names.
        province: GB/T 2260 code, for example "310000".
        address: `host:port` to listen on, for the province's own systems and operators.
        tls: the node's TLS certificate and the root of its callers; also shown to hub and register.
        signing: signs messages and receipts.
        sealing_key: X25519, opens what others sealed to this province.
        officer_key: 32 bytes under which officers' numbers become references.
        storage_key: 32 bytes under which payloads are kept in the node's own database.
        tag_keys: epoch to the file of its 32-byte tag key, common to all provinces.
        trust_root: the root's certificate, the anchor of the trust list.
        trust_list: the first trust list; newer versions come from the hub.
        dsn_file: holds the address of the node's database.
        hub: `host:port` of the hub.
        register: `host:port` of the province's register; None where it cannot be called and polls this node's desk.
        process_log: JSON lines; None is standard error.
        credits: deliveries that may be on their way to this node at once.
        metrics: `host:port` of a loopback address where Prometheus reads figures, unencrypted; None serves none.
        reflection: also serve gRPC reflection.
    """

    name: str
    province: str
    address: str
    tls: TlsFiles
    signing: SigningFiles
    sealing_key: Path
    officer_key: Path
    storage_key: Path
    tag_keys: dict[str, Path]
    trust_root: Path
    trust_list: Path
    dsn_file: Path
    hub: str
    register: str | None
    process_log: Path | None = None
    credits: Count = 256
    metrics: str | None = None
    reflection: bool = False

    def load_tag_keys(self) -> dict[int, bytes]:
        """The tag keys by epoch.

        Raises:
            Refused: BAD_SETTINGS.
        """
        try:
            return {int(epoch): load_secret(path) for epoch, path in self.tag_keys.items()}
        except ValueError as error:
            raise Refused(BAD_SETTINGS, "tag_keys") from error
