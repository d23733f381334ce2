"""The demo shows what makes an engagement lawful: notices, changes, interests, equal information, a board with work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import time

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.queries import actor_of, person_by_email
from engage.challenges import queries as challenges
from engage.challenges.enums import ChallengeState, Route
from engage.challenges.enums.files import AttachmentState
from engage.challenges.enums.routes import RouteChangeState
from engage.challenges.models import (
    AnswerEdit,
    Attachment,
    Challenge,
    ChallengeVersion,
    EngagementStep,
    RouteChange,
)
from engage.consultation import queries as consultation
from engage.consultation.models import ToldFact
from engage.demo import texts
from engage.demo.accounts import APPROVER, AUTHOR, DEPARTMENT, FACILITATOR, Account
from engage.interests import queries as interests
from engage.interests.enums import CheckPoint, MitigationState
from engage.interests.models import ConflictFinding, Mitigation
from engage.kernel import db
from engage.kernel.uktime import to_uk
from engage.kernel.workdays import is_workday
from engage.site.board import Board, board
from engage.transparency import service as transparency
from engage.transparency.enums import LinkState
from engage.transparency.models import NoticeLink
from tests.db.demo.conftest import Demo


@pytest.fixture
def reader(demo: Demo) -> Iterator[Session]:
    with db.reading() as session:
        yield session


def own(reader: Session, **values: object) -> list[Challenge]:
    query = sa.select(Challenge).join(Challenge.organisation).filter_by(name=DEPARTMENT)
    conditions = [getattr(Challenge, field) == value for field, value in values.items()]
    return list(reader.scalars(query.where(*conditions).order_by(Challenge.id)))


def seen_by(reader: Session, account: Account) -> Board:
    person = person_by_email(reader, account.email)
    assert person is not None
    return board(reader, actor=actor_of(person, person.memberships[0]))


def test_every_notice_of_the_demo_department_is_complete(reader: Session) -> None:
    written = own(reader, route=Route.PRELIMINARY_MARKET_ENGAGEMENT)
    assert Counter(each.state for each in written) == {
        ChallengeState.NOTICE_PENDING: 1,
        ChallengeState.PUBLISHED: 1,
        ChallengeState.ENGAGING: 1,
    }
    for each in written:
        record = transparency.record_of(reader, challenge=each)
        lacking = [item.code for item in transparency.missing(record)]
        assert lacking == ([] if each.is_public else ["ocid"])  # which only Find a Tender gives out


def test_one_is_published_by_itself_on_a_working_day_to_come(reader: Session) -> None:
    (waiting,) = [each for each in own(reader) if each.publish_at]
    assert waiting.publish_at is not None
    at = to_uk(waiting.publish_at)
    assert (waiting.state, at.time(), is_workday(at.date())) == (ChallengeState.APPROVED, time(9, 30), True)


def test_one_has_a_changed_text_with_words_to_compare(reader: Session) -> None:
    query = sa.select(ChallengeVersion.challenge_id).where(ChallengeVersion.published_at.is_not(None))
    (changed,) = [key for key, number in Counter(reader.scalars(query)).items() if number > 1]
    first, second = challenges.published_versions(reader, challenge_id=changed)
    differs = {field for field in second.content if second.content[field] != first.content.get(field)}
    assert differs == {"constraints", "closes_on", "attachments"}
    assert (second.material, bool(second.reason)) == (True, True)


def test_two_people_have_written_one_answer_and_nothing_was_lost(reader: Session) -> None:
    (merge,) = texts.lawful()["merges"]
    found = reader.scalars(sa.select(Challenge).where(Challenge.source_ref == merge["challenge"])).one()
    edits = reader.scalars(
        sa.select(AnswerEdit)
        .where(AnswerEdit.challenge_id == found.id, AnswerEdit.question == merge["question"])
        .order_by(AnswerEdit.number)
    ).all()
    said = [each.answers[merge["question"]] for each in edits]
    assert said[-2:] == [merge["first"], merge["merged"]]
    assert (found.constraints, len(set(found.writer_ids))) == (merge["merged"], 2)


def test_every_attachment_was_checked(reader: Session) -> None:
    found = sa.select(Attachment.state, Attachment.held)
    assert Counter(map(tuple, reader.execute(found))) == {
        (AttachmentState.CLEAN, False): 3,
        (AttachmentState.CLEAN, True): 1,  # the slides of a session
    }


def test_a_draft_began_as_a_copy_and_a_change_of_route_is_proposed(reader: Session) -> None:
    (copied,) = [each for each in own(reader) if each.copied_from_id]
    assert (copied.state, copied.title) == (ChallengeState.DRAFT, texts.lawful()["copies"][0]["title"])
    assert list(reader.scalars(sa.select(RouteChange.state))) == [RouteChangeState.PROPOSED]


def test_interests_have_steps_and_one_that_came_late_stands_in_the_way(reader: Session) -> None:
    states = Counter(reader.scalars(sa.select(Mitigation.state)))
    assert states == {MitigationState.IN_PLACE: 1, MitigationState.PROPOSED: 1}
    late = reader.scalars(sa.select(ConflictFinding).where(ConflictFinding.point != CheckPoint.MATCH)).all()
    assert len(late) >= 1
    waiting = reader.scalars(sa.select(Mitigation).where(Mitigation.state == MitigationState.PROPOSED)).one()
    assert {each.challenge_id for each in late} == {waiting.challenge_id}
    said = interests.statements(reader, challenge=waiting.challenge)
    assert [each.person.name for each in said if each.missing] == []


def test_something_told_elsewhere_is_evened_out_and_something_is_not(reader: Session) -> None:
    facts = reader.scalars(sa.select(ToldFact).order_by(ToldFact.recorded_at)).all()
    assert [each.released_at is not None for each in facts] == [True, False]
    open_ones = [
        each.fact
        for each in consultation.differences(reader, challenge=facts[1].challenge)
        if not each.settled
    ]
    assert facts[1].key in open_ones
    assert reader.scalar(sa.select(sa.func.count()).select_from(EngagementStep)) == 3


def test_procurements_followed_and_others_may_have(reader: Session) -> None:
    states = Counter(reader.scalars(sa.select(NoticeLink.state)))
    assert states[LinkState.CONFIRMED] == 1
    assert states[LinkState.PROPOSED] >= 1


def test_everybody_of_the_department_has_something_to_do_and_something_is_late(reader: Session) -> None:
    for account in (AUTHOR, APPROVER, FACILITATOR):
        found = seen_by(reader, account)
        assert len(found.your_turn) >= 3
        assert len(found.late) >= 2
    (text,) = own(reader, state=ChallengeState.IN_REVIEW)
    review = next(item for item in seen_by(reader, APPROVER).your_turn if item.path.endswith("/review"))
    assert (review.ref, review.late.split(" for ")[0]) == (text.ref, "In approval")
