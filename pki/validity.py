"""Lifetimes of certificates and revocation lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from core.refusals import BAD_FIELD, Refused

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

BACKDATE: Final = timedelta(minutes=5)
"""How far a certificate starts before it is issued: clocks of the parties differ."""


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when, aware UTC in whole seconds, both ends included."""

    not_before: datetime
    not_after: datetime

    @classmethod
    def starting(cls, at: datetime, days: int, backdate: timedelta = BACKDATE) -> Validity:
        """Starts slightly before `at` and lasts until `days` after it.

        Raises:
            Refused: BAD_FIELD when there is no day at all.
        """
        if days < 1:
            raise Refused(BAD_FIELD, "days")
        second = at.replace(microsecond=0)
        return cls(second - backdate, second + timedelta(days=days))

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Validity:
        """Reads it from a certificate."""
        return cls(certificate.not_valid_before_utc, certificate.not_valid_after_utc)

    def within(self, other: Validity) -> bool:
        """Tells whether all of this lies in the other."""
        return other.not_before <= self.not_before <= self.not_after <= other.not_after
