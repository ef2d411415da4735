------------------------------ MODULE Delivery -------------------------------
(* The way from the ledger into a node's cases, with a broker that forgets, streams that break and a message that cannot be processed.

   Three deliveries of one lane to one province: 1 and 3 belong to case A, 2 to case B. Case A has a step between them that is the
   province's own and comes with the hub's answer, not as a delivery. Message 1 cannot be processed until somebody mends the node.
   Sources: hub/mailbox.py, hub/publish.py, hub/sweep.py, hub/deliver.py, hub/acknowledge.py, nodes/common/inbox.py,
   nodes/common/fold.py; holding and replay as the design has them. An action here bears the name of the function there.

   A stream that breaks opens again in the same step. Publisher, cursor and broker are one set of records that the hub has not read yet.
   `trouble` counts everything adverse. *)
EXTENDS Integers, Sequences

CONSTANTS Sabotage, MaxTrouble

Messages == 1..3
Cases == {"A", "B"}
CaseOf == <<"A", "B", "A">>
StepOf == <<1, 1, 3>>
OwnStep == 2
StepsOf == [A |-> 3, B |-> 1]
MaxAttempts == 2

VARIABLES
    committed,  \* ledger: numbers given out so far
    settled,    \* ledger: what became of each delivery: "no" answer yet, "delivered", "held"
    attempts,   \* ledger: cannot-process answers
    sent,       \* hub's memory: sent on this stream and not acknowledged
    kafka,      \* records that the hub has not read yet
    wire,       \* deliveries on their way to the node
    inbox,      \* node: stored deliveries
    memory,     \* node: taken and not stored yet (sabotage only)
    learnt,     \* node: the answer about its own step is stored
    applied,    \* node: steps of each case in the order in which they were applied
    mended,     \* node: message 1 can be processed now
    trouble
vars == <<committed, settled, attempts, sent, kafka, wire, inbox, memory, learnt, applied, mended, trouble>>
ledger == <<committed, settled, attempts>>
node == <<inbox, memory, learnt, applied>>

Troubled == trouble < MaxTrouble /\ trouble' = trouble + 1

\* ------------------------------------------------------------------ hub
Waiting == {n \in 1..committed : settled[n] = "no"}

\* Committed and handed to the publisher.
Commit ==
    /\ committed < 3
    /\ committed' = committed + 1
    /\ kafka' = kafka \union {committed + 1}
    /\ UNCHANGED <<settled, attempts, sent, wire, node, mended, trouble>>

Send(numbers) == wire' = wire \union numbers /\ sent' = sent \union numbers

\* Mailbox.arrived: a number that was sent is a repeat, a hole below it makes the sweeper look there at once.
Arrived(n) ==
    /\ n \in kafka /\ kafka' = kafka \ {n}
    /\ Send(IF n \in sent THEN {} ELSE {m \in Waiting \ sent : m <= n})
    /\ UNCHANGED <<ledger, node, mended, trouble>>

\* Sweeper._sweep: every number that stayed unacknowledged for an interval, whether it was sent or not.
Sweep(n) ==
    /\ Sabotage # "no-sweeper"
    /\ Sabotage = "sweep-above-last-sent" => \A m \in sent : m < n
    /\ n \in Waiting \ wire
    /\ Send({n})
    /\ UNCHANGED <<ledger, kafka, node, mended, trouble>>

\* Acknowledger, and holding: only cannot-process answers count as attempts.
Acknowledge(n, answer) ==
    IF answer = "delivered" THEN
        settled' = [settled EXCEPT ![n] = "delivered"] /\ sent' = sent \ {n} /\ UNCHANGED attempts
    ELSE IF settled[n] = "no" THEN
        /\ attempts' = [attempts EXCEPT ![n] = @ + 1]
        /\ settled' = IF attempts[n] + 1 = MaxAttempts THEN [settled EXCEPT ![n] = "held"] ELSE settled
        /\ UNCHANGED sent
    ELSE UNCHANGED <<settled, attempts, sent>>

\* The operator; he mends first. The message is unacknowledged again, so that it is sent, tried and acknowledged anew.
Replay(n) ==
    /\ settled[n] = "held" /\ mended
    /\ attempts' = [attempts EXCEPT ![n] = 0]
    /\ settled' = [settled EXCEPT ![n] = IF Sabotage = "replay-stays-acknowledged" THEN "freed" ELSE "no"]
    /\ UNCHANGED <<committed, sent, kafka, wire, node, mended, trouble>>

\* ------------------------------------------------------------------ node
RECURSIVE Fold(_, _)
Fold(steps, known) == IF Len(steps) + 1 \in known THEN Fold(Append(steps, Len(steps) + 1), known) ELSE steps

Known(case, stored, own) ==
    {StepOf[n] : n \in {m \in stored : CaseOf[m] = case}} \union (IF own /\ case = "A" THEN {OwnStep} ELSE {})
Has(steps, step) == \E i \in 1..Len(steps) : steps[i] = step

\* The cases after something came; `case` and `step` say what (only sabotage cares).
Bring(stored, own, case, step) ==
    CASE Sabotage = "arrival-order" ->
            IF Has(applied[case], step) THEN applied ELSE [applied EXCEPT ![case] = Append(@, step)]
      [] Sabotage = "previous-delivery" ->  \* a delivery waits for the one before it in its case, an own step for nothing
            LET now == IF Has(applied[case], step) \/ (step = 3 /\ ~Has(applied[case], 1)) THEN applied[case] ELSE Append(applied[case], step)
                then == IF 3 \in Known(case, stored, own) /\ Has(now, 1) /\ ~Has(now, 3) THEN Append(now, 3) ELSE now
            IN [applied EXCEPT ![case] = then]
      [] OTHER -> [c \in Cases |-> Fold(applied[c], Known(c, stored, own))]

