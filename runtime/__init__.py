"""Thin plumbing under every process: settings, life cycle, process log, gRPC, PostgreSQL, Kafka, embedded servers.

Holds no rule of the exchange. The only importer of aiokafka; `core` is all it knows of the domain. Importing one module costs
only the library that it wraps.
"""
