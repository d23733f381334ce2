"""Reading what somebody declares: every rule of what can be declared, and whom a counterpart is on engage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.enums import Scheme
from engage.accounts.models import Organisation
from engage.accounts.service.identifiers import normalise
from engage.interests.enums import Appearance, Kind
from engage.interests.models import LONGEST_COOLING_OFF
from engage.interests.service.dates import counts_until
from engage.interests.service.domains import fault_of, same_domain, tidy_domain
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Invalid
from engage.kernel.text import one_line
from engage.kernel.uktime import uk_date

EARLIEST = date(1930, 1, 1)
AHEAD = timedelta(days=366)
FAR = timedelta(days=50 * 366)
LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a person declares, as they told it."""

    kind: Kind
    appearance: Appearance
    counterpart: str
    """The name of the other organisation."""
    starts_on: date
    description: str
    ends_on: date | None = None
    scheme: Scheme = Scheme.COMPANIES_HOUSE
    number: str = ""
    """The number of the other organisation in the register ``scheme``."""
    domain: str = ""
    """The mail domain of the other organisation."""
    cooling_off: int | None = None
    """Months; as long as usual for the kind when not given, never shorter."""


@dataclass
class _Read:
    values: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


def read(session: Session, *, actor: Actor, told: Told) -> dict[str, Any]:
    """Return the columns of a declaration, or raise ``Invalid`` with a sentence for each field that is wrong.

    Fields: ``counterpart``, ``number``, ``domain``, ``starts_on``, ``ends_on``, ``cooling_off``, ``description``.
    Reads the database, writes nothing.
    """
    found = _Read()
    found.values |= {"kind": told.kind, "appearance": told.appearance}
    _read_words(found, told)
    _read_dates(found, told)
    _read_domain(found, told, actor)
    _read_counterpart(session, found, told, actor)
    if found.faults:
        raise Invalid(found.faults)
    return found.values


def _read_words(found: _Read, told: Told) -> None:
    name, words = one_line(told.counterpart), told.description.strip()
    found.values |= {"counterpart_name": name, "description": words}
    if not name:
        found.faults["counterpart"] = "Enter the name of the other organisation"
    elif len(name) > LONGEST_NAME:
        found.faults["counterpart"] = f"The name must be {LONGEST_NAME} characters or fewer"
    if not words:
        found.faults["description"] = "Describe the interest in a sentence or two"
    elif len(words) > LONGEST_DESCRIPTION:
        found.faults["description"] = f"The description must be {LONGEST_DESCRIPTION:,} characters or fewer"


def _read_dates(found: _Read, told: Told) -> None:
    today, usual = clock.uk_today(), told.kind.cooling_off
    months = usual if told.cooling_off is None else told.cooling_off
    found.values |= {"starts_on": told.starts_on, "ends_on": told.ends_on, "cooling_off": months}
    if told.starts_on < EARLIEST:
        found.faults["starts_on"] = f"The start must be {uk_date(EARLIEST)} or later"
    elif told.starts_on > today + AHEAD:
        found.faults["starts_on"] = f"The start must be {uk_date(today + AHEAD)} or earlier"
    if not usual <= months <= LONGEST_COOLING_OFF:
        found.faults["cooling_off"] = (
            f"The time for which it counts after its end must be between {usual} and {LONGEST_COOLING_OFF} months"
        )
        months = usual
    if told.ends_on is None:
        return
    if told.ends_on < told.starts_on:
        found.faults["ends_on"] = "The end must be the same day as the start, or later"
    elif told.ends_on > today + FAR:
        found.faults["ends_on"] = (
            f"The end must be {uk_date(today + FAR)} or earlier: leave it empty if none is known"
        )
    elif (until := counts_until(ends_on=told.ends_on, cooling_off=months)) and until < today:
        found.faults["ends_on"] = (
            f"It has not counted since {uk_date(until)}, so you do not have to declare it"
        )


def _read_domain(found: _Read, told: Told, actor: Actor) -> None:
    domain = tidy_domain(told.domain)
    found.values["counterpart_domain"] = domain
    if not domain:
        return
    fault = fault_of(domain)
    if not fault and same_domain(domain, actor.email.lower().rpartition("@")[2]):
        fault = "This is the domain of your own address: enter that of the other organisation"
    if fault:
        found.faults["domain"] = fault


def _read_counterpart(session: Session, found: _Read, told: Told, actor: Actor) -> None:
    number, name = "", found.values["counterpart_name"]
    if told.number.strip():
        try:
            number = normalise(told.scheme, told.number)
        except Invalid as problem:
            found.faults |= problem.fields
    found.values |= {"counterpart_number": number, "counterpart_scheme": told.scheme.value if number else ""}
    if number:
        same = accounts.organisation_by_identifier(session, scheme=told.scheme.value, value=number)
        known = [same] if same else []
    else:
        known = list(accounts.organisations_named(session, name=name))
    if (
        actor.organisation_id in {each.id for each in known}
        or name.lower() == actor.organisation_name.lower()
    ):
        found.faults["counterpart"] = (
            f"You act for {actor.organisation_name} yourself: name the other organisation"
        )
        return
    # Only those that everybody can see: whether another is registered here is not for everybody to find out.
    open_ones: list[Organisation] = [each for each in known if each.verified]
    if len(open_ones) > 1:
        found.faults["number"] = "Several organisations here have this name: enter its company number too"
    found.values["counterpart_id"] = open_ones[0].id if len(open_ones) == 1 else None
