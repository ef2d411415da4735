"""The synthetic population: valid numbers, plausible households, the same people for the same seed."""

import hashlib
import os
import subprocess
import sys
import time
from datetime import date
from itertools import groupby

import pytest
from stdnum.cn import ric

from core.ids import PROVINCES
from nodes.common.records.codec import RecordCodec
from nodes.jiangsu import records as jiangsu
from nodes.shanghai import records as shanghai
from simulator.areas import counties
from simulator.people import TODAY
from simulator.population import population
from yrdx.v1.resident_pb2 import Resident

SEED = 20260126
PEOPLE = population(SEED, 1500)
EVERYBODY = [resident for residents in PEOPLE.values() for resident in residents]
FINGERPRINT = """
import hashlib
from simulator.population import population
people = population(7, 50)
print(hashlib.sha256(b"".join(r.SerializeToString() for p in people.values() for r in p)).hexdigest())
"""


def households() -> list[list[Resident]]:
    """Whole households; the last one of a province may be cut."""
    found = []
    for residents in PEOPLE.values():
        found += [list(members) for _, members in groupby(residents, key=lambda resident: resident.household_number)][:-1]
    return found


def test_every_province_has_its_residents() -> None:
    assert {code: len(residents) for code, residents in PEOPLE.items()} == dict.fromkeys(PROVINCES, 1500)


def test_numbers_are_valid_and_stand_once() -> None:
    assert len({resident.id_number for resident in EVERYBODY}) == len(EVERYBODY)
    for resident in EVERYBODY:
        assert ric.is_valid(resident.id_number)
        assert ric.get_birth_date(resident.id_number).isoformat() == resident.birth_date
        assert int(resident.id_number[16]) % 2 == int(resident.sex_code == "1")


def test_birth_dates_are_of_living_people() -> None:
    born = [date.fromisoformat(resident.birth_date) for resident in EVERYBODY]
    assert max(born) < TODAY
    assert TODAY.year - min(born).year < 110


def test_some_numbers_were_made_elsewhere_or_under_abolished_codes() -> None:
    for code, residents in PEOPLE.items():
        moved = sum(resident.id_number[:2] != code[:2] for resident in residents)
        assert 0.05 < moved / len(residents) < 0.2
    today = {area.code for code in PROVINCES for area in counties(code, TODAY.year)}
    assert any(resident.id_number[:6] not in today for resident in EVERYBODY)
    assert all(resident.address_code in today for resident in EVERYBODY)


def test_households_have_one_head_and_one_dwelling() -> None:
    found = households()
    assert {len(members) for members in found} == {1, 2, 3, 4, 5}
    assert len({members[0].household_number for members in found}) == len(found)
    for members in found:
        head = members[0]
        assert [member.relation_to_head_code for member in members].count("02") == 1
        assert head.relation_to_head_code == "02"
        assert {member.head_id_number for member in members} == {head.id_number}
        assert len({(member.address, member.address_code, member.household_kind) for member in members}) == 1


def test_spouses_are_married_and_parents_older_than_children() -> None:
    def years(resident: Resident) -> int:
        return TODAY.year - date.fromisoformat(resident.birth_date).year

    seen = set[str]()
    for head, *others in households():
        for other in others:
            seen.add(other.relation_to_head_code)
            match other.relation_to_head_code:
                case "10":
                    assert (other.sex_code, head.sex_code) in {("1", "2"), ("2", "1")}
                    assert head.marital_status_code == other.marital_status_code == "20"
                case "20" | "30":
                    assert years(head) - years(other) >= 20
                case "51" | "52":
                    assert years(other) - years(head) >= 20
                case _:
                    assert head.household_kind == "collective"
    assert seen == {"10", "20", "30", "51", "52", "99"}


def test_names_that_older_character_sets_lose() -> None:
    names = [resident.name for resident in EVERYBODY]
    assert any("\u00b7" in name for name in names)
    assert any(ord(character) > 0xFFFF for name in names for character in name)
    assert all(resident.ethnicity_code == "05" for resident in EVERYBODY if "\u00b7" in resident.name)


@pytest.mark.parametrize("codec", [shanghai.CODEC, jiangsu.CODEC], ids=["json", "xml"])
def test_both_formats_hold_everybody(codec: RecordCodec) -> None:
    for resident in EVERYBODY[:: len(EVERYBODY) // 500]:
        assert codec.decode(codec.encode(resident)) == resident


def test_no_telephone_number_can_be_anybody_s() -> None:
    phones = {resident.phone for resident in EVERYBODY} - {""}
    assert all(len(phone) == 11 and phone.startswith("12") for phone in phones)


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_the_same_seed_gives_the_same_people_on_every_machine(hash_seed: str) -> None:
    people = population(7, 50)
    here = hashlib.sha256(b"".join(r.SerializeToString() for p in people.values() for r in p)).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", FINGERPRINT],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        check=True,
        text=True,
    )
    assert there.stdout.strip() == here


def test_another_seed_gives_other_people() -> None:
    numbers = {resident.id_number for residents in population(SEED + 1, 200).values() for resident in residents}
    assert not numbers & {resident.id_number for resident in EVERYBODY}


def test_it_is_fast() -> None:
    begin = time.perf_counter()
    population(1, 1000)
    assert time.perf_counter() - begin < 4  # 4000 people; 0.2 s when nothing else runs
