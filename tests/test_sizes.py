"""Beauty is lost in the tail: no file over 350 lines, no function over 50, SQL functions included. There is no exception list."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
SUFFIXES = {".py", ".sql", ".js", ".proto"}
_SQL_FUNCTION = re.compile(r"create (?:or replace )?function.*?\$\$;", re.DOTALL | re.IGNORECASE)


def sources() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [ROOT / line for line in listed.splitlines()]
    return [path for path in paths if path.suffix in SUFFIXES and "_pb2" not in path.name and path.exists()]


def test_no_file_over_350_lines() -> None:
    long = {str(path.relative_to(ROOT)): lines for path in sources() if (lines := len(path.read_text("utf-8").splitlines())) > 350}
    assert not long


def test_no_function_over_50_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 50
    ]
    assert not long


def test_no_sql_function_over_50_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {found.group().splitlines()[0]}"
        for path in sources()
        if path.suffix == ".sql"
        for found in _SQL_FUNCTION.finditer(path.read_text("utf-8"))
        if len(found.group().splitlines()) > 50
    ]
    assert not long


def test_the_tree_is_really_read() -> None:
    assert len(sources()) > 50
