"""Stable identifiers of organisations: how each register writes its numbers, and the one way engage keeps
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engage.accounts.enums import Scheme
from engage.kernel.errors import Invalid

COMPANY_NUMBER_LENGTH = 8
CHARITY_DIGITS = 5
LEI_REMAINDER = 1


@dataclass(frozen=True)
class Register:
    """How a register's numbers look: ``pattern`` after tidying, ``tidy`` brings what people type into that
    form.
    """

    name: str
    number: str
    example: str
    pattern: re.Pattern[str]
    tidy: Callable[[str], str] = str
    check: Callable[[str], bool] = bool


def _company(text: str) -> str:
    """Companies House numbers have eight characters; people leave out the zeros in front or after the
    letters.
    """
    found = re.fullmatch(r"([A-Z]{0,2})([0-9]+)", text)
    if not found:
        return text
    letters, digits = found.groups()
    return letters + digits.zfill(COMPANY_NUMBER_LENGTH - len(letters))


def _scottish_charity(text: str) -> str:
    digits = text.removeprefix("SC").lstrip("0")
    return f"SC{digits.zfill(CHARITY_DIGITS + 1)}" if digits.isdecimal() else text


def _northern_irish_charity(text: str) -> str:
    return text.removeprefix("NIC")


def _ppon(text: str) -> str:
    plain = text.replace("-", "")
    return f"{plain[:4]}-{plain[4:8]}-{plain[8:]}" if len(plain) == 12 else text


def _lei_is_sound(value: str) -> bool:
    """Check the two last digits (ISO 17442: the number, letters as 10 to 35, leaves 1 when divided by 97)."""
    return int("".join(str(int(sign, 36)) for sign in value)) % 97 == LEI_REMAINDER


REGISTERS: dict[Scheme, Register] = {
    Scheme.COMPANIES_HOUSE: Register(
        name="Companies House",
        number="Company number",
        example="8 characters, like 01234567 or SC123456",
        pattern=re.compile(r"[0-9]{8}|R[0-9]{7}|[A-Z]{2}[0-9]{5}[0-9A-Z]|[A-Z]{2}[0-9]{4}[A-Z]{2}"),
        tidy=_company,
    ),
    Scheme.CHARITY_COMMISSION: Register(
        name="Charity Commission for England and Wales",
        number="Charity number",
        example="6 or 7 digits, like 1012345",
        pattern=re.compile(r"[1-9][0-9]{5,6}"),
    ),
    Scheme.SCOTTISH_CHARITIES: Register(
        name="Scottish Charity Register",
        number="Scottish charity number",
        example="SC and 6 digits, like SC012345",
        pattern=re.compile(r"SC[0-9]{6}"),
        tidy=_scottish_charity,
    ),
    Scheme.NORTHERN_IRISH_CHARITIES: Register(
        name="Charity Commission for Northern Ireland",
        number="Northern Ireland charity number",
        example="6 digits, like 101234",
        pattern=re.compile(r"[1-9][0-9]{5}"),
        tidy=_northern_irish_charity,
    ),
    Scheme.PPON: Register(
        name="Central digital platform (Find a Tender)",
        number="Public procurement organisation number (PPON)",
        example="like ABCD-1234-EFGH",
        pattern=re.compile(r"[A-Z]{4}-[0-9]{4}-[A-Z]{4}"),
        tidy=_ppon,
    ),
    Scheme.GOVERNMENT_ORGANISATIONS: Register(
        name="Government organisation register",
        number="Government organisation code",
        example="letters and a number, like D13 or EA61",
        pattern=re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,3}"),
    ),
    Scheme.LEI: Register(
        name="Legal entity identifier (organisations outside the UK)",
        number="Legal entity identifier (LEI)",
        example="20 characters",
        pattern=re.compile(r"[0-9A-Z]{18}[0-9]{2}"),
        check=_lei_is_sound,
    ),
}


def normalise(scheme: Scheme, text: str) -> str:
    """Return ``text`` as engage keeps numbers of ``scheme``: upper case, no spaces, padded as the register
    does.

    Raises ``Invalid`` on the field ``number`` when it cannot be a number of that register. Only the form is
    checked; that the number belongs to the organisation is what the platform's team looks at.
    """
    register = REGISTERS[scheme]
    value = register.tidy(re.sub(r"[\s.]+", "", text).upper())
    if not register.pattern.fullmatch(value) or not register.check(value):
        raise Invalid({"number": f"{register.number} must be {register.example}"})
    return value
