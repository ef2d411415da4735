"""Who calls: the identity in a peer's TLS certificate.

Decides member, role and units from the URI names of a certificate that TLS has already verified up to the root. Exactly one name
must be an identity (`spiffe://yrdx/hub/ROLE` or `spiffe://yrdx/province/CODE/ROLE`); any number may be unit prefixes the holder may
speak for (`spiffe://yrdx/province/CODE/units/PREFIX`, same member). Does not check revocation: see `check_peer` of
`runtime.grpc_server.serving`.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from core.refusals import NO_IDENTITY, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    import grpc

ROLES = frozenset({"node", "system", "auditor", "operator", "hub"})

_HOLDER = re.compile(rf"spiffe://yrdx/(?:(hub)|province/(\d{{6}}))/({'|'.join(ROLES)})")
_UNITS = re.compile(r"spiffe://yrdx/province/(\d{6})/units/(\d{1,12})")


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified peer.

    Attributes:
        member: province code, or `hub`.
        role: node, system, auditor, operator or hub.
        units: prefixes of 12-digit units that the peer may speak for; empty for all roles but `system`.
        certificate_der: the TLS leaf certificate.
    """

    member: str
    role: str
    units: tuple[str, ...]
    certificate_der: bytes


def identity(context: grpc.aio.ServicerContext[Any, Any]) -> Identity:
    """The identity of the caller of a gRPC method.

    Raises:
        Refused: NO_IDENTITY without a client certificate or with one that does not name exactly one holder.
    """
    peer = context.auth_context()
    pem = next(iter(peer.get("x509_pem_cert", ())), b"")
    return _identity(pem, tuple(peer.get("peer_uri", ())))


@lru_cache(maxsize=1024)
def _identity(pem: bytes, uris: tuple[bytes, ...]) -> Identity:
    names = [uri.decode("ascii", "replace") for uri in uris]
    member, role = _holder(names)
    units = [found for name in names if (found := _UNITS.fullmatch(name))]
    if any(found[1] != member for found in units):
        raise Refused(NO_IDENTITY, "units")
    return Identity(member, role, tuple(found[2] for found in units), ssl.PEM_cert_to_DER_cert(pem.decode("ascii")))


def _holder(names: Iterable[str]) -> tuple[str, str]:
    holders = [found for name in names if (found := _HOLDER.fullmatch(name))]
    if len(holders) != 1:
        raise Refused(NO_IDENTITY, "certificate")
    return holders[0][1] or holders[0][2], holders[0][3]
