"""What may stand in the details of a notice, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from engage.kernel.codes import REGIONS, cpv_code
from engage.kernel.errors import Invalid
from engage.transparency.enums import Language
from engage.transparency.service.checks import EMAIL
from engage.transparency.service.record import PPON

LONGEST = 10_000
LONGEST_LINE = 200
MOST_POUNDS = 10**12
MOST_CODES = 20


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` (by column) as they are kept: ends stripped, codes in one form, no doubles.

    Raises ``Invalid`` with a message for each that cannot stand. Empty is fine: what is missing stands on a list.
    """
    wrong: dict[str, str] = {}
    kept: dict[str, Any] = {}
    for field, value in values.items():
        try:
            kept[field] = _CHECKS.get(field, _line)(value)
        except ValueError as problem:
            wrong[field] = str(problem)
    if wrong:
        raise Invalid(wrong)
    return kept


def in_order(values: Mapping[str, Any], *, closing: date | None) -> None:
    """Raise ``Invalid`` when dates or amounts contradict each other.

    ``values`` are all the details of a notice by column; ``closing`` is the closing date of the challenge.
    """
    closes = values["closes_on"] or closing
    starts, ends, tender = values["starts_on"], values["ends_on"], values["tender_notice_on"]
    net, gross = values["value_net"], values["value_gross"]
    wrong = {}
    if starts and ends and ends <= starts:
        wrong["ends_on"] = "The contract must end after it starts"
    if starts and tender and starts <= tender:
        wrong["starts_on"] = "The contract must start after the tender notice"
    if net is not None and gross is not None and gross < net:
        wrong["value_gross"] = "The value with VAT cannot be less than the value without VAT"
    if values["opens_on"] and closes and closes < values["opens_on"]:
        wrong["opens_on"] = "The engagement must start before it closes"
    if wrong:
        raise Invalid(wrong)


def _line(value: str | None) -> str:
    text = " ".join((value or "").split())
    if len(text) > LONGEST_LINE:
        raise ValueError(f"Use {LONGEST_LINE} characters or fewer")
    return text


def _text(value: str | None) -> str:
    text = (value or "").strip()
    if len(text) > LONGEST:
        raise ValueError(f"Use {LONGEST:,} characters or fewer")
    return text


def _as_given(value: Any) -> Any:
    return value


def _email(value: str | None) -> str:
    text = _line(value)
    if text and not EMAIL.fullmatch(text):
        raise ValueError("Enter an email address in the correct format, like name@example.com")
    return text


def _ppon(value: str | None) -> str:
    text = _line(value).upper().removeprefix("GB-PPON-")
    if text and not PPON.fullmatch(text):
        raise ValueError("Enter the number as Find a Tender shows it, like PABC-1234-DEFG")
    return text


def _website(value: str | None) -> str:
    text = _line(value)
    if text and (not text.startswith(("https://", "http://")) or " " in text):
        raise ValueError("Enter an address that begins with https://")
    return text


def _pounds(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= MOST_POUNDS:
        raise ValueError("Enter an amount in whole pounds, 0 or more")
    return value


def _codes(value: list[str] | None) -> list[str]:
    found = list(dict.fromkeys(cpv_code(each) for each in value or []))
    if len(found) > MOST_CODES:
        raise ValueError(f"Use {MOST_CODES} codes or fewer")
    return found


def _regions(value: list[str] | None) -> list[str]:
    return [code for code in REGIONS if code in set(value or [])]


def _region(value: str | None) -> str:
    if value and value not in REGIONS:
        raise ValueError("Choose a region from the list")
    return value or ""


def _languages(value: list[str] | None) -> list[str]:
    return [language.value for language in Language if language.value in set(value or [])]


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("kinds", "how", "engagement_process", "quantity", "contact_address", "role"), _text),
    **dict.fromkeys(("category", "above_threshold", "sme", "vcse", "kind", "devolved", "part"), _as_given),
    **dict.fromkeys(("starts_on", "ends_on", "tender_notice_on", "opens_on", "closes_on"), _as_given),
    **dict.fromkeys(("email", "contact_email"), _email),
    **dict.fromkeys(("value_net", "value_gross"), _pounds),
    "street": _text,
    "ppon": _ppon,
    "website": _website,
    "cpv": _codes,
    "regions": _regions,
    "region": _region,
    "languages": _languages,
}
