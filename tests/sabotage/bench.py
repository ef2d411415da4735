"""A copy of the tree, in which something is taken out and tests are run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.sabotage.verdict import read_endings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.sabotage.defence import Defence
    from tests.sabotage.verdict import Ending

ROOT = Path(__file__).parents[2]
PARTS = ("core", "pki", "runtime", "hub", "nodes", "audit", "simulator", "proto", "tests", "pyproject.toml")
PLUGINS = ("tests.sabotage.plugin", "_hypothesis_pytestplugin", "no:cacheprovider")
"""What else is installed would be loaded for each row anew, which takes a second."""
SEED = "2026"
SOON_S = 5.0
"""How long a test of a sabotaged tree waits for what will not come any more; see `tests.support.exchange.until`."""
PATIENCE_S = 60.0
"""How long a test waits for what must come, on a machine whose disk may stand still for seconds."""
_LONGEST = 20
"""Times the patience: as long as the tests of a row may take together."""


class NoSuchDefence(Exception):  # noqa: N818 - the defence is what is missing
    """What is to be taken out does not stand in the tree exactly once: the table must follow the code."""


def take_out(tree: Path, defence: Defence) -> None:
    """Replaces the text of a defence.

    Raises:
        NoSuchDefence: then nothing was changed.
    """
    path = tree / defence.file
    text = path.read_text("utf-8") if path.exists() else ""
    if text.count(defence.remove) != 1:
        raise NoSuchDefence(f"{defence.file} has {text.count(defence.remove)} times: {defence.remove}")
    path.write_text(text.replace(defence.remove, defence.instead), "utf-8")
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        compiled.unlink()  # it still has in it what was taken out


@contextmanager
def copied(root: Path = ROOT) -> Iterator[Path]:
    """A copy that is gone afterwards."""
    with TemporaryDirectory(prefix="yrdx-sabotage-") as folder:
        tree = Path(folder)
        for part in PARTS:
            source = root / part
            if source.is_dir():
                shutil.copytree(source, tree / part)
            elif source.exists():
                shutil.copy(source, tree / part)
        yield tree


def run_tests(tree: Path, tests: Sequence[str], patience_s: float = PATIENCE_S) -> list[Ending]:
    """Runs tests in a process of their own that sees this tree only; they have the same random numbers each time."""
    file = tree / "endings"
    words = ("-m", "pytest", *(word for name in PLUGINS for word in ("-p", name)), "--endings", str(file), *tests)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(tree), str(tree / "proto"))),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "YRDX_TEST_SEED": SEED,
        "YRDX_TEST_PATIENCE_S": str(patience_s),
    }
    process = subprocess.Popen((sys.executable, *words), cwd=tree, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(_LONGEST * patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return read_endings(file)
