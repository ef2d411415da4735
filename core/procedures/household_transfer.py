"""Household transfer across provinces (跨省户口迁移): IN is where the person wants to register, OUT where he is registered.

    apply ─▶ applied ─permit▶ permitted ─deregister▶ deregistering ─entered▶ deregistered ─land▶ landing ─entered▶ closed

OUT may return the case for correction while it is applied or permitted; IN answers with `resubmit`. Until `deregister` is accepted IN may
withdraw (the applicant's wish) or revoke (the authority's), either side may refuse or switch to paper, and either may pause its own limit
to find something out; the hub's ledger order judges every race. Deregistering and landing are irreversible: what depends on them waits for
their `entered`, and neither is possible while a key material is owed. After the deregistration there is no way back but through landing:
a landing says by its reason class whether the applicant did not come (an officer confirms it once the limit has passed), died on the way,
or wants to go home again (then a new case takes him there).

Sources: 公通字〔2021〕12号 art. 32 and 43-47 for the two documents and for death on the way, the regional notice of 2020-10 for the limits
of one working day; for what follows an applicant's absence or change of mind the only published rule is Fujian's, adopted here. Lengths
stand in the policy.
"""

from core.procedures.model import ABOUT_CONTENT, CLOSED, Action, Deadline, Procedure, State, Transition
from yrdx.v1 import envelope_pb2

IN, OUT = "IN", "OUT"
PERMIT_VALIDITY, LANDING = "permit-validity", "landing"

_STATES = (
    State("applied", ball=IN, owner=OUT, title="已受理，待迁入地审批"),
    State("permitted", ball=OUT, owner=OUT, title="已准迁，待迁出地注销"),
    State("returned", ball=IN, owner=OUT, title="补正中"),
    State("enquiring", ball=IN, owner=OUT, title="迁入地补充调查"),
    State("investigating", ball=OUT, owner=OUT, title="迁出地补充调查"),
    State("deregistering", ball=OUT, owner=OUT, title="迁出注销办理中"),
    State("deregistration-failed", ball=OUT, owner=OUT, title="迁出注销未能执行"),
    State("deregistered", ball=IN, owner=IN, title="已迁出，待落户"),
    State("landing", ball=IN, owner=IN, title="落户办理中"),
    State("landing-failed", ball=IN, owner=IN, title="落户未能执行"),
    State(CLOSED, ball="", owner="", title="已办结"),
)

_ACTIONS = (
    Action("apply", "yrdx.v1.HouseholdApplication", opens=True, claims=("person",), owes=True),
    Action("permit", "yrdx.v1.MovePermit"),
    Action("refuse", "yrdx.v1.Decision", needs_reason=True),
    Action("return", "yrdx.v1.CorrectionRequest", needs_reason=True),
    Action("resubmit", "yrdx.v1.Correction", owes=True),
    Action("supplement", "yrdx.v1.Supplement", aside=True, owes=True),
    Action("pause", "yrdx.v1.Decision", needs_reason=True, aside=True),
    Action("resume", "yrdx.v1.Decision", aside=True),
    Action("switch-to-paper", "yrdx.v1.Decision", needs_reason=True),
    Action("deregister", "yrdx.v1.MigrationCertificate", irreversible=True),
    Action("withdraw", "yrdx.v1.Decision", needs_reason=True),
    Action("revoke", "yrdx.v1.Decision", needs_reason=True),
    Action("land", "yrdx.v1.LandingReceipt", irreversible=True),
    Action("entered", "yrdx.v1.Entered", settles=True),
    Action("execution-failed", "yrdx.v1.ExecutionFailed", settles=True, needs_reason=True),
    Action("annul", "yrdx.v1.Decision", needs_reason=True),
    *ABOUT_CONTENT,
)

_MISMATCH = envelope_pb2.REASON_CLASS_IDENTITY_MISMATCH
_OPEN_AT_IN = ("applied", "returned", "enquiring", "permitted", "investigating")
"""Where IN may still end the case by its own word."""
_OPEN_AT_OUT = ("applied", "permitted", "investigating")


def _refusals(by: str, at: tuple[str, ...], ending: str) -> tuple[Transition, ...]:
    """Refusing; because the record is somebody else's, that is an ending of its own."""
    plain = (Transition("refuse", by, state, CLOSED, ending=ending) for state in at)
    mismatch = (Transition("refuse", by, state, CLOSED, ending="closed-for-identity-mismatch", reason=_MISMATCH) for state in at)
    return (*plain, *mismatch)


