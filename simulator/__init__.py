"""The simulator: one synthetic world of four provinces and a hub, people who move between them, and the proof of what happened.

Uses every other part from outside, as processes with addresses and files; nothing below imports it.
"""
