"""What pages of sessions say when something has to be mended, and what they promise: whose, how many, to whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory.models import AdvisorySession
from engage.kernel import clock
from engage.kernel.actor import Role
from tests.factories import accounts, advisory
from tests.support.client import DistrustfulClient

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
