"""One session from its first date to its minutes, walked by everybody who has to do with it.

The author schedules it, an invited supplier takes a place, a volunteer is invited and takes the last one, a third
supplier waits; a place is given up, and who waited takes it; the facilitator moves the session, records who came and
publishes the minutes, which everybody reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engage.accounts.models import Organisation
from engage.accounts.queries import person_by_email
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.kernel.db import unit_of_work
from engage.kernel.uktime import uk_date
from engage.matchmaking import service as matchmaking
from engage.suppliers import service as suppliers
from tests.browser import world
from tests.browser.conftest import Visitor, Visitors
from tests.browser.test_journeys import Walk, link_in
from tests.factories import accounts, advisory
from tests.support.calendars import understood

pytestmark = pytest.mark.usefixtures("rows")

TITLE = "What can be known an hour before"
JOIN = "https://meet.example/floods"
MINUTES = "Gauges on small rivers give twenty minutes; rain forecasts give an hour."


@dataclass(frozen=True)
class Scene:
    """The challenge, and the addresses of those who walk."""

    ref: str
    title: str
    author: str
    facilitator: str
    invited: str
    volunteer: str
    waits: str


@pytest.mark.parametrize(("javascript", "width"), [(True, 1280), (False, 390), (True, 390)])
def test_from_a_date_to_the_minutes(visitors: Visitors, javascript: bool, width: int) -> None:
    scene = make(f"sessions {javascript} {width}")
    walk = Walk(visitors, javascript=javascript, width=width)
    author = walk.person(scene.author)
    facilitator = walk.person(scene.facilitator)
    invited, volunteer, waits = (walk.person(each) for each in (scene.invited, scene.volunteer, scene.waits))
    schedule(walk, author, scene)
    accept(walk, invited, scene.invited, scene)
    invited.sees("Your place is confirmed")
    walk.stop(invited)
    offer(walk, volunteer, facilitator, scene)
    accept(walk, volunteer, scene.volunteer, scene)
    volunteer.sees("Your place is confirmed")
    accept(walk, waits, scene.waits, scene, says="Accept and join the waiting list")
    waits.sees("Number 1 for")
    walk.stop(waits)
    give_up(walk, invited)
    take(walk, waits, scene)
    move(walk, facilitator, waits, scene, calendar=subscribe(walk, waits))
    hold(walk, facilitator, scene)
    read(walk, [walk.person(), invited, volunteer], scene)


def make(name: str) -> Scene:
    """People of a department and three suppliers; one is invited, one will volunteer, one is invited late."""
    people = world.make(name)
    with unit_of_work() as session:
        author = person_by_email(session, people.author)
        assert author is not None
        department = session.get_one(Organisation, author.memberships[0].organisation_id)
        runs = accounts.member(session, Role.FACILITATOR, organisation=department, name="Fay Facilitator")
        late = advisory.team(session, name=f"Latecomer {name}")
        challenge = advisory.open_challenge(session, organisation=department)
        challenge.title = f"Flash floods ({name})"
        first = person_by_email(session, people.invited)
        assert first is not None
        organisation = session.get_one(Organisation, first.memberships[0].organisation_id)
        supplier = suppliers.ensure_profile(session, actor=System(), organisation=organisation)
        for each in (supplier, late.supplier):
            matchmaking.invite(session, actor=System(), challenge=challenge, supplier=each)
        return Scene(
            ref=challenge.ref,
            title=challenge.title,
            author=people.author,
            facilitator=runs.person.email,
            invited=people.invited,
            volunteer=people.volunteer,
            waits=late.person.email,
        )


def fill_date(visitor: Visitor, days: int) -> None:
    """Enter a day so many days from now."""
    day = clock.uk_today() + timedelta(days=days)
    for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
        visitor.page.locator(f"#starts_on-{part}").fill(str(value))


def schedule(walk: Walk, author: Visitor, scene: Scene) -> None:
    """The author prepares a session with two places, which the facilitator runs, and publishes it."""
    author.go(f"/department/challenges/{scene.ref}/sessions/new")
    author.page.locator("#title").fill(TITLE)
    author.page.get_by_label("Roundtable").check()
    fill_date(author, 30)
    author.page.locator("#starts_at").fill("2:30pm")
    author.page.locator("#length").fill("90")
    author.page.locator("#places").fill("2")
    author.page.locator("#place").fill("Online")
    author.page.locator("#joining_details").fill(JOIN)
    author.page.locator("#facilitator").select_option(label="Fay Facilitator")
    walk.stop(author)
    author.press("Save the draft")
    author.sees("Draft: only your department sees it.")
    walk.stop(author)
    author.press("Publish the session")
    author.sees("0 of 2 places taken")


def accept(
    walk: Walk, supplier: Visitor, address: str, scene: Scene, *, says: str = "Accept and take a place"
) -> None:
    """A supplier follows the link in its mail, says that nothing stands in the way, and accepts."""
    letter = walk.visitors.site.wait_for_letter(address, subject=scene.title)
    link = link_in(letter.get_body(("plain",)).get_content(), "/supplier/invitations/")  # type: ignore[union-attr]  # it has text
    supplier.go(link)
    supplier.page.get_by_label(TITLE).first.check()
    supplier.page.get_by_label("I bring no confidential information").check()
    walk.stop(supplier)
    supplier.press(says)


def offer(walk: Walk, volunteer: Visitor, facilitator: Visitor, scene: Scene) -> None:
    """A supplier that was not invited offers help; the facilitator reads it and invites it like the others."""
    volunteer.go(f"/challenges/{scene.ref}")
    volunteer.follow("Volunteer to help")
    volunteer.page.locator("#pitch").fill("We forecast rain for villages.")
    volunteer.press("Send the offer")
    volunteer.sees("will answer by email")
    facilitator.go(f"/department/challenges/{scene.ref}/sessions")
    facilitator.follow("Answer the offer of")
    facilitator.sees("We forecast rain for villages.")
    walk.stop(facilitator)
    facilitator.page.get_by_label("Yes, invite them").check()
    facilitator.press("Send the answer")
    facilitator.sees("They are invited")


def give_up(walk: Walk, supplier: Visitor) -> None:
    """Who cannot come gives the place up."""
    supplier.go("/supplier/sessions")
    supplier.sees(TITLE)
    walk.stop(supplier)
    supplier.page.locator("summary", has_text="Give up the place").click()
    supplier.sees("next on the waiting list is offered the place at once")
    walk.stop(supplier)
    supplier.press("Give up the place")
    supplier.sees("You have given up your place")
    walk.stop(supplier)


def take(walk: Walk, waits: Visitor, scene: Scene) -> None:
    """Who waited gets a mail, and takes the place that is kept."""
    site = walk.visitors.site
    letter = site.wait_for_letter(scene.waits, subject="A place is free for you")
    waits.go(link_in(letter.get_body(("plain",)).get_content(), "/supplier/invitations/"))  # type: ignore[union-attr]  # it has text
    waits.sees("A place is free for you")
    walk.stop(waits)
    waits.press("Take the place")
    waits.sees("Your place is confirmed")
    letter = site.wait_for_letter(scene.waits, subject="Your place is confirmed")
    assert [part.get_content_type() for part in letter.walk()].count("text/calendar") == 1
    waits.go("/supplier/sessions")
    waits.sees(JOIN)
    walk.stop(waits)


def subscribe(walk: Walk, visitor: Visitor) -> str:
    """Who has a place makes the secret address of their own calendar; return it."""
    visitor.go("/account/calendar")
    visitor.press("Make an address")
    walk.stop(visitor)
    return visitor.page.locator("#feed-address").input_value()


def move(walk: Walk, facilitator: Visitor, waits: Visitor, scene: Scene, *, calendar: str) -> None:
    """The facilitator moves the session by a week; who has a place gets a mail, and page and calendar follow."""
    facilitator.go(f"/department/challenges/{scene.ref}/sessions")
    facilitator.sees("2 of 2 places taken")
    walk.stop(facilitator)
    facilitator.follow(f"Change {TITLE}")
    fill_date(facilitator, 37)
    facilitator.page.locator("#reason").fill("The room is taken.")
    walk.stop(facilitator)
    facilitator.press("Save the changes")
    facilitator.sees("The session is changed")
    walk.visitors.site.wait_for_letter(scene.waits, subject=f"Changed: {TITLE}")
    day = clock.uk_today() + timedelta(days=37)
    waits.go("/supplier/sessions")
    waits.sees(uk_date(day))
    (entry,) = understood(waits.context.request.get(calendar).text()).entries
    assert (entry.wall, entry.status) == (f"{day} 14:30", "CONFIRMED")


def hold(walk: Walk, facilitator: Visitor, scene: Scene) -> None:
    """The day has come: the facilitator records who came, writes the minutes and publishes them."""
    let_it_begin(scene.ref)
    facilitator.go(f"/department/challenges/{scene.ref}/sessions")
    facilitator.follow("Record who came")
    facilitator.page.get_by_label("Came", exact=True).first.check()
    facilitator.page.get_by_label("Did not come").last.check()
    walk.stop(facilitator)
    facilitator.press("Save who came")
    facilitator.page.locator("textarea").first.fill(MINUTES)
    walk.stop(facilitator)
    facilitator.press("Publish to everyone")
    facilitator.sees("The minutes are published to everyone")
    walk.stop(facilitator)


def let_it_begin(ref: str) -> None:
    """Move the session so that it has just ended."""
    with unit_of_work() as session:
        session.execute(
            sa.text(
                "UPDATE advisory_session SET starts_at = now() - interval '95 minutes', ends_at = now() - interval '5 minutes' "
                "FROM challenge WHERE challenge.id = challenge_id AND challenge.ref = :ref"
            ),
            {"ref": ref},
        )


def read(walk: Walk, readers: list[Visitor], scene: Scene) -> None:
    """Everybody reads the minutes, whether they were there or not."""
    for reader in readers:
        reader.go(f"/challenges/{scene.ref}")
        reader.sees(MINUTES)
    walk.stop(readers[0])
