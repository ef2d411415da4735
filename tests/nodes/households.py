"""Families for tests: applications, and what stands beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

from stdnum.cn import ric

from core.rules import shipped_rules
from nodes.common.services.service import Beside
from tests.support.officers import packed
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

NOON = datetime(2026, 2, 2, 4, tzinfo=UTC)
RULES = shipped_rules().for_new("household-transfer")
SPOUSE, CHILDREN = transfer_pb2.TRANSFER_GROUND_SPOUSE, transfer_pb2.TRANSFER_GROUND_CHILDREN_TO_PARENTS
_NUMBERS = count(1)


def number(born: str = "19850607") -> str:
    """A new number of somebody who was born on that day."""
    first = f"310101{born}{next(_NUMBERS) % 1000:03d}"
    return first + ric.calc_check_digit(first + "0")


def beside(**changes: Any) -> Beside:
    values: dict[str, Any] = {"at": NOON, "policy": RULES.policy, "open_key_materials": 0, "documents": set()}
    return Beside(**{**values, **changes})


def application(**changes: Any) -> transfer_pb2.HouseholdApplication:
    """Somebody of age who moves alone."""
    values: dict[str, Any] = {"id_number": number(), "name": "王芳", "ground": SPOUSE}
    return transfer_pb2.HouseholdApplication(**{**values, **changes})


def guardian(**changes: Any) -> transfer_pb2.Guardian:
    return transfer_pb2.Guardian(**{"id_number": number(), "name": "王建国", **changes})


def mover(born: str = "19860708", **changes: Any) -> transfer_pb2.Mover:
    return transfer_pb2.Mover(**{"id_number": number(born), "name": "李明", "relation_code": "10", **changes})


def child(parent: transfer_pb2.HouseholdApplication, **changes: Any) -> transfer_pb2.Mover:
    """A child of the applicant."""
    own = guardian(id_number=parent.id_number, name=parent.name)
    return mover("20150304", **{"name": "李乐", "relation_code": "20", "guardian": own, **changes})


def family() -> transfer_pb2.HouseholdApplication:
    """Four who move together: two of age, two children."""
    made = application()
    made.others.extend([mover(), child(made), child(made, name="李欢", relation_code="30")])
    return made


def promised(code: str = "photo", until: str = "2026-03-01", by: str = "王芳") -> transfer_pb2.PromisedMaterial:
    return transfer_pb2.PromisedMaterial(code=code, promised_until=until, promised_by=by)


def landing(**stated: Any) -> desk_pb2.DecideRequest:
    """The decision to land, with its reason."""
    reason = stated.pop("reason_class", 0)
    return desk_pb2.DecideRequest(action="land", reason_class=reason, detail=packed(transfer_pb2.LandingReceipt(**stated)))
