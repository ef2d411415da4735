"""Defences of a node: against what it is told, and in the strokes."""

from __future__ import annotations

from tests.sabotage.defence import Defence

_VERIFY = "tests/nodes/test_verify.py::"
_DELIVERY = f"{_VERIFY}test_a_delivery_that_is_wrong_in_one_place_is_neither_stored_nor_receipted"
_FAMILIES = "tests/nodes/test_hostile_families.py::"
_HOSTILE = "tests/nodes/test_hostile.py::"
_CONTENT = f"{_HOSTILE}test_content_that_is_not_right_in_one_place_is_receipted_and_says_why"
_FOLD = "tests/nodes/test_fold.py::"
_ARRIVAL = "tests/nodes/test_arrival.py::"
_OUTBOX = "tests/nodes/test_outbox.py::"
_DESK = "tests/nodes/test_desk.py::"
_UPLOADS = "tests/nodes/test_uploads.py::"
_AT_WORK = "tests/nodes/test_strokes_at_work.py::"
_STROKES = "tests/nodes/test_strokes.py::test_a_process_may_die_at_every_single_place"

NODE = (
    Defence(
        "a node believes the hub's signature only",
        "nodes/common/verify.py",
        "        trust.verify(HUB, signed.key_id, at, body, signed.signature)\n",
        "        del at, body\n",
        f"{_DELIVERY}[bad_receipt_signature]",
        f"{_DELIVERY}[bad_signature]",
    ),
    Defence(
        "a node believes a sender's signature only",
        "nodes/common/verify.py",
        "        trust.verify(message.routing.sender, envelope.key_id, at, pae(HEADER_TYPE, envelope.header), envelope.signature)\n",
        "        del trust\n",
        f"{_DELIVERY}[bad_signature]",
        f"{_DELIVERY}[bad_receipt_signature]",
    ),
    Defence(
        "what is opened is what was committed to",
        "nodes/common/content.py",
        "if payload_commitment(content.type, content.salt, content.payload) != message.header.plaintext_commitment:",
        "if False:",
        f"{_CONTENT}[other_salt]",
        f"{_CONTENT}[other_routing]",
    ),
    Defence(
        "a node recomputes the tags from the real number",
        "nodes/common/apply.py",
        "return judged and bool(claimed) and claimed == right",
        "return True",
        f"{_HOSTILE}test_who_claims_one_person_and_means_another_gets_nobody_deregistered[310101199001010012-11010519491231002X]",
        f"{_HOSTILE}test_a_case_cannot_become_about_somebody_else",
    ),
    Defence(
        "everybody who moves is claimed",
        "nodes/common/services/household_transfer.py",
        'return [("person", person.id_number) for person in people(application)]',
        'return [("person", person.id_number) for person in people(application)[:1]]',
        "tests/nodes/test_movers.py::test_everybody_is_claimed",
        "tests/nodes/test_movers.py::test_an_agent_shows_his_authority",
    ),
    Defence(
        "a receiver looks at what is said, as the sender's desk did",
        "nodes/common/apply.py",
        "            return refusal.kind.number\n        return 0\n",
        "            return 0\n        return 0\n",
        f"{_FAMILIES}test_what_no_desk_would_let_pass_is_noticed[a child without a guardian]",
        f"{_FAMILIES}test_whoever_is_not_claimed_is_noticed[2]",
    ),
    Defence(
        "steps of a case are applied without a gap",
        "nodes/common/fold.py",
        "if step.step != (case.step if case else 0) + 1:",
        "if False:",
        f"{_FOLD}test_a_gap_ends_the_fold",
        f"{_FOLD}test_a_fold_goes_on_where_another_ended",
    ),
    Defence(
        "a receipt that comes twice counts once",
        "nodes/common/store/steps.py",
        "return list({one.message_id: one for one, _ in receipts if one.message_id in ids}.values())",
        "return [one for one, _ in receipts if one.message_id in ids]",
        f"{_ARRIVAL}test_a_receipt_that_comes_twice_at_once_starts_its_limit_once",
        f"{_ARRIVAL}test_a_step_waits_for_the_one_before_it",
    ),
    Defence(
        "an answer settles the message that it names",
        "nodes/common/verify.py",
        "if receipt.kind not in kinds or identity != (routing.message_id, message.digest, routing.case_id):",
        "if False:",
        f"{_OUTBOX}test_answers_that_were_exchanged_settle_nothing",
        f"{_OUTBOX}test_another_key_signs_the_same_bytes_again",
    ),
    Defence(
        "a request id stands for one content",
        "nodes/common/store/requests.py",
        'if row["digest"] != digest:',
        "if False:",
        f"{_DESK}test_a_repeated_call_gets_the_same_answer_and_another_content_a_conflict",
        f"{_DESK}test_of_two_officers_at_once_one_decides_and_the_other_is_told",
    ),
)

CONTENTS = (
    Defence(
        "an upload does not go on as another",
        "nodes/common/store/uploads.py",
        'if row is not None and row["digest"] != upload.digest:',
        "if False:",
        f"{_UPLOADS}test_an_upload_does_not_go_on_as_another[other1]",
        f"{_UPLOADS}test_there_is_room_for_so_many_pieces",
    ),
    Defence(
        "mending one content hides nothing of another",
        "nodes/common/replies.py",
        "            row.alarm = row.alarm or problem\n",
        "",
        "tests/nodes/test_two_contents.py::test_the_alarm_stays_until_both_can_be_used",
        f"{_CONTENT}[other_routing]",
    ),
)

STROKES = (
    Defence(
        "an operation has one name at its register, whatever dies",
        "nodes/common/strokes.py",
        "request = service.reservation(operation.decision, operation.operation_id, row.facts, codec)",
        "request = service.reservation(operation.decision, self.writer.new_id(), row.facts, codec)",
        f"{_STROKES}[accepted]",
        "tests/nodes/test_household_transfer.py::test_the_same_reservation_is_asked_for_again",
    ),
    Defence(
        "only the hub's answer ends a reservation",
        "nodes/common/strokes.py",
        "        Stroke.RELEASING: _release,\n",
        "        Stroke.RELEASING: _release,\n        Stroke.SUBMITTED: _release,\n",
        f"{_STROKES}[accepted]",
        f"{_STROKES}[rejected]",
    ),
    Defence(
        "a case is annulled once the register has released",
        "nodes/common/strokes.py",
        "if released.state == _FINALISED:",
        "if False:",
        f"{_STROKES}[denied]",
        f"{_STROKES}[annulled]",
    ),
    Defence(
        "what the register would not reserve is over before it is released",
        "nodes/common/strokes.py",
        "        # If we crash before the commit, Reserve is asked again, whatever it answers then; after it, it never is.\n",
        "        await self.register.release(operation.operation_id)\n",
        f"{_AT_WORK}test_what_the_register_would_not_reserve_is_over_before_it_is_released",
        f"{_AT_WORK}test_a_record_that_somebody_else_holds_is_waited_for",
    ),
    Defence(
        "a stroke is written down only where the operation still stands",
        "nodes/common/strokes.py",
        "if (found.stroke, found.message_id) != (operation.stroke, operation.message_id):",
        "if False:",
        f"{_AT_WORK}test_an_annulment_during_a_late_success_ends_in_one_of_both",
        f"{_AT_WORK}test_a_case_is_annulled_only_after_the_register_has_released",
    ),
)
