"""Anhui (340000): what differs from the other provinces, and nothing else."""
