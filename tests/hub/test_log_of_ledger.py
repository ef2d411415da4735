"""Steps 2, 3, 6 and 8 as they are, on a real PostgreSQL: what the hub's own ledger leaves is a log in which an auditor finds nothing."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core import tags
from core.dsse import HEADER_TYPE, RECEIPT_DELIVERED_TYPE, pae
from core.envelope import sha256
from core.receipts import read_receipt, timestamp
from core.refusals import OUT_OF_PROCEDURE, PERSON_CLAIMED, Refused
from core.rules import shipped_rules
from hub.ledger.artefacts import TRUST_LIST, Artefact, Artefacts
from hub.ledger.committer import Committer
from hub.ledger.store import LedgerStore
from hub.ledger.work import Acknowledgement, Done, DueCheck, Submission
from hub.log.writer import LogWriter
from hub.verify import Verifier
from pki.identity import HUB
from pki.trust import Trust, load_trust_list
from tests.audit.verifying import findings_of
from tests.support.log_folder import IN, OUT, LogBuilder
from tests.support.trust import Keys
from yrdx.v1 import envelope_pb2, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    import asyncpg

    from core.envelope import ReadMessage

    Ledger = Callable[[Callable[[asyncpg.Pool], Awaitable[None]]], None]

START = datetime(2026, 1, 26, 1, 0, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


class Hub:
    """The ledger of a hub, with the verifier before it, and both provinces' keys."""

    def __init__(self, pool: asyncpg.Pool, keys: Keys, executor: ThreadPoolExecutor, writer: LogWriter) -> None:
        self.keys, self.clock = keys, Clock()
        self._trust: Trust | None = None
        self.store, self.artefacts, self.rules = LedgerStore(pool), Artefacts(pool), shipped_rules()
        self.writer = writer
        self.verifier = Verifier(self.trust, self.rules, b"p" * 32, self.clock)
        self.committer = Committer(
            store=self.store,
            artefacts=self.artefacts,
            signer=keys.signer(HUB),
            rules=self.rules,
            trust=self.trust,
            follow=self._follow,
            verify_again=self.verifier.again,
            tell=lambda _news: writer.wake(),
            doubt=lambda: None,
            clock=self.clock,
            executor=executor,
            simulated=True,
        )
        self.drafts = LogBuilder(keys)

    def trust(self) -> Trust:
        assert self._trust is not None
        return self._trust

    async def put_trust_list(self, version: int) -> None:
        trust = load_trust_list(self.keys.trust_list(version), self.keys.root_pem)

        def in_force() -> None:
            self._trust = trust

        await self.committer.append(Artefact(TRUST_LIST, trust.raw, version, trust.tag_epochs), in_force)

    async def begin(self) -> None:
        await self.store.create(START, START)
        await self.put_trust_list(1)
        for kind, data in self.rules.artefacts:
            await self.committer.append(Artefact(kind, data), lambda: None)

    async def submit(self, message: ReadMessage) -> receipt_pb2.Receipt:
        envelope = envelope_pb2.Envelope(header=message.header_bytes, sealed_payload=message.routing.message_id)
        signer = self.keys.signer(message.routing.sender)
        envelope.key_id, envelope.signature = signer.key_id, signer.sign(pae(HEADER_TYPE, message.header_bytes))
        if message.action.claims:
            envelope.tag_opening.CopyFrom(OPENING)
        (work,) = self.verifier.read([envelope], message.routing.sender)
        assert isinstance(work, Submission), work
        (outcome,) = await self.committer.settle([work])
        assert isinstance(outcome, Done), outcome
        return read_receipt(outcome.receipts[0].receipt)

    async def acknowledge(self, message: ReadMessage) -> None:
        routing, signer = message.routing, self.keys.signer(message.routing.receiver)
        body = receipt_pb2.Receipt(
            format=1,
            kind=receipt_pb2.RECEIPT_KIND_DELIVERED,
            message_id=routing.message_id,
            header_digest=message.digest,
            case_id=routing.case_id,
            receiver=routing.receiver,
            recorded_at=timestamp(self.clock.at),
        ).SerializeToString()
        signed = receipt_pb2.SignedReceipt(receipt=body, key_id=signer.key_id, signature=signer.sign(pae(RECEIPT_DELIVERED_TYPE, body)))
        (work,) = self.verifier.read_receipts([signed], routing.receiver)
        assert isinstance(work, Acknowledgement), work
        assert await self.committer.settle([work]) == [Done()]

    async def say(self, case_id: bytes, action: str, sender: str, case_seq: int, concerns: bytes = b"") -> bytes:
        """A message that is accepted and acknowledged; returns its id."""
        seen = envelope_pb2.SeenCheckpoint(size=self.writer.published.size, root=self.writer.published.root)
        message = self.message(case_id, action, sender, case_seq, concerns=concerns, seen_checkpoint=seen)
        receipt = await self.submit(message)
        assert receipt.kind == receipt_pb2.RECEIPT_KIND_ACCEPTED, receipt
        await self.acknowledge(message)
        return message.routing.message_id

    def message(self, case_id: bytes, action: str, sender: str, case_seq: int, **header: object) -> ReadMessage:
        self.drafts.recorded_at = self.clock.at
        receiver = OUT if sender == IN else IN
        commitment = tags.commitment(OPENING.salt, [(tag.epoch, tag.value) for tag in OPENING.tags]) if action == "apply" else b""
        return self.drafts.message(case_id, action, sender, receiver, case_seq=case_seq, tag_commitment=commitment, **header)

    async def _follow(self, _version: int) -> None:
        raise AssertionError


