"""Changing a published text: nobody sees it before it is published, two people stand for it, every version is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.challenges import queries, service
from engage.challenges.enums import ChallengeState, RevisionState, Route
from engage.challenges.enums.questions import BY_SLUG
from engage.challenges.errors import AnswerChanged
from engage.challenges.events import ChallengeChanged, ReviewDecided, ReviewRequested
from engage.challenges.models import ChallengeRevision, ChallengeVersion, hash_of
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.chain import canonical
from engage.kernel.db import new_session, unit_of_work
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.kernel.text import sha256
from tests.db.challenges.trail import SOON, Team, deeds, listening, told

_S, _R = ChallengeState, RevisionState
NEW = "One in four booked seats travels empty."
WHY = "We counted again: it is one in four."


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


class Change:
    """The steps of one change, by people who may take them."""

    def __init__(self, session: Session, team: Team) -> None:
        self.session = session
        self.team = team
        self.made = team.published()
        self.before = self.made.content

    def write(self, **answers: object) -> Change:
        if self.made.open_revision is None:
            service.open_revision(self.session, actor=self.team.author, challenge=self.made)
        service.save_answers(
            self.session, actor=self.team.author, challenge=self.made, answers=answers or {"problem": NEW}
        )
        return self

    def submit(self, *, material: bool = True, reason: str = WHY, **answers: object) -> ChallengeVersion:
        self.write(**answers)
        return service.submit_revision(
            self.session, actor=self.team.author, challenge=self.made, material=material, reason=reason
        )

    def approve(self, **answers: object) -> ChallengeVersion:
        version = self.submit(**answers)  # type: ignore[arg-type]  # answers have other names
        service.approve_revision(
            self.session,
            actor=self.team.approver,
            challenge=self.made,
            content_hash=version.content_hash,
            version_read=version.number,
        )
        return version

    def publish(self, **answers: object) -> ChallengeVersion:
        self.approve(**answers)
        return service.publish_revision(self.session, actor=self.team.author, challenge=self.made)

    @property
    def revision(self) -> ChallengeRevision:
        query = sa.select(ChallengeRevision).where(ChallengeRevision.challenge_id == self.made.id)
        return self.session.scalars(query.order_by(ChallengeRevision.number.desc()).limit(1)).one()


@pytest.fixture
def change(session: Session, team: Team) -> Change:
    return Change(session, team)


class TestWriting:
    def test_the_published_text_stays_as_it_is(self, session: Session, change: Change) -> None:
        change.write(problem=NEW, title="Fewer empty seats on Sundays")
        made = change.made
        assert (made.content, made.state) == (change.before, _S.PUBLISHED)
        assert queries.public_content(session, challenge=made) == change.before
        assert change.revision.content == {
            **change.before, "problem": NEW, "title": "Fewer empty seats on Sundays",
        }  # fmt: skip
        assert deeds(session, made)[-2:] == ["revision_opened", "revision_edited"]

    def test_there_is_one_at_a_time(self, session: Session, change: Change) -> None:
        change.write()
        with pytest.raises(Conflict, match="already being prepared"):
            service.open_revision(session, actor=change.team.author, challenge=change.made)

    def test_the_database_lets_one_through(self, session: Session, change: Change) -> None:
        change.write()
        session.add(
            ChallengeRevision(
                challenge=change.made,
                number=9,
                answers={},
                writer_ids=[],
                opened_by_id=change.team.author.person_id,
                opened_at=clock.now(),
                updated_at=clock.now(),
            )
        )
        with pytest.raises(IntegrityError, match="uq_challenge_revision_open"):
            session.flush()

    def test_the_route_stays(self, session: Session, change: Change) -> None:
        change.write()
        for answers in (
            {"route": Route.PRELIMINARY_MARKET_ENGAGEMENT},
            {"route_reason": "Because."},
            {"purposes": ["requirements"]},
        ):
            with pytest.raises(Conflict, match="route cannot be changed with the text"):
                service.save_answers(
                    session, actor=change.team.author, challenge=change.made, answers=answers
                )
        assert change.revision.content["route"] == "policy_exploration"

    def test_two_who_write_at_once_are_merged_as_in_a_draft(self, session: Session, change: Change) -> None:
        change.write()
        question, second = BY_SLUG["problem"], change.team.join(Role.POLICY_AUTHOR)
        seen = queries.answer_number(session, challenge=change.made, question=question)
        ours = {"problem": "Ours."}
        service.save_answers(
            session,
            actor=change.team.author,
            challenge=change.made,
            answers=ours,
            question=question,
            seen=seen,
        )
        theirs = {"problem": "Theirs."}
        with pytest.raises(AnswerChanged):
            service.save_answers(
                session, actor=second, challenge=change.made, answers=theirs, question=question, seen=seen
            )
        service.put_aside(
            session, actor=second, challenge=change.made, answers=theirs, question=question, seen=seen
        )
        (kept,) = queries.all_aside(session, challenge=change.made)
        assert (kept.round, kept.answers, change.revision.content["problem"]) == (1, theirs, "Ours.")
        assert change.revision.writer_ids == [change.team.author.person_id]

    def test_each_revision_has_a_round_of_its_own(self, session: Session, change: Change) -> None:
        question = BY_SLUG["problem"]
        change.publish()
        change.write(problem="Third.")
        assert (
            change.made.round,
            queries.answer_number(session, challenge=change.made, question=question),
        ) == (
            2,
            1,
        )

    @pytest.mark.parametrize(
        "answers", [{"title": "x" * 400}, {"problem": "word " * 10_000}, {"cpv": ["nonsense"]}]
    )
    def test_what_cannot_stand_is_refused_and_changes_nothing(
        self, session: Session, change: Change, answers: dict[str, object]
    ) -> None:
        change.write()
        before = change.revision.content
        with pytest.raises(Invalid):
            service.save_answers(session, actor=change.team.author, challenge=change.made, answers=answers)
        assert change.revision.content == before

    def test_only_authors_of_the_department_write(self, session: Session, change: Change) -> None:
        other = Team(session).author
        for actor in (change.team.approver, other):
            with pytest.raises(NotAllowed):
                service.open_revision(session, actor=actor, challenge=change.made)


class TestSubmitting:
    def test_the_exact_text_is_frozen_with_its_reason(self, session: Session, change: Change) -> None:
        with listening(ReviewRequested) as heard:
            version = change.submit()
        assert (version.number, version.published_at, version.material, version.reason) == (
            2,
            None,
            True,
            WHY,
        )
        assert version.content_hash == sha256(canonical(version.content)) == change.revision.content_hash
        assert heard == [ReviewRequested(challenge_id=change.made.id)]
        with pytest.raises(Conflict, match="cannot be changed"):
            service.save_answers(
                session, actor=change.team.author, challenge=change.made, answers={"problem": "Later."}
            )

    @pytest.mark.parametrize(
        ("answers", "material", "reason", "wrong"),
        [
            ({"problem": NEW}, None, WHY, ["material"]),
            ({"problem": NEW}, True, "  ", ["reason"]),
            ({"problem": NEW}, True, "x" * 1001, ["reason"]),
            ({"problem": ""}, True, WHY, ["problem"]),
            ({"closes_on": clock.uk_today()}, True, WHY, ["closes_on"]),
            ({"closes_on": clock.uk_today() - timedelta(days=1)}, True, WHY, ["closes_on"]),
            ({"closes_on": SOON - timedelta(days=1)}, False, WHY, ["material"]),
        ],
    )
    def test_what_is_missing_is_said(
        self,
        session: Session,
        change: Change,
        answers: dict[str, object],
        material: bool | None,
        reason: str,
        wrong: list[str],
    ) -> None:
        change.write(**answers)
        with pytest.raises(Invalid) as refused:
            service.submit_revision(
                session, actor=change.team.author, challenge=change.made, material=material, reason=reason
            )
        assert (list(refused.value.fields), change.revision.state) == (wrong, _R.WRITING)

    def test_an_earlier_closing_date_is_material_and_a_later_one_need_not_be(self, change: Change) -> None:
        assert change.submit(material=True, closes_on=SOON - timedelta(days=1)).number == 2

    def test_a_later_closing_date_may_be_minor(self, change: Change) -> None:
        assert change.submit(material=False, closes_on=SOON + timedelta(days=9)).number == 2

    def test_nothing_is_sent_that_differs_in_nothing(self, session: Session, change: Change) -> None:
        change.write(problem=NEW)
        change.write(problem=change.before["problem"])
        with pytest.raises(Conflict, match="Nothing differs"):
            service.submit_revision(
                session, actor=change.team.author, challenge=change.made, material=True, reason=WHY
            )


class TestDeciding:
    def test_another_person_approves_the_exact_text(self, session: Session, change: Change) -> None:
        with listening(ReviewDecided) as heard:
            version = change.approve()
        assert (change.revision.state, change.revision.approved_hash) == (_R.APPROVED, version.content_hash)
        assert len(heard) == 1
        assert change.made.content == change.before
        assert deeds(session, change.made)[-1] == "revision_approved"

    def test_a_text_that_was_not_read_is_not_approved(self, session: Session, change: Change) -> None:
        change.submit()
        with pytest.raises(Conflict, match="not the one you read"):
            service.approve_revision(
                session,
                actor=change.team.approver,
                challenge=change.made,
                content_hash=hash_of(change.before),
                version_read=2,
            )
        assert change.revision.state is _R.IN_REVIEW

    @pytest.mark.parametrize("how", ["wrote", "opened", "submitted"])
    def test_who_had_a_hand_in_it_does_not_approve(self, session: Session, change: Change, how: str) -> None:
        both = change.team.join(Role.POLICY_AUTHOR, Role.APPROVER)
        first = both if how == "opened" else change.team.author
        service.open_revision(session, actor=first, challenge=change.made)
        writer = both if how == "wrote" else change.team.author
        service.save_answers(session, actor=writer, challenge=change.made, answers={"problem": NEW})
        sender = both if how == "submitted" else change.team.author
        version = service.submit_revision(
            session, actor=sender, challenge=change.made, material=True, reason=WHY
        )
        assert both.person_id not in {
            person.id for person in queries.approvers(session, challenge=change.made)
        }
        with pytest.raises(NotAllowed, match="You wrote or submitted"):
            service.approve_revision(
                session,
                actor=both,
                challenge=change.made,
                content_hash=version.content_hash,
                version_read=version.number,
            )
        revision = change.revision
        revision.state, revision.approved_hash = _R.APPROVED, version.content_hash
        revision.approved_by_id = both.person_id
        with pytest.raises(IntegrityError, match="two_people"):
            session.flush()

    def test_who_wrote_the_first_text_may_approve_what_somebody_else_changes(
        self, session: Session, change: Change
    ) -> None:
        approver = change.team.join(Role.POLICY_AUTHOR, Role.APPROVER)
        second = change.team.join(Role.POLICY_AUTHOR)
        service.open_revision(session, actor=second, challenge=change.made)
        service.save_answers(session, actor=second, challenge=change.made, answers={"problem": NEW})
        version = service.submit_revision(
            session, actor=second, challenge=change.made, material=False, reason=WHY
        )
        service.approve_revision(
            session,
            actor=approver,
            challenge=change.made,
            content_hash=version.content_hash,
            version_read=version.number,
        )
        service.publish_revision(session, actor=second, challenge=change.made)
        assert (change.made.approved_by_id, change.made.writer_ids) == (
            approver.person_id,
            [second.person_id],
        )

    @pytest.mark.parametrize("approved", [False, True])
    def test_it_goes_back_with_reasons_and_can_be_sent_again(
        self, session: Session, change: Change, approved: bool
    ) -> None:
        if approved:
            change.approve()
        else:
            change.submit()
        review = service.send_revision_back(
            session, actor=change.team.approver, challenge=change.made, reasons="Say where."
        )
        revision = change.revision
        assert (revision.state, revision.approved_by_id, revision.submitted_by_id) == (_R.WRITING, None, None)
        assert (review.reasons, change.made.state) == ("Say where.", _S.PUBLISHED)
        version = change.submit(problem="One in four seats in the north travels empty.")
        assert (version.number, change.revision.state) == (3, _R.IN_REVIEW)

    def test_not_without_reasons(self, session: Session, change: Change) -> None:
        change.submit()
        with pytest.raises(Invalid, match="Say what should change"):
            service.send_revision_back(
                session, actor=change.team.approver, challenge=change.made, reasons=" "
            )


class TestPublishing:
    def test_the_next_version_takes_the_place_of_the_one_before(
        self, session: Session, change: Change
    ) -> None:
        first_public = change.made.published_at
        with listening(ChallengeChanged) as heard:
            version = change.publish(title="Fewer empty seats on Sundays", region="TLC", cpv=["72000000"])
        made = change.made
        assert made.content == version.content
        assert (made.title, made.region, made.cpv) == ("Fewer empty seats on Sundays", "TLC", ["72000000"])
        assert queries.public_content(session, challenge=made) == version.content
        assert (made.published_at, made.state) == (first_public, _S.PUBLISHED)
        assert made.approved_hash == made.content_hash == version.content_hash
        assert [each.number for each in queries.published_versions(session, challenge_id=made.id)] == [1, 2]
        assert told(session, made)[-1] == (f"version:{made.ref}/2", "everyone", version.content_hash)
        assert heard == [ChallengeChanged(made.id, version=2, material=True)]
        assert (made.open_revision, change.revision.state) == (None, _R.PUBLISHED)
        assert deeds(session, made)[-1] == "changed"

    def test_the_first_version_is_kept_word_for_word(self, session: Session, change: Change) -> None:
        change.publish()
        first, second = queries.published_versions(session, challenge_id=change.made.id)
        assert (first.content, second.content["problem"]) == (change.before, NEW)
        (difference,) = service.differences(first.content, second.content)
        assert [(piece.change.value, piece.text) for piece in difference.pieces] == [
            ("kept", "One in "), ("removed", "five "), ("added", "four "), ("kept", "booked seats travels empty."),
        ]  # fmt: skip

    def test_not_before_it_is_approved_and_not_twice(self, session: Session, change: Change) -> None:
        for step in (change.write, change.submit):
            step()
            with pytest.raises(Conflict):
                service.publish_revision(session, actor=change.team.author, challenge=change.made)
        change.team.session.expire_all()
        version = queries.latest_version(session, challenge_id=change.made.id)
        assert version
        service.approve_revision(
            session,
            actor=change.team.approver,
            challenge=change.made,
            content_hash=version.content_hash,
            version_read=version.number,
        )
        service.publish_revision(session, actor=change.team.author, challenge=change.made)
        with pytest.raises(Conflict, match="may just have been published"):
            service.publish_revision(session, actor=change.team.author, challenge=change.made)
        assert deeds(session, change.made).count("changed") == 1

    @pytest.mark.parametrize("where", ["revision", "version", "challenge"])
    def test_an_approval_of_one_text_never_publishes_another(
        self, session: Session, change: Change, where: str
    ) -> None:
        version = change.approve()
        if where == "revision":
            change.revision.answers = {**change.revision.answers, "problem": "Something else."}
        elif where == "version":
            version.content = {**version.content, "problem": "Something else."}
        else:  # what a revision does not change comes from the challenge
            change.made.route_reason = "Something else."
        session.flush()
        with pytest.raises(Conflict, match="not the one that was approved"):
            service.publish_revision(session, actor=change.team.author, challenge=change.made)
        session.rollback()

    def test_when_the_first_text_was_published_stays_known(self, session: Session, change: Change) -> None:
        before = queries.text_dates(session, challenge=change.made)
        assert (before.published_at, before.changed_at) == (change.made.published_at, None)
        with time_machine.travel(clock.now() + timedelta(days=9)):
            version = change.publish()
        after = queries.text_dates(session, challenge=change.made)
        assert after == replace(before, changed_at=version.published_at)
        assert None not in vars(after).values()

    def test_a_closing_date_that_passed_meanwhile_is_no_closing_date(
        self, session: Session, change: Change
    ) -> None:
        change.approve(closes_on=SOON - timedelta(days=3))
        with (
            time_machine.travel(clock.now() + timedelta(days=29)),
            pytest.raises(Conflict, match="The new closing date passed on"),
        ):
            service.publish_revision(session, actor=change.team.author, challenge=change.made)
        assert change.made.closes_on == SOON

    def test_a_later_closing_date_opens_a_challenge_again(self, change: Change) -> None:
        with time_machine.travel(clock.now() + timedelta(days=40)):
            assert change.made.is_open is False
            change.publish(closes_on=SOON + timedelta(days=60))
            assert change.made.is_open is True

    @pytest.mark.parametrize("material", [True, False])
    def test_a_minor_change_says_so(self, session: Session, change: Change, material: bool) -> None:
        version = change.submit(material=material)
        service.approve_revision(
            session,
            actor=change.team.approver,
            challenge=change.made,
            content_hash=version.content_hash,
            version_read=version.number,
        )
        with listening(ChallengeChanged) as heard:
            service.publish_revision(session, actor=change.team.author, challenge=change.made)
        assert heard == [ChallengeChanged(change.made.id, version=2, material=material)]


class TestEnding:
    @pytest.mark.parametrize("stage", ["write", "submit", "approve"])
    def test_a_change_can_be_dropped_at_any_stage(self, session: Session, change: Change, stage: str) -> None:
        getattr(change, stage)()
        service.drop_revision(session, actor=change.team.approver, challenge=change.made)
        assert (change.revision.state, change.made.open_revision) == (_R.DROPPED, None)
        assert change.made.content == change.before
        with pytest.raises(Conflict, match="No change of this text"):
            service.drop_revision(session, actor=change.team.approver, challenge=change.made)
        change.write(problem="Another beginning.")
        assert change.revision.number == 2

    @pytest.mark.parametrize("stage", ["write", "submit", "approve"])
    def test_withdrawing_drops_it(self, session: Session, change: Change, stage: str) -> None:
        getattr(change, stage)()
        service.withdraw(
            session, actor=change.team.author, challenge=change.made, reason="Ministers decided."
        )
        assert (change.made.state, change.revision.state) == (_S.WITHDRAWN, _R.DROPPED)
        assert change.revision.dropped_reason == "The challenge was withdrawn."
        assert queries.public_content(session, challenge=change.made) == change.before

    def test_ending_early_drops_it(self, session: Session, change: Change) -> None:
        change.approve()
        service.end_early(session, actor=change.team.author, challenge=change.made, reason="We know enough.")
        assert (change.made.state, change.revision.state) == (_S.FINDINGS_DUE, _R.DROPPED)

    def test_an_engagement_does_not_end_over_a_change(self, session: Session, change: Change) -> None:
        change.write()
        service.start_engaging(session, actor=change.team.author, challenge=change.made)
        with time_machine.travel(SOON + timedelta(days=1)):
            with pytest.raises(Conflict, match="Publish it or drop it first"):
                service.end_engaging(session, actor=change.team.author, challenge=change.made)
            service.drop_revision(session, actor=change.team.author, challenge=change.made)
            service.end_engaging(session, actor=change.team.author, challenge=change.made)
        assert change.made.state is _S.FINDINGS_DUE


@pytest.mark.usefixtures("committed")
def test_of_two_who_begin_at_once_one_is_let_through() -> None:
    with unit_of_work() as session:
        team = Team(session)
        ref = team.published().ref
    ready = Barrier(4)

    def begin(_number: int) -> str:
        ready.wait()
        try:
            with unit_of_work() as session:
                service.open_revision(session, actor=team.author, challenge=queries.by_ref(session, ref=ref))
        except Conflict as refusal:
            return refusal.message.partition(".")[0]
        return "begun"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(begin, range(4)))
    assert outcomes == ["A change of this text is already being prepared"] * 3 + ["begun"]
    with new_session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(ChallengeRevision)) == 1
