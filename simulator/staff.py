"""The officers of each province, by name and number; made up like everybody else here."""

from __future__ import annotations

import random
from typing import Final

from faker import Faker

from yrdx.v1 import desk_pb2

_OFFICERS: Final = 4
_GRADES: Final = ("一级警司", "二级警司", "三级警督", "二级警督")


def staff(seed: int, code: str) -> list[desk_pb2.Officer]:
    """The officers of the household office of a province; each speaks for a unit whose code begins like the province's."""
    chance, fake = random.Random(f"{seed}:staff:{code}"), Faker("zh_CN")  # noqa: S311 - made-up people, no secret
    fake.seed_instance(chance.getrandbits(64))
    return [
        desk_pb2.Officer(
            number=f"{code[:2]}{chance.randrange(10_000):04d}{n}",
            name=fake.name(),
            unit=f"{code[:2]}01{chance.randrange(1, 20):02d}{chance.randrange(100):02d}0000",
            grade=chance.choice(_GRADES),
        )
        for n in range(_OFFICERS)
    ]
