"""The rules of a node over an upgrade: old cases keep theirs, new ones get those of the new version."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import TYPE_CHECKING

import asyncpg

from core.rules import POLICY, rule_book, shipped_rules
from nodes.common.store.database import Database
from nodes.common.store.rules import remembered
from runtime import postgres

if TYPE_CHECKING:
    from tests.support.postgres import Server


def test_cases_go_on_under_the_rules_of_before_and_new_ones_begin_under_the_new(postgres_server: Server) -> None:
    shipped = shipped_rules()
    old_policy = next(content for kind, content in shipped.artefacts if kind == POLICY).replace(b'"days": 40', b'"days": 39')
    older = rule_book([(kind, old_policy if kind == POLICY else content) for kind, content in shipped.artefacts])

    async def body() -> None:
        async with asyncpg.create_pool(postgres_server.new_database(), min_size=1, max_size=2) as pool:
            await postgres.migrate(pool, files("nodes.common") / "store" / "migrations")
            database = Database(pool)
            assert (await remembered(database, older)).current("household-transfer") == older.current("household-transfer")
            upgraded = await remembered(database, shipped)
            assert upgraded.current("household-transfer") == shipped.current("household-transfer")
            assert set(upgraded.policies) == set(older.policies) | set(shipped.policies)
            assert (await remembered(database, older)).current("household-transfer") == older.current("household-transfer")

    asyncio.run(body())
