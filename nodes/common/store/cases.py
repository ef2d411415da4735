"""Cases of this province, as rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime  # noqa: TC003 - a dataclass keeps its annotations
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from core.procedures.model import Case
from core.refusals import CASE_NOT_FOUND, Refused
from core.values import canonical, parse
from nodes.common.facts import Facts, packed, unpacked
from nodes.common.store.database import Matter

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import asyncpg

    from nodes.common.store.database import Connection, Transaction
    from pki.storage import StorageCipher

_MOST: Final = 2000
"""Cases that are remembered."""

_COLUMNS = """case_id, service, counterpart, role, case_state, facts, last_header, next_seq, pending, refusal, alarm, opened_at,
    version, changed"""
_FIND = f"select {_COLUMNS} from cases where case_id = $1"  # noqa: S608 - our own names
_CHANGED = "select case_id, changed from cases where changed > $1 order by changed limit $2"
_PAGE = f"""
    select {_COLUMNS} from cases
    where case_id > $1 and ($3 = '' or state = $3) and ($4 = '' or ball_holder = $4) and ($5::timestamptz is null or due_at < $5)
        and (not $6 or state <> 'closed')
    order by case_id limit $2"""  # noqa: S608
_SEVERAL = f"select {_COLUMNS} from cases where case_id = any($1::uuid[])"  # noqa: S608
_ADD = """
    insert into cases (case_id, case_state, facts, last_header, next_seq, pending, refusal, alarm, opened_at, version, state, ball_holder,
        due_at, service, counterpart, role, changed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"""
_SAVE = """
    update cases set case_state = $2, facts = coalesce($3, facts), last_header = $4, next_seq = $5, pending = $6, refusal = $7, alarm = $8,
        opened_at = $9, version = $10, state = $11, ball_holder = $12, due_at = $13, changed = $14
    where case_id = $1"""


@dataclass(kw_only=True)
class CaseRow:
    """A case as this province knows it.

    Attributes:
        counterpart: the other province.
        role: of this province, a role of the procedure.
        opened_at: business time of step 1; before it, of the desk call.
        case: after the last step that was applied here; None before step 1.
        facts: what the payloads say.
        last_header: digest of the last header applied.
        next_seq: `case_seq` of the next own message.
        pending: own decision on its way, an action.
        refusal: number of the last refusal of an own message.
        alarm: number of what is wrong with something received.
        version: grows with every change that an officer decides upon; 0 before it is stored.
        changed: place among all changes of this node.
        stored_facts: as they are in the database.
        settled: it is known that no step or receipt of the case waits for an earlier step.
    """

    case_id: bytes
    service: str
    counterpart: str
    role: str
    opened_at: datetime
    case: Case | None = None
    facts: Facts = field(default_factory=Facts)
    last_header: bytes = b""
    next_seq: int = 1
    pending: str = ""
    refusal: int = 0
    alarm: int = 0
    version: int = 0
    changed: int = 0
    stored_facts: Facts | None = None
    settled: bool = False

    def copied(self) -> CaseRow:
        """Another one that says the same, ten times as fast as `copy.copy` makes it. What both hold does not change."""
        made = object.__new__(CaseRow)
        made.__dict__.update(self.__dict__)
        return made


@dataclass(frozen=True, slots=True)
class Shown:
    """What `ListCases` filters by.

    Attributes:
        state: of the procedure; "closed" for a case that the hub never opened, empty while it has not answered.
        ball_holder: province that must act.
        due_at: the nearest limit.
    """

    state: str
    ball_holder: str
    due_at: datetime | None


class Cases:
    """The cases table; every method works in the caller's transaction.

    Remembers settled cases as they were committed last. A transaction gets copies; what it changes is remembered anew after the commit.
    """

    def __init__(self, cipher: StorageCipher) -> None:
        """Takes the cipher of the storage key."""
        self._cipher = cipher
        self._remembered: dict[bytes, CaseRow] = {}
        self._since = 0

    async def find(self, connection: Connection, case_id: bytes) -> CaseRow | None:
        """The case, or None."""
        row = await connection.fetchrow(_FIND, UUID(bytes=case_id))
        return None if row is None else self._row(row)

    async def known(self, connection: Connection, case_id: bytes) -> CaseRow:
        """The case.

        Raises:
            Refused: CASE_NOT_FOUND.
        """
        found = await self.find(connection, case_id)
        if found is None:
            raise Refused(CASE_NOT_FOUND, "case_id")
        return found

    async def page(self, connection: Connection, after: bytes, limit: int, wanted: Shown, *, open_only: bool) -> list[CaseRow]:
        """Cases behind `after` in the order of their ids; empty values of `wanted` do not filter."""
        rows = await connection.fetch(_PAGE, UUID(bytes=after), limit, wanted.state, wanted.ball_holder, wanted.due_at, open_only)
        return [self._row(row) for row in rows]

    async def changed(self, connection: Connection, after: int, limit: int) -> list[CaseRow]:
        """Cases that changed behind a place, each once, in the order of their last change; not to be written to."""
        places = {row["case_id"].bytes: row["changed"] for row in await connection.fetch(_CHANGED, after, limit)}
        found = {one: self._remembered[one] for one in places if one in self._remembered}
        rows = {one: row for one, row in found.items() if row.changed == places[one]}
        rows |= await self._read(connection, places.keys() - rows.keys())
        # one that changed again meanwhile comes again at its new place
        return [row if row.changed == places[one] else replace(row, changed=places[one]) for one in places if (row := rows.get(one))]

    async def several(self, transaction: Transaction, case_ids: Collection[bytes]) -> dict[bytes, CaseRow]:
        """Those of the cases that are known."""
        if transaction.since != self._since:
            self._remembered.clear()
            self._since = transaction.since
        rows = {one: self._remembered[one].copied() for one in case_ids if one in self._remembered}
        return rows | await self._read(transaction, set(case_ids) - rows.keys())

    def unsettle(self, case_id: bytes) -> None:
        """Something of the case waits for an earlier step now."""
        self._remembered.pop(case_id, None)

    def save(self, transaction: Transaction, row: CaseRow, shown: Shown, *, keeps_version: bool = False) -> None:
        """Writes the case, which was read in this transaction, and numbers the change; sets `version`."""
        is_new = not row.version
        row.version += not keeps_version
        row.changed = transaction.next_number()
        transaction.touch(Matter.CASES)
        values = (
            UUID(bytes=row.case_id),
            canonical(row.case) if row.case else None,
            None if row.facts is row.stored_facts else self._cipher.encrypt(packed(row.facts), row.case_id),
            row.last_header,
            row.next_seq,
            row.pending,
            row.refusal,
            row.alarm,
            row.opened_at,
            row.version,
            shown.state,
            shown.ball_holder,
            shown.due_at,
            row.changed,
        )
        if is_new:
            transaction.later(_ADD, *values[:-1], row.service, row.counterpart, row.role, row.changed)
        else:
            transaction.later(_SAVE, *values)
        row.stored_facts = row.facts
        self._remembered.pop(row.case_id, None)
        if row.settled:
            transaction.afterwards(partial(self._remember, row.copied()))

    def _remember(self, row: CaseRow) -> None:
        if len(self._remembered) == _MOST:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[row.case_id] = row

    async def _read(self, connection: Connection, case_ids: Collection[bytes]) -> dict[bytes, CaseRow]:
        if not case_ids:
            return {}
        rows = await connection.fetch(_SEVERAL, [UUID(bytes=one) for one in case_ids])
        return {row["case_id"].bytes: self._row(row) for row in rows}

    def _row(self, row: asyncpg.Record) -> CaseRow:
        values: Mapping[str, object] = {name: row[name] for name in _PLAIN}
        case_id = row["case_id"].bytes
        facts = unpacked(self._cipher.decrypt(row["facts"], case_id))
        return CaseRow(
            case_id=case_id,
            case=parse(row["case_state"], Case) if row["case_state"] else None,
            facts=facts,
            stored_facts=facts,
            **values,  # type: ignore[arg-type]  # columns and attributes have the same names and types
        )


_PLAIN = (
    "service",
    "counterpart",
    "role",
    "opened_at",
    "last_header",
    "next_seq",
    "pending",
    "refusal",
    "alarm",
    "version",
    "changed",
)
