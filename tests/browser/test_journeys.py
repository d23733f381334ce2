"""The three main journeys, walked by people at a browser: with JavaScript and without, at a desk and on a phone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from engage.kernel import clock
from engage.kernel.db import unit_of_work
from tests.browser import world
from tests.browser.conftest import Site, Visitor, Visitors
from tests.conftest import PROJECT, TEST_SECRET

pytestmark = pytest.mark.usefixtures("rows")
SIDE_BY_SIDE = 641
"""From how many pixels on what stands beside a page is not below it."""

ANSWERS = {
    "problem": "Villages below steep hills learn of a flash flood when the water is at the door.",
    "why-now": "Three villages were hit last winter, and the next winter comes.",
    "affected": "About four thousand people in sixty villages.",
    "done-so-far": "One trial with two gauges.",
    "undecided": "Whether to measure rivers, rain, or both. Who should send the warnings.",
    "constraints": "Warnings must reach people without a smartphone.",
    "questions": "How early can a flash flood on a small river be known?",
    "expertise": "River level gauges, flash flood prediction, local rainfall forecasts, warnings to villages.",
}


def check_accessibility(visitor: Visitor) -> None:
    """Fail when axe finds anything on the present page."""
    found = Axe().run(visitor.page)
    assert found.violations_count == 0, f"{visitor.page.url}\n{found.generate_report()}"


class Walk:
    """One walk through the journeys; checks accessibility at each stop where JavaScript allows it."""

    def __init__(self, visitors: Visitors, *, javascript: bool, width: int) -> None:
        self.visitors, self.javascript, self.width = visitors, javascript, width

    def person(self, address: str = "") -> Visitor:
        """Somebody at a new browser, signed in when an address is given."""
        made = self.visitors.new(javascript=self.javascript, width=self.width)
        if address:
            made.sign_in(address, world.PASSWORD)
        return made

    def stop(self, visitor: Visitor) -> None:
        """Look around: nothing may scroll sideways, and axe finds nothing."""
        visitor.page.wait_for_load_state()
        if self.javascript:
            wide = visitor.page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
            assert not wide, f"{visitor.page.url} scrolls sideways at {self.width}"
            check_accessibility(visitor)


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 1280), (True, 390)])
def test_from_a_problem_to_a_session_and_a_digest(visitors: Visitors, javascript: bool, width: int) -> None:
    people = world.make(f"{'with' if javascript else 'without'} {width}")
    walk = Walk(visitors, javascript=javascript, width=width)
    title = f"Earlier warnings of flash floods ({width}, {javascript})"
    token_page = subscribe(walk)
    ref = post(walk, people, title)
    approve(walk, people, ref)
    schedule(walk, people, ref)
    release(walk, people, ref)
    accept(walk, people, title)
    volunteer(walk, people, ref)
    look_behind(walk, people, ref)
    digest(walk, title, token_page)


def subscribe(walk: Walk) -> str:
    """A visitor asks for a weekly digest and confirms it; return the address to unsubscribe at."""
    visitor = walk.person()
    visitor.go("/")
    walk.stop(visitor)
    visitor.go("/alerts")
    walk.stop(visitor)
    address = f"reader-{walk.width}-{walk.javascript}@example.test".lower()
    visitor.page.get_by_label("Every challenge").check()
    visitor.page.get_by_label("Once a week").check()
    visitor.page.locator("#email").fill(address)
    visitor.press("Get alerts")
    letter = walk.visitors.site.wait_for_letter(address)
    link = link_in(letter.get_body(("plain",)).get_content(), "/alerts/")  # type: ignore[union-attr]  # it has text
    visitor.go(link)
    visitor.sees("Nothing is sent before you confirm")
    visitor.press("Confirm")
    visitor.sees("Unsubscribe")
    walk.stop(visitor)
    return link


def link_in(text: str, part: str) -> str:
    """Return the path of the first link in a mail that contains ``part``."""
    found = re.search(rf"https?://\S*{re.escape(part)}\S+", text)
    assert found, text
    return urlsplit(found.group(0)).path


def post(walk: Walk, people: world.World, title: str) -> str:
    """The author writes a challenge, one question a page, and sends it for approval; return its reference."""
    author = walk.person(people.author)
    walk.stop(author)
    author.follow("Start a new challenge")
    author.page.locator("#title").fill(title)
    author.press("Save and continue")
    found = re.search(r"ENG-\d{4}-\d{4}", author.page.url)
    assert found, author.page.url
    for slug, text in ANSWERS.items():
        assert author.page.url.endswith(f"/edit/{slug}"), author.page.url
        author.page.locator("textarea").first.fill(text)
        if slug == "problem":
            walk.stop(author)
        author.press("Save and continue")
    day = clock.uk_today() + timedelta(days=60)
    for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
        author.page.locator(f"#closes_on-{part}").fill(str(value))
    author.press("Save and continue")
    author.page.get_by_label("Policy exploration").first.check()
    author.page.locator("textarea").last.fill("No purchase is planned.")
    author.press("Save and continue")
    author.sees("Attachments (optional)")
    author.follow("Continue")
    author.sees("Check your answers")
    author.sees(ANSWERS["undecided"])
    walk.stop(author)
    author.press("Send for approval")
    author.sees("In review")
    walk.stop(author)
    return found.group(0)


def approve(walk: Walk, people: world.World, ref: str) -> None:
    """Nobody else sees the text before; somebody else approves and publishes it."""
    stranger = walk.person()
    answer = stranger.page.goto(f"{walk.visitors.site.url}/challenges/{ref}")
    assert answer is not None
    assert answer.status == 404
    approver = walk.person(people.approver)
    approver.go(f"/department/challenges/{ref}/review")
    approver.sees(ANSWERS["problem"])
    walk.stop(approver)
    approver.page.get_by_label("Approve this text").check()
    approver.press("Send your decision")
    approver.press("Publish")
    stranger.go(f"/challenges/{ref}")
    stranger.sees(ANSWERS["undecided"])
    walk.stop(stranger)
    stranger.go("/challenges?q=flash+floods")
    stranger.sees("Earlier warnings of flash floods")
    walk.stop(stranger)


def schedule(walk: Walk, people: world.World, ref: str) -> None:
    """The facilitator schedules a session."""
    author = walk.person(people.author)
    author.go(f"/department/challenges/{ref}/sessions/new")
    author.page.locator("#title").fill("What can be known an hour before")
    author.page.get_by_label("Roundtable").check()
    day = clock.uk_today() + timedelta(days=30)
    for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
        author.page.locator(f"#starts_on-{part}").fill(str(value))
    author.page.locator("#starts_at").fill("2:30pm")
    author.page.locator("#length").fill("90")
    author.page.locator("#places").fill("5")
    author.page.locator("#place").fill("Online")
    author.page.locator("#joining_details").fill("The link comes here")
    walk.stop(author)
    author.press("Save the draft")
    author.sees("Draft: only your department sees it.")
    walk.stop(author)
    author.press("Publish the session")
    author.sees("What can be known an hour before")
    walk.stop(author)


def release(walk: Walk, people: world.World, ref: str) -> None:
    """The plan puts the river people first and says why; its rules are changed, one is put in, all is released."""
    author = walk.person(people.author)
    match = f"/department/challenges/{ref}/match"
    author.go(match)
    for _ in range(40):  # the worker matches when the challenge is published
        if author.page.locator("tbody tr").count():
            break
        author.page.wait_for_timeout(500)
        author.go(match)
    first = author.page.locator("tbody tr").first
    assert "Riverbank" in first.inner_text() or "Skywatch" in first.inner_text()
    author.sees("Nobody is told anything before you release the invitations")
    walk.stop(author)
    first.get_by_role("link").click()
    author.page.locator("mark").first.wait_for()
    walk.stop(author)
    change_the_rules(walk, author, match)
    give_a_place(walk, author, match, people_name(people, "Riverbank"))
    author.go(match)
    author.follow("Go on to the invitations")
    author.sees(people_name(people, "Riverbank"))
    walk.stop(author)
    author.press("Send 1 invitation")
    author.sees("The invitations were released")
    walk.stop(author)


def change_the_rules(walk: Walk, author: Visitor, match: str) -> None:
    """One place only; the form wants to know why."""
    author.go(match)
    author.follow("Change the rules")
    author.fill("How many suppliers do you want to invite?", "1")
    author.press("Save the rules and plan again")
    author.sees("Say why you chose these rules")
    walk.stop(author)
    author.fill("Why these rules?", "The room has one seat for a supplier.")
    author.press("Save the rules and plan again")
    author.sees("One supplier is invited.")
    walk.stop(author)


def give_a_place(walk: Walk, author: Visitor, match: str, supplier: str) -> None:
    """A person decides about one supplier, which needs a reason, and the plan is made again."""
    author.go(match)
    link = author.page.locator("tbody a", has_text=supplier).first.get_attribute(
        "href"
    )  # it may be folded away
    assert link is not None
    author.go(link)
    author.page.locator("summary", has_text="Decide otherwise").click()
    author.page.get_by_label("Give it a place").check()
    author.press("Save and plan again")
    author.sees("Say why, so that others can follow it")
    walk.stop(author)
    author.fill("Why?", "They ran the trial that this follows.")
    author.press("Save and plan again")
    author.sees("gave it a place")
    walk.stop(author)


def people_name(people: world.World, supplier: str) -> str:
    """The full name of a supplier of this walk."""
    return people.department.replace("Ministry of Rivers", supplier)


def accept(walk: Walk, people: world.World, title: str) -> None:
    """The invited supplier gets a mail, reads why, accepts a place, and has a calendar file."""
    letter = walk.visitors.site.wait_for_letter(people.invited, subject=title)
    link = link_in(letter.get_body(("plain",)).get_content(), "/supplier/invitations/")  # type: ignore[union-attr]  # it has text
    supplier = walk.person(people.invited)
    walk.stop(supplier)
    supplier.go(link)
    supplier.sees("What happens with what you say")
    walk.stop(supplier)
    supplier.page.get_by_label("What can be known an hour before").first.check()
    supplier.page.get_by_label("I bring no confidential information").check()
    supplier.press("Accept and take a place")
    supplier.sees("Your place is confirmed")
    walk.stop(supplier)
    supplier.go("/supplier/sessions")
    supplier.sees("The link comes here")
    walk.stop(supplier)


def volunteer(walk: Walk, people: world.World, ref: str) -> None:
    """Another supplier, not invited, offers to help from the public page."""
    supplier = walk.person(people.volunteer)
    supplier.go("/supplier/opportunities")
    supplier.sees("Earlier warnings of flash floods")
    walk.stop(supplier)
    supplier.go(f"/challenges/{ref}")
    lead = supplier.page.locator("a[href='#take-part']")
    assert lead.is_visible() is (walk.width < SIDE_BY_SIDE)
    if lead.is_visible():
        lead.click()
        expect(supplier.page.locator("#take-part")).to_be_in_viewport()
    supplier.follow("Volunteer to help")
    supplier.page.locator("#pitch").fill(
        "We forecast rain for villages and can say how early a flood can be known."
    )
    walk.stop(supplier)
    supplier.press("Send the offer")
    supplier.sees("will answer by email")
    facilitator = walk.person(people.author)
    facilitator.go(f"/department/challenges/{ref}/sessions")
    facilitator.sees(people_name(people, "Skywatch"))
    walk.stop(facilitator)


def look_behind(walk: Walk, people: world.World, ref: str) -> None:
    """Everybody reads the record; who was not invited reads why, and what the matcher sees of it."""
    visitor = walk.person()
    visitor.go(f"/challenges/{ref}")
    visitor.follow("The record of how")
    visitor.sees("A named person released the invitations")
    visitor.sees("People put in 1 supplier")
    walk.stop(visitor)
    for page in ("/how-matching-works", "/how-matching-works/model-card"):
        visitor.go(page)
        walk.stop(visitor)
    supplier = walk.person(people.volunteer)
    supplier.go("/supplier/matches")
    supplier.sees("Earlier warnings of flash floods")
    walk.stop(supplier)
    supplier.follow("Earlier warnings of flash floods")
    supplier.sees("Why you were not invited")
    supplier.sees("How well you fitted")
    walk.stop(supplier)
    supplier.follow("See what the matcher sees of you")
    supplier.sees("Rainfall forecasts for villages")
    walk.stop(supplier)


def digest(walk: Walk, title: str, page: str) -> None:
    """A week later the digest tells of the challenge; the link shows, and only the button ends the alerts."""
    site = walk.visitors.site
    let_an_hour_go_by()
    run_digests(site)
    address = f"reader-{walk.width}-{walk.javascript}@example.test".lower()
    letter = site.wait_for_letter(address, subject="challenge")
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has text
    assert title in text
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    reader = walk.person()
    reader.go(page)
    reader.sees("Unsubscribe")
    walk.stop(reader)
    reader.press("Unsubscribe")
    reader.sees("You will not get another of these emails")


def let_an_hour_go_by() -> None:
    """Move what happened an hour back: a digest leaves the last minutes to the next one."""
    with unit_of_work() as session:
        session.execute(sa.text("UPDATE challenge SET published_at = published_at - interval '1 hour'"))
        session.execute(sa.text("UPDATE subscription SET covered_until = covered_until - interval '1 hour'"))


def run_digests(site: Site) -> None:
    """Write the digests as they will be due in eight days, or a week after those of the journey before."""
    site.weeks += 1
    moment = (clock.now() + timedelta(days=1 + 7 * site.weeks)).isoformat()
    environment = {
        **os.environ,
        "DATABASE_URL": site.engine.url.render_as_string(hide_password=False),
        "SECRET_KEY": TEST_SECRET,
        "ENGAGE_MAIL": f"file:{site.mail}",
        "ENGAGE_BASE_URL": site.url,
    }
    command = [sys.executable, "-m", "engage", "digests", "send", "--as-of", moment]
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, capture_output=True, timeout=60)
