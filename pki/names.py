"""Host names and addresses of TLS servers.

Decides which texts can stand in a certificate; whether a holder may have a name is decided by who signs the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final

from cryptography import x509

from core.refusals import BAD_FIELD, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.identity import Subject


@dataclass(frozen=True, slots=True)
class Names:
    """Host names and addresses of a TLS server, for those who connect to it; no identity is read from them."""

    dns: tuple[str, ...] = ()
    addresses: tuple[IPv4Address | IPv6Address, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Names:
        """Sorts host names from addresses.

        Raises:
            Refused: BAD_FIELD when one is neither (a name in Chinese needs its ASCII form).
        """
        dns: list[str] = []
        addresses: list[IPv4Address | IPv6Address] = []
        for text in texts:
            try:
                addresses.append(ip_address(text))
            except ValueError:
                dns.append(text)
        if not all(name.isascii() and name.isprintable() and name.strip() == name != "" for name in dns):
            raise Refused(BAD_FIELD, "name")
        return cls(tuple(dns), tuple(addresses))

    @classmethod
    def of(cls, names: x509.SubjectAlternativeName) -> Names:
        """Reads them from a request or a certificate; networks are no addresses and cannot occur there (RFC 5280)."""
        addresses = names.get_values_for_type(x509.IPAddress)
        hosts = tuple(address for address in addresses if isinstance(address, IPv4Address | IPv6Address))
        return cls(tuple(names.get_values_for_type(x509.DNSName)), hosts)


LOCAL: Final = Names(("localhost",), (IPv4Address("127.0.0.1"),))


def alternative_names(subject: Subject, names: Names) -> x509.SubjectAlternativeName:
    """Gives the alternative names of a holder: identity, units, and for servers how to reach it."""
    return x509.SubjectAlternativeName(
        [
            *(x509.UniformResourceIdentifier(uri) for uri in subject.uris()),
            *(x509.DNSName(name) for name in names.dns),
            *(x509.IPAddress(address) for address in names.addresses),
        ]
    )
