"""The pages around a session, walked by who runs it, who came, and everybody else."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.advisory import queries
from engage.advisory.models import AdvisorySession
from engage.challenges import service as challenges
from engage.kernel import clock
from engage.kernel.actor import Role
from tests.factories import accounts, advisory
from tests.support.client import DistrustfulClient
from tests.support.html import text_of

Browser = Callable[[Membership], DistrustfulClient]


def held(session: Session) -> tuple[AdvisorySession, advisory.SupplierTeam, Membership]:
    meeting = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=clock.now() - timedelta(hours=2)
    )
    runner = accounts.member(session, Role.FACILITATOR, organisation=meeting.challenge.organisation)
    meeting.facilitator_id = runner.person_id
    team = advisory.team(session)
    advisory.seat(session, meeting=meeting, team=team)
    session.flush()
    return meeting, team, runner


def test_from_who_came_to_what_everybody_reads(
    session: Session, browser_of: Browser, client: DistrustfulClient
) -> None:
    meeting, team, runner = held(session)
    (seat,) = meeting.seats
    browser, here = browser_of(runner), f"/department/sessions/{meeting.ref}"
    assert "Of the department" in text_of(browser.get(f"{here}/attendance").text)
    begin = meeting.starts_at.astimezone(clock.UK)
    wrong = browser.post(
        f"{here}/attendance",
        data={
            f"seat_{seat.id}": "yes",
            f"part_{seat.id}": "presenter",
            f"joined_{seat.id}": f"{begin + timedelta(minutes=30):%H:%M}",
            f"left_{seat.id}": f"{begin + timedelta(minutes=10):%H:%M}",
        },
    )
    assert wrong.status_code == 422
    came = {f"seat_{seat.id}": "yes", f"part_{seat.id}": "presenter"}
    for _again in range(2):
        assert browser.post(f"{here}/attendance", data=came).status_code == 303
    official = {"person": runner.person_id, "part": "facilitator", "joined": "", "left": ""}
    assert browser.post(f"{here}/attendance/department", data=official).status_code == 422
    official |= {"joined": f"{begin:%H:%M}", "left": f"{begin + timedelta(minutes=30):%H:%M}"}
    assert browser.get(f"{here}/attendance/department").status_code == 200
    assert browser.post(f"{here}/attendance/department", data=official).status_code == 303
    assert runner.person.name in text_of(browser.get(f"{here}/attendance").text)

    file = {"file": (io.BytesIO(b"What we showed"), "slides.txt")}
    assert browser.post(f"{here}/materials", data=file, content_type="multipart/form-data").status_code == 303
    (material,) = queries.materials_of(session, session_id=meeting.id)
    assert "Being checked" in text_of(browser.get(f"{here}/materials").text)
    challenges.settle(session, attachment_id=material.attachment_id, refusal="")
    session.flush()
    public = f"/challenges/{meeting.challenge.ref}"
    assert "slides.txt" not in client.get(public).text
    assert (
        browser.post(f"{here}/minutes", data={"minutes": "We spoke.", "action": "publish"}).status_code == 303
    )
    page = client.get(public).text
    shown = text_of(page)
    assert ("slides.txt" in shown, f"{team.supplier.organisation.name}, presenter" in shown) == (True, True)
    assert (team.person.name in page, runner.person.name in page) == (False, False)
    address = f"{public}/sessions/{meeting.ref}/materials/{material.attachment.sha256}"
    answer = client.get(address)
    assert (answer.status_code, answer.data) == (200, b"What we showed")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert browser.get(f"/department/challenges/{meeting.challenge.ref}/sessions").status_code == 200


def test_saying_how_it_was(session: Session, browser_of: Browser) -> None:
    meeting, team, runner = held(session)
    (seat,) = meeting.seats
    browser_of(runner).post(f"/department/sessions/{meeting.ref}/attendance", data={f"seat_{seat.id}": "yes"})
    address = f"/sessions/{meeting.ref}/feedback"
    assert browser_of(advisory.team(session).membership).get(address).status_code == 404
    supplier = browser_of(team.membership)
    assert address in supplier.get("/supplier/sessions").text
    answers = {f"answer_{number}": "4" for number in range(5)}
    refused = supplier.post(address, data={**answers, "answer_2": ""})
    assert (refused.status_code, "Choose an answer" in refused.text) == (422, True)
    for choice in ("4", "1"):
        assert supplier.post(address, data={**answers, "answer_0": choice}).status_code == 303
    assert "You have answered." in text_of(supplier.get(address).text)
    assert browser_of(runner).post(address, data=answers).status_code == 303


def test_a_calendar_of_ones_own(session: Session, browser_of: Browser, client: DistrustfulClient) -> None:
    team = advisory.team(session)
    advisory.seat(
        session, meeting=advisory.meeting(session, challenge=advisory.open_challenge(session)), team=team
    )
    browser = browser_of(team.membership)

    def address() -> str:
        page = browser.get("/account/calendar").text
        return page.partition('value="http://engage.test')[2].partition('"')[0]

    assert address() == ""
    assert browser.post("/account/calendar").status_code == 303
    first = address()
    answer = client.get(first)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (
        200,
        "text/calendar",
        "private, no-store",
    )
    assert "secret-room" in answer.text.replace("\r\n ", "")
    browser.post("/account/calendar")
    assert (client.get(first).status_code, client.get(address()).status_code) == (404, 200)
    browser.post("/account/calendar/end")
    assert address() == ""
