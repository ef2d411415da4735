"""Defences of the policy tables: whose table a case runs under, that none goes back, and what is held against its rules and reasons."""

from __future__ import annotations

from tests.sabotage.defence import Defence

_CEREMONY = "tests/pki/test_policy.py::"
_HUB = "tests/hub/test_policies.py::"
_AUDIT = "tests/audit/test_checks_of_policies.py::"
_PRECHECK = "tests/core/test_precheck.py::"
_TRANSFER = "tests/nodes/test_household_transfer.py::"
_COUNTER = "tests/simulator/test_counter.py::test_a_case_is_opened_where_no_rule_is_against_it"
_ORACLE = "tests/simulator/test_oracle_policies.py::"

POLICIES = (
    Defence(
        "an authority signs no older table",
        "pki/ceremony/policy.py",
        "policy.version <= last.policy.version:",
        "policy.version < 0:",
        f"{_CEREMONY}test_an_authority_does_not_go_back[older]",
        f"{_CEREMONY}test_the_same_table_again_is_no_change",
    ),
    Defence(
        "the root takes no policy table back",
        "pki/ceremony/trust_list.py",
        "trust.check_tables_follow(load_trust_list(read(path), pem(root.issuer.certificate)).tables_by_code())",
        "pass",
        f"{_CEREMONY}test_the_root_does_not_let_a_table_go_back[older]",
        f"{_CEREMONY}test_the_table_goes_from_the_authority_into_the_list",
    ),
    Defence(
        "a table is valid from its day on",
        "pki/trust.py",
        "require(first is None or first <= today,",
        "require(first is None or first <= first,",
        f"{_CEREMONY}test_a_day_is_a_day_in_shanghai",
        f"{_CEREMONY}test_the_table_goes_from_the_authority_into_the_list",
    ),
    Defence(
        "the hub takes no policy table back",
        "hub/trust.py",
        "        trust.check_tables_follow(self._tables)\n",
        "",
        f"{_HUB}test_a_list_that_takes_a_table_back_is_not_put_in_force[taken away]",
        f"{_HUB}test_a_change_is_for_new_cases_alone",
    ),
    Defence(
        "a case opens under the table in force",
        "hub/verify.py",
        "if message.action.opens and not self._rules.is_in_force(message.header.policy_digest, own):",
        "if False:",
        f"{_HUB}test_an_opening_under_another_table_stores_nothing[superseded]",
        f"{_HUB}test_a_change_is_for_new_cases_alone",
    ),
    Defence(
        "an auditor finds a case under another table",
        "audit/rules.py",
        "if message.action.opens and not self._book.is_in_force(message.header.policy_digest, own):",
        "if False:",
        f"{_AUDIT}test_an_opening_under_another_table[superseded]",
        f"{_AUDIT}test_each_case_has_the_limits_of_the_day_it_was_opened",
    ),
    Defence(
        "an auditor finds a table that went back",
        "audit/trust_lists.py",
        "trust.check_tables_follow(self._tables)",
        "trust.check_tables_follow({})",
        f"{_AUDIT}test_a_table_that_goes_back[same number]",
        f"{_AUDIT}test_each_case_has_the_limits_of_the_day_it_was_opened",
    ),
    Defence(
        "the oracle minds whose table a case opens under",
        "simulator/oracle/policies.py",
        "return named == own if own else named not in self._tables",
        "return True",
        f"{_ORACLE}test_an_opening_under_another_table_is_a_finding[superseded]",
        f"{_ORACLE}test_cases_of_before_and_after_a_change_run_side_by_side",
    ),
    Defence(
        "a precheck asks the province that lets go, too",
        "core/precheck.py",
        "        *_rules(leaving, LEAVING, draft),\n",
        "",
        f"{_PRECHECK}test_rules_are_asked_in_their_role_and_on_their_grounds",
        f"{_PRECHECK}test_grounds_and_materials_are_those_of_the_province_that_receives",
    ),
    Defence(
        "what was not stated is held against nobody",
        "core/precheck.py",
        "    if word is None:\n        return None\n",
        "    if word is None:\n        return False\n",
        f"{_PRECHECK}test_nothing_stated_is_nothing_held_against_anybody",
        f"{_PRECHECK}test_a_beginning_is_enough_where_the_rule_says_so",
    ),
    Defence(
        "a decision gives a reason of its policy",
        "nodes/common/services/household_transfer.py",
        "        if self.has_unknown_reason(action, detail, policy):\n",
        "        if False:\n",
        f"{_TRANSFER}test_a_decision_gives_a_reason_that_the_policy_has_for_it",
        f"{_TRANSFER}test_a_corrected_application_takes_the_place_of_the_first",
    ),
    Defence(
        "an officer opens no case that the rules are against",
        "simulator/officers/office.py",
        "        return grade != precheck_pb2.PRECHECK_GRADE_FAIL\n",
        "        return bool(grade)\n",
        f"{_COUNTER}[a talent in Wuhu]",
        f"{_COUNTER}[a talent in Hefei]",
    ),
)
