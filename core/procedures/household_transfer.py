"""Household transfer across provinces (跨省户口迁移): IN is where the person wants to register, OUT where he is registered.

    apply ─▶ applied ─permit▶ permitted ─deregister▶ deregistering ─entered▶ deregistered ─land▶ landing ─entered▶ closed

OUT may return the case for correction while it is applied or permitted; IN answers with `resubmit`. Until `deregister` is accepted IN may
withdraw (the applicant's wish) or revoke (the authority's), and either side may refuse; the hub's ledger order judges every race.
Deregistering and landing are irreversible: what depends on them waits for their `entered`. Sources: 公通字〔2021〕12号 art. 43-47 for
the two documents, the regional notice of 2020-10 for the limits of one working day; lengths stand in the policy.
"""

from core.procedures.model import CLOSED, Action, Deadline, Procedure, State, Transition

IN, OUT = "IN", "OUT"
PERMIT_VALIDITY = "permit-validity"

_STATES = (
    State("applied", ball=IN, owner=OUT, title="已受理，待迁入地审批"),
    State("permitted", ball=OUT, owner=OUT, title="已准迁，待迁出地注销"),
    State("returned", ball=IN, owner=OUT, title="补正中"),
    State("deregistering", ball=OUT, owner=OUT, title="迁出注销办理中"),
    State("deregistration-failed", ball=OUT, owner=OUT, title="迁出注销未能执行"),
    State("deregistered", ball=IN, owner=IN, title="已迁出，待落户"),
    State("landing", ball=IN, owner=IN, title="落户办理中"),
    State("landing-failed", ball=IN, owner=IN, title="落户未能执行"),
    State(CLOSED, ball="", owner="", title="已办结"),
)

_ACTIONS = (
    Action("apply", "yrdx.v1.HouseholdApplication", opens=True, claims=("person",)),
    Action("permit", "yrdx.v1.MovePermit"),
    Action("refuse", "yrdx.v1.Decision", needs_reason=True),
    Action("return", "yrdx.v1.CorrectionRequest", needs_reason=True),
    Action("resubmit", "yrdx.v1.Correction"),
    Action("deregister", "yrdx.v1.MigrationCertificate", irreversible=True),
    Action("withdraw", "yrdx.v1.Decision", needs_reason=True),
    Action("revoke", "yrdx.v1.Decision", needs_reason=True),
    Action("land", "yrdx.v1.LandingReceipt", irreversible=True),
    Action("entered", "yrdx.v1.Entered", settles=True),
    Action("execution-failed", "yrdx.v1.ExecutionFailed", settles=True, needs_reason=True),
    Action("annul", "yrdx.v1.Decision", needs_reason=True),
)

_WITHDRAWN = "withdrawn-before-deregistration"


def _landed(at: str) -> Transition:
    return Transition("entered", IN, at, CLOSED, ending="landed", corrected_ending="landed-after-correction")


_TRANSITIONS = (
    Transition("permit", IN, "applied", "permitted"),
    Transition("refuse", IN, "applied", CLOSED, ending="refused-by-in"),
    Transition("refuse", IN, "returned", CLOSED, ending="refused-by-in"),
    Transition("refuse", OUT, "applied", CLOSED, ending="refused-by-out"),
    Transition("refuse", OUT, "permitted", CLOSED, ending="refused-by-out"),
    Transition("return", OUT, "applied", "returned"),
    Transition("return", OUT, "permitted", "returned"),
    Transition("resubmit", IN, "returned", ""),
    Transition("withdraw", IN, "applied", CLOSED, ending=_WITHDRAWN),
    Transition("withdraw", IN, "returned", CLOSED, ending=_WITHDRAWN),
    Transition("withdraw", IN, "permitted", CLOSED, ending=_WITHDRAWN),
    Transition("revoke", IN, "permitted", CLOSED, ending="permit-revoked"),
    Transition("revoke", IN, "returned", CLOSED, ending="permit-revoked", needs_running=PERMIT_VALIDITY),
    Transition("deregister", OUT, "permitted", "deregistering", needs_running=PERMIT_VALIDITY),
    Transition("entered", OUT, "deregistering", "deregistered"),
    Transition("execution-failed", OUT, "deregistering", "deregistration-failed"),
    Transition("entered", OUT, "deregistration-failed", "deregistered"),
    Transition("annul", OUT, "deregistration-failed", CLOSED, ending="annulled-not-executable"),
    Transition("land", IN, "deregistered", "landing"),
    _landed("landing"),
    Transition("execution-failed", IN, "landing", "landing-failed"),
    _landed("landing-failed"),
)

_BEFORE_DEREGISTRATION = ("permitted", "returned")
_DEREGISTRATION = ("permitted", "deregistering", "deregistration-failed")
_LANDING = ("deregistered", "landing", "landing-failed")

_DEADLINES = (
    Deadline("review", ("apply", "resubmit"), from_receipt=False, runs_in=("applied",)),
    Deadline("correction", ("return",), from_receipt=False, runs_in=("returned",)),
    Deadline(PERMIT_VALIDITY, ("permit",), from_receipt=False, runs_in=_BEFORE_DEREGISTRATION, expires_to="permit-expired"),
    Deadline("deregister", ("permit", "resubmit"), from_receipt=True, runs_in=_DEREGISTRATION),
    Deadline("execution", ("deregister",), from_receipt=False, runs_in=_DEREGISTRATION[1:]),
    Deadline("landing", ("entered",), from_receipt=False, runs_in=_LANDING),
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
