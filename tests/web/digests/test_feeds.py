"""Feeds: the same challenges as the list, only what is public, and nothing sent twice to who has it."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy.orm import Session

from engage.advisory.enums import SessionState
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from tests.factories import advisory, challenges
from tests.support.client import DistrustfulClient

ATOM = "{http://www.w3.org/2005/Atom}"
KINDS = ("/feeds/challenges.atom", "/feeds/challenges.json", "/feeds/changes.atom", "/feeds/changes.json")


def titles(client: DistrustfulClient, address: str) -> list[str]:
    body = client.get(address).data
    if ".json" in address:
        return [item["title"] for item in json.loads(body)["items"]]
    return [str(each.findtext(f"{ATOM}title")) for each in ET.fromstring(body).iter(f"{ATOM}entry")]


def public(session: Session, title: str, **values: object) -> Challenge:
    made = challenges.challenge(session, **{"state": ChallengeState.PUBLISHED, "title": title, **values})  # type: ignore[arg-type]  # columns
    session.commit()
    return made


def test_an_entry_says_what_a_reader_needs(session: Session, client: DistrustfulClient) -> None:
    found = public(session, "Fewer <empty> seats & \x0bmore", problem="One in five is empty.")
    answer = client.get("/feeds/challenges.atom")
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(answer.data)
    assert root.findtext(f"{ATOM}id") == "http://engage.test/feeds/challenges.atom"
    entry = root.find(f"{ATOM}entry")
    assert entry is not None
    page = f"http://engage.test/challenges/{found.ref}"
    assert entry.findtext(f"{ATOM}id") == page
    assert entry.findtext(f"{ATOM}title") == "Fewer <empty> seats &  more"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == found.organisation.name
    assert found.published_at is not None
    assert entry.findtext(f"{ATOM}updated") == found.published_at.isoformat()
    (item,) = json.loads(client.get("/feeds/challenges.json").data)["items"]
    assert (item["id"], item["url"]) == (page, page)
    assert item["content_text"].startswith("One in five is empty.")


@pytest.mark.parametrize("address", KINDS)
def test_nothing_hidden_is_in_a_feed(session: Session, client: DistrustfulClient, address: str) -> None:
    for state in (ChallengeState.DRAFT, ChallengeState.APPROVED, ChallengeState.NOTICE_PENDING):
        challenges.challenge(session, state=state, title="Secret", published_at=clock.now())
    public(session, "Known")
    assert [title.removeprefix("New: ") for title in titles(client, f"{address}?state=all")] == ["Known"]


@pytest.mark.parametrize("address", KINDS)
def test_a_feed_has_the_filters_of_the_list(
    session: Session, client: DistrustfulClient, address: str
) -> None:
    kelp = public(session, "Kelp", published_at=clock.now() - timedelta(days=2))
    public(session, "Rails")
    over = public(session, "Kelp is over", state=ChallengeState.CLOSED, closed_at=clock.now())

    def shown(query: str) -> set[str]:
        return {title.rpartition(": ")[2] for title in titles(client, f"{address}?{query}")}

    assert shown("") == {"Kelp", "Rails"}
    assert shown("q=kelp") == {"Kelp"}
    assert shown("q=kelp&state=all") == {"Kelp", "Kelp is over"}
    assert shown(f"department={kelp.organisation_id}") == {"Kelp"}
    assert shown(f"department={over.organisation_id}&state=closed") == {"Kelp is over"}
    assert shown("department=nonsense&state=nonsense") == {"Kelp", "Rails"}


def test_changes_tell_each_thing_that_happened_newest_first(
    session: Session, client: DistrustfulClient
) -> None:
    now = clock.now()
    public(
        session,
        "Kelp",
        state=ChallengeState.WITHDRAWN,
        published_at=now - timedelta(days=9),
        withdrawn_at=now - timedelta(days=1),
    )
    public(
        session,
        "Rails",
        state=ChallengeState.CLOSED,
        published_at=now - timedelta(days=80),
        closes_on=(now - timedelta(days=40)).date(),
        closed_at=now - timedelta(days=3),
    )
    public(session, "Long ago", published_at=now - timedelta(days=91))
    assert titles(client, "/feeds/changes.atom?state=all") == [
        "Withdrawn: Kelp",
        "Closed: Rails",
        "Suppliers have been heard: Rails",
        "New: Rails",
    ]


@pytest.mark.parametrize("address", KINDS)
def test_who_has_it_gets_nothing_again(session: Session, client: DistrustfulClient, address: str) -> None:
    public(session, "Kelp", published_at=clock.now() - timedelta(hours=2))
    first = client.get(address)
    condition = {"If-None-Match": first.headers["ETag"]}
    again = client.get(address, headers=condition)
    assert (again.status_code, again.data) == (304, b"")
    head = client.head(address)
    assert (head.status_code, head.headers["ETag"], head.data) == (200, first.headers["ETag"], b"")
    public(session, "Rails")
    assert client.get(address, headers=condition).status_code == 200


@pytest.mark.parametrize("address", KINDS)
def test_who_asks_by_date_hears_that_a_challenge_went_out_of_view(
    session: Session, client: DistrustfulClient, address: str
) -> None:
    public(session, "Kelp", published_at=clock.now() - timedelta(days=3))
    gone = public(session, "Rails", published_at=clock.now() - timedelta(days=1))
    first = client.get(address)
    assert "Last-Modified" not in first.headers
    gone.state = ChallengeState.NOTICE_PENDING
    session.commit()
    asked_by_date = {"If-Modified-Since": format_datetime(clock.now(), usegmt=True)}
    again = client.get(address, headers=asked_by_date)
    assert (again.status_code, b"Kelp" in again.data, b"Rails" in again.data) == (200, True, False)


def test_an_empty_feed_is_a_feed(client: DistrustfulClient) -> None:
    for address in KINDS:
        assert titles(client, address) == []


def test_pages_announce_the_feeds_with_their_filters(session: Session, client: DistrustfulClient) -> None:
    found = public(session, "Kelp")
    page = client.get("/challenges?q=kelp&state=all").get_data(as_text=True)
    link = 'rel="alternate" type="application/atom+xml" title="Challenges (Atom)" '
    assert f'{link}href="/feeds/challenges.atom?q=kelp&amp;state=all"' in page
    for address in ("/", f"/challenges/{found.ref}", "/alerts"):
        assert f'{link}href="/feeds/challenges.atom"' in client.get(address).get_data(as_text=True)


def test_minutes_are_among_what_happened_and_lead_to_their_session(
    session: Session, client: DistrustfulClient
) -> None:
    found = public(session, "Kelp", published_at=clock.now() - timedelta(days=9))
    meeting = advisory.meeting(
        session,
        challenge=found,
        title="Roundtable on kelp",
        starts_at=clock.now() - timedelta(days=2),
        state=SessionState.HELD,
        minutes="Kelp grows.",
        minutes_published_at=clock.now() - timedelta(days=1),
    )
    advisory.meeting(session, challenge=found, starts_at=clock.now() - timedelta(days=3))
    session.commit()
    assert titles(client, "/feeds/changes.atom") == ["Minutes of a session: Kelp", "New: Kelp"]
    item = json.loads(client.get("/feeds/changes.json").data)["items"][0]
    assert item["url"] == f"http://engage.test/challenges/{found.ref}#session-{meeting.ref}"
    assert item["content_text"].startswith("The minutes of “Roundtable on kelp” on ")
