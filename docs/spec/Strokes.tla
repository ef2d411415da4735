------------------------------- MODULE Strokes -------------------------------
(* The four strokes of an irreversible action, races about one case, lost calls and kill -9.

   One person, one case, from `permitted` on. OUT may deregister, refuse or annul, IN may withdraw or land; the hub's order judges.
   Sources: nodes/common/strokes.py, nodes/common/decisions.py, nodes/common/outbox.py, nodes/common/fold.py,
   simulator/registers/operations.py, core/procedures/household_transfer.py. An action here bears the name of the function there.

   Two carriers (processes of one node) work on OUT's operations. `at` is what a carrier holds in memory between the register's answer
   and its own commit; all else is durable. `trouble` counts everything adverse: crashes, lost calls, refusals of a register. *)
EXTENDS Integers, Sequences

CONSTANTS Sabotage, MaxTrouble

Out == "OUT"
In == "IN"
Provinces == {Out, In}
Deregisters == {"d1", "d2"}
Ops == Deregisters \union {"l1"}
Side == [o \in Ops |-> IF o \in Deregisters THEN Out ELSE In]
ActionOf == [o \in Ops |-> IF o \in Deregisters THEN "deregister" ELSE "land"]
Carriers == {"out-1", "out-2", "in-1"}
Of == [c \in Carriers |-> IF c = "in-1" THEN In ELSE Out]

None == "none"
Idle == [op |-> None, stroke |-> None, answer |-> None]
Over == {None, "done", "rejected"}
Carried == {"reserving", "rejecting", "finalising", "failed", "releasing", "annulling"}
Gone == {"deregistering", "deregistration-failed", "deregistered", "landing", "landing-failed"}

VARIABLES
    reg,      \* registers: what became of each operation
    calls,    \* calls that nobody waits for any more and that a register may still carry out
    stroke,   \* nodes: where each operation stands
    pending,  \* nodes: own decision that is not yet a step of the case
    outbox,   \* nodes: messages, with the case_seq that each was given
    nextSeq,  \* nodes: the case_seq of the next own message
    given,    \* nodes: case_seq given to an operation before its message exists (sabotage only)
    taken,    \* nodes: how many of the hub's answers are stored
    applied,  \* nodes: steps of the case that are applied, always 1 to this one
    log,      \* hub: the steps of the case
    answers,  \* hub: the stored answers, by case_seq
    at,       \* carriers: what is in memory
    trouble
vars == <<reg, calls, stroke, pending, outbox, nextSeq, given, taken, applied, log, answers, at, trouble>>
nodes == <<stroke, pending, outbox, nextSeq, given, taken, applied>>
hub == <<log, answers>>

Troubled == trouble < MaxTrouble /\ trouble' = trouble + 1

\* ------------------------------------------------------------------ registers
OutActive == \A o \in Deregisters : reg[o] # "finalised"
InActive == reg["l1"] = "finalised"
Held(o) == \E other \in Ops \ {o} : Side[other] = Side[o] /\ reg[other] = "reserved"
Allowed(o) == IF Side[o] = Out THEN OutActive ELSE ~InActive

RegisterReserve(o) ==
    IF reg[o] = "unseen" /\ ~Held(o) /\ Allowed(o) THEN [reg EXCEPT ![o] = "reserved"] ELSE reg
RegisterFinalise(o) ==
    IF reg[o] = "reserved" THEN [reg EXCEPT ![o] = "finalised"] ELSE reg
