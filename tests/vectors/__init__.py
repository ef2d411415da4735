"""Reads the vectors that other software made; README.md says which."""

import json
from pathlib import Path
from typing import Any


def load(name: str) -> Any:
    """The content of one vector file."""
    return json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
