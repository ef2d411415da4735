"""A register's SQLite file: records and operations, each change in one transaction.

WAL with `synchronous=FULL`: what was answered is on disk. A kill at any moment leaves either the whole change or none of it; the
next start needs no recovery of its own. Not thread-safe: one thread owns a store. A `sqlite3.Error` means that nothing was stored.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from core.refusals import CHANGE_IMPOSSIBLE, Refused
from simulator.registers.operations import (
    Change,
    Operation,
    State,
    Status,
    Wish,
    check_finalise,
    check_new,
    check_repeat,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SCHEMA = resources.files("simulator.registers").joinpath("schema.sql").read_text("utf-8")
_BUSY_S = 5.0
"""How long to wait while another process writes to the file."""
_RECORD = "SELECT id_number, name, household_number, record, format, status, since, number FROM record "


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a person.

    Attributes:
        id_number: citizen number.
        name: the name that `Check` compares.
        household_number: the household it stands in.
        record: the province's own bytes, never read here.
        format: name of their format.
        status: what the record is.
        since: since when, in microseconds since 1970 UTC.
        number: its row, given by the file.
    """

    id_number: str
    name: str
    household_number: str
    record: bytes
    format: str
    status: Status
    since: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Reservation:
    """The answer to a Reserve.

    Attributes:
        records: MOVE_OUT: that of each person.
        household_number: MOVE_IN: the household that all of them will have.
        staying: MOVE_OUT: for each person, how many active records will be left in the household.
    """

    state: State
    records: tuple[Record, ...] = ()
    household_number: str = ""
    staying: tuple[int, ...] = ()


def connect(path: Path) -> sqlite3.Connection:
    """Opens a register's file, made when there is none yet; usable from any one thread at a time."""
    file = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = FULL")
    file.execute("PRAGMA foreign_keys = ON")
    file.executescript(_SCHEMA)
    return file