Store(n) ==
    /\ inbox' = inbox \union {n}
    /\ applied' = Bring(inbox \union {n}, learnt, CaseOf[n], StepOf[n])

\* The hub hears an answer at once, or it is lost or refused there.
Answer(n, answer) ==
    \/ Acknowledge(n, answer) /\ UNCHANGED trouble
    \/ Troubled /\ UNCHANGED <<settled, attempts, sent>>
NoAnswer == UNCHANGED <<settled, attempts, sent, trouble>>

\* Inbox.take: verified, stored and applied in one transaction, then receipted; a repeat is receipted again.
Take(n) ==
    /\ n \in wire /\ wire' = wire \ {n}
    /\ IF n = 1 /\ ~mended THEN Answer(n, "cannot") /\ UNCHANGED <<inbox, applied, memory>>
       ELSE IF Sabotage = "lane-order" /\ \E m \in 1..n-1 : m \notin inbox THEN NoAnswer /\ UNCHANGED <<inbox, applied, memory>>
       ELSE IF Sabotage = "repeat-not-receipted" /\ n \in inbox THEN NoAnswer /\ UNCHANGED <<inbox, applied, memory>>
       ELSE IF Sabotage = "receipt-before-commit" THEN
            Answer(n, "delivered") /\ memory' = memory \union {n} /\ UNCHANGED <<inbox, applied>>
       ELSE Store(n) /\ Answer(n, "delivered") /\ UNCHANGED memory
    /\ UNCHANGED <<committed, kafka, learnt, mended>>

TakeLater(n) ==
    /\ n \in memory /\ memory' = memory \ {n} /\ Store(n)
    /\ UNCHANGED <<ledger, sent, kafka, wire, learnt, mended, trouble>>

\* Outbox._take: the answer about the own step comes.
Learn ==
    /\ ~learnt /\ committed >= 1 /\ learnt' = TRUE
    /\ applied' = Bring(inbox, TRUE, "A", OwnStep)
    /\ UNCHANGED <<ledger, sent, kafka, wire, inbox, memory, mended, trouble>>

Mend == ~mended /\ mended' = TRUE /\ UNCHANGED <<ledger, sent, kafka, wire, node, trouble>>

\* ------------------------------------------------------------------ trouble
\* Not authentic as this node sees it now: neither stored nor answered.
Drop ==
    /\ Troubled
    /\ \E n \in wire : wire' = wire \ {n}
    /\ UNCHANGED <<ledger, sent, kafka, node, mended>>

\* Sweeper.catch_up: a stream that opens is sent everything unacknowledged.
Reopened == wire' = Waiting /\ sent' = Waiting /\ memory' = {}

\* The connection or the node goes; what is stored stays.
Break == Troubled /\ Reopened /\ UNCHANGED <<ledger, kafka, inbox, learnt, applied, mended>>

\* The hub goes: its publisher repeats from a cursor that was saved some time ago, or has nothing left to publish.
HubCrash ==
    /\ Troubled /\ Reopened
    /\ kafka' \in {kafka, 1..committed}
    /\ UNCHANGED <<ledger, inbox, learnt, applied, mended>>

\* A broker that restarts empty, or a consumer that skips in silence.
Forget ==
    /\ Troubled /\ kafka # {} /\ kafka' = {}
    /\ UNCHANGED <<ledger, sent, wire, node, mended>>

\* ------------------------------------------------------------------ all of it
Init ==
    /\ committed = 0 /\ settled = [n \in Messages |-> "no"] /\ attempts = [n \in Messages |-> 0]
    /\ sent = {} /\ kafka = {} /\ wire = {}
    /\ inbox = {} /\ memory = {} /\ learnt = FALSE /\ applied = [c \in Cases |-> <<>>]
    /\ mended = FALSE /\ trouble = 0

Next ==
    \/ Commit \/ Learn \/ Mend \/ Drop \/ Break \/ HubCrash \/ Forget
    \/ \E n \in Messages : Arrived(n) \/ Sweep(n) \/ Replay(n) \/ Take(n) \/ TakeLater(n)

\* Nobody has to mend. Kafka has to do anything only in sabotaged models: so there the trace shows what it lost, and here it may do nothing.
KafkaWorks == \A n \in Messages : WF_vars(Arrived(n))
Fairness ==
    /\ WF_vars(Commit) /\ WF_vars(Learn)
    /\ \A n \in Messages : WF_vars(Sweep(n)) /\ WF_vars(Replay(n)) /\ WF_vars(Take(n)) /\ WF_vars(TakeLater(n))
    /\ Sabotage # "none" => KafkaWorks

Spec == Init /\ [][Next]_vars /\ Fairness

\* ------------------------------------------------------------------ what must hold
\* I4: in order within a case, and each step once.
InOrder == \A c \in Cases : applied[c] = [i \in 1..Len(applied[c]) |-> i]

\* I5: what is receipted is stored.
AcknowledgedIsStored == \A n \in Messages : settled[n] = "delivered" => n \in inbox

\* I5: what the ledger accepted is applied in the end, once the node can process it, and its delivery is acknowledged.
EverythingApplied == <>mended => <>[](\A c \in Cases : Len(applied[c]) = StepsOf[c])
EverythingAcknowledged == <>mended => <>[](\A n \in Messages : settled[n] = "delivered")

\* A case that is stuck holds up itself alone, for however long nobody mends.
OthersFlow == <>(Len(applied["B"]) = StepsOf["B"])
==============================================================================
