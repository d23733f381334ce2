"""Public code lists: CPV (what is bought) and ITL 1 (regions of the United Kingdom).

CPV codes are kept as eight digits without the check digit. Where the lists come from: ``data/README.md``.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from engage.kernel.text import one_line

REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "TLC": "North East",
        "TLD": "North West",
        "TLE": "Yorkshire and The Humber",
        "TLF": "East Midlands",
        "TLG": "West Midlands",
        "TLH": "East of England",
        "TLI": "London",
        "TLJ": "South East",
        "TLK": "South West",
        "TLL": "Wales",
        "TLM": "Scotland",
        "TLN": "Northern Ireland",
    }
)
"""Code and name of each ITL 1 region, in the order of the codes."""

_COUNTRY = ("TLL", "TLM", "TLN")
_ENGLAND = tuple(code for code in REGIONS if code not in _COUNTRY)
_WIDER: Mapping[str, tuple[str, ...]] = {
    "any region": tuple(REGIONS),
    "england": _ENGLAND,
    "great britain": tuple(code for code in REGIONS if code != "TLN"),
    "uk": tuple(REGIONS),
    "united kingdom": tuple(REGIONS),
    "east": ("TLH",),
}
_OUTSIDE: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    (
        "british oversea territories",
        "british overseas territories",
        "channel islands",
        "europe",
        "isle of man",
        "other country",
        "overseas",
        "rest of the world",
        "usa",
    ),
    (),
)
"""Places that notices name as regions and that are none of the United Kingdom."""
_BY_NAME: Mapping[str, tuple[str, ...]] = {name.casefold(): (code,) for code, name in REGIONS.items()} | {
    **_WIDER,
    **_OUTSIDE,
}
_REGION_CODE = re.compile(r"(?:TL|UK)([C-N])[A-Z0-9]{0,3}", re.IGNORECASE)
_CPV = re.compile(r"([0-9]{2,8})(?:-([0-9]))?")
_DIGITS = 8
_DIVISION = 2


@lru_cache(maxsize=1)
def _cpv() -> Mapping[str, tuple[str, str]]:
    """Return eight digits → (check digit, label)."""
    source = resources.files("engage.kernel") / "data" / "cpv_2008_en.csv"
    rows = csv.DictReader(source.read_text("utf-8").splitlines())
    return {row["code"][:_DIGITS]: (row["code"][-1], row["label"]) for row in rows}


def cpv_code(text: str) -> str:
    """Return the CPV code written in ``text`` as eight digits: "72", "72000000" and "72000000-5" are one.

    Raises ``ValueError``, with a sentence for the person, for what is no code of the 2008 list.
    """
    found = _CPV.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"“{text.strip()}” is no CPV code: write 8 digits, like 72000000.")
    code, check = found[1].ljust(_DIGITS, "0"), found[2]
    known = _cpv().get(code)
    if known is None:
        raise ValueError(f"{code} is not in the CPV 2008 list.")
    if check is not None and check != known[0]:
        raise ValueError(f"{code}-{check} has a wrong check digit: did you mean {code}-{known[0]}?")
    return code


def cpv_label(code: str) -> str:
    """Return what a CPV code (eight digits, with or without check digit) stands for; the code if unknown."""
    known = _cpv().get(code[:_DIGITS])
    return known[1] if known else code


def cpv_overlap(codes: Iterable[str], within: Iterable[str]) -> tuple[str, ...]:
    """Return those of ``codes`` that lie within one of the codes ``within``: the same or finer, in order.

    "72212517" lies within "72000000"; "72000000" does not lie within "72212517".
    """
    prefixes = tuple(_significant(code) for code in within)
    return tuple(code for code in codes if code.startswith(prefixes)) if prefixes else ()


def _significant(code: str) -> str:
    digits = code[:_DIGITS]
    return digits[:_DIVISION] + digits[_DIVISION:].rstrip("0")


def region_codes(text: str) -> tuple[str, ...]:
    """Return the ITL 1 codes of a region written as name or as ITL or NUTS code, in order.

    "London", "TLI", "UKI4" give one; "England", "United Kingdom", "Any region" give several; so do names
    separated by commas. Places outside the United Kingdom give none. Raises ``ValueError``, with a sentence
    for the person, for what is no region.
    """
    found: set[str] = set()
    for part in filter(None, map(one_line, text.split(","))):
        code = _REGION_CODE.fullmatch(part)
        if code is not None:
            found.add(f"TL{code[1].upper()}")
        elif part.casefold() in _BY_NAME:
            found.update(_BY_NAME[part.casefold()])
        else:
            raise ValueError(f"“{part}” is no region: use one of {', '.join(REGIONS.values())}.")
    return tuple(sorted(found))


def region_names(codes: Iterable[str]) -> str:
    """Return the names of regions as one phrase: all of them are "United Kingdom"."""
    held = [code for code in REGIONS if code in set(codes)]
    if len(held) == len(REGIONS):
        return "United Kingdom"
    if tuple(held) == _ENGLAND:
        return "England"
    return ", ".join(REGIONS[code] for code in held)
