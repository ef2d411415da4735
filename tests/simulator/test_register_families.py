"""Several persons in one operation of a register: all of them are held and changed, or nobody."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from core.refusals import CHANGE_IMPOSSIBLE, RECORD_HELD, Refused
from simulator.registers.files import load
from simulator.registers.operations import Change, State, Status, Wish
from simulator.registers.store import Store
from tests.simulator.test_registers import ANNA, BERT, EMIL, HELD_FAST, SEED, SINCE

if TYPE_CHECKING:
    from pathlib import Path


def test_who_moves_together_leaves_together_and_gets_one_household(tmp_path: Path) -> None:
    load(tmp_path / "register.sqlite", SEED)
    with closing(Store(tmp_path / "register.sqlite", "320000")) as store:
        assert store.household_size("320000000001") == 2
        left = store.reserve(b"o" * 16, Wish(Change.MOVE_OUT, ANNA))
        assert left.staying == (1,)
        store.release(b"o" * 16)
        left = store.reserve(b"p" * 16, Wish(Change.MOVE_OUT, BERT), Wish(Change.MOVE_OUT, ANNA))
        assert ([record.id_number for record in left.records], left.staying) == ([BERT, ANNA], (0, 0))
        store.finalise(b"p" * 16, 2 * SINCE)
        assert store.household_size("320000000001") == 0
        back = [Wish(Change.MOVE_IN, one, "新人", b"new", "jiangsu-xml-1") for one in (ANNA, BERT)]
        household = store.reserve(b"q" * 16, *back).household_number
        store.finalise(b"q" * 16, 3 * SINCE)
        assert store.household_size(household) == 2
        found = store.find(ANNA), store.find(BERT)
        assert [(one.household_number, one.since) for one in found if one] == [(household, 3 * SINCE)] * 2


def test_a_family_of_which_one_cannot_leave_stays_whole(tmp_path: Path) -> None:
    load(tmp_path / "register.sqlite", [*SEED, HELD_FAST], impeded=[EMIL])
    with closing(Store(tmp_path / "register.sqlite", "320000")) as store:
        store.reserve(b"o" * 16, Wish(Change.MOVE_OUT, ANNA), Wish(Change.MOVE_OUT, EMIL))
        with pytest.raises(Refused) as caught:
            store.finalise(b"o" * 16, 2 * SINCE)
        assert caught.value.kind is CHANGE_IMPOSSIBLE
        found = store.find(ANNA), store.find(EMIL)
        assert [(one.status, one.since) for one in found if one] == [(Status.ACTIVE, SINCE)] * 2
        with pytest.raises(Refused) as caught:
            store.reserve(b"p" * 16, Wish(Change.MOVE_OUT, BERT), Wish(Change.MOVE_OUT, ANNA))
        assert caught.value.kind is RECORD_HELD
        assert store.reserve(b"q" * 16, Wish(Change.MOVE_OUT, BERT)).state is State.RESERVED, "who was asked for in vain is not held"
