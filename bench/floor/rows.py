"""The rows of a message, written as hub and nodes write them, 256 messages a transaction: CPU of client and server, a message.

Hub: message, entry, delivery and case; then the receipt and its entry. Sending node: request, outbox, case; then answer, step, case; then
the logged receipt. Receiving node: step and case; then the logged receipt. What is read on the way is not counted here.
"""

from __future__ import annotations

import os
import time
import uuid
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from bench import cpu
from core.ids import ID_BYTES, lane
from core.procedures.model import Case
from core.values import canonical, parse
from hub.ledger.moment import Moment
from hub.ledger.rows import AcknowledgementRow, CaseRow, DeliveryRow, MessageRow, Rows
from hub.ledger.store import LedgerStore
from nodes.common.facts import Facts
from nodes.common.store import cases, outbox, steps
from nodes.common.store.database import Database
from nodes.common.store.requests import Requests
from pki.storage import StorageCipher
from runtime import postgres as database
from runtime.clock import SystemClock
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime

    import asyncpg

    from nodes.common.store.database import Transaction
    from runtime.embedded.postgres import Postgres

    Write = Callable[[list[bytes]], Coroutine[object, object, None]]

BATCH: Final = 256
_BATCHES: Final = 4
_HEADER, _RECEIPT, _ENTRY, _SIGNATURE, _ANSWER = 650, 330, 220, 71, 400
"""Bytes, as they are in a run."""
_SENDER, _RECEIVER = "330000", "310000"


async def measured(server: Postgres, name: str, payload: int) -> dict[str, float]:
    """Microseconds of hub, sending and receiving node, in databases of their own."""
    found = {}
    for part, module in (("hub", "hub"), ("sender", "nodes.common"), ("receiver", "nodes.common")):
        dsn = server.folder / f"{name}-{part}"
        dsn.write_text(await server.create_database(f"{name}_{part}", f"{name}_{part}"))
        async with database.pool(dsn) as pool:
            folder = files(module) / ("ledger" if module == "hub" else "store") / "migrations"
            await database.migrate(pool, folder)
            found[part] = await _timed(server, await _PARTS[part](pool, payload))
    return found


async def _timed(server: Postgres, write: Write) -> float:
    await write(_ids())
    before, begun = cpu.spent({cpu.POSTGRES: server.pid}), time.process_time()
    for _ in range(_BATCHES):
        await write(_ids())
    spent = time.process_time() - begun + sum(cpu.between(before, cpu.spent({cpu.POSTGRES: server.pid})).values())
    return 1e6 * spent / (BATCH * _BATCHES)


async def _hub(pool: asyncpg.Pool, payload: int) -> Write:
    store, now, sealed = LedgerStore(pool), SystemClock().now(), os.urandom(payload + 150)
    await store.create(now, now)

    async def write(ids: list[bytes]) -> None:
        accepted, delivered = Rows(), Rows()
        for case_id in ids:
            _add_message(accepted, delivered, case_id, sealed, now)
        for rows in (accepted, delivered):
            await store.commit(Moment(now, now, 0), rows)

    return write


def _add_message(accepted: Rows, delivered: Rows, case_id: bytes, sealed: bytes, now: datetime) -> None:
    """Header, receipt and the like are as long as real ones, nothing more."""
    key = uuid.UUID(bytes=case_id)
    entry = accepted.add_entry(case_id, os.urandom(_ENTRY), case_id)
    accepted.cases.append(CaseRow(key, 0, _state(case_id, now), now))
    accepted.messages.append(
        MessageRow(
            entry=entry,
            message_id=key,
            header_digest=os.urandom(32),
            case_id=key,
            sender=_SENDER,
            receiver=_RECEIVER,
            header=os.urandom(_HEADER),
            key_id=os.urandom(32),
            signature=os.urandom(_SIGNATURE),
            sealed_payload=sealed,
            receipt=os.urandom(_RECEIPT),
            refusal=0,
        )
    )
    accepted.deliveries.append(DeliveryRow(entry, _RECEIVER, lane(case_id), key, key))
    entry = delivered.add_entry(case_id, os.urandom(_ENTRY), case_id, _RECEIVER)
    delivered.cases.append(CaseRow(key, 1))
    delivered.acknowledgements.append(AcknowledgementRow(entry, key, key, _RECEIVER, os.urandom(_RECEIPT), 1))


