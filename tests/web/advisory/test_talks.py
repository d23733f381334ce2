"""One-to-one talks on the pages: the department offers them to everyone, a supplier asks, all are offered one at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import time_machine
from sqlalchemy.orm import Session

from engage.advisory import queries
from engage.advisory.enums import SessionState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.uktime import to_uk
from tests.factories import advisory
from tests.support.client import DistrustfulClient
from tests.support.html import text_of

BrowserAs = Callable[..., DistrustfulClient]


def opened(session: Session) -> Challenge:
    """A challenge with an open session that was held."""
    challenge = advisory.open_challenge(session, closes_on=clock.uk_today() + timedelta(days=40))
    begun = clock.now() - timedelta(days=1)
    advisory.meeting(session, challenge=challenge, starts_at=begun, state=SessionState.HELD)
    return challenge


def day(days: int, name: str) -> dict[str, str]:
    found = clock.uk_today() + timedelta(days=days)
    return {f"{name}-day": str(found.day), f"{name}-month": str(found.month), f"{name}-year": str(found.year)}


TERMS = {"minutes": "30", "questions": "What would you do first?\nWhat does it cost?"}
TIMES = {"first_at": "9:30am", "number": "2", "pause": "10", "place": "Online"}


def test_before_an_open_session_the_page_says_what_comes_first(
    session: Session, browser_as: BrowserAs
) -> None:
    challenge = advisory.open_challenge(session)
    author = browser_as(Role.POLICY_AUTHOR, organisation=challenge.organisation)
    page = text_of(author.get(f"/department/challenges/{challenge.ref}/talks").get_data(as_text=True))
    assert "One-to-one talks come after an open session" in page
    answer = author.post(
        f"/department/challenges/{challenge.ref}/talks/terms", data=TERMS | day(5, "ask_until")
    )
    assert answer.status_code == 422


def test_from_the_terms_to_the_choice_of_a_time(
    session: Session, browser_as: BrowserAs, browser_of: Callable[..., DistrustfulClient]
) -> None:
    challenge = opened(session)
    author = browser_as(Role.POLICY_AUTHOR, organisation=challenge.organisation)
    team = advisory.team(session)
    supplier = browser_of(team.membership)
    workspace, public = f"/department/challenges/{challenge.ref}/talks", f"/challenges/{challenge.ref}"
    assert author.post(f"{workspace}/terms", data=TERMS | day(5, "ask_until")).status_code == 303
    page = text_of(supplier.get(public).get_data(as_text=True))
    assert "One-to-one talks, offered to everyone on the same terms" in page
    assert supplier.post(f"{public}/talk").status_code == 303
    assert supplier.post(f"{public}/talk").status_code == 303
    times = TIMES | day(20, "on") | {"facilitator": str(_person(author, workspace))}
    assert author.post(f"{workspace}/times", data=times).status_code == 303
    found = queries.public_sessions(session, challenge_id=challenge.id)
    talks = [each for each in found if each.format.value == "one_to_one"]
    assert [(to_uk(each.starts_at).strftime("%H:%M"), each.places) for each in talks] == [
        ("09:30", 1),
        ("10:10", 1),
    ]
    author.post(f"{workspace}/offer")
    assert "once the last day for asking is over" in text_of(author.get(workspace).get_data(as_text=True))
    with time_machine.travel(clock.now() + timedelta(days=6), tick=False):
        author, supplier = (
            browser_as(Role.POLICY_AUTHOR, organisation=challenge.organisation),
            browser_of(team.membership),
        )
        answer = author.post(f"{workspace}/offer", follow_redirects=True)
        assert "1 supplier is offered a talk." in text_of(answer.get_data(as_text=True))
        asked = queries.ask_of(session, challenge_id=challenge.id, supplier_id=team.supplier.id)
        assert asked is not None
        page = text_of(supplier.get(f"{public}/talk").get_data(as_text=True))
        assert "You are offered a talk, like everybody who asked" in page
        shown = text_of(supplier.get(public).get_data(as_text=True))
        assert "1 supplier asked; all of them were offered a talk" in shown


def _person(author: DistrustfulClient, workspace: str) -> int:
    page = author.get(f"{workspace}/times").get_data(as_text=True)
    found = re.search(r'<option value="(\d+)" selected', page)
    assert found is not None
    return int(found[1])


def test_who_cannot_ask_is_told_who_can(session: Session, browser_as: BrowserAs) -> None:
    challenge = opened(session)
    author = browser_as(Role.POLICY_AUTHOR, organisation=challenge.organisation)
    assert author.get(f"/challenges/{challenge.ref}/talk").status_code == 404
    author.post(f"/department/challenges/{challenge.ref}/talks/terms", data=TERMS | day(5, "ask_until"))
    assert author.get(f"/challenges/{challenge.ref}/talk").status_code == 403
