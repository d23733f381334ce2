"""What a subscription has brought: past digests, and the whole of one that a mail shows the beginning of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.digests import service
from engage.digests.models import Subscription
from engage.kernel import clock
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter
from tests.factories import challenges, digests

MANY = 23


@pytest.fixture(autouse=True)
def some_tuesday() -> Iterator[None]:
    with time_machine.travel("2026-03-03T08:10:00+00:00", tick=False):
        yield


@pytest.fixture
def reader(session: Session) -> Subscription:
    """A reader of one digest with three things more than a mail shows."""
    for number in range(MANY):
        published = clock.now() - timedelta(days=2, minutes=number)
        challenges.challenge(
            session, title=f"Problem {number}", state=ChallengeState.PUBLISHED, published_at=published
        )
    found = digests.subscription(session)
    digest = service.write_digest(session, subscription_id=found.id, now=clock.now())
    assert digest is not None
    letter = session.scalars(sa.select(Letter)).one()
    letter.state, letter.sent_at = LetterState.SENT, clock.now()
    session.commit()
    return found


def test_a_mail_shows_twenty_and_leads_to_the_rest(
    client: FlaskClient, session: Session, reader: Subscription
) -> None:
    letter = session.scalars(sa.select(Letter)).one()
    assert letter.subject == "23 new challenges: Problem 0 and 22 more"
    assert letter.text.count("Read it and take part") == 20
    page = f"http://engage.test/alerts/{service.token_for(reader.id)}/told/"
    assert f"And 3 more.\n\nSee the whole digest:\n{page}" in letter.text
    assert (page in letter.html, "And 3 more." in letter.html) == (True, True)
    address = next(line for line in letter.text.splitlines() if line.startswith(page))
    answer = client.get(address.removeprefix("http://engage.test"))
    assert (answer.status_code, answer.text.count("Problem ")) == (200, MANY)
    assert answer.headers["Cache-Control"] == "no-store"


def test_past_digests_are_listed_once_they_were_sent(client: FlaskClient, reader: Subscription) -> None:
    answer = client.get(f"/alerts/{service.token_for(reader.id)}/told")
    assert "23 new challenges: Problem 0 and 22 more" in answer.text
    assert "23 pieces of news" in answer.text


def test_nobody_else_reads_it_and_what_is_not_public_any_more_is_not_there(
    client: FlaskClient, session: Session, reader: Subscription
) -> None:
    other = digests.subscription(session)
    session.execute(sa.text("UPDATE challenge SET state = 'notice_pending' WHERE title = 'Problem 7'"))
    session.commit()
    (edition,) = session.scalars(sa.text("SELECT id FROM digest_edition")).all()
    assert client.get(f"/alerts/{service.token_for(other.id)}/told/{edition}").status_code == 404
    page = client.get(f"/alerts/{service.token_for(reader.id)}/told/{edition}").text
    assert ("Problem 7<" in page, "Problem 8<" in page) == (False, True)


def test_the_list_does_not_name_what_is_out_of_view(
    client: FlaskClient, session: Session, reader: Subscription
) -> None:
    session.execute(sa.text("UPDATE challenge SET state = 'notice_pending' WHERE title = 'Problem 0'"))
    session.commit()
    page = client.get(f"/alerts/{service.token_for(reader.id)}/told").text
    assert ("Problem 0" in page, "23 new challenges</a>" in page) == (False, True)
