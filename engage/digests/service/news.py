"""What the digests of a run can tell, read once for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries as advisory
from engage.challenges import queries as challenges
from engage.challenges import service as texts
from engage.challenges.enums import ChallengeState, Listed
from engage.challenges.models import Challenge
from engage.challenges.service.wording import Difference
from engage.digests import queries
from engage.digests.enums import NUMBERED, OF_SESSIONS, Kind, Topic
from engage.digests.service.items import EXCERPT, items
from engage.digests.service.wanting import Filter, Item, wanted_by
from engage.kernel import clock
from engage.kernel.text import excerpt
from engage.kernel.uktime import uk_date

SOON = timedelta(days=7)
"""What closes within a week stands first: it cannot wait for the next digest."""
UNASKED = (Kind.CHANGED, Kind.ENDED_EARLY, Kind.WITHDRAWN, *OF_SESSIONS)
"""What everybody hears who was told of the challenge, whatever they asked for."""


class StaleNewsError(Exception):
    """A challenge is not as it was read: what was chosen must be chosen anew."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Entry:
    """Something that a digest can say, with its words. ``number`` is its place in the news."""

    number: int
    challenge_id: int
    ref: str
    title: str
    department: str
    excerpt: str
    closes_on: date | None
    kind: Kind
    at: datetime
    version: int
    """Of the text that is public; of what a session brought, its number."""
    item: Item | None = None
    """What filters look at; ``None`` for what is not asked for."""
    fact: str = ""
    """As the ledger calls what a letter may have told already; empty when no letter tells it."""
    reason: str = ""
    differences: Sequence[Difference] = ()
    detail: str = ""
    """What a session brought, in a sentence."""
    place: str = ""
    """Where on the page of the challenge it stands."""
    key: queries.Key = field(init=False)
    """What must not be told twice."""

    def __post_init__(self) -> None:
        key = self.challenge_id, self.kind.value, self.version if self.kind in NUMBERED else 0
        object.__setattr__(self, "key", key)

    @property
    def kept(self) -> dict[str, Any]:
        """The entry as an edition keeps it."""
        return {"challenge": self.challenge_id, "kind": self.kind.value, "version": self.version}


@dataclass(frozen=True, eq=False)
class News:
    """What happened in a span of time, oldest first, for the filters it was read for."""

    entries: Sequence[Entry]
    stamps: Mapping[int, str]
    """How each challenge stood when it was read: see ``queries.stamps``."""
    today: date
    _wanted: dict[Filter, tuple[Entry, ...]] = field(default_factory=dict)
    _within: dict[tuple[Filter, datetime, datetime], tuple[Entry, ...]] = field(default_factory=dict)

    @cached_property
    def unasked(self) -> Sequence[Entry]:
        """What goes to everybody who was told of the challenge before."""
        return [entry for entry in self.entries if entry.kind in UNASKED]

    @cached_property
    def known_to_some(self) -> bool:
        """Whether digests may have told of something in it already, even to who has one subscription."""
        return bool(self.unasked) or any(one.item is not None and one.item.again for one in self.entries)

    def within(self, asked: Filter, start: datetime, end: datetime) -> tuple[Entry, ...]:
        """Return what a filter lets through in (``start``, ``end``]; worked out once for all with this window."""
        key = (asked, start, end)
        found = self._within.get(key)
        if found is None:
            found = tuple(entry for entry in self.wanted(asked) if start < entry.at <= end)
            self._within[key] = found
        return found

    def wanted(self, asked: Filter) -> tuple[Entry, ...]:
        """Return what a filter lets through, the most relevant first; worked out once for each filter."""
        found = self._wanted.get(asked)
        if found is None:
            fits = wanted_by(asked)
            fitting = [one for one in self.entries if one.item and one.item.is_news and fits(one.item)]
            found = self._wanted[asked] = in_order(fitting, asked, today=self.today)
        return found


def in_order(entries: Iterable[Entry], asked: Filter, *, today: date) -> tuple[Entry, ...]:
    """Return entries by relevance: words that were searched for in the title first, then what closes within a
    week, the nearest day first, then the newest.
    """
    words = asked.value.casefold().split() if asked.topic is Topic.SEARCH else []

    def place(entry: Entry) -> tuple[bool, bool, date, float, int]:
        title = entry.title.casefold()
        named = bool(words) and all(word in title for word in words)
        soon = entry.closes_on is not None and today <= entry.closes_on <= today + SOON
        last = entry.closes_on if soon and entry.closes_on else date.max
        return not named, not soon, last, -entry.at.timestamp(), entry.challenge_id

    return tuple(sorted(entries, key=place))


def of_session(published: queries.Published) -> str:
    """Return in a sentence what was published of a session."""
    session = f"“{published.meeting.title}” on {uk_date(published.meeting.starts_at)}"
    names = ", ".join(published.files)
    if published.kind is Kind.FILES:
        return f"Files of {session} are with everyone: {names}."
    return f"The minutes of {session} are with everyone" + (f", with these files: {names}." if names else ".")


