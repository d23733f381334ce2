"""Alerts from asking to ending: by somebody without an account, by a supplier, and the letters as the platform sees them.

A visitor asks, confirms by the letter, looks at what the alerts would have brought, changes when they come, mutes a
challenge, goes on holiday and ends them with one click. Somebody who acts for a supplier gets a digest with what fits
their work in front. A platform admin reads a mass mail and whom it goes to, releases it, and reads a letter as it left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from engage.accounts.models import Organisation
from engage.accounts.queries import person_by_email
from engage.kernel import clock
from engage.kernel.actor import System
from engage.kernel.db import unit_of_work
from engage.kernel.uktime import uk_date
from engage.outbox import service as outbox
from tests.browser import world
from tests.browser.conftest import Visitor, Visitors
from tests.browser.test_journeys import Walk, let_an_hour_go_by, link_in, run_digests
from tests.factories import advisory

pytestmark = pytest.mark.usefixtures("rows")


@dataclass(frozen=True)
class Scene:
    """Two challenges that are open, who reads of them, and what is to be sent to everybody."""

    near: str
    far: str
    reader: str
    people: world.World
    announced: str


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 390)])
def test_from_asking_for_alerts_to_ending_them(visitors: Visitors, javascript: bool, width: int) -> None:
    scene = make(f"alerts {javascript} {width}".lower())
    walk = Walk(visitors, javascript=javascript, width=width)
    reader, supplier = walk.person(), walk.person(scene.people.volunteer)
    page = ask(walk, reader, scene)
    mute(walk, reader, scene)
    every_day(walk, reader)
    follow(walk, supplier, scene)
    let_an_hour_go_by()
    run_digests(visitors.site)
    read(walk, scene)
    pause(walk, reader, scene, page)
    end_with_one_click(walk, reader, page)
    release(walk, walk.person(scene.people.platform), scene)


def make(name: str) -> Scene:
    """One challenge that is close to the work of a supplier and one that is not, and a mass mail that is held."""
    people = world.make(name)
    with unit_of_work() as session:
        author = person_by_email(session, people.author)
        assert author is not None
        department = session.get_one(Organisation, author.memberships[0].organisation_id)
        near = advisory.open_challenge(
            session, organisation=department, title=f"Flash floods, known earlier ({name})"
        )
        near.problem = (
            "Villages below steep hills learn of flash floods late: rain and river level forecasts fail."
        )
        far = advisory.open_challenge(session, organisation=department, title=f"School meals ({name})")
        far.problem = "Hot meals for primary schools arrive cold."
        announced = f"How minutes are published ({name})"
        for number, address in enumerate((people.invited, people.volunteer)):
            outbox.post(
                session,
                template="announcement",
                to=address,
                context={
                    "heading": announced,
                    "words": "Within five working days.",
                    "link": "http://engage.test/how-matching-works",
                    "link_text": "How engage works",
                },
                dedupe_key=f"{name}:{number}",
                why="You get this email because you act for a supplier.",
                sender=System(),
                held=True,
            )
        return Scene(
            near.title, far.title, f"reader-{name.replace(' ', '-')}@example.test", people, announced
        )


def words(walk: Walk, address: str, subject: str) -> str:
    """Wait for a letter and return its plain text."""
    part = walk.visitors.site.wait_for_letter(address, subject=subject).get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def ask(walk: Walk, reader: Visitor, scene: Scene) -> str:
    """A visitor sees what alerts would have brought, asks for them and confirms; return the page of the alerts."""
    reader.go("/alerts")
    reader.page.get_by_label("Certain words").check()
    reader.press("Get alerts")
    reader.sees("Enter the words to look for")
    reader.sees("Enter your email address")
    walk.stop(reader)
    reader.page.get_by_label("Every challenge").check()
    reader.press("See what these would have brought")
    reader.sees(scene.near)
    walk.stop(reader)
    reader.follow("Get these alerts")
    reader.page.locator("#email").fill(scene.reader)
    reader.press("Get alerts")
    reader.sees("Open it and choose the link in it")
    page = link_in(words(walk, scene.reader, "Confirm"), "/alerts/")
    reader.go(page)
    reader.press("Confirm")
    reader.sees("Your alerts are confirmed.")
    walk.stop(reader)
    return page


def mute(walk: Walk, reader: Visitor, scene: Scene) -> None:
    """One of the challenges is not for the reader: they hear no more of it."""
    reader.follow(f"Hear no more of it: {scene.far}")
    reader.sees("None of your alerts will tell you of it again")
    walk.stop(reader)
    reader.press("Hear no more of it")
    reader.sees(f"You will hear no more of “{scene.far}” from your alerts.")


def every_day(walk: Walk, reader: Visitor) -> None:
    """The reader wants the alerts every day at six in the evening."""
    reader.page.locator("summary", has_text="Change how often").click()
    reader.page.get_by_label("Once a day").check()
    reader.page.get_by_label("Time").select_option(label="6pm")
    walk.stop(reader)
    reader.press("Save")
    reader.sees("Every day at 6pm, UK time")


def follow(walk: Walk, supplier: Visitor, scene: Scene) -> None:
    """Somebody who acts for a supplier asks for alerts; no letter is needed, they stand in the list at once."""
    supplier.go("/alerts")
    supplier.page.get_by_label("Every challenge").check()
    supplier.press("Get alerts")
    supplier.sees("You get these alerts now: all new challenges.")
    supplier.sees(scene.people.volunteer)
    walk.stop(supplier)


def read(walk: Walk, scene: Scene) -> None:
    """The digest of the reader leaves out what they muted; that of the supplier says what is close to their work."""
    text = words(walk, scene.reader, "hallenge")
    assert (scene.near in text, scene.far in text) == (True, False)
    text = words(walk, scene.people.volunteer, "hallenge")
    assert text.index(scene.near) < text.index("Close to your work:") < text.index(scene.far)


def pause(walk: Walk, reader: Visitor, scene: Scene, page: str) -> None:
    """The reader gets the link to everything by mail, and goes on holiday; what they muted stands there too."""
    reader.go(page)
    reader.press("Email me the link to that page")
    reader.sees("the link to them is on its way")
    everything = link_in(words(walk, scene.reader, "The link to your email alerts"), "/alerts/all/")
    reader.go(everything)
    reader.sees(scene.far)
    first, last = clock.uk_today(), clock.uk_today() + timedelta(days=14)
    for name, day in (("from_on", first), ("until_on", last)):
        for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
            reader.page.locator(f"#{name}-{part}").fill(str(value))
    reader.press("Pause all alerts")
    reader.sees(f"No alerts up to and including {uk_date(last)}.")
    walk.stop(reader)


def end_with_one_click(walk: Walk, reader: Visitor, page: str) -> None:
    """The mail program's button ends the alerts without a cookie; looking at the page before changes nothing."""
    address = f"{walk.visitors.site.url}{page}"
    reader.go(page)
    reader.sees("You paused all your alerts")
    stranger = walk.person()
    answer = stranger.context.request.post(address, form={"List-Unsubscribe": "One-Click"})
    assert (answer.status, answer.text()) == (200, "These alerts have ended.\n")
    reader.go(page)
    reader.sees("You will not get another of these emails.")
    walk.stop(reader)
    reader.press("Start again")
    reader.sees("Your alerts go on from now.")


def release(walk: Walk, admin: Visitor, scene: Scene) -> None:
    """A platform admin reads the words and the list of a held mass mail, releases it, and reads a letter that left."""
    admin.go("/admin/letters?state=held")
    admin.sees(scene.announced)
    walk.stop(admin)
    admin.follow("See the words and the list")
    admin.sees("Within five working days.")
    admin.sees(scene.people.invited)
    admin.sees(scene.people.volunteer)
    walk.stop(admin)
    admin.press("Release 2 letters")
    words(walk, scene.people.volunteer, scene.announced)
    admin.go("/admin/letters")
    admin.fill("Find a letter", scene.people.volunteer)
    admin.press("Search")
    walk.stop(admin)
    admin.follow(scene.announced)
    admin.sees("Within five working days.")
    admin.sees("Released by")
    admin.sees("Receipt")
    walk.stop(admin)
