"""Apache Kafka itself, without Docker: fetched with Maven, run by a JDK, one node or a cluster of three, on the loopback address.

Beside the embedded broker this is the real thing: it keeps what it has over a restart, has replicas, speaks TLS. It is for tests and
simulations on one machine; for production see docs/operations.md.
"""
