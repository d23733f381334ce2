"""What pages of sessions say when something has to be mended, and what they promise: whose, how many, to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory import service
from engage.advisory.models import AdvisorySession, OneToOneTerms, SessionDraft
from engage.advisory.service.session_details import CHANGED_MEANWHILE
from engage.advisory.views.sessions import SAME
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.uktime import uk_date, uk_time
from tests.factories import accounts, advisory
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.web.advisory.test_department import filled

Browser = Callable[[Membership], DistrustfulClient]


def runner(session: Session, meeting: AdvisorySession) -> Membership:
    return accounts.member(session, Role.FACILITATOR, organisation=meeting.challenge.organisation)


def mended(html: str) -> list[str]:
    """The messages of a page's error summary."""
    found = html.partition("govuk-error-summary__list")[2].partition("</ul>")[0]
    return [unescape(message) for message in re.findall(r"<a [^>]*>([^<]+)</a>", found)]


def test_a_wrong_time_says_whose_it_is(session: Session, browser_of: Browser) -> None:
    over = (clock.now() - timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), starts_at=over)
    first, second = (advisory.seat(session, meeting=meeting) for _ in range(2))
    whose = {seat: f"{seat.person.name}, {seat.supplier.organisation.name}" for seat in (first, second)}
    both = {f"seat_{seat.id}": "yes" for seat in whose} | {f"part_{seat.id}": "participant" for seat in whose}
    browser, address = browser_of(runner(session, meeting)), f"/department/sessions/{meeting.ref}/attendance"
    began = f"{over.astimezone(clock.UK):%H:%M}"

    wrong = browser.post(address, data=both | {f"joined_{second.id}": began, f"left_{second.id}": began})
    assert mended(wrong.text) == [f"{whose[second]}: the time of leaving must be after the time of joining"]

    unread = browser.post(address, data=both | {f"joined_{first.id}": "a quarter past"})
    assert mended(unread.text) == [
        f"{whose[first]}: the time of joining must be a time, like 2:30pm or 14:30"
    ]
    assert (wrong.status_code, unread.status_code) == (422, 422)


NEXT_YEAR = str(clock.uk_today().year + 1)
SESSION_ERRORS: dict[str, tuple[dict[str, str], list[str]]] = {
    "too long": (
        {"title": "x" * 10_000, "agenda": "x" * 10_000, "joining_details": "x" * 10_000},
        [
            "Title must be 150 characters or fewer",
            "Agenda must be 5,000 characters or fewer",
            "How to join must be 2,000 characters or fewer",
        ],
    ),
    "long ago": ({"starts_on-year": "2020"}, ["The session must begin in the future"]),
    "the first year": (
        {"starts_on-year": "1000", "zone": "Pacific/Auckland"},
        ["The session must begin in the future"],
    ),
    "the end of time": (
        {"starts_on-day": "31", "starts_on-month": "12", "starts_on-year": "9999", "starts_at": "23:50"}
        | {"zone": "America/Los_Angeles"},
        ["The date must be LATEST or earlier"],
    ),
    "hours for no places": (
        {"reserved": "", "reserved_until": "24"},
        ["Enter above how many places are for volunteers first, or leave this empty"],
    ),
    "a last day of a roundtable": (
        {"last_on-day": "31", "last_on-month": "3", "last_on-year": NEXT_YEAR},
        ["Only a written session has a last day: leave it empty, or choose Written"],
    ),
}


@pytest.mark.parametrize(("entered", "said"), SESSION_ERRORS.values(), ids=SESSION_ERRORS)
def test_what_is_entered_is_not_forgotten_but_refused(
    session: Session, browser_of: Browser, entered: dict[str, str], said: list[str]
) -> None:
    challenge = advisory.open_challenge(session)
    member = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
    answer = browser_of(member).post(
        f"/department/challenges/{challenge.ref}/sessions/new", data=filled(member, **entered)
    )
    latest = uk_date(clock.uk_today() + timedelta(days=732))
    assert (answer.status_code, mended(answer.text)) == (
        422,
        [sentence.replace("LATEST", latest) for sentence in said],
    )


