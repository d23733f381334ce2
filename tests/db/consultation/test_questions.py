"""Asked privately, answered to everyone at once, or turned away."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.advisory.enums import OfferState
from engage.audit.models import AuditEvent
from engage.challenges.enums import OPEN_STATES, PUBLIC_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.consultation import queries, service
from engage.consultation.enums import QuestionState
from engage.consultation.models import Question
from engage.consultation.queries import PublicAnswer
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.kernel.text import sha256
from engage.ledger.enums import EVERYONE
from engage.ledger.models import Disclosure
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory, consultation
from tests.support.records import letters, tags, told


def facilitator(session: Session, challenge: Challenge) -> Actor:
    return accounts.actor(session, Role.FACILITATOR, organisation=challenge.organisation)


def test_a_question_is_told_to_the_department_without_a_name(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    runner = facilitator(session, challenge)
    team = advisory.team(session, name="Wayfare Analytics Ltd", role=Role.SUPPLIER_EXPERT)

    question = service.ask(
        session, actor=team.actor, supplier=team.supplier, challenge=challenge, text="What does it cost?"
    )

    assert (question.state, question.asked_by_id) == (QuestionState.ASKED, team.person.id)
    assert (tags(session), told(session)) == (["consultation:question:asked"], [])
    line = session.scalars(sa.select(AuditEvent)).one()
    assert (line.actor_id, line.organisation_id) == (None, None)
    (letter,) = letters(session)
    assert (letter.template, letter.recipient) == ("question_received", runner.email)
    whole = f"{letter.subject} {letter.text} {letter.html} {letter.sender} {letter.why}"
    assert [name in whole for name in ("Wayfare", team.person.name, team.person.email)] == [False] * 3


@pytest.mark.parametrize("state", [state for state in ChallengeState if state not in OPEN_STATES])
def test_questions_are_for_open_challenges(session: Session, state: ChallengeState) -> None:
    challenge, team = advisory.open_challenge(session, state=state), advisory.team(session)
    with pytest.raises(Conflict, match="no longer takes questions"):
        service.ask(session, actor=team.actor, supplier=team.supplier, challenge=challenge, text="Why?")


def test_nobody_asks_after_the_last_day_or_before_being_verified(session: Session) -> None:
    over = advisory.open_challenge(session, closes_on=clock.uk_today() - timedelta(days=1))
    team = advisory.team(session)
    with pytest.raises(Conflict):
        service.ask(session, actor=team.actor, supplier=team.supplier, challenge=over, text="Why?")
    new = advisory.team(session, state=OrganisationState.PENDING)
    with pytest.raises(NotAllowed):
        service.ask(
            session,
            actor=new.actor,
            supplier=new.supplier,
            challenge=advisory.open_challenge(session),
            text="Why?",
        )


def test_ten_questions_of_a_supplier_wait_at_most_about_each_challenge(session: Session) -> None:
    challenge, other = advisory.open_challenge(session), advisory.open_challenge(session)
    team, rival = advisory.team(session), advisory.team(session)
    asked = [consultation.question(session, challenge=challenge, team=team) for _ in range(10)]

    def ask(who: advisory.SupplierTeam, about: Challenge) -> QuestionState:
        made = service.ask(session, actor=who.actor, supplier=who.supplier, challenge=about, text="Why?")
        return made.state

    with pytest.raises(Conflict) as refused:
        ask(team, challenge)
    assert refused.value.message == (
        "10 of your questions about this challenge wait for an answer. "
        "Ask again once the department has dealt with one of them."
    )
    assert [ask(rival, challenge), ask(team, other)] == [QuestionState.ASKED] * 2
    service.reject(session, actor=facilitator(session, challenge), question=asked[0], reason="Asked before.")
    assert ask(team, challenge) is QuestionState.ASKED
    with pytest.raises(Conflict):
        ask(team, challenge)


def test_an_answer_reaches_everyone_who_takes_part_once_in_the_same_words(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    asker = advisory.team(session, name="Wayfare Analytics Ltd")
    invited, accepted, declined, held, volunteer, refused, gone, stranger = (
        advisory.team(session) for _ in range(8)
    )
    for team, state in (
        (invited, InvitationState.SENT),
        (accepted, InvitationState.ACCEPTED),
        (declined, InvitationState.DECLINED),
        (held, InvitationState.HELD),
        (asker, InvitationState.SENT),
    ):
        advisory.invitation(session, challenge=challenge, supplier=team.supplier, state=state)
    colleague = accounts.member(session, Role.SUPPLIER_EXPERT, organisation=invited.supplier.organisation)
    advisory.offer(session, challenge=challenge, team=volunteer)
    advisory.offer(session, challenge=challenge, team=invited)
    advisory.offer(session, challenge=challenge, team=refused, state=OfferState.DECLINED, answer="Full.")
    advisory.offer(session, challenge=challenge, team=gone, state=OfferState.WITHDRAWN)
    question = consultation.question(
        session, challenge=challenge, team=asker, text="At Wayfare we ask: may we?"
    )

    service.release(
        session,
        actor=facilitator(session, challenge),
        question=question,
        published_text="May suppliers use other data?",
        answer="Yes, all of them.",
    )

    written = letters(session)
    assert {letter.template for letter in written} == {"question_answered"}
    people = (
        asker.person,
        invited.person,
        colleague.person,
        accepted.person,
        volunteer.person,
        refused.person,
    )
    assert sorted(letter.recipient for letter in written) == sorted(person.email for person in people)
    assert len({letter.subject for letter in written}) == 1
    bodies = {letter.text.split("-" * 50)[0] for letter in written}
    assert len(bodies) == 1
    assert "May suppliers use other data?" in next(iter(bodies))
    assert all("At Wayfare" not in letter.text + letter.html for letter in written)
    assert stranger.person.email not in {letter.recipient for letter in written}


def test_an_asker_who_left_is_told_neither_the_answer_nor_the_refusal(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    asker, invited = advisory.team(session), advisory.team(session)
    advisory.invitation(session, challenge=challenge, supplier=invited.supplier)
    answered, refused = (consultation.question(session, challenge=challenge, team=asker) for _ in range(2))
    asker.membership.ended_at = clock.now()
    session.flush()
    actor = facilitator(session, challenge)

    service.release(session, actor=actor, question=answered, published_text="Is it published?", answer="Yes.")
    service.reject(session, actor=actor, question=refused, reason="Asked before.")

    assert [(letter.template, letter.recipient) for letter in letters(session)] == [
        ("question_answered", invited.person.email)
    ]


def test_an_answer_is_in_the_ledger_with_the_hash_of_its_words(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    question = consultation.question(session, challenge=challenge, team=advisory.team(session))

    service.release(
        session,
        actor=facilitator(session, challenge),
        question=question,
        published_text="Is it published?",
        answer="Yes.",
    )

    assert told(session) == [(f"answer:{question.id}", EVERYONE)]
    assert session.scalar(sa.select(Disclosure.body_hash)) == sha256("Is it published?\n\nYes.")
    assert tags(session) == ["consultation:question:answered"]
    (shown,) = queries.answered(session, challenge_id=challenge.id)
    assert question.answered_at
    assert shown == PublicAnswer(question.id, "Is it published?", "Yes.", question.answered_at)


def test_what_names_the_asker_stops_the_answer_until_somebody_has_checked(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    team = advisory.team(session, name="Kent County Transport Ltd")
    question = consultation.question(session, challenge=challenge, team=team)
    actor = facilitator(session, challenge)

    with pytest.raises(Invalid) as problem:
        service.release(
            session,
            actor=actor,
            question=question,
            published_text="Does Kent County Transport count?",
            answer=f"Ask {team.person.name}.",
        )
    assert problem.value.fields == {
        "published_text": "Take out what may name the asker: “Kent County Transport”",
        "answer": f"Take out what may name the asker: “{team.person.name}”",
    }
    assert (question.state, letters(session), told(session)) == (QuestionState.ASKED, [], [])

    service.release(
        session,
        actor=actor,
        question=question,
        published_text="Does Kent County Transport count?",
        answer="Yes.",
        names_checked=True,
    )
    assert question.state is QuestionState.ANSWERED


def test_both_texts_are_needed(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    question = consultation.question(session, challenge=challenge, team=advisory.team(session))
    with pytest.raises(Invalid) as problem:
        service.release(
            session, actor=facilitator(session, challenge), question=question, published_text=" ", answer="\n"
        )
    assert sorted(problem.value.fields) == ["answer", "published_text"]


def test_only_the_asker_learns_that_a_question_was_turned_away(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    team, other = advisory.team(session), advisory.team(session)
    accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    advisory.invitation(session, challenge=challenge, supplier=other.supplier)
    question = consultation.question(session, challenge=challenge, team=team)

    service.reject(
        session, actor=facilitator(session, challenge), question=question, reason="Asked and answered."
    )

    (letter,) = letters(session)
    assert (letter.template, letter.recipient) == ("question_rejected", team.person.email)
    assert "Asked and answered." in letter.text
    assert (queries.answered(session, challenge_id=challenge.id), told(session)) == ([], [])


@pytest.mark.parametrize("state", [QuestionState.ANSWERED, QuestionState.REJECTED])
def test_what_was_dealt_with_stays_so(session: Session, state: QuestionState) -> None:
    challenge = advisory.open_challenge(session)
    question = consultation.question(session, challenge=challenge, team=advisory.team(session), state=state)
    actor = facilitator(session, challenge)
    with pytest.raises(Conflict):
        service.release(session, actor=actor, question=question, published_text="What?", answer="That.")
    with pytest.raises(Conflict):
        service.reject(session, actor=actor, question=question, reason="No.")


@pytest.mark.parametrize("state", list(ChallengeState))
def test_answers_are_public_exactly_when_their_challenge_is(session: Session, state: ChallengeState) -> None:
    challenge = advisory.open_challenge(session, state=state)
    team = advisory.team(session)
    consultation.question(session, challenge=challenge, team=team, state=QuestionState.ANSWERED)
    for hidden in (QuestionState.ASKED, QuestionState.REJECTED):
        consultation.question(session, challenge=challenge, team=team, state=hidden)
    assert len(queries.answered(session, challenge_id=challenge.id)) == (state in PUBLIC_STATES)


def test_the_departments_list_begins_with_what_waits_longest(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    team = advisory.team(session)
    for text, days, state in (
        ("old answered", 9, QuestionState.ANSWERED),
        ("new waiting", 1, QuestionState.ASKED),
        ("rejected", 2, QuestionState.REJECTED),
        ("old waiting", 5, QuestionState.ASKED),
    ):
        asked_at = clock.now() - timedelta(days=days)
        consultation.question(
            session, challenge=challenge, team=team, text=text, state=state, asked_at=asked_at
        )
    consultation.question(session, challenge=advisory.open_challenge(session), team=team)

    found = queries.of_challenge(session, challenge_id=challenge.id)

    assert [each.text for each in found] == ["old waiting", "new waiting", "rejected", "old answered"]
    assert queries.open_count(session, challenge_id=challenge.id) == 2
    waiting = queries.open_questions(session, organisation_id=challenge.organisation_id)
    assert [each.text for each in waiting] == ["old waiting", "new waiting"]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"state": QuestionState.ANSWERED, "answer": "Yes.", "published_text": "So?"}, "answered_has_time"),
        ({"state": QuestionState.ANSWERED, "answered_at": clock.now()}, "answered_has_answer"),
        ({"state": QuestionState.REJECTED}, "rejected_has_reason"),
    ],
)
def test_the_database_refuses_half_answers(
    session: Session, change: dict[str, object], constraint: str
) -> None:
    challenge = advisory.open_challenge(session)
    question = consultation.question(session, challenge=challenge, team=advisory.team(session))
    with pytest.raises(IntegrityError, match=constraint):
        session.execute(sa.update(Question).where(Question.id == question.id).values(change))
