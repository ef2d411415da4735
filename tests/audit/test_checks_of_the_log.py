"""A hub that lies consistently: tree, digests and checkpoint are right, one statement is false. Each is found: checks 4, 6, 7, 12, 13."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from core.entries import RULES, TRUST_LIST, read_entry
from core.envelope import sha256
from core.policy import Policy
from core.procedures import PROCEDURES
from core.refusals import OUT_OF_PROCEDURE, PERSON_CLAIMED
from core.values import canonical, parse
from tests.audit.lying import FIRST, apply, say
from tests.audit.verifying import found_in
from tests.support.log_folder import IN, OUT, LogBuilder
from tests.support.trust import Keys
from yrdx.v1 import envelope_pb2

if TYPE_CHECKING:
    from pathlib import Path


class TestEntries:
    """Check 4."""

    def test_time_goes_back(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.recorded_at -= timedelta(microseconds=1)
        say(log, case_id, "permit", IN)
        log.business_at -= timedelta(microseconds=1)
        say(log, case_id, "revoke", IN)
        assert found_in(log, tmp_path) == {
            (4, FIRST + 1): "was recorded before the entry that it follows",
            (4, FIRST + 2): "has a business time before that of the entry that it follows",
        }

    def test_equal_times_are_in_order(self, log: LogBuilder, tmp_path: Path) -> None:
        say(log, apply(log), "permit", IN)
        assert found_in(log, tmp_path) == {}

    def test_a_log_without_a_trust_list_at_its_head(self, tmp_path: Path) -> None:
        log = LogBuilder()
        log.version = 1
        log.rules(*log.book.artefacts[0])
        log.trust_list(1)
        assert found_in(log, tmp_path) == {(4, 0): "is the first entry and not a trust list"}

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"case_id": b"c" * 15}, "case_id"),
            ({"message_id": b""}, "message_id"),
            ({"step": 0}, "step"),
            ({"refusal": 4006}, "refusal"),
            ({"rules_kind": "policy"}, "rules_kind"),
            ({"business_at": None}, "business_at"),
        ],
    )
    def test_a_field_out_of_place(self, log: LogBuilder, tmp_path: Path, fields: dict[str, Any], wrong: str) -> None:
        apply(log, entry=fields)
        assert found_in(log, tmp_path)[4, FIRST] == f"has a wrong {wrong}"

    def test_an_entry_that_cannot_be_read_hides_what_follows_and_nothing_else(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.append_bytes(b"\xff")
        permit = say(log, case_id, "permit", IN)
        log.deliver(permit)
        assert found_in(log, tmp_path) == {(4, FIRST + 1): "cannot be read: MALFORMED entry"}

    def test_an_unknown_field(self, log: LogBuilder, tmp_path: Path) -> None:
        log.append_bytes(log.entries[0] + b"\xa0\x06\x01")
        assert found_in(log, tmp_path) == {(4, FIRST): "cannot be read: UNKNOWN_HEADER_FIELD entry"}

    def test_another_serialisation_of_the_same_entry(self, log: LogBuilder, tmp_path: Path) -> None:
        entry = log.entries[3]
        log.append_bytes(entry[2:] + entry[:2])  # the first field last
        assert found_in(log, tmp_path) == {(4, FIRST): "is not in canonical form"}

    def test_a_time_that_is_none(self, log: LogBuilder, tmp_path: Path) -> None:
        entry = read_entry(log.entries[3])
        entry.recorded_at.seconds = 2**60
        log.append_bytes(entry.SerializeToString(deterministic=True))
        assert found_in(log, tmp_path) == {(4, FIRST): "has a time that is none"}


class TestTrustLists:
    """Check 6."""

    def test_a_version_left_out(self, log: LogBuilder, tmp_path: Path) -> None:
        log.trust_list(3)
        assert found_in(log, tmp_path) == {(6, FIRST): "is version 3 after version 1"}

    def test_a_version_rolled_back(self, log: LogBuilder, tmp_path: Path) -> None:
        log.trust_list(2)
        log.trust_list(1)
        assert found_in(log, tmp_path) == {(6, FIRST + 1): "is version 1 after version 2"}

    def test_a_list_of_another_root(self, log: LogBuilder, tmp_path: Path) -> None:
        log.trust_list(2, Keys().trust_list(2))
        assert found_in(log, tmp_path) == {(6, FIRST): "does not verify up to the root: BAD_TRUST_LIST signature"}

    def test_a_list_that_names_another_version(self, log: LogBuilder, tmp_path: Path) -> None:
        log.append(TRUST_LIST, {"trust_list_version": 1}, log.store(log.keys.trust_list(2)))
        assert found_in(log, tmp_path) == {(6, FIRST): "puts version 2 in force and names version 1"}

    def test_a_message_checked_under_an_older_list(self, log: LogBuilder, tmp_path: Path) -> None:
        log.trust_list(2)
        log.version = 1
        apply(log)
        assert found_in(log, tmp_path) == {(6, FIRST + 1): "was made under version 1 instead of 2"}


class TestRules:
    """Check 7."""

    def test_rules_that_are_not_in_the_log(self, tmp_path: Path) -> None:
        log = LogBuilder()
        log.trust_list()
        apply(log)
        assert found_in(log, tmp_path) == {(7, 1): "names rules that are not in the log before it"}

    def test_rules_that_come_after_the_message(self, tmp_path: Path) -> None:
        log = LogBuilder()
        log.trust_list()
        apply(log)
        for kind, data in log.book.artefacts:
            log.rules(kind, data)
        assert found_in(log, tmp_path) == {(7, 1): "names rules that are not in the log before it"}

    def test_an_artefact_that_cannot_be_read(self, log: LogBuilder, tmp_path: Path) -> None:
        log.rules("policy", b"{}")
        log.rules("law", b"{}")
        assert found_in(log, tmp_path) == {
            (7, FIRST): "cannot be read as policy: BAD_FIELD",
            (7, FIRST + 1): "cannot be read as law: UNKNOWN_RULES",
        }

    @pytest.mark.parametrize("part", ["states", "deadlines"])
    def test_a_procedure_that_refers_to_nothing(self, log: LogBuilder, tmp_path: Path, part: str) -> None:
        procedure = msgspec.structs.replace(PROCEDURES["household-transfer"], **{part: ()})
        log.rules("procedure", canonical(procedure))
        assert found_in(log, tmp_path)[7, FIRST].startswith(f"is no usable procedure: {part}")

    @pytest.mark.parametrize("limit", [None, {"days": 0}, {"days": 10**9}, {"days": 5, "warn_days": 10**9}])
    def test_a_policy_that_no_case_can_run_under(self, log: LogBuilder, tmp_path: Path, limit: dict[str, int] | None) -> None:
        policy = msgspec.to_builtins(parse(dict(log.book.artefacts)["policy"], Policy))
        policy["limits"]["landing"] = {"unit": "calendar", **(limit or {})}
        if limit is None:
            del policy["limits"]["landing"]
        data = msgspec.json.encode(policy)
        log.rules("policy", data)
        message = log.message(log.new_id(), "apply", IN, OUT, policy_digest=sha256(data))
        log.accept(message, judged=False, step=1)
        assert found_in(log, tmp_path) == {(7, FIRST + 1): "names a policy without a usable limit for landing"}


class TestSequences:
    """Check 12."""

    def test_a_number_left_out(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.accept(log.message(case_id, "permit", IN, OUT, case_seq=3), judged=False, step=2)
        found = found_in(log, tmp_path)
        assert found[12, FIRST + 1] == f"has number 3 of {IN} where 2 is next"
        assert found[11, FIRST + 1] == "accepts what the procedure refuses: PRIOR_MISSING"

    def test_a_number_used_twice(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = apply(log)
        log.refuse(log.message(case_id, "land", IN, OUT, case_seq=1), OUT_OF_PROCEDURE.number)
        found = found_in(log, tmp_path)
        assert found[12, FIRST + 1] == f"has number 1 of {IN} where 2 is next"

    def test_a_refused_application_uses_no_number(self, log: LogBuilder, tmp_path: Path) -> None:
        case_id = log.new_id()
        log.refuse(log.message(case_id, "apply", IN, OUT), PERSON_CLAIMED.number)
        log.accept(log.message(case_id, "apply", IN, OUT))
        assert found_in(log, tmp_path) == {}


class TestSeen:
    """Check 13."""

    def test_a_sender_saw_another_log(self, log: LogBuilder, tmp_path: Path) -> None:
        seen = envelope_pb2.SeenCheckpoint(size=3, root=b"r" * 32)
        log.accept(log.message(log.new_id(), "apply", IN, OUT, seen_checkpoint=seen))
        assert found_in(log, tmp_path) == {(13, FIRST): "saw a log that had another root at size 3"}

    def test_a_sender_saw_more_than_there_was(self, log: LogBuilder, tmp_path: Path) -> None:
        seen = envelope_pb2.SeenCheckpoint(size=FIRST + 1, root=b"r" * 32)
        log.accept(log.message(log.new_id(), "apply", IN, OUT, seen_checkpoint=seen))
        assert found_in(log, tmp_path) == {(13, FIRST): f"saw a checkpoint of {FIRST + 1} entries before there were so many"}

    def test_no_checkpoint_seen_yet(self, log: LogBuilder, tmp_path: Path) -> None:
        log.accept(log.message(log.new_id(), "apply", IN, OUT, seen_checkpoint=envelope_pb2.SeenCheckpoint()))
        assert found_in(log, tmp_path) == {}


def test_the_kinds_used_here_are_those_of_the_head_of_a_log(log: LogBuilder) -> None:
    assert [read_entry(entry).kind for entry in log.entries] == [TRUST_LIST, RULES, RULES, RULES]
    assert len(log.entries) == FIRST
