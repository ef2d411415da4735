"""Thin plumbing under every process: settings, life cycle, process log, gRPC, PostgreSQL, Kafka, embedded servers.

Holds no rule of the exchange. The only importer of aiokafka; `core` is all it knows of the domain. Importing one module costs
only the library that it wraps.
"""

import os

# Children of ours are programs of their own, never copies of us. With its fork support on, gRPC's handlers run in each child between fork
# and exec, and now and then abort it there. Read when gRPC is first used.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
