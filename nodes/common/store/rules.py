"""The rules that this node ever ran under, as rows: an upgrade must not strand the cases of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.envelope import sha256
from core.rules import rule_book

if TYPE_CHECKING:
    from core.rules import RuleBook
    from nodes.common.store.database import Database

_ADD = "insert into rules (kind, digest, content) values ($1, $2, $3) on conflict (digest) do nothing"


async def remembered(database: Database, shipped: RuleBook) -> RuleBook:
    """All rules known here, those of this version of the software last, which are the ones for new cases.

    Raises:
        Refused: UNAVAILABLE when the database cannot be reached.
    """
    # If we crash before the commit, no case has run under the new ones yet, and the next start remembers them.
    async with database.writing() as transaction:
        for kind, content in shipped.artefacts:
            await transaction.execute(_ADD, kind, sha256(content), content)
        rows = await transaction.fetch("select kind, content from rules order by position")
    stored = [(row["kind"], row["content"]) for row in rows]
    return rule_book([*(one for one in stored if one not in shipped.artefacts), *shipped.artefacts])
