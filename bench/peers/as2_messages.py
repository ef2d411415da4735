"""Messages a second through pyas2lib: sign, encrypt; open, verify, signed receipt (MDN); check the receipt."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))  # -I leaves it out

from certificates import party
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

_search = re.search


def _longer_numbers(pattern: Any, text: Any) -> re.Match[Any] | None:
    """As re.search, but oscrypto 1.3.0 finds two-digit OpenSSL versions as well ("3.0.19"), which it refuses to load otherwise."""
    return _search(r"\b(\d\.\d\.\d+[a-z]*)\b" if pattern == r"\b(\d\.\d\.\d[a-z]*)\b" else pattern, text)


re.search = _longer_numbers  # type: ignore[assignment]  # for the import below only
from pyas2lib import Mdn, Message, Organization, Partner

re.search = _search

_PASSWORD = "bench"  # noqa: S105 - of keys that live for seconds


def _side(name: str) -> tuple[Organization, Partner]:
    key, certificate = party(name)
    packed = pkcs12.serialize_key_and_certificates(b"k", key, certificate, None, BestAvailableEncryption(_PASSWORD.encode()))
    pem = certificate.public_bytes(Encoding.PEM)
    ours = Organization(as2_name=name, sign_key=packed, sign_key_pass=_PASSWORD, decrypt_key=packed, decrypt_key_pass=_PASSWORD)
    theirs = Partner(
        as2_name=name,
        verify_cert=pem,
        encrypt_cert=pem,
        validate_certs=False,
        sign=True,
        digest_alg="sha256",
        encrypt=True,
        enc_alg="aes_256_cbc",
        mdn_mode="SYNC",
        mdn_digest_alg="sha256",
    )
    return ours, theirs


def main(payload: int, seconds: float) -> None:
    """Prints the rate."""
    (us, us_as_partner), (them, them_as_partner) = _side("us"), _side("them")
    document = os.urandom(payload // 2).hex().encode()
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        message = Message(us, them_as_partner)
        message.build(document)
        raw = message.headers_str + b"\r\n" + message.content
        status, _, mdn = Message().parse(raw, lambda _: them, lambda _: us_as_partner, lambda *_: False)
        answer = mdn.headers_str + b"\r\n" + mdn.content
        told, _ = Mdn().parse(answer, lambda *_, sent=message: sent)
        if (status, told) != ("processed", "processed"):
            raise SystemExit(f"{status}, {told}")
        count += 1
    print(count / (time.perf_counter() - begun))


main(int(sys.argv[1]), float(sys.argv[2]))
