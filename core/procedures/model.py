"""The shape of a procedure: parties, states, transitions and deadlines, as data.

One definition has five uses: the hub enforces it, the nodes drive it, the simulator makes work from it, the auditor replays it, and the
documentation prints it. A procedure is serialised to canonical JSON, its SHA-256 stands in every header of its cases and the JSON itself
in the log, so that a replay years later uses the rules of the day.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec reads the annotations of a Struct when it runs

from core.values import Frozen

CLOSED = "closed"
"""The one final state."""


class Action(Frozen, frozen=True):
    """What a party can say. `payload` is the message type that is sealed."""

    name: str
    payload: str
    opens: bool = False
    """Opens the case; the only action without a case."""
    claims: tuple[str, ...] = ()
    """Tag kinds that the case holds until it closes."""
    irreversible: bool = False
    """Runs in four strokes; refused while a key material is open (容缺受理)."""
    needs_reason: bool = False
    anywhere: bool = False
    """Possible for either party in every open state, which it leaves as it is: about a message, not about the case."""
    owes: bool = False
    """Its header tells how many key materials the opening party still owes (容缺受理)."""
    aside: bool = False
    """Brings no new phase: limits that count from receipt of the message before it still start."""
    settles: bool = False
    """Answers for an irreversible action: `Header.concerns` must name it."""


CONTENT_REFUSED, RESEAL = "content-refused", "reseal"
ABOUT_CONTENT = (
    Action(CONTENT_REFUSED, "yrdx.v1.ContentRefused", anywhere=True, aside=True),
    Action(RESEAL, "", anywhere=True, aside=True),
)
"""What every service has: a receiver refuses what it cannot use, the sender seals the same content again, whatever its payload is."""


class Transition(Frozen, frozen=True):
    """One arrow: `by` may take `action` in state `at`, which leads to `to`."""

    action: str
    by: str
    at: str
    to: str
    """Next state; empty: back to the state from which the case was returned."""
    ending: str = ""
    corrected_ending: str = ""
    """Takes the place of `ending` when the case was returned for correction at least once."""
    needs_running: str = ""
    """Name of a deadline that must be running and not passed, for example a live permit."""
    needs_passed: str = ""
    """Name of a deadline that must have passed, for example the landing limit of somebody who does not come."""
    reason: int = 0
    """Reason class for which this arrow is; 0: every reason that has no arrow of its own."""
    destines: str = ""
    """Of an irreversible action: the ending that the case will have once it is entered; `corrected_ending` may take its place."""


class State(Frozen, frozen=True):
    """Where a case can be. `ball` is the role that must act, `owner` the role that answers for the person (I1)."""

    name: str
    ball: str
    owner: str
    title: str


class Deadline(Frozen, frozen=True):
    """A time limit. Its length in days stands in the policy under the same name.

    The clock starts when one of `started_by` is accepted (or received: at the DELIVERED entry) and runs in `runs_in`; leaving those
    states ends it.
    """

    name: str
    started_by: tuple[str, ...]
    from_receipt: bool
    runs_in: tuple[str, ...]
    expires_to: str = ""
    """Ending of the case when the limit passes; empty: it is overdue and escalates, never approves."""
    pauses_in: tuple[str, ...] = ()
    """States in which the limit stands still; it goes on, with what was left of it, in `runs_in`."""


class Procedure(Frozen, frozen=True):
    """A service (办理事项) as data. Invariants are checked by `tests/core/test_procedures.py`, not here."""

    service: str
    title: str
    roles: tuple[str, str]
    """The opening party first."""
    states: tuple[State, ...]
    actions: tuple[Action, ...]
    transitions: tuple[Transition, ...]
    deadlines: tuple[Deadline, ...]
    materials: tuple[str, ...] = ()
    """Material codes; which of them are key stands in the policy."""

    def action(self, name: str) -> Action | None:
        """The action of that name, or None."""
        return next((action for action in self.actions if action.name == name), None)

    def state(self, name: str) -> State:
        """The state of that name; the name comes from the procedure itself."""
        return next(state for state in self.states if state.name == name)

    def arrows(self, action: str, at: str) -> tuple[Transition, ...]:
        """Every transition of `action` out of state `at`, whoever takes it."""
        return tuple(arrow for arrow in self.transitions if arrow.action == action and arrow.at == at)

    def deadline(self, name: str) -> Deadline:
        """The deadline of that name; the name comes from the procedure itself."""
        return next(deadline for deadline in self.deadlines if deadline.name == name)


class Content(Frozen, frozen=True):
    """What a party said under seal, with the commitments of the header by which a second sealing of the same is known."""

    message_id: bytes
    sender: str
    action: str
    commitment: bytes
    tag_commitment: bytes = b""


class Clock(Frozen, frozen=True):
    """A running deadline of a case."""

    deadline: str
    cycle: int
    started_at: datetime
    due_at: datetime
    warn_at: datetime | None = None
    warned: bool = False
    overdue: bool = False
    paused_at: datetime | None = None
    """Since when it stands still, or None while it runs."""


class Case(Frozen, frozen=True):
    """The state of a case after some step: a value, the same for everybody who applied the same steps."""

    case_id: bytes
    service: str
    parties: dict[str, str]
    """Role to province code."""
    state: str
    step: int
    """Steps applied: accepted actions and hub-made events, in ledger order."""
    opened_at: datetime
    clocks: tuple[Clock, ...]
    sequences: dict[str, int]
    """Province code to its last used `case_seq`."""
    brought_by: bytes
    """Message that led to the present state."""
    procedure_digest: bytes
    calendar_digest: bytes
    policy_digest: bytes
    concerns: bytes = b""
    """The irreversible action that has been accepted and not settled."""
    returned_from: str = ""
    corrections: int = 0
    cycles: int = 0
    """How many clocks were ever started; gives each its number."""
    ending: str = ""
    destined: str = ""
    """Ending once the irreversible action under way is entered."""
    open_key_materials: int = 0
    """Key materials that the opening party still owes (容缺受理), as it stated last."""
    contents: tuple[Content, ...] = ()
    """What each party sealed last with each action."""
    unusable: bytes = b""
    """Message whose content its receiver has refused and its sender not yet sealed again."""

    def role_of(self, province: str) -> str | None:
        """The role of a province in this case, or None."""
        return next((role for role, code in self.parties.items() if code == province), None)

    def content(self, message_id: bytes) -> Content | None:
        """What was sealed in a message, or None when the same party has said something newer with the same action."""
        return next((content for content in self.contents if content.message_id == message_id), None)

    def clock(self, deadline: str) -> Clock | None:
        """The running clock of that deadline, or None."""
        return next((clock for clock in self.clocks if clock.deadline == deadline), None)
