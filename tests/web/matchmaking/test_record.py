"""The public record: what everybody may check, and nothing that points at anybody."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.kernel.actor import Role
from engage.matchmaking.models import MatchRun, SelectionOverride
from tests.factories import accounts
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.support.statements import selects
from tests.web.matchmaking.conftest import BrowserOf, Scene, neighbours

WHY = "They ran the trial that this follows."


@pytest.fixture
def planned(scene: Scene, session: Session) -> Scene:
    neighbours(session, scene.market)
    scene.market.best.sme = True
    made.everybody_has_people(session, scene.market)
    made.run(session, scene.market)
    return scene


@pytest.fixture
def released(planned: Scene) -> Scene:
    assert planned.author.post(f"{planned.address}/release").status_code == 303
    return planned


def test_before_the_release_there_is_a_commitment_and_no_secret(
    planned: Scene, client: DistrustfulClient
) -> None:
    data = client.get(f"{planned.public}.json").get_json()
    assert [each["secret"] for each in data["commitments"]] == [None]
    assert data["releases"] == []
    words = text_of(client.get(planned.public).get_data(as_text=True))
    assert "No invitation has gone out yet." in words
    assert data["commitments"][0]["commitment"] in words
    assert [name for name in made.TEXTS if name in words] == []


def test_after_the_release_everything_can_be_checked_and_nobody_is_named(
    released: Scene, session: Session, client: DistrustfulClient
) -> None:
    answer = client.get(f"{released.public}.json")
    assert answer.content_type == "application/json"
    data = answer.get_json()
    first = data["commitments"][0]
    assert hashlib.sha256(bytes.fromhex(first["secret"])).hexdigest() == first["commitment"]
    run = session.scalars(sa.select(MatchRun)).one()
    [release] = data["releases"]
    assert (release["run"], release["snapshot_hash"], release["considered"]) == (
        run.ref,
        run.snapshot_hash,
        130,
    )
    page = client.get(released.public).get_data(as_text=True)
    words = text_of(page)
    for said in (
        "130 suppliers were compared with this challenge",
        "A named person released the invitations",
        "Nothing. The plan went out as it was computed.",
        "Proven: no other plan under these rules has a better total fit.",
        f"engage match replay {run.ref}",
        first["secret"],
        run.snapshot_hash,
    ):
        assert said in words
    for text in (words, answer.get_data(as_text=True)):
        assert [name for name in made.TEXTS if name in text] == []
        assert [each for each in released.market.suppliers.values() if each.ref in text] == []
        assert "Ann Author" not in text
    assert f"{released.public}.json" in links(page)
    assert released.public in links(
        client.get(released.public.removesuffix("/matching")).get_data(as_text=True)
    )


def test_the_year_before_is_told_without_small_numbers(
    released: Scene, session: Session, client: DistrustfulClient, browser_of: BrowserOf
) -> None:
    """A second challenge, whose plan was made when the first had been released."""
    other = made.market(session)
    author = accounts.member(session, Role.POLICY_AUTHOR, organisation=other.department)
    second = Scene(other, browser_of(author))
    made.run(session, other)
    assert second.author.post(f"{second.address}/release").status_code == 303
    words = text_of(client.get(second.public).get_data(as_text=True))
    assert (
        "in the year before, when this plan was made: 1 match, 3 suppliers that fitted at least once."
        in words
    )
    assert "too few to show" in words
    assert client.get(released.public).status_code == 200


def test_what_people_changed_is_counted_and_the_reason_stays_inside(
    planned: Scene, session: Session, client: DistrustfulClient
) -> None:
    address = f"{planned.address}/{planned.market.best.ref}/override"
    planned.author.post(address, data={"kind": "exclude", "reason": WHY})
    assert session.scalar(sa.select(sa.func.count()).select_from(SelectionOverride)) == 1
    planned.author.post(f"{planned.address}/release")
    words = text_of(client.get(planned.public).get_data(as_text=True))
    assert "People left out 1 supplier, each time with a recorded reason." in words
    assert WHY not in words


@pytest.mark.parametrize("ending", ["", ".json"])
def test_a_challenge_that_is_not_public_has_no_record(
    session: Session, client: DistrustfulClient, ending: str
) -> None:
    market = made.market(session, state=ChallengeState.APPROVED)
    made.run(session, market)
    address = f"/challenges/{market.challenge.ref}/matching{ending}"
    assert client.get(address).status_code == 404


def test_it_asks_as_often_however_many_were_compared(
    scene: Scene, session: Session, client: DistrustfulClient, engine: sa.Engine
) -> None:
    asked = []
    for more in (0, 3):
        for number in range(more):
            firms.supplier(session, name=f"Firm {number}", does=f"River works {number}.")
        made.run(session, scene.market)
        session.expire_all()
        with selects(engine) as seen:
            assert client.get(scene.public).status_code == 200
        asked.append(len(seen))
    assert asked[0] == asked[1]
