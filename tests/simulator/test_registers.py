"""The rules of a register (design I2), against a model: any order of calls, repeats, restarts and failing changes."""

import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.refusals import (
    CHANGE_IMPOSSIBLE,
    OPERATION_CONFLICT,
    OPERATION_RELEASED,
    OPERATION_UNKNOWN,
    RECORD_EXISTS,
    RECORD_HELD,
    RECORD_NOT_ACTIVE,
    RECORD_NOT_FOUND,
    Kind,
    Refused,
)
from simulator.registers.files import dump, load
from simulator.registers.operations import Change, State, Status, Wish, check_new
from simulator.registers.store import Record, Reservation, Store

ANNA, BERT, CARL, DORA = "34052419800101001X", "11010519491231002X", "440524188001010014", "310101199001010019"
EMIL = "320102198001010015"
"""Lives here, and something forbids to strike him off."""
EVERYBODY = (ANNA, BERT, CARL, DORA, EMIL)
SINCE = 1_000_000
OPERATIONS = 5
SEED = [
    Record(ANNA, "安娜", "320000000001", b"anna", "jiangsu-xml-1", Status.ACTIVE, SINCE),
    Record(BERT, "白特", "320000000001", b"bert", "jiangsu-xml-1", Status.ACTIVE, SINCE),
    Record(CARL, "卡尔", "320000000002", b"carl", "jiangsu-xml-1", Status.DECEASED, SINCE),
]
HELD_FAST = Record(EMIL, "艾米", "320000000003", b"emil", "jiangsu-xml-1", Status.ACTIVE, SINCE)
ENDS = {Change.MOVE_OUT: Status.MOVED_OUT, Change.MOVE_IN: Status.ACTIVE, Change.MOVE_IN_DECEASED: Status.DECEASED}
FROZEN = "CREATE TRIGGER frozen BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'frozen'); END"
FULL = "CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(ROLLBACK, 'full'); END"

people = st.sampled_from(EVERYBODY)
operations = st.sampled_from([bytes([number]) * 16 for number in range(OPERATIONS)])
leaving = st.builds(Wish, st.just(Change.MOVE_OUT), people)
coming = st.builds(
    Wish,
    st.sampled_from([Change.MOVE_IN, Change.MOVE_IN_DECEASED]),
    people,
    st.just("新人"),
    st.sampled_from([b"new", b"other"]),
    st.just("jiangsu-xml-1"),
)


def several(wish: st.SearchStrategy[Wish]) -> st.SearchStrategy[tuple[Wish, ...]]:
    return st.lists(wish, min_size=1, max_size=3, unique_by=lambda one: one.id_number).map(tuple)


wishes = several(leaving) | several(coming)


@dataclass
class Known:
    """What the model remembers of an operation."""

    state: State
    wishes: tuple[Wish, ...] = ()
    answer: Reservation | None = None
    since: int | None = None


@dataclass
class Model:
    """The rules once more, as plainly as possible."""

    operations: dict[bytes, Known] = field(default_factory=dict)
    history: dict[str, list[Status]] = field(
        default_factory=lambda: {ANNA: [Status.ACTIVE], BERT: [Status.ACTIVE], CARL: [Status.DECEASED], EMIL: [Status.ACTIVE]}
    )

    def held(self, person: str) -> bool:
        return any(
            known.state is State.RESERVED and person in {wish.id_number for wish in known.wishes} for known in self.operations.values()
        )

    def status(self, person: str) -> Status | None:
        history = self.history.get(person)
        return history[-1] if history else None

    def refusal(self, operation: bytes, wishes: tuple[Wish, ...]) -> Kind | None:
        """Why a Reserve is refused: for the first person who cannot be held."""
        known = self.operations.get(operation)
        if known and known.wishes and known.wishes != wishes:
            return OPERATION_CONFLICT
        if known:
            return OPERATION_RELEASED if known.state is State.RELEASED else None
        return next((kind for wish in wishes if (kind := self.refusal_of_one(wish))), None)

    def refusal_of_one(self, wish: Wish) -> Kind | None:
        if self.held(wish.id_number):
            return RECORD_HELD
        status = self.status(wish.id_number)
        if wish.change is not Change.MOVE_OUT:
            return RECORD_EXISTS if status is Status.ACTIVE else None
        return {None: RECORD_NOT_FOUND, Status.ACTIVE: None}.get(status, RECORD_NOT_ACTIVE)

    def impedes(self, known: Known) -> bool:
        """Whether the file forbids this change for ever: for one of them is for all of them."""
        return any(wish.change is Change.MOVE_OUT and wish.id_number == EMIL for wish in known.wishes)

    def finalise(self, operation: bytes, at: int) -> None:
        known = self.operations[operation]
        assert known.wishes
        if known.state is State.RESERVED:
            known.state, known.since = State.FINALISED, at
            for wish in known.wishes:
                end = ENDS[wish.change]
                history = self.history.setdefault(wish.id_number, [])
                if end is Status.MOVED_OUT:
                    history.pop()
                history.append(end)


