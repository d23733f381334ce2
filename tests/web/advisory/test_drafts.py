"""Preparing, checking, publishing and removing a session on the department's pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.accounts.queries import actor_of
from engage.advisory import service
from engage.advisory.models import AdvisorySession, SessionDraft
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.uktime import uk_date
from tests.db.advisory.test_sessions import details
from tests.factories import accounts, advisory
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.web.advisory.test_department import filled

Browser = Callable[[Membership], DistrustfulClient]
SEEN = "Draft: only your department sees it."
JOIN = "https://meet.example/room"


@dataclass(frozen=True)
class Scene:
    challenge: Challenge
    member: Membership
    draft: SessionDraft

    @property
    def tab(self) -> str:
        return f"/department/challenges/{self.challenge.ref}/sessions"

    @property
    def page(self) -> str:
        return f"/department/sessions/drafts/{self.draft.ref}"


def scene(session: Session, challenge: Challenge | None = None, **values: object) -> Scene:
    challenge = challenge or advisory.open_challenge(session)
    member = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
    said = details(facilitator_id=member.person_id, title="Pipes and pumps", **values)
    draft = service.prepare(session, actor=actor_of(member.person, member), challenge=challenge, details=said)
    return Scene(challenge, member, draft)


def published(session: Session) -> Sequence[str]:
    return session.scalars(sa.select(AdvisorySession.ref)).all()


def drafts(session: Session) -> Sequence[str]:
    return session.scalars(sa.select(SessionDraft.ref)).all()


def test_the_page_says_what_is_said_to_whom_and_publishes_it(
    session: Session, browser_of: Browser, client: DistrustfulClient
) -> None:
    challenge = advisory.open_challenge(session, state=ChallengeState.PUBLISHED)
    now = clock.now()
    one = scene(
        session,
        challenge,
        starts_at=advisory.at(now.year + 1, 7, 1, 13, 30),
        ends_at=advisory.at(now.year + 1, 7, 1, 15, 0),
        reserved=2,
        reserved_until=advisory.at(now.year + 1, 6, 29, 13, 30),
        closes_at=advisory.at(now.year + 1, 6, 30, 13, 30),
    )
    advisory.invitation(session, challenge=challenge, supplier=advisory.team(session).supplier)
    browser = browser_of(one.member)
    page = browser.get(one.page).text
    words = text_of(page)
    said = [
        SEEN,
        "Pipes and pumps",
        "2:30pm to 4pm (UK time)",
        "2 places are for suppliers that volunteer, until",
        "Places can be taken until",
        "At most one supplier of a corporate group.",
        "What works",
        JOIN,
        one.member.person.name,
        "No email goes out",
        "1 supplier has an invitation to answer and can choose this session at once.",
        "With the first session the engagement begins.",
    ]
    assert [part for part in said if part not in words] == []
    assert "Pipes and pumps" not in client.get(f"/challenges/{challenge.ref}").text

    answer = browser.post(f"{one.page}/publish", data={"revision": "1"})

    assert (answer.status_code, answer.location) == (303, one.tab)
    assert (published(session), drafts(session)) == ([one.draft.ref], [])
    public = client.get(f"/challenges/{challenge.ref}").text
    assert ("Pipes and pumps" in public, JOIN in public) == (True, False)
    tab = text_of(browser.get(one.tab).text)
    assert ("The session is published, and everyone can see it." in tab, SEEN in tab) == (True, False)


def test_the_tab_shows_the_draft_and_the_way_to_its_page(session: Session, browser_of: Browser) -> None:
    one = scene(session)
    page = browser_of(one.member).get(one.tab).text
    wanted = {one.page, f"{one.page}/change", f"{one.page}/remove"}
    assert (SEEN in text_of(page), wanted & set(links(page))) == (True, wanted)


@pytest.mark.parametrize("again", ["/publish", "", "/change", "/remove"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_published_already_leads_to_the_session(
    session: Session, browser_of: Browser, again: str, method: str
) -> None:
    """A second click, a page that was left open, an address in somebody's notes."""
    one = scene(session)
    browser = browser_of(one.member)
    browser.post(f"{one.page}/publish", data={"revision": "1"})
    answer = getattr(browser, method)(f"{one.page}{again}")
    if (method, again) in {("get", "/publish"), ("post", "")}:
        assert answer.status_code == 405
        return
    assert (answer.status_code, answer.location) == (303, one.tab)
    assert published(session) == [one.draft.ref]
    assert "The session has been published already." in text_of(browser.get(one.tab).text)


