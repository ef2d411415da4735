"""What each role holds and what each certificate carries; issuing and checking use the same tables.

Decides, following RFC 5280: the root and the authorities may sign certificates, revocation lists and (as
`digitalSignature`) the trust list and member records, with path lengths 1 and 0; an authority's name constraints let it
name only holders under its own member's directory name and URIs of this trust domain. URI constraints see no path, so
it is the directory name that keeps one province's authority from naming another province; host names stay
unconstrained, because nobody's identity is read from them. TLS and signing certificates share no extended usage. Nothing
else may be in a certificate: an extension that is not listed here is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from pki.identity import HUB, TRUST_DOMAIN, Purpose, Role

if TYPE_CHECKING:
    from collections.abc import Mapping

Extensions: TypeAlias = tuple[tuple[x509.ExtensionType, bool], ...]
"""Extensions, each with whether it is critical."""

DOCUMENT_SIGNING: Final = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""id-kp-documentSigning, RFC 9336."""

CERTIFIED: Final = frozenset({Purpose.TLS, Purpose.SIGNING})
"""Purposes whose keys have certificates; the others are raw keys in the member record."""

AUTHORITY: Final = "authority"
ROOT: Final = "root"


@dataclass(frozen=True, slots=True)
class Holding:
    """What the holder of a role has.

    Attributes:
        purposes: one key for each.
        server: whether it is also a TLS server; every holder is a TLS client.
        secrets: names of its 32-byte secrets.
    """

    purposes: tuple[Purpose, ...]
    server: bool = False
    secrets: tuple[str, ...] = ()


HOLDINGS: Final[Mapping[Role, Holding]] = {
    Role.NODE: Holding((Purpose.TLS, Purpose.SIGNING, Purpose.SEALING, Purpose.WITNESS), server=True, secrets=("officer", "storage")),
    Role.SYSTEM: Holding((Purpose.TLS,), server=True),
    Role.OPERATOR: Holding((Purpose.TLS,)),
    Role.AUDITOR: Holding((Purpose.TLS,)),
    Role.HUB: Holding((Purpose.TLS, Purpose.SIGNING, Purpose.LOG), server=True, secrets=("pepper",)),
    Role.BROKER: Holding((Purpose.TLS,), server=True),  # of Kafka; whatever else asks for an identity does not know this role
}


def roles_of(member: str) -> tuple[Role, ...]:
    """Gives the roles that a member fills."""
    return (*((Role.HUB, Role.BROKER) if member == HUB else (Role.NODE, Role.SYSTEM)), *_PEOPLE)


_PEOPLE: Final = (Role.OPERATOR, Role.AUDITOR)


def directory_name(member: str | None = None, common_name: str | None = None) -> x509.Name:
    """Gives the directory name of a holder, or without a common name the subtree of its member."""
    parts = [(NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, TRUST_DOMAIN)]
    parts += [(NameOID.ORGANIZATIONAL_UNIT_NAME, member)] if member else []
    parts += [(NameOID.COMMON_NAME, common_name)] if common_name else []
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _key_usage(*, issues: bool, commits: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=commits,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def root_extensions() -> Extensions:
    """Extensions of the root."""
    return (x509.BasicConstraints(ca=True, path_length=1), True), (_key_usage(issues=True), True)


def authority_extensions(member: str) -> Extensions:
    """Extensions of a member's authority."""
    permitted = [x509.DirectoryName(directory_name(member)), x509.UniformResourceIdentifier(TRUST_DOMAIN)]
    return (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_key_usage(issues=True), True),
        (x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), True),
    )


def leaf_extensions(purpose: Purpose, role: Role) -> Extensions:
    """Extensions of a holder's certificate, without its alternative names."""
    return (
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage(issues=False, commits=purpose is Purpose.SIGNING), True),
        (extended_usage(purpose, role), False),
    )


def extended_usage(purpose: Purpose, role: Role) -> x509.ExtendedKeyUsage:
    """What the key is for: a TLS client, for servers also a TLS server; or signing documents."""
    if purpose is Purpose.SIGNING:
        return x509.ExtendedKeyUsage([DOCUMENT_SIGNING])
    server = [ExtendedKeyUsageOID.SERVER_AUTH] if HOLDINGS[role].server else []
    return x509.ExtendedKeyUsage([*server, ExtendedKeyUsageOID.CLIENT_AUTH])
