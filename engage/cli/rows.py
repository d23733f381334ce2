"""Reading files of records, one a line: JSONL, or CSV with a heading."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from engage.cli.errors import CannotStart
from engage.kernel.errors import Invalid

T = TypeVar("T")
Grouping = Callable[["list[Row]", "list[Problem]"], "list[Row]"]


@dataclass(frozen=True)
class Row:
    """One record of a file and the line it begins on."""

    line: int
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """What is wrong on a line: the field, and what to mend."""

    line: int
    field: str
    message: str

    def sentence(self, file: Path) -> str:
        """Return the problem on one line, beginning with where it is."""
        return f"{file.name}, line {self.line}: {self.field}: {self.message.rstrip('.')}."


@dataclass
class Parsed(Generic[T]):
    """The good records with their lines, and what is wrong with the others."""

    good: list[tuple[int, T]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, line: int, wrong: Invalid) -> None:
        """Note everything that is wrong with the record on ``line``."""
        self.problems += [Problem(line, name, message) for name, message in wrong.fields.items()]


def parse(
    file: Path,
    check: Callable[[Mapping[str, Any]], T],
    *,
    columns: Mapping[str, Callable[[str], Any]],
    grouped: Grouping,
) -> Parsed[T]:
    """Read ``file`` (JSONL, or CSV when its name ends in .csv) and check every record.

    ``check`` raises ``Invalid``. ``columns`` are the columns a CSV file may have, each with what reads its
    cells; ``grouped`` makes records of its rows. A record whose ``id`` has come before is wrong. Raises
    ``CannotStart`` when the file as a whole cannot be read.
    """
    found: Parsed[T] = Parsed()
    is_csv = file.suffix.lower() == ".csv"
    rows = _csv_rows(file, columns, found.problems) if is_csv else _json_rows(file, found.problems)
    records = grouped(list(rows), found.problems) if is_csv else rows
    first: dict[object, int] = {}
    for row in records:
        before = first.setdefault(row.data.get("id"), row.line)
        if before != row.line:
            found.problems.append(Problem(row.line, "id", f"stands on line {before} already"))
            continue
        try:
            found.good.append((row.line, check(row.data)))
        except Invalid as wrong:
            found.refuse(row.line, wrong)
    found.problems.sort(key=lambda problem: problem.line)
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CannotStart(
            f"{file.name} is not UTF-8 text (byte {error.start}): save it as UTF-8 and try again."
        ) from error


def _json_rows(file: Path, problems: list[Problem]) -> Iterator[Row]:
    for number, line in enumerate(_text(file).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            why = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
            problems.append(Problem(number, "record", f"is not JSON ({why}): write one object a line"))
            continue
        if isinstance(data, dict):
            yield Row(number, data)
        else:
            problems.append(Problem(number, "record", "must be an object in braces, one a line"))


def _csv_rows(
    file: Path, columns: Mapping[str, Callable[[str], Any]], problems: list[Problem]
) -> Iterator[Row]:
    reader = csv.DictReader(_text(file).splitlines(keepends=True), strict=True)
    heading = reader.fieldnames or []
    unknown = [name for name in heading if name not in columns]
    if unknown or "id" not in heading:
        raise CannotStart(
            f"{file.name}, line 1: the heading must have id and may have {', '.join(columns)}"
            + (f"; “{unknown[0]}” is none of them." if unknown else ".")
        )
    start = reader.line_num + 1
    try:
        for cells in reader:
            yield from _csv_row(start, cells, columns, problems)
            start = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(start, "row", f"is not CSV ({error}): check the quotes"))


def _csv_row(
    line: int,
    cells: Mapping[Any, Any],
    columns: Mapping[str, Callable[[str], Any]],
    problems: list[Problem],
) -> Iterator[Row]:
    if None in cells or None in cells.values():
        problems.append(Problem(line, "row", "has more or fewer cells than the heading"))
        return
    data: dict[str, Any] = {}
    for name, cell in cells.items():
        try:
            data[name] = columns[name](cell.strip())
        except ValueError as error:
            problems.append(Problem(line, name, str(error)))
            return
    yield Row(line, data)


def text_cell(cell: str) -> str | None:
    """Read a cell as a text; empty is nothing."""
    return cell or None


def list_cell(cell: str) -> list[str]:
    """Read a cell as a list whose parts are separated by semicolons."""
    return [part.strip() for part in cell.split(";") if part.strip()]


def flag_cell(cell: str) -> bool | None:
    """Read a cell as yes or no; empty is not said. Raises ``ValueError`` for anything else."""
    known = {"": None, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    if cell.lower() not in known:
        raise ValueError(f"“{cell}” is neither yes nor no")
    return known[cell.lower()]


def ungrouped(rows: list[Row], problems: list[Problem]) -> list[Row]:  # noqa: ARG001 - one of two ways to group
    """Take each row as a record of its own."""
    return rows


def bad_lines(problems: Iterable[Problem]) -> int:
    """Return how many lines have something wrong."""
    return len({problem.line for problem in problems})
