"""Transactions end only at the door: these files commit, and no others."""

from __future__ import annotations

import ast
from pathlib import Path

import engage

ROOT = Path(engage.__file__).parent
DOORS = {
    "http/limits.py": 1,  # counters of their own, on a connection of their own
    "http/session.py": 1,
    "kernel/db.py": 1,
    "kernel/migrate.py": 4,
}


def commits(path: Path) -> int:
    """How many calls of a method ``commit`` a file holds."""
    tree = ast.parse(path.read_text())
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
        for node in ast.walk(tree)
    )


def test_only_the_doors_commit() -> None:
    found = {path.relative_to(ROOT).as_posix(): commits(path) for path in sorted(ROOT.rglob("*.py"))}
    assert {name for name, count in found.items() if count} <= set(DOORS)
    assert {name: found[name] for name in DOORS if name in found and found[name] > DOORS[name]} == {}
