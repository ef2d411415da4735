"""A move (跨省户口迁移) as the oracle knows it: told by facts instead of states.

Is there a permit, has the case been given back, does one side find something out, how far are the two acts that nobody can undo. The words
of the desks for all of it are worked out from these.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Act(Enum):
    """How far an irreversible act is."""

    NOT_BEGUN = "not begun"
    ACCEPTED = "accepted"
    FAILED = "failed"
    ENTERED = "entered"


UNDER_WAY: Final = frozenset({Act.ACCEPTED, Act.FAILED})
_WORDS_OF_LEAVING: Final = {Act.ACCEPTED: "deregistering", Act.FAILED: "deregistration-failed", Act.ENTERED: "deregistered"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of one move.

    Attributes:
        destination: province that the person wants to live in; it applied.
        home: province that he leaves.
        rules: digests of procedure, calendar and policy.
        last: the message that moved the case last.
        sealed: message id to author and commitment of what it says under seal.
        unusable: message whose content its receiver cannot use, until it was sealed again.
        owed: key materials that the applicant has still to bring.
        pending: the irreversible act that is not entered yet.
        permitted: there is a permit.
        returned: the case was given back and not submitted again.
        corrected: it was given back at least once.
        enquirer: province that finds something out before it goes on; empty when none does.
        leaving: the deregistration.
        missed: the time in which he had to arrive is over, and that was said.
        landing: the registration at the destination.
        promised: how the case ends once the landing is entered.
        ending: how it ended; empty while it is open.
    """

    destination: str
    home: str
    rules: tuple[bytes, bytes, bytes]
    last: bytes
    sealed: Mapping[bytes, tuple[str, bytes]] = field(default_factory=dict)
    unusable: bytes = b""
    owed: int = 0
    pending: bytes = b""
    permitted: bool = False
    returned: bool = False
    corrected: bool = False
    enquirer: str = ""
    leaving: Act = Act.NOT_BEGUN
    missed: bool = False
    landing: Act = Act.NOT_BEGUN
    promised: str = ""
    ending: str = ""

    @property
    def owner(self) -> str:
        """The province that answers for the person."""
        return self.destination if self.leaving is Act.ENTERED else self.home

    @property
    def is_revocable(self) -> bool:
        """Whether nothing that cannot be undone has begun."""
        return not self.ending and self.leaving is Act.NOT_BEGUN

    @property
    def is_with_home(self) -> bool:
        """Whether the home may have its say before the deregistration: nothing is given back, the destination enquires nothing."""
        return self.is_revocable and not self.returned and self.enquirer != self.destination

    @property
    def is_at_review(self) -> bool:
        """Whether the destination has to decide about the application."""
        return self.is_with_home and not self.permitted

    @property
    def is_at_response(self) -> bool:
        """Whether the home has to act on a permit, and finds nothing out."""
        return self.is_with_home and self.permitted and not self.enquirer

    @property
    def word(self) -> str:
        """The state, in the words of the desks."""
        if self.ending:
            return "closed"
        if self.landing in UNDER_WAY:
            return "landing" if self.landing is Act.ACCEPTED else "landing-failed"
        if self.leaving in _WORDS_OF_LEAVING:
            return _WORDS_OF_LEAVING[self.leaving]
        if self.returned:
            return "returned"
        if self.enquirer:
            return "enquiring" if self.enquirer == self.destination else "investigating"
        return "permitted" if self.permitted else "applied"
