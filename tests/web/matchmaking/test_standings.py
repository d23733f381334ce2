"""A supplier's own matches: how well it fitted, what decided, what to do next; nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.kernel.actor import Role
from engage.matchmaking import service
from engage.matchmaking.models import Invitation, MatchRun
from engage.suppliers.models import Supplier
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.statements import selects
from tests.web.matchmaking.conftest import NEIGHBOURS, BrowserOf, Scene, neighbours

NEAR = (made.BEST, *NEIGHBOURS)


def the_invited(session: Session) -> Supplier:
    return session.scalars(sa.select(Invitation)).one().supplier


def one_not_invited(session: Session, scene: Scene) -> Supplier:
    """A supplier that fits, though the place went to another."""
    near = [scene.market.suppliers[name] for name in NEAR]
    return next(each for each in near if each is not the_invited(session))


@pytest.fixture
def released(scene: Scene, session: Session) -> Scene:
    """One place among three that fit, given to the best."""
    neighbours(session, scene.market)
    made.everybody_has_people(session, scene.market)
    rules = {"places": "1", "exploration": "0", "reason": "One seat."}
    assert scene.author.post(f"{scene.address}/rules", data=rules).status_code == 303
    made.run(session, scene.market)
    assert scene.author.post(f"{scene.address}/release").status_code == 303
    return scene


def address(session: Session) -> str:
    return f"/supplier/matches/{session.scalars(sa.select(MatchRun)).one().ref}"


def test_who_is_not_invited_reads_its_own_fit_and_what_to_do(
    released: Scene, session: Session, browser_of: BrowserOf
) -> None:
    me = one_not_invited(session, released)
    own = browser_of(firms.member(session, me, role=Role.SUPPLIER_EXPERT))
    listed = own.get("/supplier/matches").get_data(as_text=True)
    assert "Not invited Earlier flood warnings" in text_of(listed)
    assert address(session) in links(listed)
    page = own.get(address(session)).get_data(as_text=True)
    words = text_of(page)
    for said in (
        "Why you were not invited",
        "The places went to other suppliers, under the rules below.",
        "These statements in your profile counted.",
        "One supplier is invited.",
        "Volunteer to help. It counts the same as an invitation.",
    ):
        assert said in words
    ref = released.market.challenge.ref
    for link in (
        f"/challenges/{ref}/volunteer",
        f"/challenges/{ref}/matching",
        "/supplier/what-the-matcher-sees",
    ):
        assert link in links(page)
    assert [
        name for name in (*made.TEXTS, *NEIGHBOURS) if name in page and name != me.organisation.name
    ] == []
    assert [word for word in ("Rank", "rank", "score", "Score") if word in words] == []


def test_the_list_asks_as_often_for_more_matches(
    released: Scene, session: Session, browser_of: BrowserOf, engine: sa.Engine
) -> None:
    own = browser_of(firms.member(session, one_not_invited(session, released)))
    asked, listed = [], []
    for more in (0, 1):
        for _ in range(more):
            other = made.market(session)
            run = made.run(session, other)
            service.release(session, actor=made.author(session, other), run=run)
        session.expire_all()
        with selects(engine) as seen:
            page = own.get("/supplier/matches").get_data(as_text=True)
        asked.append(len(seen))
        listed.append(len([link for link in links(page) if link.startswith("/supplier/matches/")]))
    assert listed == [1, 2]
    assert asked[0] == asked[1]


def test_who_is_invited_reads_why_and_finds_the_invitation(
    released: Scene, session: Session, browser_of: BrowserOf
) -> None:
    own = browser_of(firms.member(session, the_invited(session)))
    page = own.get(address(session)).get_data(as_text=True)
    assert "Why you were invited" in text_of(page)
    [invitation] = [link for link in links(page) if link.startswith("/supplier/invitations/")]
    assert address(session) in links(own.get(invitation).get_data(as_text=True))


def test_whom_a_rule_left_out_reads_which(scene: Scene, session: Session, browser_of: BrowserOf) -> None:
    paused = scene.market.suppliers["Weather Words"]
    paused.paused = True
    made.everybody_has_people(session, scene.market)
    made.run(session, scene.market)
    scene.author.post(f"{scene.address}/release")
    own = browser_of(firms.member(session, paused))
    words = text_of(own.get(address(session)).get_data(as_text=True))
    assert "You were not invited because of a rule that comes before any comparison: you had paused" in words
    assert "You were not compared with this challenge." in words


def test_whom_a_person_left_out_reads_that_and_not_why(
    scene: Scene, session: Session, browser_of: BrowserOf
) -> None:
    neighbours(session, scene.market)
    made.everybody_has_people(session, scene.market)
    made.run(session, scene.market)
    reason = "They were late with the last report."
    override = f"{scene.address}/{scene.market.best.ref}/override"
    assert scene.author.post(override, data={"kind": "exclude", "reason": reason}).status_code == 303
    scene.author.post(f"{scene.address}/release")
    own = browser_of(firms.member(session, scene.market.best))
    words = text_of(own.get(address(session)).get_data(as_text=True))
    assert "A person of the department decided this, to leave you out." in words
    assert reason not in words
    assert "Ann Author" not in words


def test_before_the_release_nobody_sees_anything(
    matched: Scene, session: Session, browser_of: BrowserOf
) -> None:
    own = browser_of(firms.member(session, matched.market.best))
    assert own.get(address(session)).status_code == 404
    assert "No match yet" in text_of(own.get("/supplier/matches").get_data(as_text=True))


def test_a_supplier_that_came_later_finds_nothing(
    released: Scene, session: Session, browser_of: BrowserOf
) -> None:
    late = browser_of(firms.member(session, firms.supplier(session, name="Late Ltd", does="River gauges.")))
    assert late.get(address(session)).status_code == 404
    assert "No match yet" in text_of(late.get("/supplier/matches").get_data(as_text=True))


def test_what_no_supplier_is_told_it_finds_nowhere(
    released: Scene, browser_of: BrowserOf, session: Session
) -> None:
    """The reference of a match is public; its other addresses are the department's."""
    own = browser_of(firms.member(session, one_not_invited(session, released)))
    assert own.get(f"{released.address}/{released.market.best.ref}").status_code == 403
    assert own.get("/supplier/matches/m-nothing").status_code == 404


@pytest.mark.parametrize("path", ["/supplier/matches", "/supplier/matches/m-nothing"])
def test_a_department_is_refused(browser_as: Callable[..., DistrustfulClient], path: str) -> None:
    assert browser_as(Role.POLICY_AUTHOR).get(path).status_code == 403
