"""A session moved across the change of the clocks in October begins at the same UK wall time wherever one reads of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime

import time_machine
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory import service
from engage.challenges.enums import ChallengeState
from engage.kernel.actor import Role
from tests.factories import accounts, advisory, transparency
from tests.factories.challenges import PME, challenge
from tests.support.calendars import understood
from tests.support.client import DistrustfulClient
from tests.support.forms import forms_of
from tests.support.html import text_of
from tests.support.records import letters

Browser = Callable[[Membership], DistrustfulClient]

SUMMER = datetime(2027, 10, 26, 13, 30, tzinfo=UTC)  # 2:30pm: clocks go back on Sunday 31 October 2027
WINTER = datetime(2027, 11, 2, 14, 30, tzinfo=UTC)  # 2:30pm again, 169 hours later
OLD = "Tuesday 26 October 2027, 2:30pm to 3:30pm (UK time)"
NEW = "Tuesday 2 November 2027, 2:30pm to 3:30pm (UK time)"
DAY_BEFORE = datetime(2027, 11, 1, 9, 5, tzinfo=UTC)


def links_in(page: str, part: str) -> str:
    """The path of the first address in ``page`` that contains ``part``."""
    found = re.search(rf"https?://[^/\"]+({re.escape(part)}[^\"<]+)", page)
    assert found, page
    return found.group(1)


def test_the_same_wall_time_on_pages_in_letters_calendars_and_data(
    session: Session, browser_of: Browser, client: DistrustfulClient
) -> None:
    with time_machine.travel(datetime(2027, 10, 4, 9, 0, tzinfo=UTC), tick=False):
        found = challenge(session, state=ChallengeState.ENGAGING, **PME)
        transparency.details(session, found)
        meeting = advisory.meeting(session, challenge=found, starts_at=SUMMER)
        team = advisory.team(session)
        advisory.seat(session, meeting=meeting, team=team)
        waits = advisory.team(session)
        invitation = advisory.invitation(session, challenge=found, supplier=waits.supplier)
        runs = browser_of(accounts.member(session, Role.FACILITATOR, organisation=found.organisation))
        attends, invited = browser_of(team.membership), browser_of(waits.membership)

        # The department changes the date; the form shows 2:30pm, and nobody touches that.
        page = f"/department/sessions/{meeting.ref}"
        form = next(each for each in forms_of(runs.get(page).text) if "starts_at" in each.fields)
        assert form.fields["starts_at"] in {"2:30pm", "14:30"}
        day = {"starts_on-day": "2", "starts_on-month": "11", "starts_on-year": "2027"}
        why = {"reason": "The room is taken."}
        assert runs.post(page, data={**form.fields, **day, **why}).status_code == 303
        session.refresh(meeting)
        assert (meeting.starts_at, (WINTER - SUMMER).total_seconds() / 3600) == (WINTER, 169)

        pages = {
            f"/challenges/{found.ref}": client,
            f"/supplier/invitations/{invitation.ref}": invited,
            "/supplier/sessions": attends,
            f"/department/challenges/{found.ref}/sessions": runs,
        }
        for path, browser in pages.items():
            words = text_of(browser.get(path).text)
            assert (path, NEW in words, OLD in words) == (path, True, False)

        (letter,) = letters(session, "session_changed")
        for words in (letter.text, text_of(letter.html)):
            assert (NEW in words, OLD in words) == (True, False)

        # A calendar that has the zone's rules from the file alone comes to the same wall time, and to the same moment.
        attends.post("/account/calendar")
        own = links_in(attends.get("/account/calendar").text, "/calendar/mine/")
        files = (
            letter.calendar or "",
            client.get(own).text,
            attends.get(f"/calendar/{meeting.ref}.ics").text,
            client.get("/calendar/sessions.ics").text,
        )
        for file in files:
            assert "DTSTART;TZID=Europe/London:20271102T143000\r\n" in file
            (entry,) = understood(file).entries
            assert (entry.wall, entry.starts_at) == ("2027-11-02 14:30", WINTER)

        # The notice, as data and as text.
        release = runs.get(f"/department/challenges/{found.ref}/notice/release.json").text
        notice = runs.get(f"/department/challenges/{found.ref}/notice/notice.txt").text
        milestone = json.loads(release)["releases"][0]["planning"]["milestones"][0]["description"]
        for words in (milestone, " ".join(notice.split())):
            assert (NEW in words, OLD in words) == (True, False)

    # A day before, at 9am by UK clocks, the reminder says the same.
    with time_machine.travel(DAY_BEFORE, tick=False):
        assert service.remind(session, now=DAY_BEFORE) == 1
    (reminder,) = letters(session, "session_reminder")
    assert NEW in reminder.text
    assert NEW in text_of(reminder.html)
