"""The trust list at a node: from a file at first, then from the hub; verified up to the root each time, never rolled back.

What the hub signed names the version under which it was checked; a node checks with that version, and fetches it when it does not know
it. The hub cannot make one up: the root's signature is on it.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

import grpc

from core.receipts import read_receipt
from core.refusals import BAD_TRUST_LIST, UNAVAILABLE, Refused
from nodes.common.store import trust_lists
from pki.trust import Trust, load_trust_list
from runtime import process_log
from runtime.grpc_errors import refused
from yrdx.v1 import exchange_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from core.policy import Policy
    from nodes.common.store.database import Database
    from runtime.clock import Clock, Sleep
    from runtime.identity import Identity
    from yrdx.v1 import exchange_pb2_grpc, receipt_pb2

REFRESH_S: Final = 30.0
_CALL_S: Final = 10.0

_LOG = process_log.get("nodes.trust")


class NodeTrust:
    """Every version that is known here."""

    def __init__(
        self,
        root_certificate_pem: bytes,
        database: Database,
        exchange: exchange_pb2_grpc.ExchangeAsyncStub,
        clock: Clock,
        *,
        learn: Callable[[Iterable[tuple[bytes, Policy]]], None] = lambda _tables: None,
    ) -> None:
        """Starts with none; `begin` gives the first. `learn` is told the policy tables of every version before it is used."""
        self._root, self._database, self._exchange, self._clock = root_certificate_pem, database, exchange, clock
        self._learn = learn
        self._versions: dict[int, Trust] = {}

    @property
    def current(self) -> Trust:
        """The newest version."""
        return self._versions[max(self._versions)]

    async def begin(self, file: bytes) -> None:
        """Takes up what is stored, and the file if it is newer or the first.

        Raises:
            Refused: BAD_TRUST_LIST.
        """
        async with self._database.reading() as connection:
            stored = await trust_lists.every(connection)
        for content in stored:
            await self._keep(content)
        trust = await asyncio.to_thread(load_trust_list, file, self._root)
        if not self._versions or trust.version > self.current.version:
            await self._store(trust)

    async def version(self, wanted: int) -> Trust:
        """One version, fetched when it is not known yet.

        Raises:
            Refused: UNAVAILABLE when the hub cannot be asked, NOT_FOUND, BAD_TRUST_LIST when its answer does not verify.
        """
        if wanted not in self._versions:
            await self._store(await self._fetched(wanted))
        return self._versions[wanted]

    async def named_by(self, signed: Iterable[receipt_pb2.SignedReceipt]) -> dict[int, Trust]:
        """The versions under which the hub made these receipts, and the newest; one that does not exist is left out.

        A receipt that names it, or that cannot be read, is not authentic: the verifier says so, and its neighbours do not suffer.

        Raises:
            Refused: UNAVAILABLE when a version that is not known here cannot be fetched now.
        """
        found = {self.current.version: self.current}
        for one in signed:
            with _unless_for_good():
                wanted = read_receipt(one.receipt).trust_list_version
                found[wanted] = await self.version(wanted)
        return found

    async def older(self) -> dict[int, Trust]:
        """Every version up to the newest; one that the hub does not have is left out.

        Raises:
            Refused: UNAVAILABLE when a version that is not known here cannot be fetched now.
        """
        found = dict(self._versions)
        for wanted in range(1, self.current.version):
            with _unless_for_good():
                found[wanted] = await self.version(wanted)
        return found

    async def run(self, sleep: Sleep) -> NoReturn:
        """Asks for newer versions now and then, for ever."""
        while True:
            await sleep(REFRESH_S)
            try:
                await self.refresh()
            except Refused as refusal:
                _LOG.warning("no newer trust list", reason=str(refusal))

    async def refresh(self) -> None:
        """Takes the version in force at the hub, if it is newer.

        Raises:
            Refused: UNAVAILABLE or BAD_TRUST_LIST.
        """
        newest = await self._fetched(0)
        if newest.version > self.current.version:
            await self._store(newest)

    def check_peer(self, peer: Identity) -> None:
        """Lets in holders of this province whose TLS certificate the newest version lists.

        Raises:
            Refused: NO_IDENTITY or KEY_REVOKED.
        """
        problem = self.current.tls_problem(peer.certificate_der, self._clock.now())
        if problem is not None:
            raise Refused(problem, "certificate")

    async def _fetched(self, version: int) -> Trust:
        request = exchange_pb2.TrustListRequest(version=version)
        try:
            answer = await self._exchange.TrustList(request, timeout=_CALL_S)
        except grpc.aio.AioRpcError as error:
            raise refused(error) or Refused(UNAVAILABLE, "hub") from error
        content = answer.trust_list.SerializeToString(deterministic=True)
        trust = await asyncio.to_thread(load_trust_list, content, self._root)
        if version and trust.version != version:
            raise Refused(BAD_TRUST_LIST, "version")
        known = self._versions.get(trust.version)
        if known is not None and known.digest != trust.digest:
            raise Refused(BAD_TRUST_LIST, f"version {trust.version} differs from the one that is known")
        return trust

    async def _store(self, trust: Trust) -> None:
        # If we crash before the commit, the version is fetched again.
        async with self._database.writing() as transaction:
            trust_lists.add(transaction, trust.version, trust.raw)
        self._take(trust)
        _LOG.info("trust list", version=trust.version)

    async def _keep(self, content: bytes) -> None:
        trust = await asyncio.to_thread(load_trust_list, content, self._root)
        self._take(trust)

    def _take(self, trust: Trust) -> None:
        self._learn((table.digest, table.policy) for table in trust.tables())
        self._versions[trust.version] = trust


@contextmanager
def _unless_for_good() -> Iterator[None]:
    """Goes on without what is refused for ever."""
    try:
        yield
    except Refused as refusal:
        if refusal.kind.retriable:
            raise