async def _sender(pool: asyncpg.Pool, payload: int) -> Write:
    store, now, content = _Node(pool), SystemClock().now(), os.urandom(payload + 100)
    envelope = envelope_pb2.Envelope(
        header=os.urandom(_HEADER), key_id=os.urandom(32), signature=os.urandom(_SIGNATURE), sealed_payload=os.urandom(payload + 150)
    )

    async def write(ids: list[bytes]) -> None:
        async with store.database.writing() as transaction:
            for case_id in ids:
                row = store.row(case_id, now)
                message = outbox.Outgoing(
                    message_id=case_id, case_id=case_id, action="return", envelope=envelope, content=content, created_at=now
                )
                outbox.add(transaction, message)
                store.requests.add(transaction, case_id, os.urandom(32), os.urandom(_ANSWER))
                store.cases.save(transaction, row, _SHOWN)
        async with store.database.writing() as transaction:
            await outbox.answered(transaction, [(case_id, os.urandom(_RECEIPT), 0) for case_id in ids])
            await store.step(transaction, ids, b"", now)  # the outbox has the content
        await store.receipt(ids, now)

    return write


async def _receiver(pool: asyncpg.Pool, payload: int) -> Write:
    store, now, content = _Node(pool), SystemClock().now(), os.urandom(payload + 100)

    async def write(ids: list[bytes]) -> None:
        async with store.database.writing() as transaction:
            await store.step(transaction, ids, content, now)
        await store.receipt(ids, now)

    return write


class _Node:
    """The stores of a node."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        cipher = StorageCipher(os.urandom(32))
        self.database, self.cases, self.requests = Database(pool), cases.Cases(cipher), Requests(cipher)
        self.rows: dict[bytes, cases.CaseRow] = {}

    def row(self, case_id: bytes, now: datetime) -> cases.CaseRow:
        """A case as it was saved last, or a new one."""
        if case_id not in self.rows:
            case = parse(_state(case_id, now), Case)
            self.rows[case_id] = cases.CaseRow(
                case_id=case_id, service="household-transfer", counterpart=_SENDER, role="OUT", opened_at=now, case=case, facts=_FACTS
            )
        return self.rows[case_id]

    async def step(self, transaction: Transaction, ids: list[bytes], content: bytes, now: datetime) -> None:
        """A step in each case."""
        made = [
            steps.Step(
                case_id=case_id,
                step=1,
                message_id=case_id,
                sender=_SENDER,
                body=os.urandom(_HEADER),
                key_id=os.urandom(32),
                signature=os.urandom(_SIGNATURE),
                accepted=os.urandom(_RECEIPT),
                recorded_at=now,
                business_at=now,
                content=content,
            )
            for case_id in ids
        ]
        await steps.add(transaction, made, {(one.case_id, 1) for one in made})
        for case_id in ids:
            self.cases.save(transaction, self.row(case_id, now), _SHOWN)

    async def receipt(self, ids: list[bytes], now: datetime) -> None:
        """The logged receipt of each message."""
        async with self.database.writing() as transaction:
            heard = [(steps.Receipt(message_id=one, case_id=one, business_at=now, step=1), os.urandom(_RECEIPT)) for one in ids]
            await steps.add_delivered(transaction, heard, ids)


def _state(case_id: bytes, now: datetime) -> bytes:
    """About as long as that of a case in its first states."""
    return canonical(
        Case(
            case_id=case_id,
            service="household-transfer",
            parties={"IN": _SENDER, "OUT": _RECEIVER},
            state="applied",
            step=1,
            opened_at=now,
            clocks=(),
            sequences={_SENDER: 1, _RECEIVER: 1},
            brought_by=case_id,
            procedure_digest=bytes(32),
            calendar_digest=bytes(32),
            policy_digest=bytes(32),
        )
    )


def _ids() -> list[bytes]:
    return [os.urandom(ID_BYTES) for _ in range(BATCH)]


_SHOWN: Final = cases.Shown("applied", _RECEIVER, None)
_FACTS: Final = Facts({"apply": os.urandom(60)})
_PARTS: Final = {"hub": _hub, "sender": _sender, "receiver": _receiver}
