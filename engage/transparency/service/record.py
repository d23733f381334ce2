"""What a preliminary market engagement notice is made from: one value, read from rows once, free of the database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from engage.kernel.clock import UK
from engage.kernel.codes import REGIONS
from engage.transparency.enums import AuthorityType, Category, Devolved, PartyPart, Subject

PPON = re.compile(r"[A-Z]{4}-[0-9]{4}-[A-Z]{4}")
"""The form of a Public Procurement Organisation Number on Find a Tender."""
LAST_SECOND = time(23, 59, 59)


@dataclass(frozen=True, kw_only=True)
class Address:
    """A postal address; every part may be empty."""

    street: str = ""
    locality: str = ""
    postal_code: str = ""
    region: str = ""
    """An ITL 1 code, like ``TLI``."""

    @property
    def complete(self) -> bool:
        """Whether a letter would arrive."""
        return bool(self.street and self.locality and self.postal_code)

    @property
    def lines(self) -> list[str]:
        """The address as it stands on an envelope."""
        return [line for line in (*self.street.split("\n"), self.locality, self.postal_code) if line]


@dataclass(frozen=True, kw_only=True)
class Party:
    """An organisation in the notice."""

    name: str
    ppon: str = ""
    address: Address = field(default_factory=Address)
    email: str = ""
    part: PartyPart = PartyPart.JOINT
    role: str = ""
    """A summary of what it does, for one that acts on behalf of the authority."""


@dataclass(frozen=True, kw_only=True)
class Authority:
    """The department that publishes the notice."""

    name: str
    ppon: str = ""
    other_ids: Sequence[tuple[str, str]] = ()
    """Other identifiers: scheme and number."""
    address: Address = field(default_factory=Address)
    email: str = ""
    website: str = ""
    kind: AuthorityType | None = None
    devolved: Devolved | None = None


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Whom to ask about the notice (reg 13(f)). Without an address of their own that of the authority counts."""

    name: str = ""
    email: str = ""
    telephone: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """A session to which suppliers can come."""

    title: str
    place: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Annex:
    """A file that belongs to the text of the challenge."""

    name: str
    url: str
    mime: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class NoticeRecord:
    """Everything a notice says. Money is in whole pounds; empty means not given."""

    ref: str
    title: str
    problem: str = ""
    purposes: Sequence[str] = ()
    """The purposes of s.16(1), by the values of ``EngagementPurpose``."""
    authority: Authority
    parties: Sequence[Party] = ()
    contact: Contact = field(default_factory=Contact)

    category: Category | None = None
    kinds: str = ""
    how: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    quantity: str = ""
    value_net: int | None = None
    value_gross: int | None = None
    above_threshold: bool | None = None
    cpv: Sequence[str] = ()
    regions: Sequence[str] = ()
    """ITL 1 codes; all of them mean the whole of the United Kingdom."""
    abroad: str = ""
    """Where outside the United Kingdom: a country, or a country and a region."""
    not_known: frozenset[Subject] = frozenset()
    """What the department says it does not know yet (reg 14(1): so far as it is known)."""
    sme: bool | None = None
    vcse: bool | None = None

    opens_on: date | None = None
    closes_on: date | None = None
    process: str = ""
    events: Sequence[Event] = ()
    steps: Sequence[str] = ()
    """What was done so that nobody has an unfair advantage (s.16(3)), up to the recording of the notice."""
    languages: Sequence[str] = ("en",)
    tender_notice_on: date | None = None
    annexes: Sequence[Annex] = ()

    notice_number: str = ""
    ocid: str = ""
    recorded_at: datetime | None = None
    """When the number and the ocid were recorded."""
    changed_at: datetime
    """When anything above changed last, the number and the ocid apart."""
    today: date
    """The day on which the notice is made, UK time: by it an engagement is to come or over."""

    @property
    def published(self) -> bool:
        """Whether the notice is on Find a Tender, as recorded here."""
        return bool(self.notice_number and self.ocid)

    @property
    def dated(self) -> datetime:
        """When the notice became what it is: the last change, the recording, or the end of the engagement."""
        moments = [self.changed_at]
        if self.recorded_at is not None:
            moments.append(self.recorded_at)
        if self.is_over and self.closes_on is not None:
            moments.append(_last_moment(self.closes_on))
        return max(moments)

    @property
    def is_correction(self) -> bool:
        """Whether the notice is no longer what was recorded: something changed, or the engagement has closed."""
        return self.published and self.recorded_at is not None and self.dated > self.recorded_at

    @property
    def is_over(self) -> bool:
        """Whether the engagement has closed."""
        return self.closes_on is not None and self.closes_on < self.today

    @property
    def everywhere(self) -> bool:
        """Whether the place is the whole of the United Kingdom."""
        return set(self.regions) == set(REGIONS)


def start_of(day: date) -> str:
    """Return the first moment of ``day`` in the United Kingdom, as RFC 3339 with its offset."""
    return datetime.combine(day, time(), tzinfo=UK).isoformat()


def end_of(day: date) -> str:
    """Return the last second of ``day`` in the United Kingdom, as RFC 3339 with its offset."""
    return _last_moment(day).isoformat()


def whole_seconds(moment: datetime) -> str:
    """Return ``moment`` on the UK clock as RFC 3339 with its offset, without fractions of a second."""
    return (moment.astimezone(UK) - timedelta(microseconds=moment.microsecond)).isoformat()


def _last_moment(day: date) -> datetime:
    return datetime.combine(day, LAST_SECOND, tzinfo=UK)
