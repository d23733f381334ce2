"""Reading files of OCDS releases: a release package, a single release, or JSONL with one of either a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engage.cli.errors import CannotStart
from engage.kernel.text import one_line

SNIFFED = 65_536


@dataclass(frozen=True)
class Place:
    """Where in a file a release stands: its line in JSONL (0 otherwise), and its number within the package, from 1."""

    line: int
    number: int

    def __str__(self) -> str:
        line = f"line {self.line}, " if self.line else ""
        return f"{line}release {self.number}"


@dataclass(frozen=True)
class Found:
    """One release as it stands in the file, or what is wrong with the line; ``licence`` as the package says."""

    place: Place
    data: object
    licence: str = ""
    problem: str = ""


def releases(file: Path) -> Iterator[Found]:
    """Yield the releases of ``file`` in order. Lines of JSONL are read one at a time, a JSON file as a whole.

    Raises ``CannotStart`` when the file as a whole cannot be read.
    """
    try:
        if _is_lines(file):
            yield from _of_lines(file)
        else:
            yield from _of_document(json.loads(file.read_text("utf-8-sig")), file)
    except UnicodeDecodeError as error:
        raise CannotStart(
            f"{file.name} is not UTF-8 text (byte {error.start}): save it as UTF-8 and try again."
        ) from error
    except json.JSONDecodeError as error:
        raise CannotStart(
            f"{file.name}, line {error.lineno}: is not JSON ({error.msg}): give a release package as it was published."
        ) from error
    except RecursionError as error:
        raise CannotStart(f"{file.name} is nested too deep to be a release package.") from error


def _is_lines(file: Path) -> bool:
    """Tell whether the file is JSONL: by its name, or because its first line is a whole value and more follows."""
    if file.suffix.lower() in {".jsonl", ".ndjson"}:
        return True
    with file.open(encoding="utf-8-sig") as opened:
        first = opened.readline(SNIFFED)
        more = opened.readline(SNIFFED).strip()
    if not more:
        return False
    try:
        json.loads(first)
    except ValueError:
        return False
    return True


def _of_lines(file: Path) -> Iterator[Found]:
    with file.open(encoding="utf-8-sig") as opened:
        for number, line in enumerate(opened, start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except json.JSONDecodeError as error:
                yield Found(
                    Place(number, 1), None, problem=f"is not JSON ({error.msg}): write one release a line"
                )
                continue
            except RecursionError:
                yield Found(Place(number, 1), None, problem="is not JSON (nested too deep)")
                continue
            yield from _of_value(value, number)


def _of_document(value: Any, file: Path) -> Iterator[Found]:
    if not isinstance(value, dict | list):
        raise CannotStart(
            f"{file.name} holds no release: give a release package or a release, an object in braces."
        )
    yield from _of_value(value, 0)


def _of_value(value: Any, line: int) -> Iterator[Found]:
    """Yield the releases of a package, of a list, or the one that ``value`` is."""
    licence = _licence(value)
    listed = value.get("releases") if isinstance(value, Mapping) else value
    held = listed if isinstance(listed, list) else [value]
    for number, data in enumerate(held, start=1):
        yield Found(Place(line, number), data, licence)


def _licence(value: Any) -> str:
    given = value.get("license") if isinstance(value, Mapping) else None
    return one_line(given)[:200] if isinstance(given, str) else ""
