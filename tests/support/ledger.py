"""The ledger alone, on a real database: verifier and committer without Kafka and gRPC."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.ids import PROVINCES
from core.refusals import Refused
from core.rules import shipped_rules
from hub.ledger.artefacts import Artefacts
from hub.ledger.committer import Committer
from hub.ledger.store import LedgerStore
from hub.ledger.work import Acknowledgement, Done, Submission
from hub.trust import TrustInForce
from hub.verify import Verifier
from pki.identity import HUB
from runtime.clock import SystemClock
from tests.support.world import Speaker, World, routing
from yrdx.v1 import receipt_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import asyncpg

    from core.refusals import Kind
    from hub.ledger.work import News, Outcome, Placed
    from yrdx.v1 import envelope_pb2, exchange_pb2

START = datetime(2026, 1, 26, 0, 30, tzinfo=UTC)
TABLES = ("entries", "cases", "messages", "due_events", "lanes", "deliveries", "claims", "objects")


class MovableClock:
    """The machine's clock, moved by `ahead`."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.ahead


@dataclass
class Heard:
    """What the committer told.

    Attributes:
        placed: every committed delivery so far, with its receiver.
        logged: every DELIVERED receipt that concerns somebody.
        doubts: how often it was unknown what became of a batch.
    """

    placed: list[Placed] = field(default_factory=list)
    logged: list[exchange_pb2.LoggedReceipt] = field(default_factory=list)
    doubts: int = 0

    def tell(self, news: News) -> None:
        self.placed += news.placed
        self.logged += [logged.receipt for logged in news.logged if logged.concerned]

    def doubt(self) -> None:
        self.doubts += 1


@dataclass
class Ledger:
    """A committer with everything it needs.

    Attributes:
        speakers: the voices of the four provinces.
    """

    world: World
    pool: asyncpg.Pool
    store: LedgerStore
    committer: Committer
    verifier: Verifier
    trust: TrustInForce
    clock: MovableClock
    heard: Heard
    speakers: dict[str, Speaker]

    async def submit(self, *envelopes: envelope_pb2.Envelope, caller: str = "") -> list[Outcome]:
        """One batch of one caller; without a caller each envelope's sender calls."""
        senders = [caller or _sender(envelope) for envelope in envelopes]
        read = [self.verifier.read([envelope], sender)[0] for envelope, sender in zip(envelopes, senders, strict=True)]
        return await self.settle(read)

    async def one(self, envelope: envelope_pb2.Envelope) -> Outcome:
        (outcome,) = await self.submit(envelope)
        return outcome

    async def accepted(self, envelope: envelope_pb2.Envelope) -> receipt_pb2.Receipt:
        """Submits what must be accepted; returns the receipt."""
        receipt = receipt_of(await self.one(envelope))
        assert not receipt.refusal, receipt.refusal
        return receipt

    async def acknowledge(self, delivery: exchange_pb2.Delivery, receiver: str, **changes: object) -> Outcome:
        signed = self.speakers[receiver].delivered(delivery, **changes)
        (outcome,) = await self.settle(self.verifier.read_receipts([signed], receiver))
        return outcome

    async def counts(self) -> dict[str, int]:
        """Rows of every table, and the head."""
        counted = {
            table: await self.pool.fetchval(f"select count(*) from {table}")  # noqa: S608 - our own names
            for table in TABLES
        }
        return {**counted, "size": await self.pool.fetchval("select size from log_head")}

    async def settle(self, read: Sequence[Submission | Acknowledgement | Refused]) -> list[Outcome]:
        """Step 3 for what step 2 made of a batch."""
        works = [work for work in read if isinstance(work, Submission | Acknowledgement)]
        settled = iter(await self.committer.settle(works))
        return [next(settled) if isinstance(work, Submission | Acknowledgement) else work for work in read]


@asynccontextmanager
async def ledger(world: World, pool: asyncpg.Pool, *, simulated: bool = True) -> AsyncIterator[Ledger]:
    """A ledger at work on a migrated database; a second one on the same database is another hub process."""
    clock, signer, rules = MovableClock(), world.signer(HUB), shipped_rules()
    heard = Heard()
    store, artefacts = LedgerStore(pool), Artefacts(pool)
    await store.create(clock.now(), START)
    trust = TrustInForce(world.root_pem, signer.key_id, artefacts, rules, clock)
    verifier = Verifier(trust.current, rules, b"p" * 32, clock)
    with ThreadPoolExecutor(1) as executor:
        committer = Committer(
            store=store,
            artefacts=artefacts,
            signer=signer,
            rules=rules,
            trust=trust.current,
            follow=trust.follow,
            verify_again=verifier.again,
            tell=heard.tell,
            doubt=heard.doubt,
            clock=clock,
            executor=executor,
            simulated=simulated,
        )
        speakers = {code: Speaker(world, code, rules, clock=clock) for code in PROVINCES}
        made = Ledger(world, pool, store, committer, verifier, trust, clock, heard, speakers)
        await trust.follow((await store.head()).trust_list_version)
        await trust.take_file(world.trust_list(), committer.append)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(committer.run())
            yield made
            running.cancel()


def receipt_of(outcome: Outcome) -> receipt_pb2.Receipt:
    """The hub's receipt in an outcome that must be one."""
    assert isinstance(outcome, Done), outcome
    return receipt_pb2.Receipt.FromString(outcome.receipts[0].receipt)


def refusal_of(outcome: Outcome) -> Kind:
    """Why nothing was stored."""
    assert isinstance(outcome, Refused), outcome
    return outcome.kind


def _sender(envelope: envelope_pb2.Envelope) -> str:
    return routing(envelope).sender
