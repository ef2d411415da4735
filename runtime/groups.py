"""Task groups that end by a refusal."""

from __future__ import annotations

from core.refusals import Refused


def refusal_in(group: BaseExceptionGroup[BaseException]) -> Refused | None:
    """The first refusal in a group of failures, or None."""
    for error in group.exceptions:
        found = refusal_in(error) if isinstance(error, BaseExceptionGroup) else error
        if isinstance(found, Refused):
            return found
    return None
