"""Step 3 of 9 - ledger. Message, case state, claims, log entry and delivery number in one transaction; the only judge of a race.

`work` is what may be asked of the ledger and how it ends. `committer` collects works into a batch, `store` reads a snapshot for it, `batch`
decides every case of it in memory (pure), `notary` writes what the hub signs, `rows` is the result, and the function `ledger_commit` in
`migrations/` compares and writes it in one round trip. `outbox` reads deliveries, `leases` says whose stream is open, `artefacts` keeps
trust lists and rules.

What an attacker who can edit these tables gains: delay, refusal, wrong order before it is published; no plaintext, no province's consent.
An edit of what is published is found by the log writer, by auditors, and by any node that holds a receipt.
"""
