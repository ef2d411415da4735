"""Jiangsu (320000): what differs from the other provinces, and nothing else."""
