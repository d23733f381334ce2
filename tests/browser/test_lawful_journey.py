"""A policy team before and after publication: two writers, a file, two people, a notice, a set time, a change."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from engage.accounts.models import Membership, Organisation
from engage.accounts.queries import actor_of, person_by_email
from engage.challenges import service
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.db import unit_of_work
from tests.browser import world
from tests.browser.conftest import Visitor, Visitors
from tests.browser.test_journeys import Walk
from tests.factories import accounts
from tests.factories.challenges import ANSWERS, PME

pytestmark = pytest.mark.usefixtures("rows")

FIXED = "Patient data stays in the United Kingdom."
HERS, HIS = f"{FIXED} Nothing is stored abroad.", f"Since 2024, {FIXED[0].lower()}{FIXED[1:]}"
BOTH = f"{HIS} Nothing is stored abroad."
REASON = "Hospitals told us that drivers must be asked first."
NUMBER, PROCESS = "990321-2026", "ocds-h6vhtk-ffff321"


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 390), (True, 390)])
def test_from_two_writers_to_a_changed_text(visitors: Visitors, javascript: bool, width: int) -> None:
    people = world.make(f"lawful {javascript} {width}")
    walk = Walk(visitors, javascript=javascript, width=width)
    title = f"Fewer empty seats ({javascript}, {width})"
    ref, colleague = draft(people, title)
    author = walk.person(people.author)
    approver = walk.person(people.approver)
    write_together(walk, author, walk.person(colleague), ref)
    attach_and_send(walk, author, ref)
    decide(walk, approver, title)
    stranger = walk.person()
    assert status(stranger, ref) == 404
    record_notice(walk, author, ref)
    set_a_time_and_publish(walk, author, ref)
    stranger.go(f"/challenges/{ref}")
    stranger.sees(BOTH)
    stranger.sees("seats.csv")
    change(walk, author, ref)
    stranger.go(f"/challenges/{ref}")
    stranger.sees(BOTH)
    decide(walk, approver, title)
    author.go(f"/department/challenges/{ref}/revision")
    author.press("Publish the change")
    compare(walk, stranger, ref)


def draft(people: world.World, title: str) -> tuple[str, str]:
    """A draft with every answer, and the address of a second author."""
    with unit_of_work() as session:
        person = person_by_email(session, people.author)
        assert person is not None
        member: Membership = person.memberships[0]
        closes_on = clock.uk_today() + timedelta(days=60)
        answers = {**ANSWERS, **PME, "closes_on": closes_on, "constraints": FIXED}
        made = service.create_draft(session, actor=actor_of(person, member), title=title, answers=answers)
        department = session.get_one(Organisation, member.organisation_id)
        second = accounts.member(session, Role.POLICY_AUTHOR, organisation=department, name="Cora Colleague")
        return made.ref, second.person.email


def write_together(walk: Walk, author: Visitor, colleague: Visitor, ref: str) -> None:
    """Both open the same page; the second to save sees both texts and loses nothing."""
    page = f"/department/challenges/{ref}/edit/constraints"
    for visitor in (author, colleague):
        visitor.go(page)
    colleague.page.locator("textarea").first.fill(HERS)
    colleague.press("Save and continue")
    author.page.locator("textarea").first.fill(HIS)
    author.press("Save and continue")
    author.sees("Put both together")
    author.sees("Saved by Cora Colleague")
    walk.stop(author)
    assert author.page.locator("textarea").first.input_value() == BOTH
    author.press("Save both together")
    author.go(page)
    assert author.page.locator("textarea").first.input_value() == BOTH


def attach_and_send(walk: Walk, author: Visitor, ref: str) -> None:
    """A file is attached, checked by the worker, and goes to the approver with the text."""
    page = f"/department/challenges/{ref}/attachments"
    author.go(page)
    walk.stop(author)
    data = b"Day,Seats\r\nMonday,12\r\n"
    author.page.locator("input[type=file]").set_input_files(
        {"name": "seats.csv", "mimeType": "text/csv", "buffer": data}
    )
    author.press("Attach file")
    for _ in range(80):
        author.go(page)
        if author.page.locator("main a", has_text="seats.csv").count():
            break
        author.page.wait_for_timeout(500)
    author.sees("seats.csv")
    walk.stop(author)
    author.go(f"/department/challenges/{ref}/check")
    author.press("Send for approval")
    author.sees("In review")
    author.go("/department")
    author.sees("Declare your interests")
    walk.stop(author)


def decide(walk: Walk, approver: Visitor, title: str) -> None:
    """The approver finds the text on the board, reads it and approves."""
    approver.go("/department")
    walk.stop(approver)
    text = approver.page.locator(".govuk-task-list__item", has_text=title).filter(
        has_text=re.compile("Read the (changed )?text and decide")
    )
    text.get_by_role("link").click()
    approver.sees(HIS)
    walk.stop(approver)
    approver.page.get_by_label("Approve this text").check()
    approver.press("Send your decision")
    approver.sees("You approved the text")


def status(visitor: Visitor, ref: str) -> int:
    """What a visitor gets for the page of the challenge."""
    answer = visitor.page.goto(f"{visitor.site.url}/challenges/{ref}")
    assert answer is not None
    return answer.status


def record_notice(walk: Walk, author: Visitor, ref: str) -> None:
    """The notice comes first; the board says so."""
    author.go("/department")
    author.follow("Publish the notice on Find a Tender, then record its number")
    assert author.page.url.endswith(f"/department/challenges/{ref}/notice")
    author.fill("Notice number", "12-2026")
    author.fill("Procurement identifier", PROCESS)
    author.press("Save")
    author.sees("Enter the notice number as 6 digits, a hyphen and the year")
    walk.stop(author)
    author.fill("Notice number", NUMBER)
    author.press("Save")
    author.sees("The notice is recorded")


def set_a_time_and_publish(walk: Walk, author: Visitor, ref: str) -> None:
    """A time is set, stands on the board, is taken back; then the text is published at once."""
    author.go(f"/department/challenges/{ref}/schedule")
    day = clock.uk_today() + timedelta(days=9)
    for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
        author.page.locator(f"#day-{part}").fill(str(value))
    author.page.locator("#clock").fill("9:30am")
    walk.stop(author)
    author.press("Set the time")
    author.go("/department")
    author.sees("Goes public on")
    author.go(f"/department/challenges/{ref}/schedule")
    author.press("Take the time back")
    author.go(f"/department/challenges/{ref}")
    walk.stop(author)
    author.press("Publish now")
    author.sees("Everybody can read the challenge now")


def change(walk: Walk, author: Visitor, ref: str) -> None:
    """The published text is changed with a reason and sent for approval."""
    author.go(f"/department/challenges/{ref}")
    author.press("Change the text")
    author.sees("Change the published text")
    author.go(f"/department/challenges/{ref}/edit/constraints")
    author.page.locator("textarea").first.fill(f"{BOTH} Drivers are asked first.")
    author.press("Save and continue")
    author.go(f"/department/challenges/{ref}/revision")
    author.sees("Drivers are asked first.")
    walk.stop(author)
    author.page.locator("input[name=material][value=yes]").check()
    author.page.locator("textarea[name=reason]").fill(REASON)
    author.press("Send for approval")
    author.go(f"/department/challenges/{ref}/revision")
    author.sees("This change waits for an approver")
    walk.stop(author)


def compare(walk: Walk, stranger: Visitor, ref: str) -> None:
    """Everybody reads the new text, why it changed, and both texts word by word."""
    stranger.go(f"/challenges/{ref}")
    stranger.sees("Drivers are asked first.")
    walk.stop(stranger)
    stranger.go(f"/challenges/{ref}/changes")
    stranger.sees(REASON)
    expect(stranger.page.locator("ins", has_text="Drivers are asked first.").first).to_be_visible()
    walk.stop(stranger)
