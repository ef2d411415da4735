"""Step 8 of 9 - log. Entries of the ledger become leaves of the Merkle log, and a checkpoint over them is signed.

`writer` decides when and what is signed, `reading` reads the ledger, `files` writes the folder, `scribe` does that in a process of its own.

What an attacker who can edit X gains: the ledger - nothing unseen, entries that were published are hashed again from the ledger and
compared with the published root before the next signature; the folder - nothing, an auditor finds any changed file; the `log_writer` row -
a refused start, because row, checkpoint file and tiles must agree.
"""
