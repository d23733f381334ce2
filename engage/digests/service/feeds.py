"""Feeds for programs: public challenges, and what happened to them, as Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges import service as texts
from engage.challenges.enums import Listed
from engage.challenges.models import Challenge
from engage.digests import queries
from engage.digests.enums import Kind
from engage.digests.service.news import of_session
from engage.kernel import clock
from engage.kernel.settings import settings
from engage.kernel.text import excerpt
from engage.kernel.uktime import uk_date

MOST = 100
LOOKED_BACK = timedelta(days=90)
SUMMARY = 500
_ATOM = "http://www.w3.org/2005/Atom"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_IN_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_HAPPENED = {
    Listed.OPEN: "New",
    Listed.FINDINGS_DUE: "Suppliers have been heard",
    Listed.CLOSED: "Closed",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed."""

    id: str
    url: str
    title: str
    text: str
    department: str
    published: datetime
    updated: datetime
    tag: str


@dataclass(frozen=True, slots=True)
class Feed:
    """Entries with their heading; ``url`` is the feed's own address, ``page`` the page that shows the same."""

    title: str
    url: str
    page: str
    entries: Sequence[Entry]

    @property
    def updated(self) -> datetime | None:
        """When something in it last changed; none while it is empty."""
        return max((entry.updated for entry in self.entries), default=None)


def challenge_entries(session: Session, condition: sa.ColumnElement[bool]) -> list[Entry]:
    """Return the challenges of the public list that meet ``condition``, published last in front, at most a hundred."""
    found = queries.newest(session, condition, most=MOST)
    changed = queries.text_times(session, [one.id for one in found])
    return [_challenge(one, changed.get(one.id)) for one in found]


def change_entries(session: Session, condition: sa.ColumnElement[bool]) -> list[Entry]:
    """Return what happened in the last 90 days to challenges that meet ``condition``, newest first, at most a hundred:
    opened, changed (with reason and what differs), minutes and files of sessions, suppliers heard, closed, withdrawn.
    """
    now = clock.now()
    listed = queries.listed_ids(session, condition)
    happened = queries.happenings(session, after=now - LOOKED_BACK, until=now)
    entries = [_happening(one) for one in happened if one.challenge.id in listed]
    for challenge, new, old in queries.text_changes(session, condition, after=now - LOOKED_BACK, until=now):
        assert new.published_at is not None
        names = ", ".join(one.name for one in texts.differences(old.content, new.content))
        text = f"{new.reason}\n\nWhat differs: {names}"
        entries.append(_entry(challenge, "Changed", f"changed-{new.number}", new.published_at, text))
    published = queries.published_of_sessions(session, after=now - LOOKED_BACK, until=now)
    entries += [_published(one) for one in published if one.meeting.challenge_id in listed]
    return sorted(entries, key=lambda one: (one.updated, one.id), reverse=True)[:MOST]


def atom(feed: Feed) -> bytes:
    """Return a feed as an Atom document."""
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "en-GB"})
    _add(root, "id", feed.url)
    _add(root, "title", feed.title)
    _add(root, "updated", (feed.updated or _NEVER).isoformat())
    ET.SubElement(root, "link", {"rel": "self", "type": "application/atom+xml", "href": feed.url})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.page})
    for entry in feed.entries:
        child = ET.SubElement(root, "entry")
        _add(child, "id", entry.id)
        _add(child, "title", entry.title)
        ET.SubElement(child, "link", {"rel": "alternate", "type": "text/html", "href": entry.url})
        _add(child, "published", entry.published.isoformat())
        _add(child, "updated", entry.updated.isoformat())
        _add(ET.SubElement(child, "author"), "name", entry.department)
        ET.SubElement(child, "category", {"term": entry.tag})
        _add(child, "summary", entry.text)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def json_feed(feed: Feed) -> bytes:
    """Return a feed as a JSON Feed 1.1 document."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.url,
        "language": "en-GB",
        "items": [
            {
                "id": entry.id,
                "url": entry.url,
                "title": entry.title,
                "content_text": entry.text,
                "date_published": entry.published.isoformat(),
                "date_modified": entry.updated.isoformat(),
                "authors": [{"name": entry.department}],
                "tags": [entry.tag],
            }
            for entry in feed.entries
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _challenge(found: Challenge, changed: datetime | None) -> Entry:
    assert found.published_at is not None
    ended = (changed, found.ended_early_at, found.closed_at, found.withdrawn_at)
    url = _page(found)
    closes = f"Closes on {uk_date(found.closes_on)}." if found.closes_on and found.is_open else ""
    return Entry(
        id=url,
        url=url,
        title=found.title,
        text="\n\n".join(filter(None, [excerpt(found.problem, length=SUMMARY), closes])),
        department=found.organisation.name,
        published=found.published_at,
        updated=max([found.published_at, *(moment for moment in ended if moment is not None)]),
        tag="open" if found.is_open else "not open",
    )


def _happening(one: queries.Happening) -> Entry:
    found = one.challenge
    withdrawn = one.stage is Listed.CLOSED and found.withdrawn_at is not None
    text = {
        Listed.OPEN: excerpt(found.problem, length=SUMMARY),
        Listed.FINDINGS_DUE: found.ended_early_reason or "",
        Listed.CLOSED: found.withdrawn_reason or "",
    }[one.stage]
    title = "Withdrawn" if withdrawn else _HAPPENED[one.stage]
    return _entry(found, title, f"{one.stage.value}-{one.at:%Y%m%dT%H%M%SZ}", one.at, text)


def _published(one: queries.Published) -> Entry:
    what = "Minutes" if one.kind is Kind.MINUTES else "Files"
    key = f"{one.kind.value}-{one.number}"
    made = _entry(one.meeting.challenge, f"{what} of a session", key, one.at, of_session(one))
    return replace(made, url=f"{_page(one.meeting.challenge)}#session-{one.meeting.ref}")


def _entry(found: Challenge, what: str, key: str, at: datetime, text: str) -> Entry:
    return Entry(
        id=f"{_page(found)}/changes#{key}",
        url=f"{_page(found)}/changes",
        title=f"{what}: {found.title}",
        text=text,
        department=found.organisation.name,
        published=at,
        updated=at,
        tag=what.lower(),
    )


def _page(found: Challenge) -> str:
    return f"{settings().base_url}/challenges/{found.ref}"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NOT_IN_XML.sub(" ", text)
