"""What somebody asks for, checked: each kind against the list it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.challenges.enums import Listed
from engage.digests.enums import Cadence, Topic
from engage.digests.service.wanting import Filter
from engage.kernel import codes
from engage.kernel.errors import Invalid, NotFound
from engage.kernel.text import one_line
from engage.suppliers import queries as suppliers

LONGEST_SEARCH = 200
CPV_DIGITS = re.compile(r"[0-9]{2,8}(-[0-9])?")


@dataclass(frozen=True)
class Wish:
    """What somebody asks to be told, and when. ``value`` is as they wrote it; see ``Subscription.value``."""

    topic: Topic
    value: str = ""
    cadence: Cadence = Cadence.WEEKLY
    weekday: int = 1
    hour: int = 8
    stage: Listed = Listed.OPEN
    department_id: int | None = None
    """Of a search: only in what this department publishes."""


def checked_filter(session: Session, wish: Wish) -> Filter:
    """Return what a wish is about, in the form in which it is kept: CPV codes with eight digits, merged capabilities
    under the one they became.

    Raises ``Invalid``, with a sentence that names the mend, by the field of its kind.
    """
    value = _CHECKS[wish.topic](session, wish.value)
    within = wish.department_id if wish.topic is Topic.SEARCH else None
    if within is not None and within not in {each.id for each in accounts.departments(session)}:
        raise Invalid({"within": "Choose a department from the list"})
    return Filter(wish.topic, value, wish.stage, within)


def _nothing(_session: Session, _value: str) -> str:
    return ""


def _department(session: Session, value: str) -> str:
    if value not in {str(each.id) for each in accounts.departments(session)}:
        raise Invalid({"department": "Choose a department"})
    return value


def _capability(session: Session, value: str) -> str:
    try:
        found = suppliers.capability(session, slug=value)
    except NotFound:
        raise Invalid({"capability": "Choose a capability from the list"}) from None
    found = found.merged_into or found
    if found.retired_at is not None:
        raise Invalid({"capability": f"“{found.name}” is no longer in use: choose another capability"})
    return found.slug


def _cpv(_session: Session, value: str) -> str:
    if not value.strip():
        raise Invalid({"cpv": "Enter a CPV code, or its first digits, like 72 for IT services"})
    try:
        return codes.cpv_code(value)
    except ValueError as problem:
        said = str(problem)
        if not CPV_DIGITS.fullmatch(value.strip()):
            said = f"“{one_line(value)}” is no CPV code: enter its digits, or at least the first two, like 72"
        raise Invalid({"cpv": said}) from problem


def _region(_session: Session, value: str) -> str:
    if value not in codes.REGIONS:
        raise Invalid({"region": "Choose a region"})
    return value


def _search(session: Session, value: str) -> str:
    words = one_line(value)
    if not words or len(words) > LONGEST_SEARCH:
        raise Invalid({"words": f"Enter the words to look for, at most {LONGEST_SEARCH} characters"})
    if not session.scalar(sa.select(sa.func.numnode(sa.func.websearch_to_tsquery("english", words)))):
        raise Invalid(
            {"words": "These words are in every text, so nothing can be found by them: add another word"}
        )
    return words


def _elsewhere(_session: Session, _value: str) -> str:
    raise Invalid({"topic": "What needs you at your department is asked for on its board"})


_CHECKS: dict[Topic, Callable[[Session, str], str]] = {
    Topic.EVERYTHING: _nothing,
    Topic.DEPARTMENT: _department,
    Topic.CAPABILITY: _capability,
    Topic.CPV: _cpv,
    Topic.REGION: _region,
    Topic.SEARCH: _search,
    Topic.NEEDS: _elsewhere,
}
