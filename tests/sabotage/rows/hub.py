"""Defences in the hub's ledger, deliveries and log."""

from __future__ import annotations

from tests.sabotage.defence import Defence

_LEDGER = "tests/hub/test_ledger.py::"
_EXCHANGE = "tests/hub/test_exchange.py::"
_STREAMS = "tests/hub/test_streams.py::"
_HOLDING = "tests/hub/test_holding.py::"
_WRITER = "tests/hub/test_log_writer.py::"

LEDGER = (
    Defence(
        "a repeat gets the stored answer",
        "hub/ledger/batch.py",
        "if stored is not None:",
        "if False:",
        f"{_LEDGER}test_a_repeat_gets_the_same_bytes_whatever_signs_it",
        f"{_LEDGER}test_a_message_is_accepted_logged_and_placed",
    ),
    Defence(
        "other content under a known id is a conflict",
        "hub/ledger/batch.py",
        "if stored.digest != work.message.digest:",
        "if False:",
        f"{_LEDGER}test_the_same_id_with_other_content_is_a_conflict",
        f"{_LEDGER}test_a_repeat_gets_the_same_bytes_whatever_signs_it",
    ),
    Defence(
        "a person has one open case",
        "hub/ledger/batch.py",
        "if any(claim.tag in self._snapshot.claims for claim in work.claims):",
        "if False:",
        f"{_LEDGER}test_a_second_open_case_of_a_person_is_refused_and_neighbours_are_not",
        f"{_LEDGER}test_a_message_is_accepted_logged_and_placed",
    ),
    Defence(
        "delivery numbers have no gaps",
        "hub/ledger/migrations/0002_commit.sql",
        "last_seq = lanes.last_seq + excluded.last_seq",
        "last_seq = lanes.last_seq + excluded.last_seq + 1",
        f"{_LEDGER}test_log_indexes_and_delivery_numbers_have_no_gaps",
        f"{_LEDGER}test_a_message_is_accepted_logged_and_placed",
    ),
    Defence(
        "a tag opening goes no further than the hub",
        "hub/ledger/draft.py",
        "sealed_payload=work.envelope.sealed_payload,\n        )  # never",
        "sealed_payload=work.envelope.sealed_payload,\n            tag_opening=work.envelope.tag_opening,\n        )  # never",
        f"{_LEDGER}test_a_message_is_accepted_logged_and_placed",
        f"{_LEDGER}test_a_repeat_gets_the_same_bytes_whatever_signs_it",
    ),
    Defence(
        "the hub keeps no tag as it came",
        "hub/verify.py",
        'hmac.digest(self._pepper, tag.value, "sha256")',
        "tag.value",
        f"{_LEDGER}test_the_hub_keeps_no_tag_as_it_came",
        f"{_LEDGER}test_a_second_open_case_of_a_person_is_refused_and_neighbours_are_not",
    ),
)

DELIVERY = (
    Defence(
        "a record that nobody announced delivers nothing",
        "hub/mailbox.py",
        "return Arrival(ask=((lane, seq),))",
        "return Arrival(delivery)",
        f"{_EXCHANGE}test_a_forged_record_delivers_nothing_and_takes_no_number",
        f"{_EXCHANGE}test_a_message_goes_from_node_to_node_by_kafka",
    ),
    Defence(
        "what Kafka did not bring comes from the ledger",
        "hub/sweep.py",
        "            await self._send(choose(page))\n",
        "            choose(page)\n",
        f"{_STREAMS}test_what_waits_comes_in_order_when_a_province_comes_back_after_days",
        f"{_EXCHANGE}test_a_message_goes_from_node_to_node_by_kafka",
    ),
    Defence(
        "what stays unacknowledged comes again",
        "hub/sweep.py",
        "await self._sweep(swept)",
        "pass",
        f"{_STREAMS}test_whatever_stays_unacknowledged_comes_again_until_it_is_acknowledged",
        f"{_STREAMS}test_what_waits_comes_in_order_when_a_province_comes_back_after_days",
    ),
    Defence(
        "four answers hold nothing yet",
        "hub/ledger/holding.py",
        "and $4 <= (select count(*)",
        "and $4 - 1 <= (select count(*)",
        f"{_HOLDING}test_the_fifth_answer_holds_that_message_and_no_other",
        f"{_HOLDING}test_only_the_hubs_operator_sees_and_replays",
    ),
    Defence(
        "an answer that holds is signed by the receiver",
        "hub/hold.py",
        "self.trust().verify(province, signed.key_id, now, body, signed.signature)",
        "del body",
        f"{_HOLDING}test_the_same_answer_again_is_no_further_attempt_and_a_foreign_signature_none",
        f"{_HOLDING}test_a_receiver_that_has_helped_itself_needs_no_replay",
    ),
    Defence(
        "no more is sent than the receiver asked for",
        "hub/channel.py",
        "while self._mail and self._credits and size < MAX_BYTES:",
        "while self._mail and size < MAX_BYTES:",
        f"{_STREAMS}test_no_more_is_sent_than_there_are_credits",
        f"{_STREAMS}test_what_waits_comes_in_order_when_a_province_comes_back_after_days",
    ),
    Defence(
        "one instance of a node has the stream",
        "hub/ledger/leases.py",
        "where l.instance = excluded.instance or",
        "where true or",
        f"{_STREAMS}test_a_second_instance_stands_by_and_takes_over",
        f"{_STREAMS}test_the_same_instance_takes_its_own_broken_stream_over_at_once",
    ),
)

EPOCHS = (
    Defence(
        "only the province that opened a case makes its claims again",
        "hub/retag.py",
        "if case.parties[opening] != caller:",
        "if False:",
        "tests/hub/test_retag.py::test_only_the_province_that_opened_a_case_makes_its_claims_again",
        "tests/hub/test_retag.py::test_claims_are_made_again_once_and_then_the_old_epoch_goes",
    ),
)

LOG = (
    Defence(
        "published entries are hashed again before anything is signed",
        "hub/log/files.py",
        "if edge.size != batch.known_size or edge.root() != batch.known_root:",
        "if False:",
        f"{_WRITER}test_nothing_is_signed_over_an_entry_that_changed_after_it_was_published",
        f"{_WRITER}test_what_it_writes_is_what_the_auditor_wants",
    ),
    Defence(
        "what was stored is compared with the ledger before anything is signed",
        "hub/log/writer.py",
        "if hashlib.sha256(encode_bundle(entries)).digest() != digest:",
        "if False:",
        f"{_WRITER}test_nothing_is_signed_when_the_ledger_reads_differently_the_second_time",
        f"{_WRITER}test_what_it_writes_is_what_the_auditor_wants",
    ),
    Defence(
        "of two log writers one publishes",
        "hub/log/reading.py",
        'return bool(done == "UPDATE 1")',
        "return True",
        f"{_WRITER}test_of_two_writers_only_one_publishes",
        f"{_WRITER}test_what_it_writes_is_what_the_auditor_wants",
    ),
)
