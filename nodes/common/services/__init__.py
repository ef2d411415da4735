"""What a node must know about a service beyond its procedure: who the person is, what a decision says, what the register shall do.

Adding a service = one module here beside its procedure in `core/procedures/` and its payload messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nodes.common.services.household_transfer import HouseholdTransfer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nodes.common.services.service import Service

SERVICES: Final[Mapping[str, Service]] = {"household-transfer": HouseholdTransfer()}