class Register(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "register.sqlite"
        load(self.path, [*SEED, HELD_FAST], impeded=[EMIL])
        self.store = Store(self.path, "320000")
        self.model = Model()
        self.frozen = False

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(operation=operations, wishes=wishes)
    def reserve(self, operation: bytes, wishes: tuple[Wish, ...]) -> None:
        expected = self.model.refusal(operation, wishes)
        if expected:
            with pytest.raises(Refused) as caught:
                self.store.reserve(operation, *wishes)
            assert caught.value.kind is expected
            return
        answer = self.store.reserve(operation, *wishes)
        known = self.model.operations.setdefault(operation, Known(State.RESERVED, wishes, answer))
        assert answer.state is known.state
        assert known.answer
        if wishes[0].change is not Change.MOVE_OUT:
            assert answer.household_number == known.answer.household_number
            assert answer.records == ()
        else:
            assert [record.id_number for record in answer.records] == [wish.id_number for wish in wishes]
            assert [record.record for record in answer.records] == [record.record for record in known.answer.records]
            assert answer.household_number == ""

    @rule(operation=operations, at=st.integers(SINCE, 10 * SINCE))
    def finalise(self, operation: bytes, at: int) -> None:
        known = self.model.operations.get(operation)
        expected: Kind | None = None
        if known is None:
            expected = OPERATION_UNKNOWN
        elif known.state is State.RELEASED:
            expected = OPERATION_RELEASED
        elif known.state is State.RESERVED and (self.frozen or self.model.impedes(known)):
            expected = CHANGE_IMPOSSIBLE
        if expected:
            with pytest.raises(Refused) as caught:
                self.store.finalise(operation, at)
            assert caught.value.kind is expected
            return
        since = self.store.finalise(operation, at)
        self.model.finalise(operation, at)
        assert since == self.model.operations[operation].since

    @rule(operation=operations)
    def release(self, operation: bytes) -> None:
        known = self.model.operations.setdefault(operation, Known(State.RELEASED))
        if known.state is State.RESERVED:
            known.state = State.RELEASED
        assert self.store.release(operation) is known.state

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = Store(self.path, "320000")

    @rule(really=st.sampled_from([True, False, False]))
    def freeze_or_thaw(self, really: bool) -> None:  # noqa: FBT001 - drawn
        """The file forbids every change, or allows them again; not too often, or little gets finalised."""
        if not really:
            return
        statements = ["DROP TRIGGER frozen", "DROP TRIGGER full"] if self.frozen else [FROZEN, FULL]
        with closing(sqlite3.connect(self.path)) as file:
            for statement in statements:
                file.execute(statement)
        self.frozen = not self.frozen

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        for number in range(OPERATIONS):
            operation = bytes([number]) * 16
            known = self.model.operations.get(operation)
            assert self.store.state(operation) is (known.state if known else None)
        for person in EVERYBODY:
            found = self.store.find(person)
            assert (found.status if found else None) is self.model.status(person)

    @invariant()
    def nobody_is_registered_or_held_twice(self) -> None:
        with closing(sqlite3.connect(self.path)) as file:
            for query in (
                "SELECT count(*) FROM record WHERE status = 'active' GROUP BY id_number",
                "SELECT count(*) FROM operation JOIN part USING (sequence) WHERE state = 'reserved' GROUP BY id_number",
                "SELECT count(*) FROM record GROUP BY household_number, id_number",
            ):
                assert all(count == 1 for (count,) in file.execute(query))
            ((astray,),) = file.execute("SELECT count(*) FROM operation JOIN part USING (sequence) WHERE held <> (state = 'reserved')")
            assert not astray
            rows = file.execute("SELECT id_number, status FROM record ORDER BY number").fetchall()
        for person in EVERYBODY:
            assert [status for number, status in rows if number == person] == [
                status.value for status in self.model.history.get(person, [])
            ]


Register.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestRegister = Register.TestCase


@pytest.fixture
def path(tmp_path: Path) -> Path:
    load(tmp_path / "register.sqlite", SEED)
    return tmp_path / "register.sqlite"


def test_household_numbers_are_given_once_and_in_order(path: Path) -> None:
    store = Store(path, "320000")
    given = []
    for number in range(3):
        operation = bytes([number]) * 16
        given.append(store.reserve(operation, Wish(Change.MOVE_IN, DORA, "朵拉", b"dora", "jiangsu-xml-1")).household_number)
        store.release(operation)
    store.close()
    assert given == ["329000000001", "329000000002", "329000000003"]


@pytest.mark.parametrize("wish", [Wish(Change.MOVE_OUT, ANNA), Wish(Change.MOVE_IN, DORA, "朵拉", b"dora", "jiangsu-xml-1")])
def test_a_repeated_finalise_changes_nothing(path: Path, wish: Wish) -> None:
    with closing(Store(path, "320000")) as store:
        store.reserve(b"o" * 16, wish)
        assert store.finalise(b"o" * 16, 2 * SINCE) == 2 * SINCE
        made = store.find(wish.id_number)
        assert store.finalise(b"o" * 16, 3 * SINCE) == 2 * SINCE
        assert store.find(wish.id_number) == made


def test_whoever_is_held_is_refused_to_another_operation() -> None:
    said = None
    try:
        check_new(Wish(Change.MOVE_OUT, ANNA), held=True, status=Status.ACTIVE)
    except Refused as refused:
        said = refused.kind
    assert said == RECORD_HELD


def test_somebody_who_comes_back_has_two_records(path: Path) -> None:
    store = Store(path, "320000")
    out, back = b"o" * 16, b"b" * 16
    assert store.reserve(out, Wish(Change.MOVE_OUT, ANNA)).records == (
        Record(ANNA, "安娜", "320000000001", b"anna", "jiangsu-xml-1", Status.ACTIVE, SINCE, number=1),
    )
    store.finalise(out, 2 * SINCE)
    household = store.reserve(back, Wish(Change.MOVE_IN, ANNA, "安娜", b"again", "jiangsu-xml-1")).household_number
    store.finalise(back, 3 * SINCE)
    assert store.find(ANNA) == Record(ANNA, "安娜", household, b"again", "jiangsu-xml-1", Status.ACTIVE, 3 * SINCE, number=4)
    left = store.reserve(out, Wish(Change.MOVE_OUT, ANNA))
    assert left.state is State.FINALISED
    (record,) = left.records
    assert (record.record, record.status) == (b"anna", Status.MOVED_OUT)
    store.close()


def test_a_record_that_is_held_fast_stays_and_is_free_again_after_release(tmp_path: Path) -> None:
    load(tmp_path / "register.sqlite", [*SEED, HELD_FAST], impeded=[EMIL])
    with closing(Store(tmp_path / "register.sqlite", "320000")) as store:
        assert store.reserve(b"o" * 16, Wish(Change.MOVE_OUT, EMIL)).state is State.RESERVED
        with pytest.raises(Refused) as caught:
            store.finalise(b"o" * 16, 2 * SINCE)
        assert caught.value.kind is CHANGE_IMPOSSIBLE
        assert store.state(b"o" * 16) is State.RESERVED
        assert store.release(b"o" * 16) is State.RELEASED
        found = store.find(EMIL)
        assert found
        assert (found.status, found.since) == (Status.ACTIVE, SINCE)


def test_who_died_on_the_way_has_one_record_that_was_never_active(path: Path) -> None:
    with closing(Store(path, "320000")) as store:
        household = store.reserve(b"o" * 16, Wish(Change.MOVE_IN_DECEASED, DORA, "朵拉", b"dora", "jiangsu-xml-1")).household_number
        assert household
        store.finalise(b"o" * 16, 2 * SINCE)
        store.finalise(b"o" * 16, 2 * SINCE)
        assert store.find(DORA) == Record(DORA, "朵拉", household, b"dora", "jiangsu-xml-1", Status.DECEASED, 2 * SINCE, number=4)


def test_a_dump_names_everybody_with_status_and_time(path: Path, tmp_path: Path) -> None:
    store = Store(path, "320000")
    store.reserve(b"o" * 16, Wish(Change.MOVE_OUT, ANNA))
    store.finalise(b"o" * 16, 1_769_000_000_250_000)
    dump(path, tmp_path / "320000.jsonl")  # while the store is open
    store.close()
    assert (tmp_path / "320000.jsonl").read_text("utf-8").splitlines() == [
        f'{{"id_number": "{ANNA}", "name": "安娜", "status": "moved-out", "since": "2026-01-21T12:53:20.250000Z"}}',
        f'{{"id_number": "{BERT}", "name": "白特", "status": "active", "since": "1970-01-01T00:00:01Z"}}',
        f'{{"id_number": "{CARL}", "name": "卡尔", "status": "deceased", "since": "1970-01-01T00:00:01Z"}}',
    ]


def test_a_dump_needs_a_database(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        dump(tmp_path / "no.sqlite", tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_only_an_empty_register_is_loaded_and_only_as_a_whole(path: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        load(path, [])
    assert caught.value.kind is RECORD_EXISTS
    with pytest.raises(sqlite3.IntegrityError):
        load(tmp_path / "new.sqlite", [SEED[0], SEED[0]])
    load(tmp_path / "new.sqlite", SEED)
    with closing(Store(tmp_path / "new.sqlite", "320000")) as store:
        assert store.find(BERT)