@contextmanager
def transaction(file: sqlite3.Connection) -> Iterator[None]:
    """Commits what the body wrote, or on any error none of it."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield
        file.execute("COMMIT")
    except BaseException:
        if file.in_transaction:  # some errors of SQLite have rolled back already
            file.execute("ROLLBACK")
        raise


class Store:
    """The register of one province. Ids are 16 bytes, times microseconds since 1970 UTC."""

    def __init__(self, path: Path, province: str) -> None:
        """Opens the file `path` of the province with this code."""
        self._file = connect(path)
        self._province = province

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def find(self, id_number: str) -> Record | None:
        """The person's active record, else the newest one."""
        return self._record("WHERE id_number = ? ORDER BY status = 'active' DESC, number DESC LIMIT 1", id_number)

    def state(self, operation_id: bytes) -> State | None:
        """What became of an operation; None when it was never seen."""
        known = self._operation(operation_id)
        return known.state if known else None

    def household_size(self, household_number: str) -> int:
        """How many active records a household has."""
        (size,) = self._one("SELECT count(*) FROM record WHERE household_number = ? AND status = 'active'", household_number) or (0,)
        return int(size)

    def reserve(self, operation_id: bytes, *wishes: Wish) -> Reservation:
        """Holds the persons for an operation, all or none; a repeat gets the same answer, with the state as it is now.

        Raises:
            Refused: see `operations`; nothing is stored then.
        """
        with transaction(self._file):
            known = self._operation(operation_id)
            if known:
                check_repeat(known, wishes)
            else:
                known = self._hold(operation_id, wishes)
        # If we crash before the commit, nobody is held and the caller repeats; after it, the repeat finds the operation.
        if wishes[0].change.begins:
            return Reservation(known.state, household_number=known.household_number)
        standing = [self._record("WHERE number = ?", number) for number in known.record_numbers]
        leaving = tuple(record for record in standing if record)
        return Reservation(known.state, leaving, staying=self._staying(leaving))

    def finalise(self, operation_id: bytes, at: int) -> int:
        """Makes the reserved change as of `at`; a repeat changes nothing. Returns since when it counts.

        Raises:
            Refused: OPERATION_UNKNOWN, OPERATION_RELEASED, or CHANGE_IMPOSSIBLE when the file forbids the change: then
                nothing is stored, the operation stays reserved and may succeed later.
        """
        try:
            # If we crash before the commit, the operation is still reserved and the caller repeats; after it, the repeat gets
            # the stored time. Records and operation change together or not at all.
            with transaction(self._file):
                known = check_finalise(self._operation(operation_id))
                return known.since if known.since is not None else self._make(operation_id, known, at)
        except sqlite3.IntegrityError as exc:
            raise Refused(CHANGE_IMPOSSIBLE, "operation_id") from exc

    def release(self, operation_id: bytes) -> State:
        """Ends a reservation without effect; leaves a tombstone for an operation never seen.

        Returns:
            RELEASED, or FINALISED when the change was made already: then nothing happens.
        """
        # If we crash before the commit, they are still held and the caller repeats; after it, the repeat answers the same.
        with transaction(self._file):
            self._file.execute(
                "INSERT INTO operation (operation_id, state) VALUES (?, 'released') ON CONFLICT (operation_id)"
                " DO UPDATE SET state = 'released' WHERE state = 'reserved'",
                (operation_id,),
            )
            self._let_go(operation_id)
            return State.RELEASED if self.state(operation_id) is not State.FINALISED else State.FINALISED

    def _hold(self, operation_id: bytes, wishes: tuple[Wish, ...]) -> Operation:
        numbers = tuple(self._free(wish) for wish in wishes)
        household = self._next_household_number() if wishes[0].change.begins else ""
        sequence = self._file.execute(
            "INSERT INTO operation (operation_id, state, household_number) VALUES (?, 'reserved', nullif(?, ''))", (operation_id, household)
        ).lastrowid
        self._file.executemany(
            "INSERT INTO part (sequence, place, change, id_number, name, record, format, record_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (sequence, place, wish.change.value, wish.id_number, wish.name, wish.record, wish.format, number)
                for place, (wish, number) in enumerate(zip(wishes, numbers, strict=True))
            ),
        )
        return Operation(State.RESERVED, wishes, household, numbers)

    def _free(self, wish: Wish) -> int | None:
        """The record that somebody leaves, who can be held for it; None of who comes."""
        standing = self.find(wish.id_number)
        held = self._one("SELECT 1 FROM part WHERE id_number = ? AND held", wish.id_number)
        check_new(wish, held=held is not None, status=standing.status if standing else None)
        return standing.number if standing and not wish.change.begins else None

    def _staying(self, leaving: tuple[Record, ...]) -> tuple[int, ...]:
        """For each of these records, the active ones in its household that are not among them."""
        sizes = Counter({number: self.household_size(number) for number in {record.household_number for record in leaving}})
        sizes.subtract(record.household_number for record in leaving if record.status is Status.ACTIVE)
        return tuple(sizes[record.household_number] for record in leaving)

    def _next_household_number(self) -> str:
        """Twelve digits: province, 9 for households that the exchange brought, a number never given before."""
        (sequence,) = self._one("SELECT coalesce(max(sequence), 0) + 1 FROM operation") or (1,)
        return f"{self._province[:2]}9{sequence:09d}"

    def _make(self, operation_id: bytes, known: Operation, at: int) -> int:
        """Ends the record of each person, or begins one for him."""
        numbers = [self._change(known, place, at) for place in range(len(known.wishes))]
        self._file.execute("UPDATE operation SET state = 'finalised', since = ? WHERE operation_id = ?", (at, operation_id))
        self._file.executemany(
            "UPDATE part SET record_number = ? WHERE place = ? AND sequence = (SELECT sequence FROM operation WHERE operation_id = ?)",
            ((number, place, operation_id) for place, number in enumerate(numbers)),
        )
        self._let_go(operation_id)
        return at

    def _change(self, known: Operation, place: int, at: int) -> int | None:
        """The record that was changed for the person in this place."""
        wish, number = known.wishes[place], known.record_numbers[place]
        if not wish.change.begins:
            self._file.execute("UPDATE record SET status = 'moved-out', since = ? WHERE number = ?", (at, number))
            return number
        status = Status.ACTIVE if wish.change is Change.MOVE_IN else Status.DECEASED
        values = (wish.id_number, wish.name, known.household_number, wish.record, wish.format, status.value, at)
        return self._file.execute(
            "INSERT INTO record (id_number, name, household_number, record, format, status, since) VALUES (?, ?, ?, ?, ?, ?, ?)", values
        ).lastrowid

    def _let_go(self, operation_id: bytes) -> None:
        """Others may hold these persons again, unless the operation is still reserved."""
        self._file.execute(
            "UPDATE part SET held = 0 WHERE sequence IN (SELECT sequence FROM operation WHERE operation_id = ? AND state <> 'reserved')",
            (operation_id,),
        )

    def _operation(self, operation_id: bytes) -> Operation | None:
        row = self._one("SELECT sequence, state, household_number, since FROM operation WHERE operation_id = ?", operation_id)
        if row is None:
            return None
        sequence, state, household, since = row
        parts = self._file.execute(
            "SELECT change, id_number, name, record, format, record_number FROM part WHERE sequence = ? ORDER BY place", (sequence,)
        ).fetchall()
        wishes = tuple(Wish(Change(change), *values) for change, *values, _ in parts)
        return Operation(State(state), wishes, household or "", tuple(number for *_, number in parts), since)

    def _record(self, which: str, value: str | int | None) -> Record | None:
        row = self._one(_RECORD + which, value)
        if row is None:
            return None
        id_number, name, household, record, form, status, since, number = row
        return Record(id_number, name, household, record, form, Status(status), since, number)

    def _one(self, query: str, *values: str | int | bytes | None) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._file.execute(query, values).fetchone()
        return row
