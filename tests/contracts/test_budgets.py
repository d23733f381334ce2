"""Modules and functions stay within their budgets; run with -s to see the table."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import quantiles

import engage

ROOT = Path(engage.__file__).parent
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
P90_FUNCTION = 30


def functions(path: Path) -> list[tuple[str, int]]:
    """Every function of a file with its number of lines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        (f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, kinds)
    ]


def test_modules_and_functions_are_within_budget() -> None:
    paths = sorted(ROOT.rglob("*.py"))
    modules = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in paths}
    lengths = [found for path in paths for found in functions(path)]
    sizes = sorted(lines for _, lines in lengths)
    assert {name: lines for name, lines in modules.items() if lines > LONGEST_MODULE} == {}
    assert {name: lines for name, lines in lengths if lines > LONGEST_FUNCTION} == {}
    assert quantiles(sizes, n=10)[-1] <= P90_FUNCTION


def test_suppressions_are_few_and_have_reasons() -> None:
    lines = [
        (f"{path.relative_to(ROOT)}:{number}", line)
        for path in sorted(ROOT.rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
    ]
    marks = [(place, line) for place, line in lines if "# noqa" in line or "# type: ignore" in line]
    bare = [place for place, line in marks if not (" - " in line.split("#", 1)[1] or line.count("#") > 1)]
    assert bare == []
