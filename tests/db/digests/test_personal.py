"""Somebody who acts for a supplier reads first what fits its work, with why; scores are those of the opportunities."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.digests import service
from engage.digests.enums import Cadence
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.matchmaking import service as matchmaking
from engage.outbox.models import Letter
from tests.factories import accounts, challenges, digests
from tests.factories import matchmaking as made

HOUR = timedelta(hours=1)


def test_what_fits_stands_first_with_why_and_others_read_the_newest_first(session: Session) -> None:
    market = made.market(session)
    person = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=market.best.organisation).person
    market.challenge.published_at = clock.now() - 3 * HOUR
    newer = challenges.challenge(
        session, state=ChallengeState.ENGAGING, title="Fewer empty buses", published_at=clock.now() - 2 * HOUR
    )
    session.flush()
    since = clock.now() - timedelta(days=2)
    told: dict[str, Letter] = {}
    for email, person_id in ((person.email, person.id), ("anybody@example.test", None)):
        found = digests.subscription(
            session, email=email, person_id=person_id, cadence=Cadence.DAILY, hour=0, covered_until=since
        )
        digest = service.write_digest(session, subscription_id=found.id, now=clock.now())
        assert digest is not None
        told[email] = session.get_one(Letter, digest.letter_id)
    own, other = told[person.email], told["anybody@example.test"]
    (best,) = [
        one
        for one in matchmaking.opportunities(session, supplier=market.best)
        if one.challenge == market.challenge
    ]
    assert own.subject == f"2 new challenges: {market.challenge.title} and 1 more"
    assert f"Close to your work: {best.why}" in own.text
    assert own.text.count("Close to your work") == 1
    assert other.subject == f"2 new challenges: {newer.title} and 1 more"
    assert "Close to your work" not in other.text


def test_suppliers_are_scored_together_as_each_alone(session: Session) -> None:
    market = made.market(session)
    people = {
        accounts.member(session, Role.SUPPLIER_EXPERT, organisation=each.organisation).person.id: each
        for each in market.suppliers.values()
    }
    session.execute(sa.text("SET TRANSACTION READ ONLY"))
    found = matchmaking.fits(session, people=list(people), challenge_ids=[market.challenge.id])
    for person, supplier in people.items():
        (alone,) = matchmaking.opportunities(session, supplier=supplier)
        fit = found[person][market.challenge.id]
        assert (fit.score, fit.band) == (alone.score, alone.band)
