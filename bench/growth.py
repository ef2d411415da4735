"""`hub_ledger_1m_rows`: what a message costs the hub when its ledger is old, beside what it costs when it is young.

One hub, measured twice as in `bench.hub_ledger`: with 10,000 messages of the past in its tables, and with a million. The past is written by
SQL: rows as long as real ones but for the sealed payload, which lies beside its row and is not read on the way; ids in order of time, as
UUIDv7 are; each message delivered and receipted, five to a case, one case in ten open. Its log indexes and delivery numbers lie below those
of the log and of the lanes, so that nobody takes it for something to be published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import asyncpg

from bench import hub_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from bench.hub_ledger import Taken
    from runtime.clock import Clock, Sleep

YOUNG, OLD = 10_000, 1_000_000
_HUB: Final = ("hub", "postgres hub")
"""Whose processor time is the ledger's."""
_FILL_S: Final = 600.0
_WORDS: Final = (
    """create function pg_temp.id(n bigint) returns uuid language sql immutable
        return (lpad(to_hex(n), 12, '0') || '70008000000000000000')::uuid""",
    """create function pg_temp.bytes(n bigint, blocks integer) returns bytea language sql immutable
        return decode(repeat(md5(n::text), blocks), 'hex')""",  # of 16 bytes
)
_PAST: Final = (
    """insert into cases (case_id, version, state, next_due, open)
        select pg_temp.id(n / 5), 6, pg_temp.bytes(n, 32), now() + interval '1 year', n / 5 % 10 = 0
        from generate_series($1::bigint, $2::bigint, 5) n""",
    """insert into claims (tag, epoch, case_id) select pg_temp.bytes(n, 2), 1, pg_temp.id(n / 5)
        from generate_series($1::bigint, $2::bigint, 5) n where n / 5 % 10 = 0""",
    """insert into entries (log_index, entry, message_id) select -2 * n - 1, pg_temp.bytes(n, 14), pg_temp.id(n)
        from generate_series($1::bigint, $2::bigint) n""",
    """insert into entries (log_index, entry, message_id, receiver) select -2 * n - 2, pg_temp.bytes(n, 11), pg_temp.id(n), '310000'
        from generate_series($1::bigint, $2::bigint) n""",
    """insert into messages (message_id, header_digest, case_id, sender, receiver, header, key_id, signature, sealed_payload, receipt,
            refusal, log_index)
        select pg_temp.id(n), pg_temp.bytes(n, 2), pg_temp.id(n / 5), '330000', '310000', pg_temp.bytes(n, 40), pg_temp.bytes(n, 2),
            pg_temp.bytes(n, 4), '', pg_temp.bytes(n, 20), 0, -2 * n - 1
        from generate_series($1::bigint, $2::bigint) n""",
    """insert into deliveries (receiver, lane, delivery_seq, message_id, case_id, committed_at, delivered_receipt, delivered_index,
            delivered_at, delivered_step)
        select '310000', n % 6, -n, pg_temp.id(n), pg_temp.id(n / 5), now(), pg_temp.bytes(n, 16), -2 * n - 2, now(), 1
        from generate_series($1::bigint, $2::bigint) n""",
)


class Grown(NamedTuple):
    """Processor time of hub and its database, microseconds a message: with a young ledger and with an old one."""

    young_us: float
    old_us: float


async def measure(out: Path, payload: int, clock: Clock, sleep: Sleep) -> Grown:
    """Runs a hub with its servers in `out`."""
    async with hub_ledger.alone(out, clock, sleep) as hub:
        dsn = hub.layout.dsn("hub")
        await _grow(dsn, 1, YOUNG)
        young = await hub.take(payload)
        await _grow(dsn, YOUNG + 1, OLD)
        old = await hub.take(payload)
    return Grown(_cost(young), _cost(old))


async def _grow(dsn: Path, first: int, last: int) -> None:
    connection = await asyncpg.connect(dsn.read_text(), command_timeout=_FILL_S)
    try:
        for statement in _WORDS:
            await connection.execute(statement)
        for statement in _PAST:
            await connection.execute(statement, first, last)
        await connection.execute("analyze")  # as the server does by itself, but not in the middle of a measurement
    finally:
        await connection.close()


def _cost(taken: Taken) -> float:
    return round(sum(taken.cpu_us.get(name, 0.0) for name in _HUB), 1)
