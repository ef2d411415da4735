"""Who comes to a counter when, and who tries a third province as well, in vain.

Decides the latter from the plan alone: one whose rules are against it, or one where a case cannot be opened because the first is open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from core.ids import PROVINCES
from simulator.company import alone
from simulator.intentions import AFTERNOON
from simulator.officers.dossier import Dossier, When
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

_CASES_A_SECOND_APPLICATION: Final = 30
_CASES_A_VAIN_WISH, _FIRST_VAIN_WISH = 20, 5
_ANHUI: Final = "340000"
_WUHU: Final = "340202"


@dataclass(frozen=True, slots=True)
class Filing:
    """When somebody comes to the counter; `when` counts from the first day. One in which nothing is meant to happen is ordinary."""

    when: When
    dossier: Dossier
    is_ordinary: bool = False


def second_applications(filings: Sequence[Filing]) -> list[Filing]:
    """Some people try their luck in a third province too, on the day they applied, while nobody has looked at the first application.

    Of several who move together it is another one, alone.
    """
    second = []
    waiting = [filing for filing in filings if not (filing.dossier.early_look or filing.dossier.lacks)]
    for filing in waiting[_CASES_A_SECOND_APPLICATION - 1 :: _CASES_A_SECOND_APPLICATION]:
        dossier = alone(filing.dossier)
        elsewhere = next(code for code in sorted(PROVINCES) if code not in {dossier.home, dossier.destination})
        wish = replace(dossier, destination=elsewhere, second_thoughts=None, error_found=None, back=None)
        second.append(Filing(_later_that_day(filing), wish))
    return second


def vain_wishes(filings: Sequence[Filing]) -> list[Filing]:
    """Some people ask for a place in Wuhu too, as talents, of whom Anhui takes only those who go to Hefei: nothing comes of it."""
    elsewhere = [one for one in filings if _ANHUI not in {one.dossier.home, one.dossier.destination} and one.dossier.guardian is None]
    chosen = elsewhere[_FIRST_VAIN_WISH::_CASES_A_VAIN_WISH]
    return [Filing(_later_that_day(filing), _as_talent_in_wuhu(filing.dossier)) for filing in chosen]


def _as_talent_in_wuhu(dossier: Dossier) -> Dossier:
    talent, address = transfer_pb2.TRANSFER_GROUND_TALENT, "安徽省芜湖市镜湖区北京中路8号"
    return replace(dossier, destination=_ANHUI, ground=talent, to_area=_WUHU, to_address=address)


def _later_that_day(filing: Filing) -> When:
    return When(filing.when.days, max(AFTERNOON, filing.when.number) + 1)
