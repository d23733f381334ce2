"""Suppliers and challenges from files, rankings to files. Formats: docs/matching.md."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from engage.matching.errors import InputError
from engage.matching.text import normalise
from engage.matching.tuning import Judgement
from engage.matching.types import ChallengeText, Document, Evidence, Passage, Ranked, SupplierProfile

T = TypeVar("T", SupplierProfile, ChallengeText)

RUN_TAG = "engage"
MOST_RELEVANT = 100


class _Line:
    """One record of a file, and where it stands."""

    def __init__(self, file: Path, number: int, data: Mapping[str, Any]) -> None:
        self.file = file
        self.number = number
        self.data = data

    def refuse(self, what: str) -> NoReturn:
        raise InputError(f"{self.file.name}, line {self.number}: {what}")

    def text(self, data: Mapping[str, Any], name: str, *, required: bool = False) -> str:
        value = data.get(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            self.refuse(f"{name} must be a text{' that is not empty' if required else ''}; correct it.")
        return value

    def identifier(self, data: Mapping[str, Any]) -> str:
        value = self.text(data, "id", required=True)
        if any(character.isspace() for character in value) or normalise(value) != value:
            self.refuse(f"the id {value!r} may not hold spaces or hidden characters; take them out.")
        return value

    def items(self, data: Mapping[str, Any], name: str) -> list[Any]:
        value = data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(f"{name} must be a list in square brackets; correct it.")
        return value

    def codes(self, data: Mapping[str, Any], name: str) -> tuple[str, ...]:
        codes: list[str] = []
        for item in self.items(data, name):
            code = item.get("code") if isinstance(item, dict) else item
            if not isinstance(code, str):
                self.refuse(f"{name} must be a list of CPV codes, each a text like 72000000; correct it.")
            codes.append(code)
        return tuple(codes)

    def date(self, data: Mapping[str, Any], name: str) -> dt.date | None:
        value = self.text(data, name)
        try:
            return dt.date.fromisoformat(value[:10]) if value else None
        except ValueError:
            self.refuse(f"{name} must be a date like 2026-01-31, not {value!r}; correct it.")

    def level(self, data: Mapping[str, Any]) -> Evidence:
        value = self.text(data, "level") or Evidence.DECLARED.value
        if value not in set(Evidence):
            self.refuse(f"level must be one of {', '.join(Evidence)}, not {value!r}; correct it.")
        return Evidence(value)

    def weight(self, data: Mapping[str, Any]) -> float:
        value = data.get("weight", 1.0)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or not 0 <= value <= 1:
            self.refuse("weight must be a number from 0 to 1; correct it.")
        return float(value)


def read_suppliers(file: Path) -> list[SupplierProfile]:
    """Read suppliers.jsonl, in the order of the file.

    A supplier without statements is kept (it scores 0). Statements without an
    id are called by their place, from 1. Raises ``InputError`` naming the file,
    the line and the mend.
    """
    return _records(file, _supplier)


def read_challenges(file: Path) -> list[ChallengeText]:
    """Read challenges.jsonl, in the order of the file.

    Raises ``InputError`` naming the file, the line and the mend.
    """
    return _records(file, _challenge)


def read_judgements(file: Path) -> list[Judgement]:
    """Read judged pairs: ``challenge_id``, ``supplier_id`` and ``relevance``, a number from 0 up.

    Raises ``InputError`` naming the file, the line and the mend.
    """
    return [_judgement(line) for line in _lines(file)]


def run_lines(ranked: Mapping[str, Iterable[Ranked]]) -> Iterator[str]:
    """Yield the lines of a TREC run: ``challenge Q0 supplier rank score engage``."""
    for places in ranked.values():
        for place in places:
            yield f"{place.challenge_id} Q0 {place.supplier_id} {place.rank} {place.score:.6f} {RUN_TAG}\n"


def explanation_lines(
    ranked: Mapping[str, Iterable[Ranked]], suppliers: Iterable[SupplierProfile]
) -> Iterator[str]:
    """Yield one JSON object a line for each place, its passages with their words."""
    documents = {
        (supplier.id, document.id): document for supplier in suppliers for document in supplier.documents
    }
    for places in ranked.values():
        for place in places:
            data = asdict(place)
            if place.explanation is not None:
                for reason, plain in zip(
                    place.explanation.documents, data["explanation"]["documents"], strict=True
                ):
                    document = documents[place.supplier_id, reason.document_id]
                    plain["passages"] = [_quoted(passage, document) for passage in reason.passages]
            yield json.dumps(data, ensure_ascii=False) + "\n"


def _judgement(line: _Line) -> Judgement:
    relevance: Any = line.data.get("relevance")
    number = isinstance(relevance, int | float) and not isinstance(relevance, bool)
    if not number or not 0 <= relevance <= MOST_RELEVANT:
        line.refuse(f"relevance must be a number from 0 to {MOST_RELEVANT}; correct it.")
    return Judgement(
        challenge_id=line.text(line.data, "challenge_id", required=True),
        supplier_id=line.text(line.data, "supplier_id", required=True),
        relevance=float(relevance),
    )


def _quoted(passage: Passage, document: Document) -> dict[str, Any]:
    source = document.title if passage.field == "title" else document.text
    return {**asdict(passage), "words": normalise(source[passage.start : passage.end])}


def _supplier(line: _Line) -> SupplierProfile:
    return SupplierProfile(
        id=line.identifier(line.data),
        name=line.text(line.data, "name"),
        documents=tuple(
            _document(line, item, place) for place, item in enumerate(line.items(line.data, "docs"), start=1)
        ),
        expertise_cpv=line.codes(line.data, "expertise_cpv"),
    )


def _document(line: _Line, data: Any, place: int) -> Document:
    if not isinstance(data, dict):
        line.refuse(f"statement {place} of docs must be an object in braces; correct it.")
    return Document(
        id=line.identifier(data) if "id" in data else str(place),
        title=line.text(data, "title"),
        text=line.text(data, "text"),
        date=line.date(data, "date"),
        cpv=line.codes(data, "cpv"),
        weight=line.weight(data),
        level=line.level(data),
        recorded=line.date(data, "recorded"),
        expires=line.date(data, "expires"),
    )


def _challenge(line: _Line) -> ChallengeText:
    challenge = ChallengeText(
        id=line.identifier(line.data),
        title=line.text(line.data, "title"),
        text=line.text(line.data, "text"),
        cpv=line.codes(line.data, "cpv"),
        department=line.text(line.data, "department") or None,
        published=line.date(line.data, "published"),
    )
    if not normalise(challenge.title + challenge.text):
        line.refuse("the challenge has neither a title nor a text; give it one.")
    return challenge


def _records(file: Path, make: Callable[[_Line], T]) -> list[T]:
    found: dict[str, T] = {}
    first: dict[str, int] = {}
    for line in _lines(file):
        record = make(line)
        if record.id in found:
            line.refuse(f"the id {record.id} stands on line {first[record.id]} already; make it different.")
        _refuse_repeated_statements(line, record)
        found[record.id] = record
        first[record.id] = line.number
    if not found:
        raise InputError(f"{file.name}, line 1: the file holds no records; write one JSON object a line.")
    return list(found.values())


def _refuse_repeated_statements(line: _Line, record: SupplierProfile | ChallengeText) -> None:
    if isinstance(record, SupplierProfile):
        seen: set[str] = set()
        for document in record.documents:
            if document.id in seen:
                line.refuse(f"the id {document.id} is given to two statements; make it different.")
            seen.add(document.id)


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python's reader would take for numbers."""
    raise InputError(f"{name} is no number; take it out.")


def _lines(file: Path) -> Iterator[_Line]:
    try:
        content = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{file} cannot be read ({error.strerror}); check the name.") from error
    except UnicodeDecodeError as error:
        number = file.read_bytes().count(b"\n", 0, error.start) + 1
        raise InputError(f"{file.name}, line {number}: this is not UTF-8 text; save it as UTF-8.") from error
    for number, text in enumerate(content.split("\n"), start=1):
        if not text.strip():
            continue
        line = _Line(file, number, {})
        try:
            data = json.loads(text, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            line.refuse(f"this is not JSON ({error.msg}, column {error.colno}); write one object a line.")
        except InputError as error:
            line.refuse(str(error))
        except ValueError:
            line.refuse("a number has too many digits to be read; shorten it.")
        except RecursionError:
            line.refuse("this is nested too deep; write one flat object a line.")
        if not isinstance(data, dict):
            line.refuse("this is not an object in braces; write one object a line.")
        line.data = data
        yield line
