"""Deployment with containers: settings of each process, and the one-time making of keys and passwords."""