OPENING = envelope_pb2.TagOpening(salt=b"s" * 32, tags=[envelope_pb2.Tag(epoch=1, value=b"v" * 32)])


@asynccontextmanager
async def running(pool: asyncpg.Pool, folder: Path) -> AsyncIterator[Hub]:
    """A hub whose committer and log writer run; on the way out the log is complete."""
    keys = Keys()
    (folder.parent / "root.pem").write_bytes(keys.root_pem)
    writer = LogWriter(pool, folder, keys.log_key, keys.log.sign, sleep=asyncio.sleep, interval_s=0.02)
    with ThreadPoolExecutor(1) as executor:
        hub = Hub(pool, keys, executor, writer)
        async with asyncio.TaskGroup() as tasks:
            committing = tasks.create_task(hub.committer.run())
            logging = tasks.create_task(writer.run())
            await hub.begin()
            yield hub
            writer.stop()
            await logging
            committing.cancel()


def test_a_transfer_with_refusals_a_late_limit_and_a_new_trust_list(ledger: Ledger, tmp_path: Path) -> None:
    async def play(pool: asyncpg.Pool) -> None:
        async with running(pool, tmp_path / "log") as hub:
            case_id = hub.drafts.new_id()
            await hub.say(case_id, "apply", IN, 1)
            claimed = await hub.submit(hub.message(hub.drafts.new_id(), "apply", IN, 1))
            assert claimed.refusal == PERSON_CLAIMED.number
            refused = await hub.submit(hub.message(case_id, "land", IN, 2))
            assert refused.refusal == OUT_OF_PROCEDURE.number
            await hub.say(case_id, "permit", IN, 3)
            hub.keys.add_key(OUT)
            hub.keys.revoke(OUT)
            hub.keys.add_key(OUT)
            await hub.put_trust_list(2)
            await hub.committer.move_time(START + timedelta(days=3))
            assert await hub.committer.settle([DueCheck(case_id)]) == [Done(events=1)]
            deregister = await hub.say(case_id, "deregister", OUT, 1)
            await hub.say(case_id, "entered", OUT, 2, deregister)
            land = await hub.say(case_id, "land", IN, 4)
            await hub.say(case_id, "entered", IN, 5, land)
            closed = await hub.submit(hub.message(case_id, "withdraw", IN, 6))
            assert closed.kind == receipt_pb2.RECEIPT_KIND_REFUSED
        assert findings_of(tmp_path / "log") == []
        assert hub.writer.published.size == await pool.fetchval("select size from log_head")

    ledger(play)


def test_many_cases_at_once(ledger: Ledger, tmp_path: Path) -> None:
    """Batches of the committer and publications of the writer cut across each other; the tags differ from case to case."""

    async def play(pool: asyncpg.Pool) -> None:
        async with running(pool, tmp_path / "log") as hub:

            async def case(number: int) -> None:
                case_id = hub.drafts.new_id()
                opening = envelope_pb2.TagOpening(salt=b"s" * 32, tags=[envelope_pb2.Tag(epoch=1, value=sha256(bytes((number,))))])
                seen = hub.message(case_id, "apply", IN, 1)
                header = envelope_pb2.Header.FromString(seen.header_bytes)
                header.tag_commitment = tags.commitment(opening.salt, [(tag.epoch, tag.value) for tag in opening.tags])
                await apply(hub, header, opening)
                await hub.say(case_id, "permit", IN, 2)
                await hub.say(case_id, "refuse", OUT, 1)

            async with asyncio.TaskGroup() as tasks:
                for number in range(80):
                    tasks.create_task(case(number))
        assert hub.writer.published.size > 400
        assert findings_of(tmp_path / "log") == []

    ledger(play)


async def apply(hub: Hub, header: envelope_pb2.Header, opening: envelope_pb2.TagOpening) -> None:
    data, signer = header.SerializeToString(), hub.keys.signer(IN)
    envelope = envelope_pb2.Envelope(header=data, key_id=signer.key_id, signature=signer.sign(pae(HEADER_TYPE, data)), tag_opening=opening)
    envelope.sealed_payload = envelope_pb2.Routing.FromString(header.routing).message_id
    (work,) = hub.verifier.read([envelope], IN)
    assert not isinstance(work, Refused), work
    (outcome,) = await hub.committer.settle([work])
    assert isinstance(outcome, Done), outcome
