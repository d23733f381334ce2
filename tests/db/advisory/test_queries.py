"""What everyone may see of sessions, and the reasons of an invitation."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from engage.advisory import queries
from engage.advisory.enums import SessionFormat, SessionState
from engage.advisory.queries import Piece, PublicSession, Reason, Why
from engage.challenges.enums import OPEN_STATES, PUBLIC_STATES, ChallengeState
from engage.kernel import clock
from engage.matching import Band, DocumentReason, Explanation, Passage, TermReason
from engage.matchmaking.enums import Origin
from engage.matchmaking.service.texts import Cited, kept
from tests.factories import advisory


def test_the_public_type_cannot_carry_joining_details_or_people() -> None:
    assert {field.name for field in fields(PublicSession)} & {
        "joining_details",
        "seats",
        "facilitator",
        "facilitator_id",
    } == set()


@pytest.mark.parametrize("state", list(ChallengeState))
def test_sessions_are_public_exactly_when_their_challenge_is(session: Session, state: ChallengeState) -> None:
    challenge = advisory.open_challenge(session, state=state)
    advisory.meeting(session, challenge=challenge)
    shown = state in PUBLIC_STATES
    assert len(queries.public_sessions(session, challenge_id=challenge.id)) == shown
    assert len(queries.sessions_in_calendar(session)) == shown
    assert len(queries.upcoming_public_sessions(session, limit=5)) == (state in OPEN_STATES)


def test_sessions_of_a_challenge_withdrawn_after_publication_stay_readable(session: Session) -> None:
    challenge = advisory.open_challenge(session, state=ChallengeState.WITHDRAWN, published_at=clock.now())
    advisory.meeting(session, challenge=challenge, state=SessionState.CANCELLED)
    assert [each.state for each in queries.public_sessions(session, challenge_id=challenge.id)] == [
        SessionState.CANCELLED
    ]


def test_upcoming_sessions_are_scheduled_ahead_and_soonest_first(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    for title, days, state in (
        ("later", 9, SessionState.SCHEDULED),
        ("sooner", 2, SessionState.SCHEDULED),
        ("cancelled", 3, SessionState.CANCELLED),
        ("begun", -1, SessionState.SCHEDULED),
        ("last", 20, SessionState.SCHEDULED),
    ):
        advisory.meeting(
            session,
            challenge=challenge,
            title=title,
            state=state,
            starts_at=clock.now() + timedelta(days=days),
        )
    found = queries.upcoming_public_sessions(session, limit=2)
    assert [(each.title, each.challenge.ref) for each in found] == [
        ("sooner", challenge.ref),
        ("later", challenge.ref),
    ]


def test_talks_of_those_who_asked_are_not_among_the_upcoming(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    advisory.meeting(session, challenge=challenge, format=SessionFormat.ONE_TO_ONE)
    shown = advisory.meeting(session, challenge=challenge)
    assert [each.ref for each in queries.upcoming_public_sessions(session, limit=5)] == [shown.ref]


def test_sessions_to_choose_have_free_places_first_and_leave_out_what_is_over(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    advisory.meeting(session, challenge=challenge, title="full", places=1, taken=1)
    advisory.meeting(session, challenge=challenge, title="free")
    advisory.meeting(session, challenge=challenge, title="off", state=SessionState.CANCELLED)
    advisory.meeting(
        session, challenge=challenge, title="begun", starts_at=clock.now() - timedelta(minutes=1)
    )
    assert [each.title for each in queries.sessions_to_choose(session, challenge_id=challenge.id)] == [
        "free",
        "full",
    ]


def test_the_calendar_looks_back_a_month(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    for title, days in (("old", -40), ("recent", -20), ("coming", 5)):
        advisory.meeting(
            session, challenge=challenge, title=title, starts_at=clock.now() + timedelta(days=days)
        )
    assert [each.title for each in queries.sessions_in_calendar(session)] == ["recent", "coming"]


def test_volunteers_are_told_no_reasons_of_a_run(session: Session) -> None:
    team = advisory.team(session)
    invitation = advisory.invitation(
        session, challenge=advisory.open_challenge(session), supplier=team.supplier
    )
    assert queries.why(session, invitation=invitation) is None


def test_the_reasons_of_a_run_are_read_as_the_run_kept_them(session: Session) -> None:
    """Through the function with which a run keeps them, so that writer and reader agree."""
    team = advisory.team(session)
    challenge = advisory.open_challenge(session)
    text = "We forecast empty seats. Our model cut empty seats by a third. It ran for two years."
    statement = Cited(title="No-show prediction", text=text, client="North Mercia", dated=date(2025, 2, 1))
    reason = DocumentReason(
        document_id="1",
        contribution=0.5,
        semantic=0.2,
        lexical=0.3,
        cpv=0.0,
        limit=0.0,
        lexical_baseline=0.0,
        terms=(
            TermReason(term="empti seat", shown="empty seats", contribution=0.2),
            TermReason(term="year", shown="years", contribution=-0.1),
        ),
        other_terms=0.0,
        shared_cpv=(),
        passages=(
            Passage(field="title", start=0, end=7, strength=0.1),
            Passage(field="text", start=25, end=62, strength=0.9),
        ),
        near_copy=False,
    )
    explanation = Explanation(
        challenge_id=challenge.ref,
        supplier_id=team.supplier.ref,
        score=0.5,
        documents=(reason,),
        matched_by_words_alone=True,
    )
    run = advisory.run(session, challenge=challenge)
    advisory.candidate(session, run=run, team=team, explanation=kept(explanation, {"1": statement}))
    invitation = advisory.invitation(
        session, challenge=challenge, supplier=team.supplier, run=run, origin=Origin.MATCHED
    )

    assert queries.why(session, invitation=invitation) == Why(
        band=Band.STRONG,
        summary="“No-show prediction” speaks of “empty seats”.",
        reasons=[
            Reason(
                title="No-show prediction",
                client="North Mercia",
                dated=date(2025, 2, 1),
                words=["empty seats"],
                quotes=[
                    [
                        Piece("Our model cut ", matches=False),
                        Piece("empty seats", matches=True),
                        Piece(" by a third.", matches=False),
                    ]
                ],
            )
        ],
    )
