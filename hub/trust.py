"""The trust list in force, at this hub.

Decides which version is in force: the one that the log named last. A version is taken, from the file at start or from an operator later,
only if it verifies up to the root, follows the one in force by exactly one, takes no policy table back, and still lists the key with which
this hub signs; it takes effect at the log index of its entry, never before and never again another. Evidence from before stays valid, and
cases keep the policy table of the version under which they were opened.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.refusals import BAD_TRUST_LIST, NOT_FOUND, TRUST_LIST_ROLLBACK, UNAVAILABLE, Refused
from hub.ledger.artefacts import TRUST_LIST, Artefact
from pki.identity import HUB
from pki.trust import Trust, load_trust_list
from runtime import process_log
from yrdx.v1 import exchange_pb2, trust_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from core.rules import RuleBook
    from hub.ledger.artefacts import Artefacts
    from pki.members import Table
    from runtime.clock import Clock
    from runtime.identity import Identity

    Append = Callable[[Artefact, Callable[[], None]], Awaitable[int]]

_LOG = process_log.get("hub.trust")


class TrustInForce:
    """Holds the version in force and changes it."""

    def __init__(
        self,
        root_certificate_pem: bytes,
        signing_key_id: bytes,
        artefacts: Artefacts,
        rules: RuleBook,
        clock: Clock,
        *,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Starts with no version; `follow` or `take_file` gives the first.

        Args:
            root_certificate_pem: the anchor.
            signing_key_id: of the key with which this hub signs.
            artefacts: where versions are logged.
            rules: learns the policy tables of every version.
            clock: the real time.
            changed: called after each change, for whoever keeps peers connected.
        """
        self._root, self._signing_key_id = root_certificate_pem, signing_key_id
        self._artefacts, self._rules, self._clock, self._changed = artefacts, rules, clock, changed
        self._current: Trust | None = None
        self._tables: dict[str, Table] = {}
        """The newest policy table of every province that ever had one."""

    def current(self) -> Trust:
        """The version in force.

        Raises:
            Refused: UNAVAILABLE before the first.
        """
        if self._current is None:
            raise Refused(UNAVAILABLE, "trust list")
        return self._current

    async def follow(self, version: int) -> None:
        """Puts the version in force that the log names, after those between, under whose tables cases may run; 0: a new log has none yet.

        Raises:
            Refused: NOT_FOUND or BAD_TRUST_LIST when the ledger does not hold them or holds something else.
        """
        for wanted in range(self._current.version + 1 if self._current else 1, version + 1):
            logged = await self._artefacts.trust_list(wanted)
            if logged is None:
                raise Refused(NOT_FOUND, f"trust list {wanted}")
            self._put(await self._read(logged.content))

    async def take_file(self, signed: bytes, append: Append) -> None:
        """Puts the list of the file in force if it is the successor; an older or equal one is passed over.

        Raises:
            Refused: BAD_TRUST_LIST, also when a version between is missing or the file differs from what is in force;
                TRUST_LIST_ROLLBACK when a policy table goes back.
        """
        trust = await self._read(signed)
        current = self._current
        if current is not None and trust.version < current.version:
            _LOG.warning("the trust list file is older than the list in force", file=trust.version, in_force=current.version)
        elif current is None or trust.version > current.version:
            await self._append(trust, append)
        elif trust.digest != current.digest:
            raise Refused(BAD_TRUST_LIST, f"version {trust.version} differs from the one in force")

    async def publish(self, signed: trust_pb2.SignedTrustList, append: Append) -> int:
        """Puts an operator's list in force; a repeat gets the first answer.

        Returns:
            The log index of its entry.

        Raises:
            Refused: BAD_TRUST_LIST or TRUST_LIST_ROLLBACK.
        """
        trust, current = await self._read(signed.SerializeToString(deterministic=True)), self.current()
        if trust.version > current.version:
            return await self._append(trust, append)
        logged = await self._artefacts.trust_list(trust.version)
        if trust.version < current.version or logged is None or logged.content != trust.raw:
            raise Refused(TRUST_LIST_ROLLBACK, f"version {current.version} is in force")
        return logged.log_index

    async def version(self, request: exchange_pb2.TrustListRequest) -> exchange_pb2.TrustListResponse:
        """The version in force, or a past one.

        Raises:
            Refused: NOT_FOUND.
        """
        content = self.current().raw
        if request.version:
            logged = await self._artefacts.trust_list(request.version)
            if logged is None:
                raise Refused(NOT_FOUND, "version")
            content = logged.content
        return exchange_pb2.TrustListResponse(trust_list=trust_pb2.SignedTrustList.FromString(content))

    def check_peer(self, peer: Identity) -> None:
        """Refuses a TLS certificate that the list in force does not hold, or revokes.

        Raises:
            Refused: NO_IDENTITY or KEY_REVOKED.
        """
        problem = self.current().tls_problem(peer.certificate_der, self._clock.now())
        if problem is not None:
            raise Refused(problem, "certificate")

    async def _append(self, trust: Trust, append: Append) -> int:
        if self._current is not None and trust.version != self._current.version + 1:
            raise Refused(BAD_TRUST_LIST, f"version {trust.version} after {self._current.version}: publish what lies between first")
        trust.check_tables_follow(self._tables)
        try:
            trust.signing_key(self._signing_key_id, HUB, self._clock.now())
        except Refused as refusal:
            raise Refused(BAD_TRUST_LIST, "members[hub]: the hub's signing key") from refusal
        return await append(Artefact(TRUST_LIST, trust.raw, trust.version, trust.tag_epochs), lambda: self._put(trust))

    async def _read(self, signed: bytes) -> Trust:
        return await asyncio.to_thread(load_trust_list, signed, self._root)

    def _put(self, trust: Trust) -> None:
        self._rules.learn((table.digest, table.policy) for table in trust.tables())
        self._tables |= trust.tables_by_code()
        self._current = trust
        _LOG.info("trust list in force", version=trust.version)
        self._changed()