def test_talks_at_the_end_of_time_are_refused(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session)
    member = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
    answer = browser_of(member).post(
        f"/department/challenges/{challenge.ref}/talks/times",
        data={"on-day": "31", "on-month": "12", "on-year": "9999", "first_at": "23:50", "number": "2"}
        | {"pause": "10", "place": "Online", "facilitator": str(member.person_id)},
    )
    latest = uk_date(clock.uk_today() + timedelta(days=732))
    assert (answer.status_code, mended(answer.text)) == (422, [f"The date must be {latest} or earlier"])


def entered(meeting: AdvisorySession | SessionDraft, member: Membership, **changes: str) -> dict[str, str]:
    """What the form of a session or draft sends when nothing but ``changes`` is entered."""
    begin = meeting.starts_at.astimezone(clock.UK)
    day = {
        "starts_on-day": f"{begin.day}",
        "starts_on-month": f"{begin.month}",
        "starts_on-year": f"{begin.year}",
    }
    kept = {name: getattr(meeting, name) for name in ("title", "place", "agenda", "joining_details")}
    return filled(member, **day, **kept, starts_at=f"{begin:%H:%M}", length="60", places="5") | changes


def test_two_who_change_a_session_do_not_undo_each_other(session: Session, browser_of: Browser) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), sequence=3)
    member = runner(session, meeting)
    meeting.facilitator_id = member.person_id
    browser, address = browser_of(member), f"/department/sessions/{meeting.ref}"
    assert 'name="seen" type="hidden" value="3"' in browser.get(address).text
    first = entered(meeting, member, title="A better title", seen="3")
    second = entered(meeting, member, agenda="1. Something else", seen="3")

    assert browser.post(address, data=first).status_code == 303
    twice = browser.post(address, data=first)
    assert (twice.status_code, SAME in text_of(browser.get(str(twice.location)).text)) == (303, True)
    late = browser.post(address, data=second)
    session.refresh(meeting)
    assert (late.status_code, meeting.title, meeting.sequence) == (422, "A better title", 4)
    assert (CHANGED_MEANWHILE in text_of(late.text), links(late.text).count(address)) == (True, 1)
    assert 'name="seen" type="hidden" value="4"' in late.text
    assert browser.post(address, data=second | {"seen": "4"}).status_code == 303
    session.refresh(meeting)
    assert (meeting.title, meeting.agenda) == ("Roundtable on empty seats", "1. Something else")


def test_two_who_change_a_draft_do_not_undo_each_other(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session)
    member = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
    browser = browser_of(member)
    new = f"/department/challenges/{challenge.ref}/sessions/new"
    assert browser.post(new, data=filled(member)).status_code == 303
    draft = session.scalars(sa.select(SessionDraft)).one()
    address = f"/department/sessions/drafts/{draft.ref}/change"

    answers = [
        browser.post(address, data=filled(member, seen=seen, **{name: "Changed"}))
        for seen, name in (("1", "title"), ("1", "place"), ("2", "place"))
    ]
    assert [answer.status_code for answer in answers] == [303, 422, 303]
    assert CHANGED_MEANWHILE in text_of(answers[1].text)
    session.refresh(draft)
    assert (draft.title, draft.place, draft.revision) == ("A first roundtable", "Changed", 3)


@pytest.mark.parametrize(
    ("seats", "turns", "said", "flashed"),
    [
        (0, 0, "Nobody has a place or waits for one, so nobody gets an email.", "The session is cancelled."),
        (1, 0, "1 person has a place. Each gets an email", "Everyone who had a place or waited"),
        (
            0,
            1,
            "The waiting list ends. 1 supplier gets an email with your reason.",
            "Everyone who had a place",
        ),
    ],
)
def test_cancelling_says_who_is_told(
    session: Session, browser_of: Browser, seats: int, turns: int, said: str, flashed: str
) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), places=1)
    holders = [advisory.seat(session, meeting=meeting) for _ in range(max(seats, turns))]
    for _ in range(turns):
        team = advisory.team(session)
        found = advisory.invitation(session, challenge=meeting.challenge, supplier=team.supplier)
        service.accept_or_wait(session, actor=team.actor, invitation=found, meeting=meeting)
    browser, address = browser_of(runner(session, meeting)), f"/department/sessions/{meeting.ref}/cancel"
    words = text_of(browser.get(address).text)
    stay = "Their invitations stay accepted"
    assert (said in words, stay in words, "You cannot undo this." in words) == (True, bool(holders), True)
    answer = browser.post(address, data={"reason": "Flooded."})
    told = text_of(browser.get(str(answer.location)).text)
    assert (flashed in told, "gets an email" in told) == (True, bool(holders))


