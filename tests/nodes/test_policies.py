"""Policy tables at a node: it learns of a new one by the hub's refusal, and of the reasons in it an officer gives one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from core.envelope import sha256
from core.policy import read_policy
from core.refusals import BAD_FIELD
from nodes.common.services.household_transfer import HouseholdTransfer
from tests.nodes.test_desk import contents
from tests.support.officers import refusal_of
from tests.support.province import IN, OUT
from tests.support.tables import table
from yrdx.v1 import envelope_pb2, operations_pb2, precheck_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    import pytest

    from tests.nodes.conftest import Play
    from tests.support.province import Federation

FIRST, SECOND = table(IN, 1, days={"review": 9}), table(IN, 2)
REASONS = [
    {"code": "policy", "actions": ["refuse", "revoke"], "zh": "不符合落户政策。", "en": "Not met.", "source": "none"},
    {"code": "forgery", "actions": ["refuse", "revoke"], "zh": "涉嫌伪造。", "en": "Forged.", "source": "none"},
]
THIRD = table(IN, 3, reasons=REASONS)
"""Stays in force for the tests behind these, whose officers say "policy" for everything (`tests.support.officers`)."""
STRANGE = transfer_pb2.Decision(reason_code="strange", reason="不符合落户政策。")


async def put_in_force(made: Federation, policy: bytes) -> None:
    made.country.policies[IN] = policy
    version = (await made.hub.status()).trust_list_version + 1
    request = operations_pb2.PublishTrustListRequest(trust_list=made.country.signed_trust_list(version))
    await made.hub.operations.PublishTrustList(request)


async def under_the_third(made: Federation) -> bytes:
    """A new case under the table with reasons, before it is reviewed."""
    if made.country.policies.get(IN) != THIRD:
        await put_in_force(made, THIRD)
    return await made.up_to("permit")


def test_an_application_under_the_table_of_before_is_written_again_and_accepted(play: Play) -> None:
    async def named(made: Federation, case_id: bytes) -> set[bytes]:
        """Tables that the messages of a case name at the hub."""
        rows = await made.hub.hub.pool.fetch("select header from messages where case_id = encode($1, 'hex')::uuid", case_id)
        return {envelope_pb2.Header.FromString(row["header"]).policy_digest for row in rows}

    async def body(made: Federation) -> None:
        await put_in_force(made, FIRST)
        old = await made.up_to("permit")
        await put_in_force(made, SECOND)
        new = await made.up_to("permit")
        for case_id, policy in ((old, FIRST), (new, SECOND)):
            await made[OUT].sees(case_id, state="applied", refusal=0)
            await made[IN].decide(case_id, "withdraw")
            await made[OUT].sees(case_id, state="closed")
            await made.idle()
            assert await named(made, case_id) == {sha256(policy)}
        assert read_policy(FIRST, IN).limits != read_policy(SECOND, IN).limits

    play(body)


def test_a_reason_that_the_policy_of_the_case_has_not_is_refused_and_changes_nothing(play: Play) -> None:
    async def body(made: Federation) -> None:
        case_id = await under_the_third(made)
        await made.idle()
        before, shown = await contents(made[IN]), await made[IN].get(case_id)
        assert list(shown.reasons) == [
            precheck_pb2.ReasonView(code="policy", actions=["refuse"], text_zh="不符合落户政策。", text_en="Not met."),
            precheck_pb2.ReasonView(code="forgery", actions=["refuse"], text_zh="涉嫌伪造。", text_en="Forged."),
        ], "the permit that could be revoked is not there yet"
        for code in ("strange", "", "Policy"):
            with refusal_of(BAD_FIELD.number, "detail.reason_code"):
                await made[IN].decide(case_id, "refuse", transfer_pb2.Decision(reason_code=code, reason=STRANGE.reason))
        assert await contents(made[IN]) == before
        await made[IN].decide(case_id, "withdraw", STRANGE)  # for which the table has no reasons at all
        await made[OUT].sees(case_id, state="closed")

    play(body)


def test_the_other_provinces_unknown_reason_is_worth_a_warning_and_hinders_nothing(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(made: Federation) -> None:
        case_id = await under_the_third(made)
        with monkeypatch.context() as careless:
            careless.setattr(HouseholdTransfer, "_check_reason", lambda *_: None)
            with capture_logs() as lines:
                await made[IN].decide(case_id, "refuse", STRANGE)
                await made[OUT].sees(case_id, state="closed", ending="refused-by-in", refusal=0)
        (line,) = [line for line in lines if line["event"] == "a reason that the policy does not know"]
        assert (line["log_level"], line["sender"], line["action"], line["case_id"]) == ("warning", IN, "refuse", case_id.hex())
        assert "strange" not in str(lines), "it may be anything"
        said = (await made[OUT].get(case_id)).messages[-1]
        read = transfer_pb2.Decision()
        assert said.payload.Unpack(read)
        assert read == STRANGE

    play(body)
