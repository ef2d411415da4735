"""Signatures of checks 8 to 10: which key must have signed, and whether it did.

The key is looked up by member, key id and the entry's `recorded_at` in the trust list in force at the entry: an expired, not yet valid or
revoked key is a finding. Signatures are verified in threads, many a call (verifying releases the interpreter lock), so results come a
little later than the entry; the verification as a whole waits for all.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from core.refusals import Refused

if TYPE_CHECKING:
    from types import TracebackType

    from audit.entries import Record
    from audit.findings import Check, Findings
    from audit.trust_lists import TrustLists
    from pki.signer import PublicKey
    from yrdx.v1 import receipt_pb2

CHUNK = 128
_WAITING = 32


@dataclass(frozen=True, slots=True)
class _Job:
    """One signature to verify, and the finding if it does not hold."""

    key: PublicKey
    message: bytes
    signature: bytes
    check: Check
    entry: int
    text: str


class Signatures:
    """Verifies what it is told to expect; `async` is nowhere here, an auditor's machine has nothing else to do."""

    def __init__(self, trust_lists: TrustLists, findings: Findings, threads: int) -> None:
        """Starts the threads; use it as a context manager, so that they end."""
        self._trust_lists, self._findings = trust_lists, findings
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="verify")
        self._chunk: list[_Job] = []
        self._running: deque[Future[list[_Job]]] = deque()

    def __enter__(self) -> Self:
        """The same object."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Ends the threads; what was not verified by then stays unverified, so `finish` comes first."""
        self._pool.shutdown(cancel_futures=True)

    def expect(
        self, check: Check, record: Record, member: str, signed: receipt_pb2.EntrySignature | receipt_pb2.SignedReceipt, message: bytes
    ) -> None:
        """Demands that this member signed the message (a DSSE encoding) with a key good at the entry's time."""
        trust = self._trust_lists.current
        if trust is None:
            self._findings.add(check, "cannot be checked: no trust list in force verifies", entry=record.index)
            return
        try:
            key = trust.signing_key(signed.key_id, member, record.recorded_at)
        except Refused as refusal:
            self._findings.add(check, f"key of {member} may not sign: {refusal.kind.name}", entry=record.index)
            return
        self._chunk.append(_Job(key, message, signed.signature, check, record.index, f"signature of {member} does not hold"))
        if len(self._chunk) >= CHUNK:
            self._submit()

    def finish(self) -> None:
        """Waits for every signature."""
        self._submit()
        while self._running:
            self._collect()

    def _submit(self) -> None:
        self._running.append(self._pool.submit(_bad, self._chunk))
        self._chunk = []
        if len(self._running) > _WAITING:
            self._collect()

    def _collect(self) -> None:
        for job in self._running.popleft().result():
            self._findings.add(job.check, job.text, entry=job.entry)


def _bad(jobs: list[_Job]) -> list[_Job]:
    return [job for job in jobs if not job.key.verify(job.message, job.signature)]
