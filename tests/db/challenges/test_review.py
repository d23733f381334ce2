"""Two people: submitting, approving the exact text, sending it back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.challenges import queries, service
from engage.challenges.enums import ChallengeState, Decision, Route
from engage.challenges.events import ReviewDecided, ReviewRequested
from engage.challenges.models import Challenge, ChallengeReview, ChallengeVersion, hash_of
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.chain import canonical
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.kernel.text import sha256
from tests.db.challenges.trail import Team, deeds, letters, listening
from tests.factories import accounts
from tests.factories.challenges import PME

_S = ChallengeState


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


class TestSubmitting:
    def test_it_freezes_the_text_with_its_hash(self, session: Session, team: Team) -> None:
        made = team.draft()
        with listening(ReviewRequested) as heard:
            version = service.submit(session, actor=team.author, challenge=made)
        session.expire_all()
        assert (made.state, version.number, version.content) == (_S.IN_REVIEW, 1, made.content)
        assert version.content_hash == sha256(canonical(version.content)) == made.content_hash
        assert (version.content["form"], version.content["ref"]) == (1, made.ref)
        assert heard == [ReviewRequested(challenge_id=made.id)]
        assert deeds(session, made) == ["drafted", "submitted"]

    def test_what_is_missing_is_listed_in_the_order_of_the_questions(
        self, session: Session, team: Team
    ) -> None:
        made = service.create_draft(
            session,
            actor=team.author,
            title="Only a title",
            answers={"why_now": "Now.", "route": Route.PRELIMINARY_MARKET_ENGAGEMENT},
        )
        with pytest.raises(Invalid) as refused:
            service.submit(session, actor=team.author, challenge=made)
        assert list(refused.value.fields.items()) == [
            ("problem", "Say what the problem is"),
            ("affected", "Say who is affected"),
            ("undecided", "Say what you have not decided yet"),
            ("questions", "Write at least one question to suppliers"),
            ("expertise", "Say what expertise you are looking for"),
            ("closes_on", "Enter the closing date"),
            ("purposes", "Choose at least one purpose of the preliminary market engagement"),
            ("route_reason", "Say in one sentence why this is the route"),
        ]
        assert (made.state, list(made.versions)) == (_S.DRAFT, [])

    def test_a_closing_date_that_has_come_is_refused(self, session: Session, team: Team) -> None:
        made = team.draft(closes_on=clock.uk_today())
        with pytest.raises(Invalid) as refused:
            service.submit(session, actor=team.author, challenge=made)
        assert refused.value.fields == {"closes_on": "The closing date must be in the future"}

    def test_the_second_click_is_refused_politely(self, session: Session, team: Team) -> None:
        made = team.submitted()
        with pytest.raises(Conflict) as refused:
            service.submit(session, actor=team.author, challenge=made)
        assert refused.value.message == "This challenge is already in review. Nothing was done a second time."
        assert deeds(session, made) == ["drafted", "submitted"]


class TestApproving:
    def test_the_hash_of_the_text_that_was_read_is_kept(self, session: Session, team: Team) -> None:
        made = team.submitted()
        with listening(ReviewDecided) as heard:
            review = service.approve(
                session, actor=team.approver, challenge=made, content_hash=made.content_hash
            )
        assert (made.state, made.approved_by_id, made.approved_hash) == (
            _S.APPROVED,
            team.approver.person_id,
            made.content_hash,
        )
        assert (review.decision, review.version.content_hash) == (Decision.APPROVED, made.approved_hash)
        assert heard == [ReviewDecided(challenge_id=made.id, review_id=review.id)]
        assert (made.published_at, made.is_public) == (None, False)

    def test_preliminary_market_engagement_then_waits_for_its_notice(
        self, session: Session, team: Team
    ) -> None:
        made = team.approved(**PME)
        assert (made.state, made.is_public) == (_S.NOTICE_PENDING, False)
        assert deeds(session, made) == ["drafted", "submitted", "approved", "notice_awaited"]

    def test_who_wrote_in_the_text_cannot_approve_it(self, session: Session, team: Team) -> None:
        both = team.join(Role.POLICY_AUTHOR, Role.APPROVER)
        made = team.draft()
        service.save_answers(session, actor=both, challenge=made, answers={"problem": "My own words."})
        service.submit(session, actor=team.author, challenge=made)
        with pytest.raises(NotAllowed, match="somebody else has to approve it"):
            service.approve(session, actor=both, challenge=made, content_hash=made.content_hash)

    def test_who_submitted_the_text_cannot_approve_it(self, session: Session, team: Team) -> None:
        both = team.join(Role.POLICY_AUTHOR, Role.APPROVER)
        made = team.draft()
        service.submit(session, actor=both, challenge=made)
        with pytest.raises(NotAllowed, match="somebody else has to approve it"):
            service.approve(session, actor=both, challenge=made, content_hash=made.content_hash)
        assert made.state is _S.IN_REVIEW

    @pytest.mark.parametrize("column", ["submitted_by_id", "author_id"])
    def test_the_database_refuses_it_too(self, session: Session, team: Team, column: str) -> None:
        made = team.approved()
        statement = f"UPDATE challenge SET approved_by_id = {column} WHERE id = :id"
        with pytest.raises(IntegrityError, match="ck_challenge_two_people"):
            session.execute(sa.text(statement), {"id": made.id})

    def test_approvers_of_other_departments_cannot(self, session: Session, team: Team) -> None:
        made = team.submitted()
        for actor in (accounts.actor(session, Role.APPROVER), team.join(Role.FACILITATOR)):
            with pytest.raises(NotAllowed, match="Only approvers of the department"):
                service.approve(session, actor=actor, challenge=made, content_hash=made.content_hash)

    def test_another_text_than_the_one_that_was_read_is_not_approved(
        self, session: Session, team: Team
    ) -> None:
        made = team.submitted()
        read = made.content_hash
        service.request_changes(session, actor=team.approver, challenge=made, reasons="Shorter, please.")
        service.save_answers(session, actor=team.author, challenge=made, answers={"problem": "Shorter."})
        service.submit(session, actor=team.author, challenge=made)
        with pytest.raises(Conflict, match="not the one you read"):
            service.approve(session, actor=team.approver, challenge=made, content_hash=read)
        assert (made.state, made.approved_hash) == (_S.IN_REVIEW, None)

    def test_a_text_changed_behind_the_version_is_not_approved(self, session: Session, team: Team) -> None:
        made = team.submitted()
        read = made.content_hash
        session.execute(sa.update(Challenge).where(Challenge.id == made.id).values(problem="Slipped in."))
        with pytest.raises(Conflict, match="not the one you read"):
            service.approve(session, actor=team.approver, challenge=made, content_hash=read)


class TestSendingBack:
    def test_the_round_trip_makes_a_second_version(self, session: Session, team: Team) -> None:
        made = team.submitted()
        service.request_changes(session, actor=team.approver, challenge=made, reasons="  Name the contract. ")
        assert made.state is _S.CHANGES_REQUESTED
        service.save_answers(
            session, actor=team.author, challenge=made, answers={"why_now": "Contract 12 ends."}
        )
        assert (made.state, made.submitted_by_id) == (_S.DRAFT, None)
        second = service.submit(session, actor=team.author, challenge=made)
        found = session.scalars(sa.select(ChallengeVersion).order_by(ChallengeVersion.number)).all()
        assert [(each.number, each.content["why_now"]) for each in found] == [
            (1, "The contract ends in 2028."),
            (2, "Contract 12 ends."),
        ]
        assert second.content_hash == hash_of(second.content) != found[0].content_hash
        reviews = queries.reviews(session, challenge_id=made.id)
        assert [(each.decision, each.reasons) for each in reviews] == [
            (Decision.CHANGES_REQUESTED, "Name the contract.")
        ]
        assert deeds(session, made) == [
            "drafted",
            "submitted",
            "changes_requested",
            "reopened",
            "edited",
            "submitted",
        ]

    def test_reasons_are_required_by_the_service_and_the_database(self, session: Session, team: Team) -> None:
        made = team.submitted()
        with pytest.raises(Invalid) as refused:
            service.request_changes(session, actor=team.approver, challenge=made, reasons=" \n")
        assert refused.value.fields == {"reasons": "Say what should change, and why"}
        version = queries.latest_version(session, challenge_id=made.id)
        assert version
        bare = ChallengeReview(
            challenge_id=made.id,
            version_id=version.id,
            reviewer_id=team.approver.person_id,
            decision=Decision.CHANGES_REQUESTED,
            reasons="",
            at=clock.now(),
        )
        session.add(bare)
        with pytest.raises(IntegrityError, match="changes_have_reasons"):
            session.flush()

    @pytest.mark.parametrize("route", [{}, PME])
    def test_an_approval_can_be_taken_back_until_publication(
        self, session: Session, team: Team, route: dict[str, object]
    ) -> None:
        made = team.approved(**route)
        service.request_changes(session, actor=team.approver, challenge=made, reasons="The date has passed.")
        assert (made.state, made.approved_by_id, made.approved_hash) == (_S.CHANGES_REQUESTED, None, None)
        service.save_answers(
            session,
            actor=team.author,
            challenge=made,
            answers={"closes_on": clock.uk_today() + timedelta(days=60)},
        )
        service.submit(session, actor=team.author, challenge=made)

    def test_not_after_publication(self, session: Session, team: Team) -> None:
        made = team.published()
        with pytest.raises(Conflict, match="cannot become changes requested"):
            service.request_changes(session, actor=team.approver, challenge=made, reasons="Too late.")


class TestLetters:
    def test_approvers_are_asked_but_not_those_who_wrote(self, session: Session, team: Team) -> None:
        team.join(Role.POLICY_AUTHOR, Role.FACILITATOR)
        writer = team.join(Role.POLICY_AUTHOR, Role.APPROVER)
        accounts.actor(session, Role.APPROVER)
        made = team.draft()
        service.save_answers(session, actor=writer, challenge=made, answers={"problem": "Mine."})
        service.submit(session, actor=team.author, challenge=made)
        assert letters(session) == [("review_requested", team.approver.email)]

    def test_who_left_the_department_does_not_hear_the_decision(self, session: Session, team: Team) -> None:
        colleague, made = team.join(Role.POLICY_AUTHOR), team.draft()
        service.submit(session, actor=colleague, challenge=made)
        left = session.get_one(Membership, team.author.membership_id)
        left.ended_at = clock.now()
        session.flush()
        service.request_changes(session, actor=team.approver, challenge=made, reasons="Say more.")
        assert letters(session)[1:] == [("review_decided", colleague.email)]

    def test_the_author_and_who_submitted_hear_the_decision(self, session: Session, team: Team) -> None:
        colleague, made = team.join(Role.POLICY_AUTHOR), team.draft()
        service.submit(session, actor=colleague, challenge=made)
        service.request_changes(session, actor=team.approver, challenge=made, reasons="Say <b>more</b>.")
        assert letters(session)[1:] == [
            ("review_decided", colleague.email),
            ("review_decided", team.author.email),
        ]
        service.save_answers(session, actor=team.author, challenge=made, answers={"problem": "More."})
        service.submit(session, actor=team.author, challenge=made)
        service.approve(session, actor=team.approver, challenge=made, content_hash=made.content_hash)
        assert letters(session)[3:] == [
            ("review_requested", team.approver.email),
            ("review_decided", team.author.email),
        ]
