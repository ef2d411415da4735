"""Generators of what is checked in."""