def test_who_has_not_read_the_change_reads_it_first(session: Session, browser_of: Browser) -> None:
    one = scene(session)
    browser = browser_of(one.member)
    answer = browser.post(f"{one.page}/change", data=filled(one.member, title="Changed by a colleague"))
    assert (answer.status_code, answer.location) == (303, one.page)

    refused = browser.post(f"{one.page}/publish", data={"revision": "1"})

    words = text_of(refused.text)
    assert refused.status_code == 409
    assert ["The draft was changed since" in words, "Changed by a colleague" in words] == [True, True]
    assert published(session) == []
    assert browser.post(f"{one.page}/publish", data={"revision": "2"}).status_code == 303


@pytest.mark.parametrize("revision", ["", "one", "-1", "9" * 40])
def test_nobody_publishes_without_the_page(session: Session, browser_of: Browser, revision: str) -> None:
    one = scene(session)
    answer = browser_of(one.member).post(f"{one.page}/publish", data={"revision": revision})
    assert (answer.status_code, published(session)) == (422, [])


def test_a_draft_whose_time_has_passed_says_what_mends_it(session: Session, browser_of: Browser) -> None:
    one = scene(session)
    browser = browser_of(one.member)
    past = clock.now() - timedelta(hours=2)
    one.draft.starts_at, one.draft.ends_at = past, past + timedelta(hours=1)
    session.flush()
    page = browser.get(one.page).text
    assert "choose a later date and time." in text_of(page)
    assert (f"{one.page}/change" in links(page), "/publish" in page) == (True, False)
    assert "Its time has passed" in text_of(browser.get(one.tab).text)
    answer = browser.post(f"{one.page}/publish", data={"revision": "1"})
    assert (answer.status_code, published(session)) == (409, [])

    unchanged = browser.post(f"{one.page}/change", data=filled(one.member, **{"starts_on-year": "2020"}))
    assert (unchanged.status_code, "The session must begin in the future" in unchanged.text) == (422, True)
    assert browser.post(f"{one.page}/change", data=filled(one.member)).status_code == 303
    assert browser.post(f"{one.page}/publish", data={"revision": "2"}).status_code == 303


@pytest.mark.parametrize(
    "state", [ChallengeState.FINDINGS_DUE, ChallengeState.CLOSED, ChallengeState.WITHDRAWN]
)
def test_when_the_challenge_is_over_the_draft_stays_and_is_not_published(
    session: Session, browser_of: Browser, state: ChallengeState
) -> None:
    challenge = advisory.open_challenge(session, state=state)
    one = scene(session, advisory.open_challenge(session, organisation=challenge.organisation))
    one.draft.challenge = challenge
    session.flush()
    browser = browser_of(one.member)
    tab = browser.get(f"/department/challenges/{challenge.ref}/sessions").text
    assert "This challenge takes no more sessions, so it cannot be published." in text_of(tab)
    assert [part in links(tab) for part in (f"{one.page}/change", f"{one.page}/remove")] == [False, True]
    page = browser.get(one.page).text
    assert ("stays with your department" in text_of(page), "/publish" in page) == (True, False)
    assert browser.post(f"{one.page}/publish", data={"revision": "1"}).status_code == 409
    assert browser.post(f"{one.page}/remove").status_code == 303
    assert (published(session), drafts(session)) == ([], [])


def test_it_is_prepared_before_the_challenge_is_published(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session, state=ChallengeState.DRAFT)
    one = scene(session, challenge)
    browser = browser_of(one.member)
    page = browser.get(one.page).text
    assert ("can be published once the challenge is" in text_of(page), "/publish" in page) == (True, False)
    answer = browser.post(f"{one.page}/publish", data={"revision": "1"})
    assert (answer.status_code, published(session)) == (409, [])


def test_removing_asks_first(session: Session, browser_of: Browser) -> None:
    one = scene(session)
    browser = browser_of(one.member)
    asked = browser.get(f"{one.page}/remove")
    assert (asked.status_code, "nobody is told" in text_of(asked.text)) == (200, True)
    answer = browser.post(f"{one.page}/remove")
    assert (answer.status_code, answer.location, drafts(session)) == (303, one.tab, [])
    assert [browser.get(f"{one.page}{part}").status_code for part in ("", "/change", "/remove")] == [404] * 3
    assert browser.post(f"{one.page}/publish", data={"revision": "1"}).status_code == 404


