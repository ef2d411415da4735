------------------------------- MODULE Claims --------------------------------
(* Claims under blind tags, tag-key epochs that rotate, and hub processes that commit one after the other.

   One person. Two cases want him, each opened by its own province: `claims` holds the tags <<epoch, case>> that the hub knows. Two hub
   processes decide on what they read and commit later, so that anything may happen in between. The trust list says which epochs live.
   Sources: hub/ledger/batch.py, hub/ledger/committer.py, hub/ledger/migrations/0002_commit.sql, 0003_tag_epochs.sql, 0005_retag.sql, nodes/common/messages.py,
   nodes/common/outbox.py, nodes/common/retag.py. An action here bears the name of the function or the statement there. *)
EXTENDS Integers, FiniteSets, Sequences

CONSTANTS Sabotage, LastEpoch

Cases == {"c1", "c2"}
Hubs == {"h1", "h2"}
Nothing == [case |-> "none", version |-> 0, opening |-> {}, hit |-> FALSE]

VARIABLES
    epochs,   \* ledger: the epochs of the trust list in force
    version,  \* ledger: its version, compared by every commit
    claims,   \* ledger: a tag of some epoch, and the case that claims it
    state,    \* ledger: "none", "open", "closed" (its claims are free), "spent" (they are not, ever), "refused"
    outbox,   \* nodes: the epochs of the opening of a case's `apply`, {} before it is written
    putOff,   \* nodes: the hub said that an epoch is missing
    work      \* hub processes: what is decided and not committed
vars == <<epochs, version, claims, state, outbox, putOff, work>>

Of(case) == {claim \in claims : claim[2] = case}

\* ------------------------------------------------------------------ nodes
\* Writer.opening: a tag for every epoch of the list as this node knows it, which may be the one before.
Write(c) ==
    /\ state[c] = "none" /\ outbox[c] = {}
    /\ outbox' = [outbox EXCEPT ![c] = epochs]
    /\ UNCHANGED <<epochs, version, claims, state, putOff, work>>

\* Nothing was stored of the old bytes, and they can never be accepted: an epoch does not come back.
WriteAgain(c) ==
    /\ putOff[c] /\ Sabotage # "same-bytes-again"
    /\ outbox' = [outbox EXCEPT ![c] = epochs] /\ putOff' = [putOff EXCEPT ![c] = FALSE]
    /\ UNCHANGED <<epochs, version, claims, state, work>>

\* ------------------------------------------------------------------ hub
Hit(opening) ==
    IF Sabotage = "newest-epoch-alone"
    THEN \E claim \in claims : claim[1] \in opening /\ \A e \in opening : e <= claim[1]
    ELSE \E claim \in claims : claim[1] \in opening

\* Batch.take, on a snapshot. `Missing` is a retriable refusal: nothing is stored.
Decide(h, c) ==
    /\ work[h] = Nothing /\ state[c] = "none" /\ outbox[c] # {} /\ ~putOff[c]
    /\ epochs \subseteq outbox[c]
    /\ work' = [work EXCEPT ![h] = [case |-> c, version |-> version, opening |-> outbox[c], hit |-> Hit(outbox[c])]]
    /\ UNCHANGED <<epochs, version, claims, state, outbox, putOff>>

Missing(c) ==
    /\ state[c] = "none" /\ outbox[c] # {} /\ ~putOff[c]
    /\ ~(epochs \subseteq outbox[c])
    /\ putOff' = [putOff EXCEPT ![c] = TRUE]
    /\ UNCHANGED <<epochs, version, claims, state, outbox, work>>

\* ledger_commit: stale or lost work is decided again; everything is compared under the lock on log_head.
Stale(w) == Sabotage # "epochs-before-commit" /\ w.version # version
Lost(w) == state[w.case] # "none" \/ (Sabotage # "claims-before-commit" /\ ~w.hit /\ Hit(w.opening))

