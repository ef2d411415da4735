"""What an officer decides about a case.

Decides from three things only: the case as his node shows it, the answer of his own register, and the dossier. Knows no ending: where
a case ends is up to both provinces and the order of the ledger. Does not check legality; the node does, and the hub again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from yrdx.v1 import desk_pb2, envelope_pb2, precheck_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from simulator.officers.dossier import Dossier, Scan

Reason = envelope_pb2.ReasonClass


@dataclass(frozen=True, slots=True)
class Decision:
    """An action with what is stated in it.

    Attributes:
        missing: key materials that the applicant still owes then.
        scans: documents that go with it.
    """

    action: str
    detail: Message
    reason: Reason = envelope_pb2.REASON_CLASS_UNSPECIFIED
    missing: int = 0
    scans: tuple[Scan, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What an officer has before him.

    Attributes:
        shown: the case and its messages.
        dossier: what he learns by asking.
        found: the people's records in his own register; none at the destination, before they have come.
        warned: whether his node has just told him that the records are not what the case states.
    """

    shown: desk_pb2.GetCaseResponse
    dossier: Dossier
    found: desk_pb2.FindResidentResponse = field(default_factory=desk_pb2.FindResidentResponse)
    warned: bool = False

    @property
    def records(self) -> list[desk_pb2.FindResidentResponse | desk_pb2.FoundResident]:
        """What his register has of each who moves, the applicant first."""
        others: list[desk_pb2.FindResidentResponse | desk_pb2.FoundResident] = list(self.found.others)
        return [self.found, *others]

    @property
    def case(self) -> desk_pb2.CaseView:
        """The case."""
        return self.shown.case

    def said(self, action: str, role: str) -> bool:
        """Whether that side has taken the action in this case."""
        return any(message.action == action and message.sender == self.case.parties[role] for message in self.shown.messages)

    def is_short_of_a_key_material(self) -> bool:
        """Whether the applicant owes something without which nothing irreversible is done."""
        return any(material.key for material in self.case.owed)

    def reason(self, action: str, cause: str) -> precheck_pb2.ReasonView:
        """What the policy of the case has for a cause: the reason of that name, else its first for the action; else any will do."""
        offered = [one for one in self.shown.reasons if action in one.actions]
        named = [one for one in offered if one.code == cause]
        return next(iter(named or offered), precheck_pb2.ReasonView(code=cause, text_zh=cause))

    def owes(self, code: str) -> bool:
        """Whether the applicant still has to bring this material."""
        return any(material.code == code for material in self.case.owed)


def ruling(seen: Seen, action: str, reason: Reason, cause: str) -> Decision:
    """A decision that consists of its reason, in the words of the policy of the case."""
    found = seen.reason(action, cause)
    return Decision(action, transfer_pb2.Decision(reason_code=found.code, reason=found.text_zh), reason)
