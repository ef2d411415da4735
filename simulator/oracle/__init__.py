"""The oracle: says of a finished run whether it was right, from its files alone and without the code that it judges."""

from simulator.oracle.judge import judge
from simulator.oracle.verdict import Invariant, Verdict

__all__ = ["Invariant", "Verdict", "judge"]
