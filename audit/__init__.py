"""The auditor's verifier: a folder of files and the root certificate are all it needs; no server, no network, none of the hub's code.

Thirteen checks, numbered in `audit.findings`. The modules read best in this order: `verify` (which check sees what, and when), then one
module a check or two: `checkpoint` 1, `folder` 2, `tree` 3, `entries` 4, `objects` 5, `trust_lists` 6, `rules` 7, `messages` 8,
`receipts` 9, `replay` 10 and 11, `sequences` 12, `seen` 13.

It shares `core` and `pki` with the hub. What keeps a common mistake from hiding itself are vectors made elsewhere (`tests/vectors`) and
the simulator's oracle, which judges the outcome without either.
"""
