"""Defences outside the hub: an auditor's checks, what a register promises, what is said of a run, and of its kills."""

from __future__ import annotations

from tests.sabotage.defence import Defence

_MESSAGES = "tests/audit/test_checks_of_messages.py::"
_CASES = "tests/audit/test_checks_of_cases.py::"
_TAMPER = "tests/audit/test_tamper.py::"
_FAMILIES = "tests/simulator/test_register_families.py::"
_REGISTERS = "tests/simulator/test_registers.py::"
_CHAIN = "tests/simulator/test_journal_chain.py::"
_VERDICTS = "tests/simulator/kills/test_verdicts.py::"
_FAULTS = "tests/simulator/test_faults.py::test_who_ends_itself_as_broken_has_crashed_and_who_gets_a_signal_was_killed"

AUDIT = (
    Defence(
        "an auditor rebuilds the root from the entries",
        "audit/tree.py",
        "if self._edge.root() != root:",
        "if False:",
        f"{_TAMPER}test_a_checkpoint_over_another_tree_is_found",
        f"{_TAMPER}test_a_checkpoint_signed_by_another_key_is_found",
    ),
    Defence(
        "an auditor checks who signed a receipt",
        "audit/receipts.py",
        "        self._expect(record, receipt.receiver, signed)\n",
        "",
        f"{_MESSAGES}TestReceipts::test_a_delivery_receipt_that_the_hub_made_up",
        f"{_MESSAGES}TestReceipts::test_a_second_delivery_receipt",
    ),
    Defence(
        "an auditor replays every case",
        "audit/replay.py",
        'self._give_up(record, f"accepts what the procedure refuses: {refusal.kind.name}")',
        "del refusal",
        f"{_CASES}TestReplay::test_an_action_out_of_procedure_is_accepted",
        f"{_CASES}TestReplay::test_a_step_left_out",
    ),
)

REGISTER = (
    Defence(
        "a release leaves a tombstone for an operation never seen",
        "simulator/registers/store.py",
        "INSERT INTO operation (operation_id, state) VALUES (?, 'released') ON CONFLICT (operation_id)\"\n"
        "                \" DO UPDATE SET state = 'released' WHERE state = 'reserved'\"",
        "UPDATE operation SET state = 'released' WHERE operation_id = ? AND state = 'reserved'\"",
        f"{_REGISTERS}TestRegister::runTest",
        f"{_REGISTERS}test_household_numbers_are_given_once_and_in_order",
    ),
    Defence(
        "a person is held by one operation",
        "simulator/registers/operations.py",
        "    if held:\n",
        "    if False:\n",
        f"{_REGISTERS}test_whoever_is_held_is_refused_to_another_operation",
        f"{_REGISTERS}test_household_numbers_are_given_once_and_in_order",
    ),
    Defence(
        "everybody of an operation is changed",
        "simulator/registers/store.py",
        "for place in range(len(known.wishes))]",
        "for place in range(1)]",
        f"{_FAMILIES}test_who_moves_together_leaves_together_and_gets_one_household",
        f"{_REGISTERS}test_household_numbers_are_given_once_and_in_order",
    ),
)

RUN = (
    Defence(
        "no line of a run's journal is changed unnoticed",
        "simulator/oracle/journal.py",
        "holds=line.chain == link(before, said))",
        "holds=True)",
        f"{_CHAIN}test_any_word_of_any_line_is_kept",
        f"{_CHAIN}test_a_chain_made_anew_ends_otherwise_than_the_report_says",
    ),
    Defence(
        "a process that ends by itself makes a run wrong",
        "simulator/faults.py",
        "CRASH if _crashed(status) else OUTSIDE",
        "OUTSIDE",
        f"{_FAULTS}[1-crash]",
        f"{_FAULTS}[143-outside]",
    ),
)

KILLS = (
    Defence(
        "a kill with nothing in flight proves nothing",
        "simulator/kills/verdicts.py",
        "return self.in_flight > 0 and self.recovered_s is not None",
        "return self.recovered_s is not None",
        f"{_VERDICTS}test_a_row_is_right_only_if_everything_in_it_is",
        f"{_VERDICTS}test_the_table_says_how_far_it_is",
    ),
)

RUNTIME = (
    Defence(
        "a line of the process log that cannot be written ends nobody's work",
        "runtime/process_log.py",
        "        with suppress(OSError):\n            return super().write(data)\n        return 0\n",
        "        return super().write(data)\n",
        "tests/runtime/test_process.py::test_a_full_disk_costs_lines_and_nothing_else",
        "tests/runtime/test_process.py::test_library_warnings_and_words_of_the_caller_are_lines_with_utc_times",
    ),
)