def test_fewer_places_than_are_taken_is_said_first(session: Session, browser_of: Browser) -> None:
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), places=5)
    for _ in range(2):
        advisory.seat(session, meeting=meeting)
    member = runner(session, meeting)
    kept = {"reserved": "2", "reserved_until": "24"}
    browser, address = browser_of(member), f"/department/sessions/{meeting.ref}"
    answer = browser.post(address, data=entered(meeting, member, places="1", **kept))
    assert mended(answer.text) == [
        "2 places are already taken: enter 2 or more",
        "There is 1 place: keep 1 or fewer for volunteers",
    ]


@pytest.mark.parametrize(("days", "said"), [(7, 1), (15, 0)])
def test_a_session_before_the_last_day_to_answer_is_not_missed(
    session: Session, browser_of: Browser, days: int, said: int
) -> None:
    team, challenge = advisory.team(session), advisory.open_challenge(session)
    starts_at = (clock.now() + timedelta(days=days)).replace(second=0, microsecond=0)
    closes_at = starts_at - timedelta(hours=2)
    advisory.meeting(session, challenge=challenge, starts_at=starts_at, closes_at=closes_at)
    found = advisory.invitation(session, challenge=challenge, supplier=team.supplier)
    words = text_of(browser_of(team.membership).get(f"/supplier/invitations/{found.ref}").text)
    sentence = f"To come to “Roundtable on empty seats”, answer before {uk_time(closes_at)}."
    assert words.count(sentence) == said


def test_an_opportunity_with_an_invitation_says_that_an_answer_is_needed(
    session: Session, browser_of: Browser
) -> None:
    team, challenge = advisory.team(session), advisory.open_challenge(session)
    advisory.invitation(session, challenge=challenge, supplier=team.supplier)
    words = text_of(browser_of(team.membership).get("/supplier/opportunities").text)
    assert (words.count("Answer needed"), "Sent" in words) == (1, False)


def test_an_offer_that_waits_asks_for_an_answer(session: Session, browser_of: Browser) -> None:
    challenge = advisory.open_challenge(session)
    advisory.offer(session, challenge=challenge, team=advisory.team(session))
    member = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
    words = text_of(browser_of(member).get(f"/department/challenges/{challenge.ref}/sessions").text)
    assert words.count("Answer needed") == 1


def test_when_the_time_to_ask_for_a_talk_is_over_writing_is_one_click_away(
    session: Session, browser_of: Browser
) -> None:
    team, challenge = advisory.team(session), advisory.open_challenge(session)
    over = clock.now() - timedelta(days=1)
    session.add(
        OneToOneTerms(
            challenge_id=challenge.id,
            minutes=30,
            questions="What works?",
            ask_until=over,
            set_at=over - timedelta(days=7),
            set_by_id=team.membership.person_id,
        )
    )
    session.flush()
    page = browser_of(team.membership).get(f"/challenges/{challenge.ref}/talk").text
    assert links(page).count(f"/challenges/{challenge.ref}/write") == 1


def test_who_declines_on_an_old_page_reads_that_a_place_is_given_up(
    session: Session, browser_of: Browser
) -> None:
    team, challenge = advisory.team(session), advisory.open_challenge(session)
    meeting = advisory.meeting(session, challenge=challenge)
    colleague = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    told = []
    for accepted in (False, True):
        supplier = team.supplier if accepted else advisory.team(session).supplier
        who = (
            colleague
            if accepted
            else accounts.member(session, Role.SUPPLIER_EXPERT, organisation=supplier.organisation)
        )
        found = advisory.invitation(session, challenge=challenge, supplier=supplier)
        if accepted:
            service.accept_or_wait(session, actor=team.actor, invitation=found, meeting=meeting)
        browser = browser_of(who)
        answer = browser.post(f"/supplier/invitations/{found.ref}/decline", data={"reason": ""})
        told.append(
            "Your place in “Roundtable on empty seats” is given up."
            in text_of(browser.get(str(answer.location)).text)
        )
    assert told == [False, True]