def test_an_approver_looks_but_does_not_run(session: Session, browser_as: Any) -> None:
    one = scene(session)
    browser = browser_as(Role.APPROVER, organisation=one.challenge.organisation)
    tab, page = browser.get(one.tab).text, browser.get(one.page)
    assert (SEEN in text_of(tab), page.status_code, SEEN in text_of(page.text)) == (True, 200, True)
    ways = [f"{one.page}{part}" for part in ("/change", "/remove")]
    found = [way for way in ways if way in (*links(tab), *links(page.text))]
    assert (found, "/publish" in page.text, JOIN in page.text) == ([], False, False)
    answers = [
        browser.post(way, data={"revision": "1"}).status_code for way in (*ways, f"{one.page}/publish")
    ]
    assert (answers, drafts(session), published(session)) == ([403] * 3, [one.draft.ref], [])


@pytest.mark.parametrize(
    ("roles", "others"),
    [((Role.FACILITATOR, Role.POLICY_AUTHOR, Role.APPROVER), 404), ((Role.AUDITOR,), 403)],
)
@pytest.mark.parametrize("state", ["draft", "published", "nothing"])
def test_nobody_else_learns_whether_there_is_one(
    session: Session, browser_as: Any, browser_of: Browser, roles: tuple[Role, ...], others: int, state: str
) -> None:
    """An auditor reads the tab without the draft; a published session answers at the address of its draft no better."""
    one = scene(session)
    if state == "published":
        browser_of(one.member).post(f"{one.page}/publish", data={"revision": "1"})
    page = one.page if state != "nothing" else "/department/sessions/drafts/nothing"
    browser = browser_as(*roles)
    answers = [
        browser.get(page).status_code,
        *(
            browser.post(f"{page}{part}", data={"revision": "1"}).status_code
            for part in ("/change", "/remove", "/publish")
        ),
    ]
    assert answers == [404, others, others, others]
    if Role.AUDITOR in roles and state == "draft":
        tab = text_of(browser.get(one.tab).text)
        assert ("Advisory sessions" in tab, "Pipes and pumps" in tab, SEEN in tab) == (True, False, False)


def test_the_page_keeps_the_lines_of_the_agenda(
    session: Session, browser_of: Browser, client: DistrustfulClient
) -> None:
    one = scene(session, agenda="10:30 A call\n11:00 What helped\n12:00 What did not")
    lines = "10:30 A call<br>11:00 What helped<br>12:00 What did not"
    browser = browser_of(one.member)
    assert browser.get(one.page).text.count(lines) == 1
    assert browser.post(f"{one.page}/publish", data={"revision": "1"}).status_code == 303
    assert client.get(f"/challenges/{one.challenge.ref}").text.count(lines) == 1


def test_what_publishing_does_stands_before_the_button(session: Session, browser_of: Browser) -> None:
    one = scene(session)
    words = text_of(browser_of(one.member).get(one.page).text)
    order = [
        "What everybody reads",
        "What only your department reads",
        "What publishing does",
        "No email goes out",
    ]
    assert sorted(order, key=words.index) == order
    assert words.index("No email goes out") < words.index("Publish the session")


@pytest.mark.parametrize(("later", "said"), [(0, 0), (1, 1)])
def test_a_session_after_the_closing_date_is_no_surprise(
    session: Session, browser_of: Browser, later: int, said: int
) -> None:
    starts_at = advisory.at(clock.now().year + 1, 3, 10, 14, 0)
    closes_on = starts_at.date() - timedelta(days=later)
    one = scene(
        session,
        advisory.open_challenge(session, closes_on=closes_on),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
    )
    words = text_of(browser_of(one.member).get(one.page).text)
    assert words.count(f"It is after the closing date, {uk_date(closes_on)}") == said


def test_who_cannot_publish_is_not_told_to(session: Session, browser_of: Browser) -> None:
    one = scene(session)
    approver = accounts.member(session, Role.APPROVER, organisation=one.challenge.organisation)
    titles = [browser_of(who).get(one.page).text.split("<title>")[1] for who in (one.member, approver)]
    assert [title.split(" –")[0] for title in titles] == [
        "Check and publish: Pipes and pumps",
        "Draft: Pipes and pumps",
    ]


def test_an_error_is_named_once_in_the_title(session: Session, browser_of: Browser) -> None:
    one = scene(session)
    answer = browser_of(one.member).post(f"{one.page}/publish", data={"revision": "7"})
    title = answer.text.split("<title>")[1].split(" –")[0]
    assert (answer.status_code, title) == (409, "Error: Check and publish: Pipes and pumps")
