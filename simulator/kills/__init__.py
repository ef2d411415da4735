"""`yrdx-sim faults`: every process of the exchange is killed at named points of its code, one after the other, while work is in flight."""