def read_news(session: Session, *, after: datetime, until: datetime, filters: Collection[Filter]) -> News:
    """Return what happened in (``after``, ``until``], ready for these filters; reads only.

    A few statements, and one for each text that changed.
    """
    found = items(session, after=after, until=until, filters=filters)
    changed = queries.material_changes(session, after=after, until=until)
    published = queries.published_of_sessions(session, after=after, until=until)
    ids = {item.challenge_id for item in found} | {version.challenge_id for version in changed}
    ids |= {one.meeting.challenge_id for one in published}
    rows = {row.id: row for row in session.scalars(sa.select(Challenge).where(Challenge.id.in_(ids)))}
    versions = queries.public_versions(session, ids)
    drafts = [_of_item(item, rows[item.challenge_id]) for item in found]
    drafts += [_of_change(session, rows[version.challenge_id], version.number) for version in changed]
    drafts += [_of_session(one) for one in published]
    drafts.sort(key=lambda draft: (draft["at"], draft["challenge_id"]))
    entries = [
        Entry(number=number, **{"version": versions.get(draft["challenge_id"], 0), **draft})
        for number, draft in enumerate(drafts)
    ]
    return News(entries, queries.stamps(session, ids), clock.uk_today())


def read_again(session: Session, kept: Sequence[Mapping[str, Any]], *, only_open: bool = True) -> list[Entry]:
    """Return the entries of an edition with the words of today, in its order; what can no longer be told is left out.

    Left out is everything about what is not public. With ``only_open``, as for a mail that is yet to go, openings of
    what is not open any more are left out too, and what became of a challenge that is over by now is told by its end.
    """
    ids = {item["challenge"] for item in kept}
    rows = {row.id: row for row in session.scalars(sa.select(Challenge).where(Challenge.id.in_(ids)))}
    versions = queries.public_versions(session, ids)
    found: list[Entry] = []
    for item in kept:
        challenge, kind = rows[item["challenge"]], Kind(item["kind"])
        if not (challenge.is_open if only_open and kind is Kind.OPEN else challenge.is_public):
            continue
        kind = _by_now(kind, challenge) if only_open else kind
        version = versions.get(challenge.id, 0)
        draft: dict[str, Any] = {**_words(challenge), "kind": kind, "at": challenge.updated_at}
        if kind in OF_SESSIONS:
            published = queries.published_again(session, kind=kind, number=item["version"])
            if published is None:
                continue
            draft |= _of_session(published)
        else:
            draft |= (
                _of_change(session, challenge, version) if kind is Kind.CHANGED else _of_end(kind, challenge)
            )
        entry = Entry(number=len(found), **{"version": version, **draft})
        if entry.key not in {one.key for one in found}:
            found.append(entry)
    return found


def _by_now(kind: Kind, challenge: Challenge) -> Kind:
    """Return what is so today of a challenge of which an edition says ``kind``: one that is withdrawn has no other
    stages any more, and one that ended early is not changed but over.
    """
    if challenge.state is ChallengeState.WITHDRAWN:
        return Kind.WITHDRAWN
    return Kind.ENDED_EARLY if kind is Kind.CHANGED and challenge.ended_early_at is not None else kind


def _of_end(kind: Kind, challenge: Challenge) -> dict[str, Any]:
    """Return the reason that was given for an end, and the fact by which letters tell it; of other kinds neither."""
    if kind is Kind.WITHDRAWN:
        return {"fact": f"withdrawal:{challenge.ref}", "reason": challenge.withdrawn_reason or ""}
    if kind is Kind.ENDED_EARLY:
        return {"fact": f"early-end:{challenge.ref}", "reason": challenge.ended_early_reason or ""}
    return {}


def _of_item(item: Item, challenge: Challenge) -> dict[str, Any]:
    kind = Kind(item.stage.value)
    if item.stage is Listed.CLOSED and challenge.state is ChallengeState.WITHDRAWN:
        kind = Kind.WITHDRAWN
    elif item.stage is Listed.FINDINGS_DUE and challenge.ended_early_at == item.at:
        kind = Kind.ENDED_EARLY
    return {**_words(challenge), "kind": kind, "at": item.at, "item": item, **_of_end(kind, challenge)}


def _of_change(session: Session, challenge: Challenge, number: int) -> dict[str, Any]:
    published = challenges.published_versions(session, challenge_id=challenge.id)
    place = next(place for place, each in enumerate(published) if each.number == number)
    new, old = published[place], published[place - 1]
    return {
        **_words(challenge),
        "kind": Kind.CHANGED,
        "at": new.published_at,
        "version": number,
        "fact": f"version:{challenge.ref}/{number}",
        "reason": new.reason,
        "differences": texts.differences(old.content, new.content),
    }


def _of_session(published: queries.Published) -> dict[str, Any]:
    meeting = published.meeting
    if published.kind is Kind.MINUTES:
        fact = advisory.fact_of_minutes(meeting)
    else:
        fact = advisory.fact_of_files(meeting, first_id=published.number)
    return {
        **_words(meeting.challenge),
        "kind": published.kind,
        "at": published.at,
        "version": published.number,
        "fact": fact,
        "detail": of_session(published),
        "place": f"session-{meeting.ref}",
    }


def _words(challenge: Challenge) -> dict[str, Any]:
    return {
        "challenge_id": challenge.id,
        "ref": challenge.ref,
        "title": challenge.title,
        "department": challenge.organisation.name,
        "excerpt": excerpt(challenge.problem, length=EXCERPT),
        "closes_on": challenge.closes_on,
    }