RegisterRelease(o) ==
    IF reg[o] = "reserved" \/ (reg[o] = "unseen" /\ Sabotage # "no-tombstone") THEN [reg EXCEPT ![o] = "released"] ELSE reg

Execute(kind, o) ==
    CASE kind = "reserve" -> RegisterReserve(o)
      [] kind = "finalise" -> RegisterFinalise(o)
      [] kind = "release" -> RegisterRelease(o)

\* A call whose caller has given up waiting is carried out after all.
Late ==
    \E call \in calls :
        /\ reg' = Execute(call[1], call[2])
        /\ calls' = calls \ {call}
        /\ UNCHANGED <<nodes, hub, at, trouble>>

\* ------------------------------------------------------------------ hub
State == IF log = <<>> THEN "permitted" ELSE log[Len(log)].to
Concerns == IF log = <<>> THEN None ELSE log[Len(log)].concerns

\* core/procedures/household_transfer.py: the next state, or None when there is no such arrow.
Arrow(m) ==
    LET mine == m.about = Concerns IN
    CASE m.act = "deregister" /\ State = "permitted" -> "deregistering"
      [] m.act \in {"withdraw", "refuse"} /\ State = "permitted" -> "closed"
      [] m.act = "entered" /\ m.by = Out /\ mine /\ State \in {"deregistering", "deregistration-failed"} -> "deregistered"
      [] m.act = "execution-failed" /\ m.by = Out /\ mine /\ State = "deregistering" -> "deregistration-failed"
      [] m.act = "execution-failed" /\ m.by = Out /\ mine /\ State = "deregistered" /\ Sabotage = "failed-after-entered" ->
            "deregistration-failed"
      [] m.act = "annul" /\ State = "deregistration-failed" -> "closed"
      [] m.act = "land" /\ State = "deregistered" -> "landing"
      [] m.act = "land" /\ State = "deregistering" /\ Sabotage = "land-before-entered" -> "landing"
      [] m.act = "entered" /\ m.by = In /\ mine /\ State \in {"landing", "landing-failed"} -> "closed"
      [] m.act = "execution-failed" /\ m.by = In /\ mine /\ State = "landing" -> "landing-failed"
      [] OTHER -> None

Step(m, to) ==
    [act |-> m.act, by |-> m.by, seq |-> m.seq, to |-> to, concerns |-> IF m.act \in {"deregister", "land"} THEN m.about ELSE Concerns]

\* The outbox repeats until there is an answer; the hub takes the next case_seq of a sender and no other.
Submit(p) ==
    \E m \in outbox[p] :
        /\ m.seq = Len(answers[p]) + 1
        /\ LET to == Arrow(m) IN
            /\ answers' = [answers EXCEPT ![p] = Append(@, IF to = None THEN "refused" ELSE "accepted")]
            /\ log' = IF to = None THEN log ELSE Append(log, Step(m, to))
        /\ UNCHANGED <<reg, calls, nodes, at, trouble>>

Due ==
    /\ State # "closed" /\ Troubled
    /\ log' = Append(log, [act |-> "due", by |-> "hub", seq |-> 0, to |-> State, concerns |-> Concerns])
    /\ UNCHANGED <<reg, calls, nodes, answers, at>>

\* ------------------------------------------------------------------ nodes
View(p) == IF applied[p] = 0 THEN "permitted" ELSE log[applied[p]].to
ViewConcerns(p) == IF applied[p] = 0 THEN None ELSE log[applied[p]].concerns

\* Own steps are known once their answer is stored; they are applied as soon as nothing before them is missing.
RECURSIVE Reach(_, _, _)
Reach(p, from, took) ==
    IF from < Len(log) /\ log[from + 1].by = p /\ log[from + 1].seq <= took THEN Reach(p, from + 1, took) ELSE from

NoLonger(p, upto) ==
    IF \E i \in applied[p] + 1 .. upto : log[i].by = p /\ log[i].act = pending[p] THEN None ELSE pending[p]

\* Outbox._take: the stored answer is all that ends the second stroke.
Answered(p) ==
    /\ taken[p] < Len(answers[p])
    /\ LET n == taken[p] + 1
           m == CHOOSE one \in outbox[p] : one.seq = n
           accepted == answers[p][n] = "accepted"
           upto == Reach(p, applied[p], n)
           mine == m.act \in {"deregister", "land"} /\ stroke[m.about] = "submitted"
       IN
        /\ taken' = [taken EXCEPT ![p] = n]
        /\ stroke' = IF mine THEN [stroke EXCEPT ![m.about] = IF accepted THEN "finalising" ELSE "releasing"] ELSE stroke
        /\ applied' = [applied EXCEPT ![p] = upto]
        /\ pending' = [pending EXCEPT ![p] = IF ~accepted /\ @ = m.act THEN None ELSE NoLonger(p, upto)]
    /\ UNCHANGED <<reg, calls, outbox, nextSeq, given, hub, at, trouble>>

\* Applier.apply: the other side's next step has come.
Apply(p) ==
    /\ applied[p] < Len(log) /\ log[applied[p] + 1].by # p
    /\ LET upto == Reach(p, applied[p] + 1, taken[p]) IN
        /\ applied' = [applied EXCEPT ![p] = upto]
        /\ pending' = [pending EXCEPT ![p] = NoLonger(p, upto)]
    /\ UNCHANGED <<reg, calls, stroke, outbox, nextSeq, given, taken, hub, at, trouble>>

Say(p, act, about, seq) ==
    /\ outbox' = [outbox EXCEPT ![p] = @ \union {[act |-> act, by |-> p, about |-> about, seq |-> seq]}]
    /\ nextSeq' = [nextSeq EXCEPT ![p] = IF seq = @ THEN @ + 1 ELSE @]
Silent == UNCHANGED <<outbox, nextSeq>>
Said(p, act, about) == \E m \in outbox[p] : m.act = act /\ m.about = about

\* Decisions.decide: what an officer may ask for by what his desk shows.
Decide(p, act, view) ==
    /\ pending[p] = None /\ View(p) = view
    /\ pending' = [pending EXCEPT ![p] = act]
    /\ UNCHANGED <<reg, calls, taken, applied, hub, at, trouble>>

\* Once each: whoever is refused sees why and does not ask the same again.
DecideReversible(p) ==
    LET act == IF p = Out THEN "refuse" ELSE "withdraw" IN
    /\ ~Said(p, act, None)
    /\ Decide(p, act, "permitted") /\ Say(p, act, None, nextSeq[p])
    /\ UNCHANGED <<stroke, given>>

\* Operations.add: the id is durable before the register hears it.
DecideIrreversible(o) ==
    LET p == Side[o] early == Sabotage = "land-before-entered" /\ p = In /\ View(In) = "deregistering" IN
    /\ stroke[o] = None /\ (o = "d2" => stroke["d1"] # None)
    /\ Decide(p, ActionOf[o], IF early THEN "deregistering" ELSE IF p = Out THEN "permitted" ELSE "deregistered")
    /\ stroke' = [stroke EXCEPT ![o] = "reserving"]
    /\ IF Sabotage = "case-seq-before-reserve"
       THEN given' = [given EXCEPT ![o] = nextSeq[p]] /\ nextSeq' = [nextSeq EXCEPT ![p] = @ + 1]
       ELSE UNCHANGED <<given, nextSeq>>
    /\ UNCHANGED outbox

DecideAnnul(o) ==
    /\ stroke[o] = "failed"
    /\ Decide(Out, "annul", "deregistration-failed")
    /\ stroke' = [stroke EXCEPT ![o] = "annulling"]
    /\ UNCHANGED <<outbox, nextSeq, given>>

\* ------------------------------------------------------------------ strokes
Kind(s) == CASE s = "reserving" -> "reserve" [] s \in {"finalising", "failed"} -> "finalise" [] OTHER -> "release"

Holds(c, o, answer) == at' = [at EXCEPT ![c] = [op |-> o, stroke |-> stroke[o], answer |-> answer]]

\* A second process at work costs trouble whatever it does.
Spends(c, n) ==
    LET spent == trouble + n + (IF c = "out-2" THEN 1 ELSE 0) IN spent <= MaxTrouble /\ trouble' = spent

Asks(c, o) ==
    /\ at[c] = Idle /\ Side[o] = Of[c] /\ (c = "out-2" => at["out-1"] # Idle)
    /\ UNCHANGED <<calls, nodes, hub>>

\* Strokes._reserve up to the register's answer. Held by another operation: a retriable answer, no step here.
Reserve(c, o) ==
    /\ stroke[o] = "reserving" /\ Asks(c, o)
    /\ \/ reg[o] \in {"reserved", "finalised"} /\ Holds(c, o, "reserved") /\ Spends(c, 0) /\ UNCHANGED reg
       \/ reg[o] = "released" /\ Holds(c, o, "refused") /\ Spends(c, 0) /\ UNCHANGED reg
       \/ /\ reg[o] = "unseen" /\ ~Held(o)
          /\ \/ Allowed(o) /\ reg' = RegisterReserve(o) /\ Holds(c, o, "reserved") /\ Spends(c, 0)
             \/ ~Allowed(o) /\ Holds(c, o, "refused") /\ Spends(c, 0) /\ UNCHANGED reg
             \/ Allowed(o) /\ Holds(c, o, "refused") /\ Spends(c, 1) /\ UNCHANGED reg

\* Strokes._finalise up to the register's answer. A failed one that still fails changes nothing, no step here.
Finalise(c, o) ==
    /\ stroke[o] \in {"finalising", "failed"} /\ Asks(c, o)
    /\ \/ reg[o] \in {"reserved", "finalised"} /\ reg' = RegisterFinalise(o) /\ Holds(c, o, "finalised") /\ Spends(c, 0)
       \/ /\ stroke[o] = "finalising" /\ Holds(c, o, "refused") /\ UNCHANGED reg
          /\ \/ reg[o] = "reserved" /\ Spends(c, 1)
             \/ reg[o] \in {"released", "unseen"} /\ Spends(c, 0)

\* Strokes._release, _annul and _end_rejected up to the register's answer.
Release(c, o) ==
    /\ stroke[o] \in {"releasing", "rejecting", "annulling"} /\ Asks(c, o)
    /\ IF stroke[o] = "annulling" /\ Sabotage = "annul-while-reserved"
       THEN Holds(c, o, "released") /\ UNCHANGED reg
       ELSE reg' = RegisterRelease(o) /\ Holds(c, o, IF reg[o] = "finalised" THEN "finalised" ELSE "released")
    /\ Spends(c, 0)

\* No answer came in time: the register may carry the call out later, or never.
LoseCall(c) ==
    /\ c # "out-2" /\ at[c] = Idle /\ Troubled
    /\ \E o \in Ops :
        /\ Side[o] = Of[c] /\ stroke[o] \in Carried
        /\ calls' = calls \union {<<Kind(stroke[o]), o>>}
    /\ UNCHANGED <<reg, nodes, hub, at>>

Blind == Sabotage \in {"blind-save", "failed-after-entered"}
Moves(o, to) == stroke' = [stroke EXCEPT ![o] = to]
KeepPending == UNCHANGED pending
Free(c) == at' = [at EXCEPT ![c] = Idle]
SeqOf(o) == IF given[o] # 0 THEN given[o] ELSE nextSeq[Side[o]]

\* What a carrier commits after the answer `a.answer`.
Write(c, a) ==
    LET o == a.op p == Side[o] s == a.stroke IN
    CASE s = "reserving" /\ a.answer = "reserved" /\ ~Said(p, ActionOf[o], o) ->
            Say(p, ActionOf[o], o, SeqOf(o)) /\ Moves(o, "submitted") /\ KeepPending /\ Free(c)
      [] s = "reserving" /\ a.answer = "reserved" /\ Said(p, ActionOf[o], o) ->  \* the message id is there already: rolled back
            Silent /\ UNCHANGED stroke /\ KeepPending /\ Free(c)
      [] s = "reserving" /\ a.answer = "refused" /\ Sabotage # "release-before-durable" ->
            Silent /\ Moves(o, "rejecting") /\ KeepPending /\ Free(c)
      [] (s = "reserving" /\ a.answer = "rejected") \/ s = "rejecting" ->
            Silent /\ Moves(o, "rejected") /\ pending' = [pending EXCEPT ![p] = None] /\ Free(c)
      [] s \in {"finalising", "failed"} /\ a.answer = "finalised" ->
            /\ Say(p, "entered", IF Sabotage = "concerns-as-seen" THEN ViewConcerns(p) ELSE o, nextSeq[p])
            /\ Moves(o, "done") /\ KeepPending /\ Free(c)
      [] s = "finalising" /\ a.answer = "refused" ->
            Say(p, "execution-failed", o, nextSeq[p]) /\ Moves(o, "failed") /\ KeepPending /\ Free(c)
      [] s = "releasing" -> Silent /\ Moves(o, "done") /\ KeepPending /\ Free(c)
      [] s = "annulling" /\ a.answer = "released" ->
            /\ Say(p, "annul", o, nextSeq[p]) /\ KeepPending /\ Free(c)
            /\ Moves(o, IF Sabotage = "annul-while-reserved" THEN "releasing" ELSE "done")
      [] s = "annulling" /\ a.answer = "finalised" ->
            /\ Say(p, "entered", o, nextSeq[p]) /\ Moves(o, "done")
            /\ IF Sabotage = "annul-in-two-writes"
               THEN KeepPending /\ at' = [at EXCEPT ![c] = [a EXCEPT !.answer = "take-back"]]
               ELSE pending' = [pending EXCEPT ![p] = None] /\ Free(c)
      [] s = "annulling" /\ a.answer = "take-back" ->
            Silent /\ UNCHANGED stroke /\ pending' = [pending EXCEPT ![p] = None] /\ Free(c)

\* One transaction. It does nothing when the operation no longer stands where this carrier found it.
Commit(c) ==
    /\ at[c] # Idle
    /\ IF Blind \/ at[c].answer = "take-back" \/ stroke[at[c].op] = at[c].stroke
       THEN /\ ~(at[c].stroke = "reserving" /\ at[c].answer = "refused" /\ Sabotage = "release-before-durable")
            /\ Write(c, at[c])
       ELSE Free(c) /\ UNCHANGED <<stroke, pending, outbox, nextSeq>>
    /\ UNCHANGED <<reg, calls, given, taken, applied, hub, trouble>>

\* Sabotage: the reservation that was refused is released while the operation still counts as reserving.
RejectAtOnce(c) ==
    /\ Sabotage = "release-before-durable"
    /\ at[c] # Idle /\ at[c].stroke = "reserving" /\ at[c].answer = "refused"
    /\ \/ reg' = RegisterRelease(at[c].op) /\ at' = [at EXCEPT ![c].answer = "rejected"] /\ UNCHANGED <<calls, trouble>>
       \/ Troubled /\ calls' = calls \union {<<"release", at[c].op>>} /\ Free(c) /\ UNCHANGED reg
    /\ UNCHANGED <<nodes, hub>>

\* kill -9 between the register's answer and the commit.
Crash(c) ==
    /\ at[c] # Idle /\ Troubled /\ Free(c)
    /\ IF Sabotage = "id-not-durable" /\ at[c].stroke = "reserving"
       THEN Moves(at[c].op, None) /\ pending' = [pending EXCEPT ![Of[c]] = None]
       ELSE UNCHANGED <<stroke, pending>>
    /\ UNCHANGED <<reg, calls, outbox, nextSeq, given, taken, applied, hub>>

\* Sabotage: a node that waited too long for the hub's answer ends the reservation by itself.
GiveUp ==
    /\ Sabotage = "give-up-while-submitted"
    /\ \E o \in Ops : stroke[o] = "submitted" /\ Moves(o, "releasing")
    /\ UNCHANGED <<reg, calls, pending, outbox, nextSeq, given, taken, applied, hub, at, trouble>>

\* ------------------------------------------------------------------ all of it
Init ==
    /\ reg = [o \in Ops |-> "unseen"] /\ calls = {}
    /\ stroke = [o \in Ops |-> None] /\ pending = [p \in Provinces |-> None]
    /\ outbox = [p \in Provinces |-> {}] /\ nextSeq = [p \in Provinces |-> 1] /\ given = [o \in Ops |-> 0]
    /\ taken = [p \in Provinces |-> 0] /\ applied = [p \in Provinces |-> 0]
    /\ log = <<>> /\ answers = [p \in Provinces |-> <<>>]
    /\ at = [c \in Carriers |-> Idle] /\ trouble = 0

\* What happens by itself, sooner or later; decisions, trouble and the clock are free to come or not.
Progress ==
    \/ \E p \in Provinces : Submit(p) \/ Answered(p) \/ Apply(p)
    \/ \E c \in Carriers : Commit(c) \/ RejectAtOnce(c)
    \/ \E c \in Carriers \ {"out-2"}, o \in Ops : Reserve(c, o) \/ Finalise(c, o) \/ Release(c, o)

Next ==
    \/ Progress
    \/ \E p \in Provinces : DecideReversible(p)
    \/ \E o \in Ops : DecideIrreversible(o)
    \/ \E o \in Deregisters : DecideAnnul(o)
    \/ \E o \in Deregisters : Reserve("out-2", o) \/ Finalise("out-2", o) \/ Release("out-2", o)
    \/ Due \/ Late \/ GiveUp
    \/ \E c \in Carriers : LoseCall(c) \/ Crash(c)

Spec == Init /\ [][Next]_vars /\ WF_vars(Progress)

\* ------------------------------------------------------------------ what must hold
\* I1, in the registers: the person has a record in one province, or an open case answers for him; never two.
NeverTwice == ~(OutActive /\ InActive)
NobodyLost == OutActive \/ InActive \/ State \in Gone

\* A case ends as its parties believe.
EndsAsItIs ==
    State = "closed" => LET last == log[CHOOSE i \in 1..Len(log) : log[i].to = "closed" /\ (i = 1 \/ log[i-1].to # "closed")].act IN
        IF last = "entered" THEN InActive /\ ~OutActive ELSE OutActive /\ ~InActive

\* I2: what the hub accepted stays reserved until it is made, or until its doer gives it up after saying that it failed.
AcceptedIsHeld == State \in {"deregistering", "landing"} => reg[Concerns] \in {"reserved", "finalised"}
EnteredIsMade == State \in {"deregistered", "landing", "landing-failed"} => ~OutActive
FailedBeforeEntered ==
    \A i, j \in 1..Len(log) :
        i < j /\ log[i].act = "entered" /\ log[j].act = "execution-failed" => log[i].concerns # log[j].concerns

\* No record is held for an operation that nobody carries on.
NothingHeldForEver == \A o \in Ops : reg[o] = "reserved" => stroke[o] \notin Over

\* When everything that happens by itself has happened, nothing waits but for people.
AtRest == ~ENABLED Progress
EveryMessageAnswered == AtRest => \A p \in Provinces : \A m \in outbox[p] : m.seq <= taken[p]
EveryOperationOver == AtRest => \A o \in Ops : stroke[o] \in Over
EveryDecisionOver == AtRest => \A p \in Provinces : pending[p] = None
EveryActionSettled == AtRest => State \notin {"deregistering", "deregistration-failed", "landing", "landing-failed"}

ComesToRest == <>[]AtRest
==============================================================================
