"""Check 6: every trust list in the log verifies up to the root, and each follows the one before it.

Each entry is checked under the version that was in force at its place; it must name that version itself. Not covered: whether the root
and the authorities *should* have admitted whom they admitted, and the secrecy of keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.findings import Check
from core.entries import TRUST_LIST
from core.refusals import Refused
from pki.trust import Trust, load_trust_list

if TYPE_CHECKING:
    from audit.entries import Record
    from audit.findings import Findings
    from pki.members import Table


class TrustLists:
    """The trust list in force at each entry.

    Attributes:
        current: the newest version so far, None before the first that verifies.
    """

    def __init__(self, root_certificate_pem: bytes, findings: Findings) -> None:
        """Takes the anchor; it comes from outside the log folder."""
        self._root, self._findings = root_certificate_pem, findings
        self.current: Trust | None = None
        self._tables: dict[str, Table] = {}

    def take(self, record: Record, data: bytes) -> None:
        """Puts a version in force, from its entry on."""
        self._findings.count(Check.TRUST_LISTS)
        try:
            trust = load_trust_list(data, self._root)
        except Refused as refusal:
            self._add(record, f"does not verify up to the root: {refusal.kind.name} {refusal.field}")
            return
        if self.current is not None and trust.version != self.current.version + 1:
            self._add(record, f"is version {trust.version} after version {self.current.version}")
        try:
            trust.check_tables_follow(self._tables)
        except Refused as refusal:
            self._add(record, f"takes a policy table back: {refusal.field}")
        if record.entry.trust_list_version != trust.version:
            self._add(record, f"puts version {trust.version} in force and names version {record.entry.trust_list_version}")
        self.current = trust
        self._tables |= trust.tables_by_code()

    def check_named(self, record: Record) -> None:
        """Makes sure that any other entry was made under the version in force at its place."""
        if self.current is None or record.entry.kind == TRUST_LIST:
            return
        if record.entry.trust_list_version != self.current.version:
            self._add(record, f"was made under version {record.entry.trust_list_version} instead of {self.current.version}")

    def _add(self, record: Record, text: str) -> None:
        self._findings.add(Check.TRUST_LISTS, text, entry=record.index)