_TRANSITIONS = (
    Transition("permit", IN, "applied", "permitted"),
    *_refusals(IN, ("applied", "returned", "enquiring"), "refused-by-in"),
    *_refusals(OUT, _OPEN_AT_OUT, "refused-by-out"),
    Transition("return", OUT, "applied", "returned"),
    Transition("return", OUT, "permitted", "returned"),
    Transition("resubmit", IN, "returned", ""),
    *(Transition("supplement", IN, state, state) for state in ("applied", "permitted", "investigating")),
    Transition("pause", IN, "applied", "enquiring"),
    Transition("resume", IN, "enquiring", "applied"),
    Transition("pause", OUT, "permitted", "investigating"),
    Transition("resume", OUT, "investigating", "permitted"),
    *(Transition("withdraw", IN, state, CLOSED, ending="withdrawn-before-deregistration") for state in _OPEN_AT_IN),
    *(Transition("switch-to-paper", IN, state, CLOSED, ending="switched-to-paper") for state in _OPEN_AT_IN),
    *(Transition("switch-to-paper", OUT, state, CLOSED, ending="switched-to-paper") for state in _OPEN_AT_OUT),
    Transition("revoke", IN, "permitted", CLOSED, ending="permit-revoked"),
    Transition("revoke", IN, "investigating", CLOSED, ending="permit-revoked"),
    Transition("revoke", IN, "returned", CLOSED, ending="permit-revoked", needs_running=PERMIT_VALIDITY),
    Transition("deregister", OUT, "permitted", "deregistering", needs_running=PERMIT_VALIDITY),
    Transition("entered", OUT, "deregistering", "deregistered"),
    Transition("execution-failed", OUT, "deregistering", "deregistration-failed"),
    Transition("entered", OUT, "deregistration-failed", "deregistered"),
    Transition("annul", OUT, "deregistration-failed", CLOSED, ending="annulled-not-executable"),
    Transition("land", IN, "deregistered", "landing", destines="landed", corrected_ending="landed-after-correction"),
    Transition(
        "land",
        IN,
        "deregistered",
        "landing",
        destines="landed-after-no-show",
        reason=envelope_pb2.REASON_CLASS_NO_SHOW,
        needs_passed=LANDING,
    ),
    Transition("land", IN, "deregistered", "landing", destines="landed-and-deceased", reason=envelope_pb2.REASON_CLASS_DECEASED),
    Transition("land", IN, "deregistered", "landing", destines="landed-then-moved-back", reason=envelope_pb2.REASON_CLASS_APPLICANT_WISH),
    Transition("entered", IN, "landing", CLOSED),
    Transition("execution-failed", IN, "landing", "landing-failed"),
    Transition("entered", IN, "landing-failed", CLOSED),
)

_BEFORE_DEREGISTRATION = ("permitted", "returned", "investigating")
_DEREGISTRATION = ("permitted", "deregistering", "deregistration-failed")
_LANDING = ("deregistered", "landing", "landing-failed")

_DEADLINES = (
    Deadline("review", ("apply", "resubmit"), from_receipt=False, runs_in=("applied",), pauses_in=("enquiring",)),
    Deadline("enquiry", ("pause",), from_receipt=False, runs_in=("enquiring", "investigating")),
    Deadline("correction", ("return",), from_receipt=False, runs_in=("returned",), expires_to="correction-lapsed"),
    Deadline(PERMIT_VALIDITY, ("permit",), from_receipt=False, runs_in=_BEFORE_DEREGISTRATION, expires_to="permit-expired"),
    Deadline("deregister", ("permit", "resubmit"), from_receipt=True, runs_in=_DEREGISTRATION, pauses_in=("investigating",)),
    Deadline("execution", ("deregister",), from_receipt=False, runs_in=_DEREGISTRATION[1:]),
    Deadline(LANDING, ("entered",), from_receipt=False, runs_in=_LANDING),
)

HOUSEHOLD_TRANSFER = Procedure(
    service="household-transfer",
    title="跨省户口迁移",
    roles=(IN, OUT),
    states=_STATES,
    actions=_ACTIONS,
    transitions=_TRANSITIONS,
    deadlines=_DEADLINES,
    materials=("identity", "receiving-consent", "relation-proof", "application-form", "photo", "old-booklet"),
)
