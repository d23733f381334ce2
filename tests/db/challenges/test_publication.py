"""The notice, publication and everything that must happen with it, the engagement, withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage import app
from engage.challenges import queries, service
from engage.challenges.enums import PUBLIC_STATES, ChallengeState
from engage.challenges.events import ChallengePublished, ChallengeWithdrawn
from engage.challenges.models import Challenge
from engage.kernel import clock, events
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.db.challenges.trail import SOON, Team, deeds, listening, told
from tests.factories import accounts
from tests.factories.challenges import NOTICE, PME, challenge

_S = ChallengeState


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


class TestNotice:
    def test_it_is_recorded_and_may_be_corrected(self, session: Session, team: Team) -> None:
        made = team.approved(**PME)
        for number in ("012345-2026", " 012346-2026 "):
            service.record_notice(
                session, actor=team.author, challenge=made, notice_number=number, ocid="OCDS-h6vhtk-0A1B2C"
            )
        assert (made.notice_number, made.ocid, made.state) == (
            "012346-2026",
            "ocds-h6vhtk-0a1b2c",
            _S.NOTICE_PENDING,
        )
        assert deeds(session, made)[-2:] == ["notice_recorded", "notice_recorded"]

    @pytest.mark.parametrize(
        ("number", "ocid", "wrong"),
        [
            ("12345-2026", "ocds-h6vhtk-0a1b2c", ["notice_number"]),
            ("012345/2026", "ocds-h6vhtk-0a1b2c", ["notice_number"]),
            ("012345-2026", "ocds-b5fd17-0a1b2c", ["ocid"]),
            ("٠١٢٣٤٥-2026", "ocds-h6vhtk-0a1b2g", ["notice_number", "ocid"]),
            ("", "", ["notice_number", "ocid"]),
        ],
    )
    def test_other_forms_are_refused(
        self, session: Session, team: Team, number: str, ocid: str, wrong: list[str]
    ) -> None:
        made = team.approved(**PME)
        with pytest.raises(Invalid) as refused:
            service.record_notice(session, actor=team.author, challenge=made, notice_number=number, ocid=ocid)
        assert sorted(refused.value.fields) == sorted(wrong)
        assert made.notice_number is None

    def test_a_policy_exploration_awaits_none(self, session: Session, team: Team) -> None:
        made = team.approved()
        with pytest.raises(Conflict, match="does not wait for a notice"):
            service.record_notice(session, actor=team.author, challenge=made, **NOTICE)


class TestPublishing:
    def test_everything_happens_together(self, session: Session, team: Team) -> None:
        made = team.approved()
        with listening(ChallengePublished) as heard:
            service.publish(session, actor=team.author, challenge=made)
        version = queries.published_version(session, challenge_id=made.id)
        assert version
        assert (made.state, made.is_public, made.is_open) == (_S.PUBLISHED, True, True)
        assert made.published_at == version.published_at
        assert told(session, made) == [(f"version:{made.ref}/1", "everyone", made.approved_hash)]
        assert deeds(session, made)[-2:] == ["published", "matchmaking:lottery:committed"]
        assert heard == [ChallengePublished(challenge_id=made.id)]
        assert queries.public_challenge(session, ref=made.ref) is made

    def test_when_a_reaction_fails_nothing_has_happened(self, session: Session, team: Team) -> None:
        made = team.approved()

        def fail(_session: Session, _event: events.Event) -> None:
            raise RuntimeError("the feed could not be written")

        events.wire({ChallengePublished: [fail]})
        try:
            with pytest.raises(RuntimeError), session.begin_nested():
                service.publish(session, actor=team.author, challenge=made)
        finally:
            events.wire(app.REACTIONS)
        session.refresh(made)
        assert (made.state, made.published_at, told(session, made)) == (_S.APPROVED, None, [])
        with pytest.raises(NotFound):
            queries.public_challenge(session, ref=made.ref)

    def test_a_pme_waits_for_its_notice(self, session: Session, team: Team) -> None:
        made = team.approved(**PME)
        with pytest.raises(Conflict, match="Record the notice"):
            service.publish(session, actor=team.author, challenge=made)
        assert (made.state, told(session, made)) == (_S.NOTICE_PENDING, [])
        service.record_notice(session, actor=team.author, challenge=made, **NOTICE)
        service.publish(session, actor=team.author, challenge=made)
        assert made.is_public is True

    @pytest.mark.parametrize(
        "change",
        [
            {"problem": "Another problem."},
            {"title": "Another title"},
            {"cpv": ["72000000"]},
            {"region": "TLC"},
        ],
    )
    def test_the_approval_of_one_text_does_not_publish_another(
        self, session: Session, team: Team, change: dict[str, object]
    ) -> None:
        made = team.approved()
        session.execute(sa.update(Challenge).where(Challenge.id == made.id).values(change))
        with pytest.raises(Conflict, match="not the one that was approved"):
            service.publish(session, actor=team.author, challenge=made)
        assert (made.state, told(session, made)) == (_S.APPROVED, [])

    def test_not_when_the_closing_date_has_passed(self, session: Session, team: Team) -> None:
        made = team.approved(closes_on=clock.uk_today() + timedelta(days=1))
        with (
            time_machine.travel(clock.now() + timedelta(days=2)),
            pytest.raises(Conflict, match="An approver has to send the text back"),
        ):
            service.publish(session, actor=team.author, challenge=made)

    @pytest.mark.parametrize("state", [_S.DRAFT, _S.IN_REVIEW, _S.CHANGES_REQUESTED])
    def test_not_before_approval(self, session: Session, team: Team, state: ChallengeState) -> None:
        made = challenge(session, organisation=team.department, state=state)
        with pytest.raises(Conflict, match="so it cannot become published"):
            service.publish(session, actor=team.author, challenge=made)

    def test_the_second_click_is_refused_politely(self, session: Session, team: Team) -> None:
        made = team.published()
        with pytest.raises(Conflict) as refused:
            service.publish(session, actor=team.approver, challenge=made)
        assert refused.value.message == "This challenge is already published. Nothing was done a second time."

    def test_others_cannot(self, session: Session, team: Team) -> None:
        made = team.approved()
        strangers = [
            accounts.actor(session, role) for role in (Role.POLICY_AUTHOR, Role.APPROVER, Role.AUDITOR)
        ]
        for actor in (*strangers, team.join(Role.FACILITATOR)):
            with pytest.raises(NotAllowed):
                service.publish(session, actor=actor, challenge=made)
        assert made.state is _S.APPROVED


class TestDatabase:
    """What the database refuses whatever the application does."""

    @pytest.mark.parametrize("state", PUBLIC_STATES)
    @pytest.mark.parametrize("lacks", ["notice_number", "ocid"])
    def test_a_pme_is_never_public_without_its_notice(
        self, session: Session, state: ChallengeState, lacks: str
    ) -> None:
        made = challenge(session, state=_S.NOTICE_PENDING, **PME, **{**NOTICE, lacks: None})
        with pytest.raises(IntegrityError, match="ck_challenge_platform_first"):
            self.update(session, made, state=state, published_at=clock.now())

    def test_a_public_pme_cannot_lose_its_notice(self, session: Session) -> None:
        made = challenge(session, state=_S.PUBLISHED, **PME)
        with pytest.raises(IntegrityError, match="ck_challenge_platform_first"):
            self.update(session, made, ocid=None)

    @pytest.mark.parametrize("state", [_S.APPROVED, _S.NOTICE_PENDING, *PUBLIC_STATES])
    def test_nothing_is_public_or_approved_without_an_approver(
        self, session: Session, state: ChallengeState
    ) -> None:
        made = challenge(session, state=_S.IN_REVIEW)
        with pytest.raises(IntegrityError, match="ck_challenge_approved_first"):
            self.update(session, made, state=state, published_at=clock.now())

    def test_nothing_is_withdrawn_without_a_reason(self, session: Session) -> None:
        made = challenge(session, state=_S.PUBLISHED)
        with pytest.raises(IntegrityError, match="ck_challenge_withdrawn_has_reason"):
            self.update(session, made, state=_S.WITHDRAWN)

    def update(self, session: Session, made: Challenge, **values: object) -> None:
        session.execute(sa.update(Challenge).where(Challenge.id == made.id).values(values))


class TestEngagement:
    def test_it_runs_its_course(self, session: Session, team: Team) -> None:
        made = team.published()
        course: list[tuple[Callable[..., None], ChallengeState]] = [
            (service.start_engaging, _S.ENGAGING),
            (service.end_engaging, _S.FINDINGS_DUE),
            (service.close, _S.CLOSED),
        ]
        for step, state in course:
            with time_machine.travel(SOON + timedelta(days=1 if step is service.end_engaging else 0)):
                step(session, actor=team.approver, challenge=made)
                assert made.state is state
                with pytest.raises(Conflict):
                    step(session, actor=team.approver, challenge=made)
        assert made.closed_at is not None
        assert deeds(session, made)[-3:] == ["engagement_started", "engagement_ended", "closed"]

    @pytest.mark.parametrize("started", [False, True])
    def test_before_the_day_after_the_closing_date_it_ends_with_a_reason_only(
        self, session: Session, team: Team, started: bool
    ) -> None:
        made = team.published()
        if started:
            service.start_engaging(session, actor=team.approver, challenge=made)
        with (
            time_machine.travel(SOON),
            pytest.raises(Conflict, match="To stop before the closing date, end it early with a reason"),
        ):
            service.end_engaging(session, actor=team.approver, challenge=made)
        with time_machine.travel(SOON + timedelta(days=1)):
            service.end_engaging(session, actor=team.approver, challenge=made)
        assert (made.state, made.ended_early_at) == (_S.FINDINGS_DUE, None)

    def test_others_cannot(self, session: Session, team: Team) -> None:
        made = team.published()
        for role in (Role.APPROVER, Role.FACILITATOR, Role.AUDITOR):
            with pytest.raises(NotAllowed):
                service.start_engaging(session, actor=accounts.actor(session, role), challenge=made)
        assert made.state is _S.PUBLISHED

    def test_facilitators_start_it_but_do_not_end_it(self, session: Session, team: Team) -> None:
        made, facilitator = team.published(), team.join(Role.FACILITATOR)
        service.start_engaging(session, actor=facilitator, challenge=made)
        with pytest.raises(NotAllowed):
            service.end_engaging(session, actor=facilitator, challenge=made)
        assert made.state is _S.ENGAGING


class TestWithdrawing:
    @pytest.mark.parametrize(
        ("state", "was_public"),
        [
            (_S.IN_REVIEW, False),
            (_S.CHANGES_REQUESTED, False),
            (_S.APPROVED, False),
            (_S.NOTICE_PENDING, False),
            (_S.PUBLISHED, True),
            (_S.ENGAGING, True),
            (_S.FINDINGS_DUE, True),
        ],
    )
    def test_everybody_who_could_read_it_reads_the_reason(
        self, session: Session, team: Team, state: ChallengeState, was_public: bool
    ) -> None:
        route = PME if state is _S.NOTICE_PENDING else {}
        made = challenge(session, organisation=team.department, state=state, **route)
        with listening(ChallengeWithdrawn) as heard:
            service.withdraw(session, actor=team.author, challenge=made, reason=" Ministers decided. ")
        assert (made.state, made.withdrawn_reason, made.is_public) == (
            _S.WITHDRAWN,
            "Ministers decided.",
            was_public,
        )
        assert [fact for fact, _, _ in told(session, made)] == (
            [f"withdrawal:{made.ref}"] if was_public else []
        )
        assert heard == [ChallengeWithdrawn(challenge_id=made.id, was_public=was_public)]

    @pytest.mark.parametrize("state", [_S.DRAFT, _S.CLOSED, _S.WITHDRAWN])
    def test_not_a_draft_nor_what_is_over(self, session: Session, team: Team, state: ChallengeState) -> None:
        made = challenge(session, organisation=team.department, state=state)
        with pytest.raises(Conflict):
            service.withdraw(session, actor=team.author, challenge=made, reason="Because.")

    def test_a_reason_is_required(self, session: Session, team: Team) -> None:
        made = team.published()
        with pytest.raises(Invalid) as refused:
            service.withdraw(session, actor=team.author, challenge=made, reason=" ")
        assert refused.value.fields == {"reason": "Say why the challenge is withdrawn"}
        assert made.state is _S.PUBLISHED
