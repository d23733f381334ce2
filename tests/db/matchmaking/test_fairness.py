"""The rolling year: who was invited beside who could have been, and who has cause for envy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.kernel import clock
from engage.kernel.ids import short_id
from engage.matchmaking import service
from engage.matchmaking.enums import RunState
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.service.fairness import Share
from engage.suppliers.models import Supplier
from tests.factories import challenges
from tests.factories import selection as made


def released(
    session: Session, scores: Mapping[Supplier, float], *, invited: list[Supplier], days_ago: int = 10
) -> MatchRun:
    """A released run of its own challenge, and its invitations, without the service."""
    challenge = challenges.challenge(session, state=ChallengeState.PUBLISHED)
    run = made.matched(session, scores, challenge=challenge)
    moment = clock.now() - timedelta(days=days_ago)
    run.state, run.released_at = RunState.RELEASED, moment
    for each in invited:
        session.add(
            Invitation(
                ref=short_id(),
                challenge_id=challenge.id,
                supplier_id=each.id,
                run_id=run.id,
                origin="matched",
                state="declined",
                created_at=moment,
                sent_at=moment,
                expires_at=moment,
            )
        )
    session.flush()
    return run


def report(session: Session) -> service.FairnessReport:
    return service.report(session, now=clock.now())


def test_without_a_release_there_is_nothing_to_report(session: Session) -> None:
    found = report(session)
    assert (found.releases, found.qualified, found.invited, found.suppliers) == (0, 0, 0, 0)
    assert (found.invitations, found.envy_pairs, found.worst_envy) == ({}, 0, 0)
    assert found.shares["sme"] == Share(qualified=0, invited=0, of_qualified=0.0, of_invited=0.0)


def test_the_shares_of_the_invited_stand_beside_those_of_the_qualified(session: Session) -> None:
    small = made.firms(session, 2, sme=True)
    big = made.firms(session, 2)
    scores = dict.fromkeys(small + big, 1.0)
    released(session, scores | {made.firm(session, sme=True): -1.0}, invited=[small[0], big[0], big[1]])
    found = report(session)
    assert (found.releases, found.qualified, found.invited, found.suppliers) == (1, 4, 3, 4)
    assert found.invitations == {0: 1, 1: 3}
    assert found.shares["sme"] == Share(qualified=2, invited=1, of_qualified=0.5, of_invited=1 / 3)
    assert found.shares["new_entrant"].of_qualified == 1.0
    assert found.shares["vcse"].qualified == 0


def test_who_is_passed_over_twice_has_cause_for_envy(session: Session) -> None:
    lucky, other, third = made.firms(session, 3)
    for _ in range(3):
        released(session, {lucky: 2.0, other: 1.0, third: -1.0}, invited=[lucky])
    found = report(session)
    assert (found.envy_pairs, found.worst_envy) == (1, 3)
    released(session, {lucky: 1.0, other: 2.0}, invited=[other])
    released(session, {lucky: 1.0, other: 2.0}, invited=[other])
    assert (report(session).envy_pairs, report(session).worst_envy) == (0, 0)


def test_only_the_last_year_counts(session: Session) -> None:
    firm, other = made.firms(session, 2)
    for days in (366, 400):
        released(session, {firm: 1.0, other: 1.0}, invited=[firm], days_ago=days)
    assert report(session).releases == 0
    released(session, {firm: 1.0, other: 1.0}, invited=[firm], days_ago=364)
    found = report(session)
    assert (found.releases, found.invitations, found.envy_pairs) == (1, {0: 1, 1: 1}, 0)


def test_the_report_is_json_and_names_nobody(session: Session) -> None:
    firm = made.firm(session)
    released(session, {firm: 1.0}, invited=[firm])
    told = report(session).to_dict()
    assert told["invitations"] == {"1": 1}
    assert firm.ref not in str(told)
