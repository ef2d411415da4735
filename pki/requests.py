"""Certificate requests: what leaves a holder's machine, so that its private keys need not.

Decides the form: one PEM text with a certificate request (PKCS #10, RFC 2986) for each key that gets a certificate, then
the public keys that get none. A certificate request proves possession of its key by its own signature; a sealing key
cannot sign, so whoever signs the request compares the digest of the text with the holder over another channel. Whether
the holder may have what it asks for is decided by the ceremony.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509.oid import NameOID

from core.refusals import BAD_SIGNATURE, MALFORMED, Refused
from pki.identity import Purpose, Subject, is_member_code, parse_uris
from pki.names import Names, alternative_names
from pki.profile import AUTHORITY, CERTIFIED, HOLDINGS, directory_name, extended_usage
from pki.reading import reading, signed_by
from pki.signer import PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pki.keys import PrivateKey

_BLOCK: Final = re.compile(rb"-----BEGIN (CERTIFICATE REQUEST|PUBLIC KEY)-----[^-]+-----END \1-----\n")


@dataclass(frozen=True, slots=True)
class Request:
    """What a holder asks for; possession of the certified keys is proven.

    Attributes:
        subject: whom the certificates shall name.
        names: how to reach it, if it is a server.
        certified: keys that shall have a certificate.
        raw: raw public keys for the member record.
    """

    subject: Subject
    names: Names
    certified: Mapping[Purpose, EllipticCurvePublicKey]
    raw: Mapping[Purpose, bytes]


def new_request(subject: Subject, names: Names, keys: Mapping[Purpose, PrivateKey]) -> bytes:
    """Writes a holder's request for all its keys."""
    parts: list[bytes] = []
    for purpose, key in keys.items():
        if isinstance(key, EllipticCurvePrivateKey):
            extensions = (alternative_names(subject, names), extended_usage(purpose, subject.role))
            parts.append(_csr(key, directory_name(subject.member, subject.role), extensions))
        else:
            parts.append(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return b"".join(parts)


def new_authority_request(member: str, key: EllipticCurvePrivateKey) -> bytes:
    """Writes an authority's request to the root."""
    return _csr(key, directory_name(member, AUTHORITY), ())


def read_request(pem: bytes) -> Request:
    """Reads a holder's request.

    Raises:
        Refused: BAD_SIGNATURE when possession of a key is not proven, MALFORMED when anything else is not as
            `new_request` writes it: keys missing or surplus, different names, another algorithm.
    """
    requests = [_load(block[0]) for block in _blocks(pem) if block[1] == b"CERTIFICATE REQUEST"]
    with reading("request", MALFORMED):
        names = [_alternative_names(request) for request in requests]
        if not requests or names != names[:1] * len(requests):
            raise Refused(MALFORMED, "request: names")
        subject = parse_uris(names[0].get_values_for_type(x509.UniformResourceIdentifier))
        certified = dict(_certified(request, subject) for request in requests)
        raw = dict(_raw(block[0], subject) for block in _blocks(pem) if block[1] == b"PUBLIC KEY")
    if len(certified) + len(raw) != len(_blocks(pem)) or {*certified, *raw} != {*HOLDINGS[subject.role].purposes}:
        raise Refused(MALFORMED, "request: keys")
    return Request(subject, Names.of(names[0]), certified, raw)


def read_authority_request(pem: bytes) -> tuple[str, EllipticCurvePublicKey]:
    """Reads an authority's request: its member and its key.

    Raises:
        Refused: BAD_SIGNATURE when possession of the key is not proven, MALFORMED.
    """
    blocks = _blocks(pem)
    if len(blocks) != 1 or blocks[0][1] != b"CERTIFICATE REQUEST":
        raise Refused(MALFORMED, "request")
    request = _load(blocks[0][0])
    with reading("request", MALFORMED):
        units = request.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        member = str(units[0].value) if units else ""
        if not is_member_code(member) or request.subject != directory_name(member, AUTHORITY):
            raise Refused(MALFORMED, "request: subject")
        return member, _p256(request)


def _csr(key: EllipticCurvePrivateKey, name: x509.Name, extensions: tuple[x509.ExtensionType, ...]) -> bytes:
    builder = x509.CertificateSigningRequestBuilder(name)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.PEM)


def _blocks(pem: bytes) -> list[re.Match[bytes]]:
    if _BLOCK.sub(b"", pem):
        raise Refused(MALFORMED, "request")
    return list(_BLOCK.finditer(pem))


def _load(pem: bytes) -> x509.CertificateSigningRequest:
    with reading("request", MALFORMED):
        request = x509.load_pem_x509_csr(pem)
        key, algorithm, signature = _p256(request), request.signature_algorithm_oid, request.signature
        proven = signed_by(PublicKey.of(key), algorithm, request.tbs_certrequest_bytes, signature)
    if not proven:
        raise Refused(BAD_SIGNATURE, "request")
    return request


def _p256(request: x509.CertificateSigningRequest) -> EllipticCurvePublicKey:
    key = request.public_key()
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise Refused(MALFORMED, "request: algorithm")
    return key


def _alternative_names(request: x509.CertificateSigningRequest) -> x509.SubjectAlternativeName:
    return request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def _certified(request: x509.CertificateSigningRequest, subject: Subject) -> tuple[Purpose, EllipticCurvePublicKey]:
    usage = request.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    purposes = [purpose for purpose in CERTIFIED if extended_usage(purpose, subject.role) == usage]
    if len(purposes) != 1 or request.subject != directory_name(subject.member, subject.role):
        raise Refused(MALFORMED, "request: subject")
    return purposes[0], _p256(request)


def _raw(pem: bytes, subject: Subject) -> tuple[Purpose, bytes]:
    key = load_pem_public_key(pem)
    if isinstance(key, X25519PublicKey):
        return Purpose.SEALING, key.public_bytes_raw()
    if isinstance(key, Ed25519PublicKey):
        purpose = Purpose.LOG if Purpose.LOG in HOLDINGS[subject.role].purposes else Purpose.WITNESS
        return purpose, key.public_bytes_raw()
    raise Refused(MALFORMED, "request: algorithm")