Commit(h) ==
    LET w == work[h] c == w.case IN
    /\ w # Nothing
    /\ work' = [work EXCEPT ![h] = Nothing]
    /\ IF Stale(w) \/ Lost(w) THEN UNCHANGED <<claims, state>>
       ELSE IF w.hit THEN state' = [state EXCEPT ![c] = "refused"] /\ UNCHANGED claims
       ELSE state' = [state EXCEPT ![c] = "open"] /\ claims' = claims \union {<<e, c>> : e \in w.opening}
    /\ UNCHANGED <<epochs, version, outbox, putOff>>

\* ledger_put_cases: what a case only held is free when it closes; what it spent is not.
Close(c) ==
    /\ state[c] = "open"
    /\ \/ state' = [state EXCEPT ![c] = "closed"] /\ claims' = claims \ Of(c)
       \/ state' = [state EXCEPT ![c] = "spent"] /\ UNCHANGED claims
    /\ UNCHANGED <<epochs, version, outbox, putOff, work>>

\* ------------------------------------------------------------------ epochs
AddEpoch ==
    LET newest == CHOOSE e \in epochs : \A other \in epochs : other <= e IN
    /\ newest < LastEpoch
    /\ epochs' = epochs \union {newest + 1} /\ version' = version + 1
    /\ UNCHANGED <<claims, state, outbox, putOff, work>>

\* The province that made a claim makes it again under a newer epoch, from its own records.
Retag(c) ==
    /\ Of(c) # {} \/ (Sabotage = "retag-what-is-closed" /\ state[c] = "closed")
    /\ claims' = claims \union {<<e, c>> : e \in epochs}
    /\ claims' # claims
    /\ UNCHANGED <<epochs, version, state, outbox, putOff, work>>

\* ledger_append_artefact: an epoch goes only when every claim under it stands under a newer one as well.
RetireEpoch ==
    \E e \in epochs :
        /\ \E newer \in epochs : newer > e
        /\ Sabotage = "retire-with-claims" \/ \A claim \in claims : claim[1] = e => \E other \in Of(claim[2]) : other[1] > e
        /\ epochs' = epochs \ {e} /\ version' = version + 1
        /\ UNCHANGED <<claims, state, outbox, putOff, work>>

\* ------------------------------------------------------------------ all of it
Init ==
    /\ epochs = {1} /\ version = 1 /\ claims = {}
    /\ state = [c \in Cases |-> "none"] /\ outbox = [c \in Cases |-> {}] /\ putOff = [c \in Cases |-> FALSE]
    /\ work = [h \in Hubs |-> Nothing]

Next ==
    \/ \E c \in Cases : Write(c) \/ WriteAgain(c) \/ Missing(c) \/ Close(c) \/ Retag(c)
    \/ \E h \in Hubs, c \in Cases : Decide(h, c)
    \/ \E h \in Hubs : Commit(h)
    \/ AddEpoch \/ RetireEpoch

Fairness ==
    /\ \A c \in Cases : WF_vars(WriteAgain(c)) /\ WF_vars(Missing(c)) /\ SF_vars(\E h \in Hubs : Decide(h, c))
    /\ \A h \in Hubs : WF_vars(Commit(h))

Spec == Init /\ [][Next]_vars /\ Fairness

\* ------------------------------------------------------------------ what must hold
\* I3: at most one open case a person; what is spent is never claimed again.
OneOpenCase == Cardinality({c \in Cases : state[c] = "open"}) <= 1
SpentForEver == \A c, d \in Cases : c # d /\ state[c] = "spent" => state[d] \notin {"open", "spent"}

\* A case that is over and spent nothing is in nobody's way.
FreeAfterClosing == \A c \in Cases : state[c] \in {"none", "closed", "refused"} => Of(c) = {}

\* I4: each application gets its answer, whatever happens to the epochs meanwhile.
EveryApplicationAnswered == \A c \in Cases : (outbox[c] # {}) ~> (state[c] # "none")
==============================================================================
