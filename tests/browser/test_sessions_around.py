"""What hangs around a session, walked by who attends, who runs it and everybody: from what somebody needs to come to what
people say when it is over. How a place is had is walked in ``test_sessions_journey``.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from playwright.sync_api import FilePayload

from engage.accounts.queries import actor_of
from engage.advisory import service
from engage.advisory.enums import SeatState, Side
from engage.advisory.models import AdvisorySession, Seat
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.db import unit_of_work
from tests.browser.conftest import Visitor, Visitors
from tests.browser.test_journeys import Walk
from tests.browser.test_sessions_journey import MINUTES, TITLE, let_it_begin
from tests.factories import accounts, advisory

pytestmark = pytest.mark.usefixtures("rows")

NEED = "Live captions, please: I lip-read."
ANSWER = "Captions by a person are booked."
ENOUGH = 5
"""So many have to answer before results are shown."""
WIDTHS = [(True, 1280), (False, 390)]


@dataclass(frozen=True)
class Scene:
    """A session that five suppliers attend, and the addresses of who walks."""

    ref: str
    meeting: str
    facilitator: str
    attends: str
    supplier: str


def make(name: str) -> Scene:
    """A session to come, with a facilitator and five suppliers that have a place."""
    with unit_of_work() as session:
        department = accounts.new_organisation(session, name=f"Ministry of Rivers {name}")
        runs = accounts.member(session, Role.FACILITATOR, organisation=department, name="Fay Facilitator")
        challenge = advisory.open_challenge(session, organisation=department)
        challenge.title = f"Flash floods ({name})"
        meeting = advisory.meeting(
            session,
            challenge=challenge,
            title=TITLE,
            facilitator_id=runs.person_id,
            agenda="What gauges can tell",
        )
        teams = [advisory.team(session, name=f"Riverbank {number} {name}") for number in range(ENOUGH)]
        for team in teams:
            advisory.seat(session, meeting=meeting, team=team)
        return Scene(
            challenge.ref,
            meeting.ref,
            runs.person.email,
            teams[0].person.email,
            teams[0].supplier.organisation.name,
        )


@pytest.mark.parametrize(("javascript", "width"), WIDTHS)
def test_from_an_access_need_to_who_was_there(visitors: Visitors, javascript: bool, width: int) -> None:
    scene = make(f"needs {javascript} {width}")
    walk = Walk(visitors, javascript=javascript, width=width)
    attends, facilitator = walk.person(scene.attends), walk.person(scene.facilitator)
    ask(walk, attends)
    arrange(walk, facilitator, scene)
    attends.go(f"/supplier/sessions/{scene.meeting}/needs")
    attends.sees(ANSWER)
    walk.stop(attends)
    let_it_begin(scene.ref)
    record(walk, facilitator, scene)
    correct(walk, facilitator)


@pytest.mark.parametrize(("javascript", "width"), WIDTHS)
def test_from_late_minutes_to_what_people_say(visitors: Visitors, javascript: bool, width: int) -> None:
    scene = make(f"minutes {javascript} {width}")
    hold_long_ago(scene)
    walk = Walk(visitors, javascript=javascript, width=width)
    attends, facilitator, anybody = walk.person(scene.attends), walk.person(scene.facilitator), walk.person()
    anybody.go(f"/challenges/{scene.ref}")
    anybody.sees("Minutes overdue")
    walk.stop(anybody)
    add_file(walk, facilitator, scene)
    anybody.go(f"/challenges/{scene.ref}")
    assert anybody.page.get_by_role("link", name="levels.csv").count() == 0
    publish(walk, facilitator, scene)
    say(walk, attends, "/supplier/sessions")
    say(walk, facilitator, f"/department/challenges/{scene.ref}/sessions")
    time_is_over(scene)
    read(walk, anybody, scene)


def ask(walk: Walk, attends: Visitor) -> None:
    """Who attends says what they need, and finds it among their sessions."""
    attends.go("/supplier/sessions")
    attends.follow("What you need to take part")
    walk.stop(attends)
    attends.fill("What do you need", NEED)
    attends.press("Tell the department")
    attends.sees("tells you what it arranges")
    attends.sees(NEED)
    walk.stop(attends)


def arrange(walk: Walk, facilitator: Visitor, scene: Scene) -> None:
    """The facilitator sees that something is open, says what was arranged, and sees that nothing is."""
    tab = f"/department/challenges/{scene.ref}/sessions"
    facilitator.go(tab)
    facilitator.follow("Access needs")
    facilitator.sees(NEED)
    walk.stop(facilitator)
    facilitator.follow("Say what was arranged")
    facilitator.page.get_by_label("Arranged", exact=True).check()
    facilitator.fill("What was arranged", ANSWER)
    walk.stop(facilitator)
    facilitator.press("Save")
    facilitator.sees("Change the answer")
    facilitator.go(tab)
    facilitator.sees(": all answered")


def record(walk: Walk, facilitator: Visitor, scene: Scene) -> None:
    """The facilitator records who came, one of them as presenter and not to the end."""
    facilitator.go(f"/department/challenges/{scene.ref}/sessions")
    facilitator.follow("Record who came")
    for number in range(ENOUGH):
        facilitator.page.get_by_label("Came", exact=True).nth(number).check()
    facilitator.page.locator("summary", has_text="As what and when").first.click()
    facilitator.page.locator("select[name^=part_]").first.select_option(label="Presenter")
    began = facilitator.page.locator("input[name^=joined_]").first.input_value()
    facilitator.page.locator("input[name^=left_]").first.fill(began)
    walk.stop(facilitator)
    facilitator.press("Save who came")
    facilitator.sees(": the time of leaving must be after the time of joining")
    facilitator.page.locator("input[name^=left_]").first.fill("")
    facilitator.press("Save who came")
    facilitator.sees("Attendance is recorded")


def correct(walk: Walk, facilitator: Visitor) -> None:
    """They correct it, and add themselves."""
    facilitator.go(facilitator.page.url.replace("/minutes", "/attendance"))
    facilitator.page.get_by_label("Did not come").last.check()
    facilitator.press("Save the correction")
    facilitator.sees("What it said before stays in the audit trail")
    facilitator.follow("Record somebody of the department")
    facilitator.page.locator("#person").select_option(label="Fay Facilitator")
    facilitator.page.locator("#part").select_option(label="Facilitator")
    walk.stop(facilitator)
    facilitator.press("Save")
    facilitator.sees("Fay Facilitator, facilitator")
    walk.stop(facilitator)


def hold_long_ago(scene: Scene) -> None:
    """Five came, ten days ago; it was recorded today, and nobody has written minutes."""
    with unit_of_work() as session:
        session.execute(
            sa.update(AdvisorySession)
            .where(AdvisorySession.ref == scene.meeting)
            .values(
                starts_at=AdvisorySession.starts_at - sa.text("interval '20 days'"),
                ends_at=AdvisorySession.ends_at - sa.text("interval '20 days'"),
            )
        )
    with unit_of_work() as session:
        meeting = session.scalars(
            sa.select(AdvisorySession).where(AdvisorySession.ref == scene.meeting)
        ).one()
        assert meeting.facilitator is not None
        runs = actor_of(meeting.facilitator, meeting.facilitator.memberships[0])
        came = {seat.id: True for seat in meeting.seats}
        service.record_attendance(session, actor=runs, meeting=meeting, came=came)


def add_file(walk: Walk, facilitator: Visitor, scene: Scene) -> None:
    """The facilitator adds a file, which is checked and stays with the department."""
    facilitator.go(f"/department/challenges/{scene.ref}/sessions")
    facilitator.sees("Minutes overdue")
    facilitator.follow("Files")
    levels: FilePayload = {"name": "levels.csv", "mimeType": "text/csv", "buffer": b"gauge,level\n1,0.4\n"}
    facilitator.page.locator("input[type=file]").set_input_files([levels])
    facilitator.press("Add file")
    facilitator.sees("“levels.csv” is added")
    for _ in range(40):  # the worker checks it
        if facilitator.page.locator("main a[download]").count():
            break
        facilitator.page.wait_for_timeout(500)
        facilitator.page.reload()
    facilitator.sees("levels.csv")
    walk.stop(facilitator)


def publish(walk: Walk, facilitator: Visitor, scene: Scene) -> None:
    """They keep a draft, then publish the minutes; the file goes out with them."""
    facilitator.go(f"/department/sessions/{scene.meeting}/minutes")
    facilitator.sees("The minutes were due on")
    facilitator.page.locator("textarea").first.fill(MINUTES)
    facilitator.press("Save as a draft")
    facilitator.sees("The draft is saved")
    facilitator.press("Publish to everyone")
    facilitator.sees("Minutes published to everyone on")
    walk.stop(facilitator)


def say(walk: Walk, visitor: Visitor, at: str) -> None:
    """Somebody who was there says how it was, is told what is missing, and can change it."""
    visitor.go(at)
    visitor.follow("Say how it was")
    visitor.press("Send my answers")
    visitor.sees("Choose an answer")
    walk.stop(visitor)
    for number in range(visitor.page.locator("fieldset").count()):
        visitor.page.locator("fieldset").nth(number).get_by_label("Mostly").check()
    visitor.press("Send my answers")
    visitor.sees("Your answers are kept")
    walk.stop(visitor)


def time_is_over(scene: Scene) -> None:
    """The other four have answered as well, and the time to answer is over."""
    with unit_of_work() as session:
        meeting = session.scalars(
            sa.select(AdvisorySession).where(AdvisorySession.ref == scene.meeting)
        ).one()
        came = sa.select(Seat).where(Seat.session_id == meeting.id, Seat.state == SeatState.ATTENDED)
        for seat in list(session.scalars(came.order_by(Seat.id)))[1:]:
            who = actor_of(seat.person, seat.person.memberships[0])
            service.give_feedback(session, actor=who, meeting=meeting, side=Side.ATTENDEE, answers=[5] * 5)
        session.execute(
            sa.text(
                "UPDATE feedback_round SET opened_at = opened_at - interval '1 day', closes_at = :now WHERE session_id = :id"
            ),
            {"now": clock.now(), "id": meeting.id},
        )


def read(walk: Walk, anybody: Visitor, scene: Scene) -> None:
    """Everybody reads the minutes, the file, which organisations were there, and what they say of it."""
    anybody.go(f"/challenges/{scene.ref}")
    anybody.sees(MINUTES)
    assert anybody.page.get_by_role("link", name="levels.csv").count() == 1
    anybody.page.locator("summary", has_text="Who was there").click()
    anybody.sees(f"{scene.supplier}, participant")
    anybody.page.locator("summary", has_text="What those who came say").click()
    anybody.sees("5 people of suppliers answered")
    anybody.sees("It was worth the time")
    walk.stop(anybody)
