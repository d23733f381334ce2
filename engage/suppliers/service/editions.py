"""Editions of the taxonomy: the file that engage brings, and checking one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from engage.kernel.codes import cpv_code
from engage.kernel.errors import Invalid
from engage.matching.cpv import significant

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PREFIX = re.compile(r"[0-9]{2,8}")
_KEYS = frozenset({"slug", "name", "description", "synonyms", "cpv", "skills"})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An area (without ``parent``) or a capability."""

    slug: str
    parent: str
    name: str
    description: str
    synonyms: tuple[str, ...]
    cpv: tuple[str, ...]
    """First digits of CPV codes, without trailing zeros."""
    skills: tuple[str, ...]


@dataclass(frozen=True)
class Edition:
    """One edition: its name and its entries, areas before what lies below them."""

    name: str
    entries: tuple[Entry, ...]


def shipped_edition() -> Edition:
    """Return the edition that comes with engage."""
    return parse_edition(
        (resources.files("engage.suppliers") / "data" / "capabilities.toml").read_text("utf-8")
    )


def parse_edition(text: str) -> Edition:
    """Read an edition: TOML with ``edition``, ``[[area]]`` and below each ``[[area.capability]]``.

    Raises ``Invalid`` with a message by slug for what is wrong: a slug used twice, a CPV prefix that begins no code.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid({"file": f"is no TOML: {error}"}) from error
    wrong: dict[str, str] = {}
    entries: list[Entry] = []
    for area in _tables(data, "area"):
        below = _tables(area, "capability")
        found = _entry({key: value for key, value in area.items() if key != "capability"}, "", wrong)
        entries.append(found)
        entries += [_entry(each, found.slug, wrong) for each in below]
    for field in ("slug", "name"):
        _each_once([getattr(entry, field).casefold() for entry in entries], field, wrong)
    name = data.get("edition")
    if not isinstance(name, str) or not name:
        wrong["edition"] = "is missing"
    if not entries:
        wrong["area"] = "is missing: an edition has at least one area"
    if wrong:
        raise Invalid(wrong)
    return Edition(str(name), tuple(entries))


def _tables(data: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
    value = data.get(key, [])
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _entry(data: Mapping[str, Any], parent: str, wrong: dict[str, str]) -> Entry:
    slug = str(data.get("slug", ""))
    place = slug or f"below {parent}"
    if not _SLUG.fullmatch(slug):
        wrong[place] = "slug must be small letters, digits and hyphens, beginning with a letter"
    if not data.get("name"):
        wrong[place] = "name is missing"
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        wrong[place] = f"{unknown[0]} is not known; known are {', '.join(sorted(_KEYS))}"
    lists = {key: _texts(data, key, place, wrong) for key in ("synonyms", "cpv", "skills")}
    return Entry(
        slug=slug,
        parent=parent,
        name=str(data.get("name", "")),
        description=str(data.get("description", "")),
        synonyms=lists["synonyms"],
        cpv=tuple(_prefix(code, place, wrong) for code in lists["cpv"]),
        skills=lists["skills"],
    )


def _texts(data: Mapping[str, Any], key: str, place: str, wrong: dict[str, str]) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        wrong[place] = f"{key} must be a list of texts"
        return ()
    return tuple(dict.fromkeys(value))


def _prefix(code: str, place: str, wrong: dict[str, str]) -> str:
    if not _PREFIX.fullmatch(code):
        wrong[place] = f"“{code}” is no beginning of a CPV code: write 2 to 8 digits"
        return code
    try:
        cpv_code(code)
    except ValueError as problem:
        wrong[place] = str(problem)
    return significant(code)


def _each_once(values: Sequence[str], field: str, wrong: dict[str, str]) -> None:
    for value in sorted({value for value in values if values.count(value) > 1}):
        wrong[value or field] = f"{field} is used more than once"
