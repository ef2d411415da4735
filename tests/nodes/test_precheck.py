"""`Desk.Precheck`: reads the two tables of the trust list in force, refuses what nobody asks for, and leaves no trace anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest

from core.envelope import sha256
from core.refusals import BAD_FIELD, UNKNOWN_PROVINCE, UNKNOWN_RULES
from core.rules import shipped_rules
from nodes.common.precheck import Prechecker
from nodes.provinces import policies
from pki.trust import load_trust_list
from runtime.grpc_errors import refused
from tests.pki.forging import refusal
from tests.support.province import IN, OUT
from tests.support.tables import REGIONAL
from tests.support.trust import Keys
from yrdx.v1 import desk_pb2, precheck_pb2

if TYPE_CHECKING:
    import asyncpg

    from pki.trust import Trust
    from tests.nodes.conftest import Play
    from tests.support.province import Federation

ASKED: dict[str, Any] = {
    "service": "household-transfer",
    "counterpart": OUT,
    "ground": "spouse",
    "materials": ["identity", "receiving-consent", "relation-proof", "photo"],
}


class InForce:
    """What a node knows of trust lists, as far as a precheck asks."""

    def __init__(self, trust: Trust) -> None:
        self.current = trust


def prechecker(*provinces: str) -> Prechecker:
    """One of IN; these provinces have the tables that ship."""
    keys = Keys()
    keys.policies = {code: policies()[code] for code in provinces}
    trust, rules = load_trust_list(keys.trust_list(), keys.root_pem), shipped_rules()
    rules.learn((table.digest, table.policy) for table in trust.tables())
    known: Any = InForce(trust)
    return Prechecker(province=IN, trust=known, rules=rules)


def grades(found: precheck_pb2.PrecheckResponse) -> dict[str, str]:
    return {one.rule_id: precheck_pb2.PrecheckGrade.Name(one.grade).removeprefix("PRECHECK_GRADE_") for one in found.findings}


def test_both_tables_are_read_and_the_worst_counts() -> None:
    facts = {"minor": "false", "agent": "false", "head-of-household": "false", "restricted": "false", "under-control": "false"}
    checker = prechecker(IN, OUT)
    fine = checker.answer(precheck_pb2.PrecheckRequest(**ASKED, facts={**facts, "school-household": "false"}))
    assert {one.province for one in fine.findings} == {IN, OUT}
    assert grades(fine)["SH-OUT-RESTRICTED"] == "PASS"
    assert fine.grade == precheck_pb2.PRECHECK_GRADE_WARN, "two materials may come later"
    controlled = {**facts, "under-control": "true", "court-or-police-approval": "false"}
    failed = checker.answer(precheck_pb2.PrecheckRequest(**ASKED, facts=controlled))
    assert (grades(failed)["SH-OUT-CONTROL"], failed.grade) == ("FAIL", precheck_pb2.PRECHECK_GRADE_FAIL)
    assert [one.asks for one in failed.findings if one.rule_id == "SH-OUT-SCHOOL"] == [["school-household", "leaves-school"]]
    assert (failed.receiving.digest, failed.leaving.digest) == (sha256(policies()[IN]), sha256(policies()[OUT]))


def test_the_regional_table_stands_in_for_a_province_without_one() -> None:
    found = prechecker(OUT).answer(precheck_pb2.PrecheckRequest(**ASKED))
    assert (found.receiving.digest, found.receiving.province, found.leaving.province) == (sha256(REGIONAL), "", OUT)
    assert grades(found)["materials.old-booklet"] == "WARN"
    assert "grounds" not in grades(found)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"counterpart": "999999"}, (UNKNOWN_PROVINCE, "counterpart")),
        ({"counterpart": IN}, (BAD_FIELD, "counterpart")),
        ({"service": "fishing"}, (UNKNOWN_RULES, "service")),
        ({"ground": ""}, (BAD_FIELD, "ground")),
        ({"materials": ["passport"]}, (BAD_FIELD, "materials")),
        ({"facts": {"name": "王芳"}}, (BAD_FIELD, "facts")),
    ],
)
def test_what_is_refused(changes: dict[str, Any], expected: tuple[object, str]) -> None:
    request = precheck_pb2.PrecheckRequest(**{**ASKED, **changes})
    assert refusal(lambda: prechecker(IN, OUT).answer(request)) == expected


async def rows(pool: asyncpg.Pool[asyncpg.Record]) -> dict[str, str]:
    """Every table of a database, as one text each."""
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public' order by 1")
    query = "select coalesce(md5(string_agg(t::text, ',' order by t::text)), '') from {} t"
    return {row["tablename"]: await pool.fetchval(query.format(row["tablename"])) for row in tables}


def test_it_leaves_no_trace(play: Play) -> None:
    async def everything(made: Federation) -> list[dict[str, str]]:
        nodes = [province.node.database._pool for province in made.provinces.values()]
        return [await rows(pool) for pool in (made.hub.hub.pool, *nodes)]

    async def body(made: Federation) -> None:
        await made.idle()
        before = await everything(made)
        assert all(len(tables) > 3 for tables in before)
        desk = made[IN].desk
        answer = await desk.Precheck(precheck_pb2.PrecheckRequest(**ASKED), timeout=5)
        assert grades(answer)["materials.identity"] == "PASS"
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await desk.Precheck(precheck_pb2.PrecheckRequest(**{**ASKED, "facts": {"name": "王芳"}}), timeout=5)
        found = refused(caught.value)
        assert found is not None
        assert (found.kind, found.field) == (BAD_FIELD, "facts")
        await made.idle()
        assert await everything(made) == before
        assert not (await desk.ListCases(desk_pb2.ListCasesRequest(filter=desk_pb2.CaseFilter(state="precheck")), timeout=5)).cases

    play(body)
