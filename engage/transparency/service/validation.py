"""Checking a release without a network: the schema as published, the schema with nothing undeclared, own checks.

``structural`` is the release schema (JSON Schema draft 4) as it stands. ``strict`` also refuses fields that the schema
does not declare, codes that are on no list even where a list is open, and texts of nothing but spaces: of these
the schema says nothing. What belongs together across fields is in ``checks``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft4Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from engage.transparency.service import checks

SCHEMA = "uk_release_schema.json"
CODELISTS = "open_codelists.json"
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_SPACE = re.compile(r"\s")
_LONGEST = 200


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a release: where (``tender/lots/0/id``) and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where or 'release'}: {self.what}"


@dataclass(frozen=True)
class Verdict:
    """What three readings of a release found; each is empty when all is well."""

    structural: Sequence[Fault]
    strict: Sequence[Fault]
    own: Sequence[Fault]

    @property
    def faults(self) -> Sequence[Fault]:
        """All of it, without doubles: what is structurally wrong is wrong in the strict reading too."""
        return list(dict.fromkeys([*self.structural, *self.strict, *self.own]))

    @property
    def valid(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def verdict(release: Mapping[str, Any]) -> Verdict:
    """Return everything that is wrong with ``release``. Touches no network and no database."""
    return Verdict(structural(release), strict(release), own(release))


def structural(release: Mapping[str, Any]) -> Sequence[Fault]:
    """Return what the schema finds, in the order of the release."""
    return _faults(_validator(), release)


def strict(release: Mapping[str, Any]) -> Sequence[Fault]:
    """Return what the schema finds when nothing undeclared, unlisted or blank may stand in a release."""
    return _faults(_strict_validator(), release)


def own(release: Mapping[str, Any]) -> Sequence[Fault]:
    """Return what does not fit together; silent about a release too broken to be read."""
    return [Fault(where, what) for where, what in checks.faults(release)]


def _faults(validator: Any, release: Mapping[str, Any]) -> Sequence[Fault]:
    found = sorted(
        validator.iter_errors(release), key=lambda error: [str(step) for step in error.absolute_path]
    )
    return [
        Fault("/".join(str(step) for step in error.absolute_path), error.message[:_LONGEST])
        for error in found
    ]


def _read(name: str) -> Any:
    return json.loads((resources.files("engage.transparency") / "data" / name).read_text("utf-8"))


@lru_cache(maxsize=1)
def _validator() -> Any:
    return Draft4Validator(_read(SCHEMA), format_checker=_formats())


@lru_cache(maxsize=1)
def _strict_validator() -> Any:
    lists = {name: frozenset(codes) for name, codes in _read(CODELISTS).items()}

    def listed(_validator: Any, codelist: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
        codes = lists.get(codelist)  # a closed list is an enum of the schema
        for code in value if isinstance(value, list) else [value]:
            if codes is not None and isinstance(code, str) and code not in codes:
                yield ValidationError(f"{code!r} is not a code of {codelist}")

    def typed(validator: Any, types: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        yield from Draft4Validator.VALIDATORS["type"](validator, types, value, schema)
        if isinstance(value, str) and not value.strip():
            yield ValidationError("is empty: leave the field out")

    validator = extend(Draft4Validator, {"codelist": listed, "type": typed})
    return validator(_closed(_read(SCHEMA)), format_checker=_formats())


def _closed(schema: Any) -> Any:
    """Return ``schema`` with ``additionalProperties: false`` wherever properties are declared."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(each) for key, each in schema.items()}
    declared = closed.get("properties")
    # "properties" may itself be the name of a property: then there is no schema below it to close
    if isinstance(declared, dict) and all(isinstance(each, dict) for each in declared.values()):
        closed.setdefault("additionalProperties", False)
    return closed


def _is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return _RFC3339.fullmatch(value) is not None


def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    named = _SCHEME.fullmatch(parts.scheme) and (parts.netloc or parts.path)
    return bool(named) and _SPACE.search(value) is None


def _formats() -> FormatChecker:
    """Return the two formats of the schema: without them the library takes any text."""
    formats = FormatChecker(formats=())
    formats.checkers = {"date-time": (_is_moment, ()), "uri": (_is_uri, ())}
    return formats
