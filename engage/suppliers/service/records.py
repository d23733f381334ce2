"""Supplier records as files have them: reading one, with what is wrong by field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from engage.accounts.enums import Scheme
from engage.accounts.service.identifiers import normalise
from engage.kernel.codes import cpv_code, region_codes
from engage.kernel.errors import Invalid
from engage.kernel.text import one_line
from engage.suppliers.service.profile import LONGEST_GROUP
from engage.suppliers.service.statements import StatementText, checked

LONGEST_NAME = 200
LONGEST_ID = 100
IMPORTED = "imported file"
_KEYS = frozenset(
    {"id", "name", "docs", "sme", "vcse", "regions", "expertise_cpv", "identifier", "group", "about"}
)
_DOC_KEYS = frozenset(
    {"title", "text", "date", "cpv", "client", "buyer", "evidence_url", "ref", "source", "licence", "region"}
    | {"evidence_case", "evidence_reference", "evidence_date", "capabilities", "about"}
)
"""``capabilities`` and ``about`` are of what suppliers take away of their own data; only they bring them back."""
_TEXTS = ("title", "text", "client", "buyer", "evidence_url", "ref", "evidence_case", "evidence_reference")
_IDENTIFIER = re.compile(r"([A-Z]{2}-[A-Z]+)-(.+)")
_BLANK = re.compile(r"[A-Z]{2}-[A-Z]+-0+")  # what notices say when they have no number


@dataclass(frozen=True, kw_only=True)
class SupplierRecord:
    """One supplier of a file, checked. ``None`` for ``sme`` and ``vcse``: the file does not say."""

    source_ref: str
    name: str
    identifier: tuple[str, str] | None = None
    sme: bool | None = None
    vcse: bool | None = None
    regions: tuple[str, ...] = ()
    cpv: tuple[str, ...] = ()
    group: str = ""
    statements: tuple[StatementText, ...] = field(default=())


def parse_supplier(data: object) -> SupplierRecord:
    """Check one record (an object of suppliers.jsonl) and return it.

    Raises ``Invalid`` with a message for each wrong field; fields of a statement are called
    ``docs[1].title``, counted from 1.
    """
    if not isinstance(data, Mapping):
        raise Invalid({"record": "must be an object with id, name and docs"})
    wrong: dict[str, str] = {}
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        wrong[unknown[0]] = f"is not a known field; known are {', '.join(sorted(_KEYS))}"
    record = SupplierRecord(
        source_ref=_text(data, "id", wrong, longest=LONGEST_ID, needed=True),
        name=_text(data, "name", wrong, longest=LONGEST_NAME, needed=True),
        identifier=_identifier(data, wrong),
        sme=_flag(data, "sme", wrong),
        vcse=_flag(data, "vcse", wrong),
        regions=_regions(data, wrong),
        cpv=_codes(data, "expertise_cpv", "expertise_cpv", wrong),
        group=_text(data, "group", wrong, longest=LONGEST_GROUP),
        statements=_statements(data, wrong),
    )
    if wrong:
        raise Invalid(wrong)
    return record


def _text(
    data: Mapping[str, Any], key: str, wrong: dict[str, str], *, longest: int, needed: bool = False
) -> str:
    value = data.get(key)
    if value is None or value == "":
        if needed:
            wrong[key] = "is missing"
        return ""
    if not isinstance(value, str):
        wrong[key] = "must be a text"
        return ""
    clean = one_line(value)
    if needed and not clean:
        wrong[key] = "is empty"
    if len(clean) > longest:
        wrong[key] = f"must be {longest} characters or fewer"
    return clean


def _flag(data: Mapping[str, Any], key: str, wrong: dict[str, str]) -> bool | None:
    value = data.get(key)
    if value is not None and not isinstance(value, bool):
        wrong[key] = "must be true, false or null"
        return None
    return value


def _identifier(data: Mapping[str, Any], wrong: dict[str, str]) -> tuple[str, str] | None:
    text = _text(data, "identifier", wrong, longest=LONGEST_ID)
    if not text or _BLANK.fullmatch(text):
        return None
    found = _IDENTIFIER.fullmatch(text)
    schemes = [scheme.value for scheme in Scheme if scheme is not Scheme.NONE]
    if found is None or found[1] not in schemes:
        wrong["identifier"] = f"must begin with one of {', '.join(schemes)}, like GB-COH-01234567"
        return None
    try:
        return found[1], normalise(Scheme(found[1]), found[2])
    except Invalid as problem:
        wrong["identifier"] = problem.message
        return None


def _regions(data: Mapping[str, Any], wrong: dict[str, str]) -> tuple[str, ...]:
    codes: set[str] = set()
    for name in _list(data, "regions", wrong):
        try:
            codes.update(region_codes(str(name)))
        except ValueError as problem:
            wrong["regions"] = str(problem)
    return tuple(sorted(codes))


def _codes(data: Mapping[str, Any], key: str, shown: str, wrong: dict[str, str]) -> tuple[str, ...]:
    codes: dict[str, None] = {}
    for item in _list(data, key, wrong, shown=shown):
        text = item.get("code") if isinstance(item, Mapping) else item
        try:
            codes[cpv_code(str(text))] = None
        except ValueError as problem:
            wrong[shown] = str(problem)
    return tuple(codes)


def _list(data: Mapping[str, Any], key: str, wrong: dict[str, str], *, shown: str = "") -> Sequence[Any]:
    value = data.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        wrong[shown or key] = "must be a list"
        return ()
    return value


def _statements(data: Mapping[str, Any], wrong: dict[str, str]) -> tuple[StatementText, ...]:
    found: list[StatementText] = []
    for number, doc in enumerate(_list(data, "docs", wrong), start=1):
        place = f"docs[{number}]"
        if not isinstance(doc, Mapping):
            wrong[place] = "must be an object with title and text"
            continue
        found.append(_statement(doc, place, wrong))
    return tuple(found)


def _statement(doc: Mapping[str, Any], place: str, wrong: dict[str, str]) -> StatementText:
    inner: dict[str, str] = {}
    unknown = sorted(set(doc) - _DOC_KEYS)
    if unknown:
        inner[unknown[0]] = f"is not a known field; known are {', '.join(sorted(_DOC_KEYS))}"
    texts = {key: doc.get(key) or "" for key in _TEXTS}
    for key, value in texts.items():
        if not isinstance(value, str):
            inner[key] = "must be a text"
            texts[key] = ""
    content = StatementText(
        title=one_line(texts["title"]),
        text=texts["text"],
        client=one_line(texts["client"] or texts["buyer"]),
        dated=_day(doc.get("date"), inner),
        cpv=_codes(doc, "cpv", "cpv", inner),
        evidence_case=one_line(texts["evidence_case"]),
        evidence_reference=one_line(texts["evidence_reference"]),
        evidence_dated=_day(doc.get("evidence_date"), inner, key="evidence_date"),
        evidence_url=texts["evidence_url"] or _link_of(texts["ref"]),
        source=str(doc.get("source") or IMPORTED),
        licence=str(doc["licence"]) if doc.get("licence") else None,
    )
    try:
        checked(content)
    except Invalid as problem:
        inner = {**problem.fields, **inner}
    wrong.update({f"{place}.{key}": message for key, message in inner.items()})
    return content


def _link_of(ref: str) -> str:
    return ref if ref.startswith(("http://", "https://")) else ""


def _day(value: object, wrong: dict[str, str], *, key: str = "date") -> date | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        wrong[key] = "must be a date like 2026-03-31"
        return None
