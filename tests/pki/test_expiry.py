"""When the first certificate of a holder expires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.refusals import BAD_SETTINGS, Refused
from pki import certificates
from pki.expiry import first_expiry
from pki.issuer import pem
from pki.keys import new_p256
from pki.validity import Validity

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

AT = datetime(2026, 1, 26, tzinfo=UTC)


def lasting(days: int) -> x509.Certificate:
    return certificates.issue_root(new_p256(), Validity.starting(AT, days)).certificate


def test_the_first_of_all_counts_also_that_of_an_authority_behind_a_leaf(tmp_path: Path) -> None:
    tls, signing = tmp_path / "tls.pem", tmp_path / "signing.pem"
    tls.write_bytes(pem(lasting(300), lasting(40)))
    signing.write_bytes(pem(lasting(200)))
    assert first_expiry([tls, signing]) == AT + timedelta(days=40)
    assert first_expiry([signing]) == AT + timedelta(days=200)


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_without_a_certificate_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tls.pem").write_bytes(content)
    for path in (tmp_path / "tls.pem", tmp_path / "absent.pem"):
        with pytest.raises(Refused) as caught:
            first_expiry([path])
        assert (caught.value.kind, caught.value.field) == (BAD_SETTINGS, path.name)
