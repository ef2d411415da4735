"""Defences against messages: form, identity, and what the procedure of a case allows."""

from __future__ import annotations

from tests.sabotage.defence import Defence

_BAD = "tests/hub/test_bad_input.py::test_a_bad_message_is_refused_by_its_number_and_changes_nothing"
_ENGINE = "tests/core/test_engine.py::"
_CLOCKS = "tests/core/test_clocks.py::"
_LEDGER = "tests/hub/test_ledger.py::"
_EXCHANGE = "tests/hub/test_exchange.py::"

FORM = (
    Defence(
        "an unknown header field is refused",
        "core/envelope.py",
        "if into.ByteSize() != size:",
        "if False:",
        f"{_BAD}[unknown header field]",
        f"{_BAD}[unknown format]",
    ),
    Defence(
        "a payload other than the signed one is refused",
        "core/envelope.py",
        "if sha256(envelope.sealed_payload) != message.header.payload_digest:",
        "if False:",
        f"{_BAD}[other payload]",
        f"{_BAD}[other opening]",
    ),
    Defence(
        "tags that were not committed to are refused",
        "core/envelope.py",
        "if tags.commitment(opening.salt, pairs) != message.header.tag_commitment:",
        "if False:",
        f"{_BAD}[other opening]",
        f"{_BAD}[other payload]",
    ),
    Defence(
        "a batch that is too large is taken on in part only",
        "hub/submit.py",
        "room = max(0, self.max_in_flight - self.in_flight[caller])",
        "room = len(request.envelopes)",
        "tests/hub/test_bad_input.py::test_too_many_in_flight_are_told_when_to_come_again",
        "tests/hub/test_bad_input.py::test_a_batch_of_too_many_is_refused_whole",
    ),
)

IDENTITY = (
    Defence(
        "a message is signed by its sender",
        "hub/verify.py",
        "trust.verify(routing.sender, envelope.key_id, self._clock.now(), signed, envelope.signature)",
        "del signed",
        f"{_BAD}[wrong signature]",
        f"{_BAD}[future clock]",
    ),
    Defence(
        "the sender is the caller",
        "hub/verify.py",
        "if routing.sender != caller:",
        "if False:",
        f"{_BAD}[sender is not the caller]",
        f"{_BAD}[wrong signature]",
    ),
    Defence(
        "only roles on the list may call",
        "runtime/grpc_gate.py",
        "if caller.role not in self._services.get(_service(method), ()):",
        "if False:",
        "tests/hub/test_bad_input.py::test_only_nodes_submit_and_only_the_hubs_operators_operate_it",
        f"{_BAD}[sender is not the caller]",
    ),
    Defence(
        "a revoked TLS certificate may not call",
        "runtime/grpc_gate.py",
        "        self._check_peer(caller)\n",
        "",
        "tests/hub/test_bad_input.py::test_a_tls_certificate_is_refused_from_its_revocation_on",
        "tests/hub/test_bad_input.py::test_only_nodes_submit_and_only_the_hubs_operators_operate_it",
    ),
    Defence(
        "what was verified under an older trust list is verified again",
        "hub/verify.py",
        "if isinstance(work, Submission) and work.trust_list_version != trust.version:",
        "if False:",
        f"{_LEDGER}test_a_key_that_is_revoked_between_verify_and_commit_signs_nothing",
        f"{_LEDGER}test_a_message_is_accepted_logged_and_placed",
    ),
    Defence(
        "a message of the future is refused",
        "hub/verify.py",
        "if created_at > self._clock.now() + SKEW:",
        "if False:",
        f"{_BAD}[future clock]",
        f"{_BAD}[wrong signature]",
    ),
    Defence(
        "a DELIVERED receipt is signed by the receiver",
        "hub/verify.py",
        "trust.verify(receiver, signed.key_id, self._clock.now(), message, signed.signature)",
        "del message, receiver",
        f"{_EXCHANGE}test_a_false_receipt_acknowledges_nothing",
        f"{_EXCHANGE}test_a_message_goes_from_node_to_node_by_kafka",
    ),
    Defence(
        "a document that is not there is no material",
        "hub/verify.py",
        'objection=Refused(MATERIAL_ABSENT, "materials")',
        "objection=None",
        f"{_BAD}[absent material]",
        f"{_BAD}[future clock]",
    ),
)

PROCEDURE = (
    Defence(
        "nothing is deregistered without a permit",
        "core/procedures/household_transfer.py",
        'Transition("deregister", OUT, "permitted", "deregistering", needs_running=PERMIT_VALIDITY),',
        'Transition("deregister", OUT, "permitted", "deregistering"), Transition("deregister", OUT, "applied", "deregistering"),',
        f"{_ENGINE}test_nothing_is_deregistered_without_a_permit",
        f"{_ENGINE}test_main_line_ends_landed_and_the_owner_changes_once",
    ),
    Defence(
        "a permit that has expired is no permit",
        "core/procedures/engine.py",
        "if not clocks.is_running(case, arrow.needs_running, at):",
        "if False:",
        f"{_CLOCKS}test_an_expired_permit_ends_the_case_and_is_no_longer_good",
        f"{_ENGINE}test_numbered_refusals",
    ),
    Defence(
        "landing waits until the deregistration is entered",
        "core/procedures/household_transfer.py",
        'Transition("deregister", OUT, "permitted", "deregistering",',
        'Transition("deregister", OUT, "permitted", "deregistered",',
        f"{_ENGINE}test_landing_waits_for_entered",
        f"{_ENGINE}test_nothing_is_deregistered_without_a_permit",
    ),
    Defence(
        "a gap in case_seq is refused",
        "core/procedures/engine.py",
        "if message.header.case_seq > expected:",
        "if False:",
        f"{_LEDGER}test_a_gap_in_the_sequence_stores_nothing_and_may_come_again",
        f"{_LEDGER}test_a_refusal_of_the_procedure_is_signed_stored_and_uses_up_its_number",
    ),
)
