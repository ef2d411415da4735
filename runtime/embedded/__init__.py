"""Real servers from wheels, for one machine: no Docker, no Java, no root needed. Linux only, as the wheels are.

`Postgres` keeps what was committed over kill -9; `Broker` keeps nothing over a restart, and the ledger makes that safe.
"""
