"""The ledger on a real database: what a batch does to messages, cases, claims, entries and deliveries."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from core.entries import ACTION, REFUSED, read_entry
from core.refusals import CASE_UNKNOWN, CONFLICTING_REPEAT, KEY_REVOKED, NOT_A_PARTY, OUT_OF_PROCEDURE, PERSON_CLAIMED, PRIOR_MISSING
from hub.ledger.work import Done
from tests.support.ledger import receipt_of, refusal_of
from tests.support.world import ANHUI, JIANGSU, SHANGHAI, ZHEJIANG, new_id, routing
from yrdx.v1 import envelope_pb2, receipt_pb2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.support.ledger import Ledger

    Play = Callable[[Callable[[Ledger], Awaitable[None]]], None]


def test_a_message_is_accepted_logged_and_placed(play: Play) -> None:
    async def body(made: Ledger) -> None:
        envelope = made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1")
        receipt = await made.accepted(envelope)
        assert (receipt.kind, receipt.step, receipt.trust_list_version) == (receipt_pb2.RECEIPT_KIND_ACCEPTED, 1, 1)
        ((receiver, delivery),) = made.heard.placed
        assert receiver == SHANGHAI
        assert delivery.delivery_seq == 1
        assert delivery.envelope.header == envelope.header
        assert not delivery.envelope.HasField("tag_opening"), "the opening goes no further than the hub"
        entry = read_entry(await made.pool.fetchval("select entry from entries order by log_index desc limit 1"))
        assert (entry.kind, entry.message_id) == (ACTION, routing(envelope).message_id)
        assert (entry.recorded_at, entry.business_at) == (receipt.recorded_at, receipt.business_at)
        assert await made.pool.fetchval("select count(*) from claims") == 1

    play(body)


def test_the_hub_keeps_no_tag_as_it_came(play: Play) -> None:
    async def body(made: Ledger) -> None:
        envelope = made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1")
        await made.accepted(envelope)
        (tag,) = envelope.tag_opening.tags
        for table in ("claims", "messages", "entries", "cases"):
            rows = await made.pool.fetch(f"select t::text as line from {table} t")  # noqa: S608 - our own names
            assert rows
            assert not any(tag.value.hex() in row["line"] for row in rows)

    play(body)


def test_a_repeat_gets_the_same_bytes_whatever_signs_it(play: Play) -> None:
    async def body(made: Ledger) -> None:
        envelope = made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1")
        first = await made.one(envelope)
        before = await made.counts()
        assert isinstance(first, Done)
        assert await made.one(envelope) == first
        envelope.signature = b"not a signature"
        assert await made.one(envelope) == first
        assert await made.counts() == before

    play(body)


def test_the_same_id_with_other_content_is_a_conflict(play: Play) -> None:
    async def body(made: Ledger) -> None:
        voice, case_id = made.speakers[ZHEJIANG], new_id()
        envelope = voice.apply(SHANGHAI, "person-1", case_id)
        await made.accepted(envelope)
        before = await made.counts()
        header = envelope_pb2.Header.FromString(envelope.header)
        header.purpose = "something-else"
        envelope.header = header.SerializeToString(deterministic=True)
        assert refusal_of(await made.one(voice.sign(envelope))) is CONFLICTING_REPEAT
        assert await made.counts() == before

    play(body)


def test_twins_in_one_batch_and_in_two_are_one_message(play: Play) -> None:
    async def body(made: Ledger) -> None:
        envelope = made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1")
        outcomes = await made.submit(envelope, envelope)
        outcomes += [outcome for batch in await asyncio.gather(*(made.submit(envelope) for _ in range(8))) for outcome in batch]
        assert all(outcome == outcomes[0] for outcome in outcomes)
        assert isinstance(outcomes[0], Done)
        assert await made.pool.fetchval("select count(*) from messages") == 1
        assert len(made.heard.placed) == 1

    play(body)


def test_a_gap_in_the_sequence_stores_nothing_and_may_come_again(play: Play) -> None:
    async def body(made: Ledger) -> None:
        case_id, asking = new_id(), made.speakers[ZHEJIANG]
        await made.accepted(asking.apply(SHANGHAI, "person-1", case_id))
        before = await made.counts()
        permit = asking.say(case_id, "permit", SHANGHAI)
        withdraw = asking.say(case_id, "withdraw", SHANGHAI)
        assert refusal_of(await made.one(withdraw)) is PRIOR_MISSING
        assert await made.counts() == before
        outcomes = await made.submit(permit, withdraw)
        assert [receipt_of(outcome).step for outcome in outcomes] == [2, 3], "chained within one batch"

    play(body)


def test_a_refusal_of_the_procedure_is_signed_stored_and_uses_up_its_number(play: Play) -> None:
    async def body(made: Ledger) -> None:
        case_id, asking = new_id(), made.speakers[ZHEJIANG]
        await made.accepted(asking.apply(SHANGHAI, "person-1", case_id))
        landing = asking.say(case_id, "land", SHANGHAI)
        outcome = await made.one(landing)
        receipt = receipt_of(outcome)
        assert (receipt.kind, receipt.refusal, receipt.step) == (receipt_pb2.RECEIPT_KIND_REFUSED, OUT_OF_PROCEDURE.number, 0)
        assert await made.one(landing) == outcome
        row = await made.pool.fetchrow("select refusal, sealed_payload, log_index from messages order by log_index desc limit 1")
        assert row is not None
        assert (row["refusal"], row["sealed_payload"]) == (OUT_OF_PROCEDURE.number, b"")
        entry = read_entry(await made.pool.fetchval("select entry from entries where log_index = $1", row["log_index"]))
        assert (entry.kind, entry.refusal) == (REFUSED, OUT_OF_PROCEDURE.number)
        assert len(made.heard.placed) == 1, "a refused message is not delivered"
        assert (await made.accepted(asking.say(case_id, "permit", SHANGHAI))).step == 2

    play(body)


def test_refusals_without_a_case_leave_none(play: Play) -> None:
    async def body(made: Ledger) -> None:
        case_id = new_id()
        receipt = receipt_of(await made.one(made.speakers[ZHEJIANG].say(case_id, "permit", SHANGHAI)))
        assert receipt.refusal == CASE_UNKNOWN.number
        assert await made.pool.fetchval("select count(*) from cases") == 0
        made.speakers[ZHEJIANG].sequences.clear()
        await made.accepted(made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1", case_id))

    play(body)


def test_a_message_to_somebody_outside_the_case_uses_up_no_number(play: Play) -> None:
    async def body(made: Ledger) -> None:
        case_id, asking = new_id(), made.speakers[ZHEJIANG]
        await made.accepted(asking.apply(SHANGHAI, "person-1", case_id))
        receipt = receipt_of(await made.one(asking.say(case_id, "permit", ANHUI, case_seq=9)))
        assert receipt.refusal == NOT_A_PARTY.number
        await made.accepted(asking.say(case_id, "permit", SHANGHAI, case_seq=2))

    play(body)


def test_a_second_open_case_of_a_person_is_refused_and_neighbours_are_not(play: Play) -> None:
    async def body(made: Ledger) -> None:
        await made.accepted(made.speakers[ZHEJIANG].apply(SHANGHAI, "person-1"))
        other = made.speakers[ANHUI]
        outcomes = await made.submit(other.apply(JIANGSU, "person-2"), other.apply(SHANGHAI, "person-1"), other.apply(JIANGSU, "person-3"))
        assert [receipt_of(outcome).refusal for outcome in outcomes] == [0, PERSON_CLAIMED.number, 0]
        assert await made.pool.fetchval("select count(*) from cases") == 3
        assert await made.pool.fetchval("select count(*) from claims") == 3

    play(body)


def test_two_applications_for_a_person_in_one_batch_have_one_winner(play: Play) -> None:
    async def body(made: Ledger) -> None:
        voices = [made.speakers[code] for code in (ZHEJIANG, ANHUI, JIANGSU)]
        outcomes = await made.submit(*(voice.apply(SHANGHAI, "person-1") for voice in voices))
        assert [receipt_of(outcome).refusal for outcome in outcomes] == [0, PERSON_CLAIMED.number, PERSON_CLAIMED.number]

    play(body)


def test_closing_frees_the_person_even_within_one_batch(play: Play) -> None:
    async def body(made: Ledger) -> None:
        case_id, asking = new_id(), made.speakers[ZHEJIANG]
        await made.accepted(asking.apply(SHANGHAI, "person-1", case_id))
        withdraw, anew = asking.say(case_id, "withdraw", SHANGHAI), made.speakers[ANHUI].apply(SHANGHAI, "person-1")
        outcomes = await made.submit(withdraw, anew)
        assert [receipt_of(outcome).refusal for outcome in outcomes] == [0, 0]
        holder = await made.pool.fetchval("select case_id from claims")
        assert holder.bytes == routing(anew).case_id
        indexes = [row["log_index"] for row in await made.pool.fetch("select log_index from messages order by log_index")]
        ids = await made.pool.fetch("select message_id from messages order by log_index")
        assert [row["message_id"].bytes for row in ids[1:]] == [routing(withdraw).message_id, routing(anew).message_id]
        assert indexes == sorted(indexes)

    play(body)


def test_an_application_before_the_closing_in_the_same_batch_is_refused(play: Play) -> None:
    async def body(made: Ledger) -> None:
        case_id, asking = new_id(), made.speakers[ZHEJIANG]
        await made.accepted(asking.apply(SHANGHAI, "person-1", case_id))
        outcomes = await made.submit(made.speakers[ANHUI].apply(SHANGHAI, "person-1"), asking.say(case_id, "withdraw", SHANGHAI))
        assert [receipt_of(outcome).refusal for outcome in outcomes] == [PERSON_CLAIMED.number, 0]

    play(body)


def test_log_indexes_and_delivery_numbers_have_no_gaps(play: Play) -> None:
    async def body(made: Ledger) -> None:
        voices = [made.speakers[code] for code in (ZHEJIANG, ANHUI, JIANGSU)]
        batches = [[voice.apply(SHANGHAI, f"{voice.code}-{n}-{m}") for m in range(20)] for n in range(4) for voice in voices]
        await asyncio.gather(*(made.submit(*batch) for batch in batches))
        indexes = [row["log_index"] for row in await made.pool.fetch("select log_index from entries order by log_index")]
        assert indexes == list(range(len(indexes)))
        assert len(indexes) == 240 + 1
        assert await made.pool.fetchval("select size from log_head") == len(indexes)
        lanes = await made.pool.fetch(
            "select count(*) as n, min(delivery_seq) as low, max(delivery_seq) as high, last_seq"
            " from deliveries join lanes using (receiver, lane) group by receiver, lane, last_seq"
        )
        assert sum(row["n"] for row in lanes) == 240
        assert all((row["low"], row["high"], row["last_seq"]) == (1, row["n"], row["n"]) for row in lanes)
        told = [(placed.delivery.lane, placed.delivery.delivery_seq) for placed in made.heard.placed]
        assert len(set(told)) == 240

    play(body)


def test_a_key_that_is_revoked_between_verify_and_commit_signs_nothing(play: Play) -> None:
    async def body(made: Ledger) -> None:
        voice = made.speakers[ZHEJIANG]
        read = made.verifier.read([voice.apply(SHANGHAI, "person-1")], ZHEJIANG)
        made.world.revoke(ZHEJIANG)
        await made.trust.publish(made.world.signed_trust_list(2), made.committer.append)
        before = await made.counts()
        (outcome,) = await made.settle(read)
        assert refusal_of(outcome) is KEY_REVOKED
        assert await made.counts() == before
        made.world.add_key(ZHEJIANG)
        await made.trust.publish(made.world.signed_trust_list(3), made.committer.append)
        assert (await made.accepted(voice.apply(SHANGHAI, "person-1"))).trust_list_version == 3

    play(body)
