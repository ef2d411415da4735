"""Rates of the exchange, each beside its floor or a peer from the same run: `python -m bench` writes `bench-report.json`.

The judged row is `end_to_end_10k`: messages of 10 KB from desk to desk, 200 on their way, every party a process of its own. Its floor is
what the same message costs at the very least: the signatures, the sealing, the rows, the transport, and nothing between them.
"""
