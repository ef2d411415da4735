"""Who a certificate speaks for: a member, a role, and the units a provincial system may name.

Decides how an identity is written as SPIFFE URIs (https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md) in
a certificate's subject alternative name, and reads it back strictly. Unlike an X.509-SVID, a system's certificate
carries further URIs, one for each unit prefix it may speak for. Whether the certificate is genuine is not checked here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

from core.refusals import NO_IDENTITY, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

TRUST_DOMAIN: Final = "yrdx"
HUB: Final = "hub"

_MEMBER = re.compile(r"hub|[0-9]{6}")
_IDENTITY = re.compile(rf"spiffe://{TRUST_DOMAIN}/(?:hub|province/([0-9]{{6}}))/([a-z]+)")
_UNITS = re.compile(rf"spiffe://{TRUST_DOMAIN}/province/([0-9]{{6}})/units/([0-9]{{2,12}})")


class Role(StrEnum):
    """What the holder of a certificate does."""

    NODE = "node"
    SYSTEM = "system"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    HUB = "hub"
    BROKER = "broker"


class Purpose(IntEnum):
    """What one key may be used for; the numbers of `yrdx.v1.KeyPurpose`. A key never has two purposes."""

    TLS = 1
    SIGNING = 2
    SEALING = 3
    LOG = 4
    WITNESS = 5


def is_member_code(code: str) -> bool:
    """Tells whether this is "hub" or has the form of a GB/T 2260 code; not whether such a member exists."""
    return _MEMBER.fullmatch(code) is not None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate names.

    Attributes:
        member: GB/T 2260 code of the province, or "hub".
        role: what the holder does there.
        units: prefixes of 12-digit unit codes the holder may speak for; only a provincial system has any.
    """

    member: str
    role: Role
    units: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuses a combination that no certificate may carry (NO_IDENTITY)."""
        if not is_member_code(self.member):
            raise Refused(NO_IDENTITY, "member")
        if self.role in {Role.HUB, Role.BROKER} and self.member != HUB:
            raise Refused(NO_IDENTITY, "role")
        if self.role in {Role.NODE, Role.SYSTEM} and self.member == HUB:
            raise Refused(NO_IDENTITY, "role")
        if any(self.role is not Role.SYSTEM or not prefix.startswith(self.member[:2]) for prefix in self.units):
            raise Refused(NO_IDENTITY, "units")

    def uris(self) -> tuple[str, ...]:
        """Gives the URIs of the certificate: the identity first, then one for each unit prefix."""
        place = HUB if self.member == HUB else f"province/{self.member}"
        base = f"spiffe://{TRUST_DOMAIN}/{place}"
        return (f"{base}/{self.role}", *(f"{base}/units/{prefix}" for prefix in self.units))


def parse_uris(uris: Iterable[str]) -> Subject:
    """Reads the URIs of a certificate back.

    Returns:
        The one subject they name.

    Raises:
        Refused: NO_IDENTITY when there is not exactly one identity, when a unit prefix belongs to another member or
            role, or when any other URI is present.
    """
    identities: list[tuple[str, str]] = []
    units: list[tuple[str, str]] = []
    for uri in uris:
        if found := _UNITS.fullmatch(uri):
            units.append((found[1], found[2]))
        elif found := _IDENTITY.fullmatch(uri):
            identities.append((found[1] or HUB, found[2]))
        else:
            raise Refused(NO_IDENTITY, "uri")
    if len(identities) != 1 or identities[0][1] not in list(Role):
        raise Refused(NO_IDENTITY, "uri")
    member, role = identities[0]
    if any(owner != member for owner, _ in units):
        raise Refused(NO_IDENTITY, "units")
    return Subject(member, Role(role), tuple(prefix for _, prefix in units))
