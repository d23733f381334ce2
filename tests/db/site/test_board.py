"""The board of a department: whose turn it is, what is late, and how many statements that takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Organisation
from engage.accounts.queries import actor_of
from engage.advisory.enums import SeatState
from engage.challenges import service as challenges_service
from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.models import Challenge
from engage.interests import service
from engage.interests.models import DeclaredNone
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.due import Due, Who, until, waited
from engage.ledger import service as ledger
from engage.ledger.enums import Channel
from engage.site.board import Board, Choice, board
from tests.factories import accounts, advisory, challenges, consultation, interests

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OFFICE = frozenset({Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR})
_S = ChallengeState


@pytest.fixture(autouse=True)
def on_a_monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def office(session: Session) -> Organisation:
    return accounts.new_organisation(session)


def actor(session: Session, office: Organisation, *roles: Role) -> Actor:
    return accounts.actor(session, *roles, organisation=office)


def seen(session: Session, who: Actor) -> Board:
    session.flush()
    return board(session, actor=who)


def facts(items: object) -> list[tuple[str, str, date | None, str]]:
    """What to do, where, until when, and what is late; without the declarations, which have a test of their own."""
    assert isinstance(items, list)
    return [
        (item.what, item.path, item.by, item.late) for item in items if item.what != "Declare your interests"
    ]


def made(session: Session, office: Organisation, state: ChallengeState, **values: Any) -> Challenge:
    return challenges.challenge(session, organisation=office, state=state, **values)


def test_nothing_waits_in_a_new_department(session: Session, office: Organisation) -> None:
    empty = seen(session, actor(session, office, Role.POLICY_AUTHOR))
    assert (empty.your_turn, empty.late, empty.items) == ([], {}, [])


def test_a_draft_is_its_writers_turn(session: Session, office: Organisation) -> None:
    writer = actor(session, office, Role.POLICY_AUTHOR)
    other = actor(session, office, Role.POLICY_AUTHOR)
    draft = challenges_service.create_draft(session, actor=writer, title="Fewer floods")
    assert [item.what for item in seen(session, writer).your_turn] == [
        "Continue writing: 8 questions to answer"
    ]
    assert seen(session, writer).your_turn[0].path == f"/department/challenges/{draft.ref}/check"
    assert seen(session, other).your_turn == []


def test_a_text_in_approval_is_any_approvers_turn_but_its_writers(
    session: Session, office: Organisation
) -> None:
    both = actor(session, office, Role.POLICY_AUTHOR, Role.APPROVER)
    approver = actor(session, office, Role.APPROVER)
    text = made(session, office, _S.IN_REVIEW, author=accounts.person(session))
    text.writer_ids = [both.person_id]
    here = f"/department/challenges/{text.ref}/review"
    expected = ("Read the text and decide", here, date(2026, 3, 9), "")
    assert facts(seen(session, approver).your_turn) == [expected]
    assert facts(seen(session, both).your_turn) == []
    with time_machine.travel(MONDAY + timedelta(days=8), tick=False):
        late = "In approval for 6 working days"
        assert facts(seen(session, approver).your_turn) == [(*expected[:3], late)]
        assert seen(session, both).late[text.ref] == [late, "1 person has not declared interests"]


@pytest.mark.parametrize(
    ("state", "values", "expected"),
    [
        (
            _S.NOTICE_PENDING,
            challenges.PME,
            ("Publish the notice on Find a Tender, then record its number", "/notice", "No notice recorded"),
        ),
        (_S.APPROVED, {}, ("Publish the challenge, or set a time for it", "", "Ready to publish")),
    ],
)
def test_publication_waits_for_author_or_approver(
    session: Session,
    office: Organisation,
    state: ChallengeState,
    values: dict[str, object],
    expected: tuple[str, str, str],
) -> None:
    text = made(session, office, state, closes_on=date(2026, 6, 1), **values)
    what, place, late = expected
    with time_machine.travel(MONDAY + timedelta(days=9), tick=False):
        for role in (Role.POLICY_AUTHOR, Role.APPROVER):
            assert facts(seen(session, actor(session, office, role)).your_turn) == [
                (
                    what,
                    f"/department/challenges/{text.ref}{place}",
                    date(2026, 3, 9),
                    f"{late} for 7 working days",
                )
            ]
        assert facts(seen(session, actor(session, office, Role.FACILITATOR)).your_turn) == []


def test_a_time_set_for_publication_leaves_nothing_to_do(session: Session, office: Organisation) -> None:
    author = actor(session, office, Role.POLICY_AUTHOR)
    text = made(session, office, _S.APPROVED)
    challenges_service.schedule(session, actor=author, challenge=text, at=MONDAY + timedelta(days=1))
    assert facts(seen(session, author).your_turn) == []


def test_a_closing_date_that_passed_is_late(session: Session, office: Organisation) -> None:
    author = actor(session, office, Role.POLICY_AUTHOR)
    text = made(session, office, _S.ENGAGING, closes_on=date(2026, 2, 27))
    expected = (
        "End the engagement",
        f"/department/challenges/{text.ref}",
        date(2026, 2, 27),
        "The closing date passed on 27 February 2026",
    )
    assert facts(seen(session, author).your_turn) == [expected]


def test_findings_are_due_twenty_working_days_after_the_end(session: Session, office: Organisation) -> None:
    author = actor(session, office, Role.POLICY_AUTHOR)
    text = made(session, office, _S.FINDINGS_DUE, closes_on=date(2026, 2, 2))
    expected = (
        "Tell what you heard, then close the challenge",
        f"/department/challenges/{text.ref}",
        date(2026, 3, 2),
    )
    assert facts(seen(session, author).your_turn) == [(*expected, "")]
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        assert facts(seen(session, author).your_turn) == [(*expected, "Findings were due on 2 March 2026")]


def test_a_session_leaves_attendance_and_minutes(session: Session, office: Organisation) -> None:
    host = actor(session, office, Role.FACILITATOR)
    text = made(session, office, _S.ENGAGING)
    talk = advisory.meeting(
        session,
        challenge=text,
        title="Talk",
        starts_at=MONDAY - timedelta(days=10),
        facilitator_id=host.person_id,
    )
    seat = advisory.seat(session, meeting=talk)
    assert facts(seen(session, host).your_turn) == [
        (
            "Record who came to “Talk”",
            f"/department/sessions/{talk.ref}/attendance",
            date(2026, 2, 27),
            "Attendance not recorded for 6 working days",
        ),
        (
            "Publish the minutes of “Talk”",
            f"/department/sessions/{talk.ref}/minutes",
            date(2026, 2, 27),
            "Minutes were due on 27 February 2026",
        ),
    ]
    seat.state = SeatState.ATTENDED
    talk.minutes, talk.minutes_published_at = "We talked.", MONDAY
    assert facts(seen(session, host).your_turn) == []
    assert seen(session, host).refs_of_person == {text.ref}


def test_questions_and_offers_are_counted(session: Session, office: Organisation) -> None:
    host = actor(session, office, Role.FACILITATOR)
    text = made(session, office, _S.ENGAGING)
    team = advisory.team(session)
    for _ in range(2):
        consultation.question(session, challenge=text, team=team)
    advisory.offer(session, challenge=text, team=team)
    here = f"/department/challenges/{text.ref}"
    assert sorted(facts(seen(session, host).your_turn)) == [
        ("Answer 2 questions", f"{here}/questions", date(2026, 3, 9), ""),
        ("Answer an offer to help", f"{here}/sessions", date(2026, 3, 9), ""),
    ]


def test_who_has_not_declared_is_asked_by_name(session: Session, office: Organisation) -> None:
    writer, host = (actor(session, office, role) for role in (Role.POLICY_AUTHOR, Role.FACILITATOR))
    text = made(session, office, _S.ENGAGING)
    text.author_id, text.writer_ids, text.submitted_by_id = (
        writer.person_id,
        [writer.person_id],
        writer.person_id,
    )
    stranger = actor(session, office, Role.APPROVER)

    def asked(who: Actor) -> list[str]:
        return [item.what for item in seen(session, who).your_turn if "interests" in item.path]

    assert [asked(who) for who in (writer, host, stranger)] == [
        ["Declare your interests"],
        ["Declare your interests"],
        [],
    ]
    said = DeclaredNone(
        person_id=host.person_id, organisation_id=office.id, challenge_id=text.id, made_at=MONDAY
    )
    session.add(said)
    assert [asked(who) for who in (writer, host)] == [["Declare your interests"], []]
    with time_machine.travel(MONDAY + timedelta(days=9), tick=False):
        assert seen(session, stranger).late[text.ref] == ["1 person has not declared interests"]


def test_steps_against_a_conflict_wait_for_neither_who_declared_nor_who_proposed(
    session: Session, office: Organisation
) -> None:
    text = made(session, office, _S.ENGAGING)
    declarer, proposer, third = (actor(session, office, Role.APPROVER) for _ in range(3))
    steps = service.propose_mitigation(
        session,
        actor=proposer,
        challenge=text,
        declaration=interests.declared(session, declarer),
        steps="He leaves the room.",
        owner_id=third.person_id,
        due_on=interests.days(7),
        review_on=interests.days(60),
    )
    path = f"/department/challenges/{text.ref}/interests/steps/{steps.id}"
    waiting = [
        [item.path for item in seen(session, who).your_turn if "/steps/" in item.path]
        for who in (declarer, proposer, third)
    ]
    assert waiting == [[], [], [path]]


@pytest.mark.parametrize("end", ["withdrawn", "ended", "closed challenge", "left"])
def test_steps_about_what_counts_no_more_wait_for_nobody(
    session: Session, office: Organisation, end: str
) -> None:
    text = made(session, office, _S.ENGAGING)
    declarer, proposer, third = (actor(session, office, Role.APPROVER) for _ in range(3))
    declared = interests.declared(session, declarer)
    service.propose_mitigation(
        session,
        actor=proposer,
        challenge=text,
        declaration=declared,
        steps="He leaves the room.",
        owner_id=third.person_id,
        due_on=interests.days(7),
        review_on=interests.days(60),
    )

    def waiting() -> int:
        return len([item for item in seen(session, third).your_turn if "/steps/" in item.path])

    assert waiting() == 1
    if end == "withdrawn":
        service.withdraw(session, actor=declarer, declaration=declared, reason="Another person.")
    elif end == "ended":
        declared.ended_on, declared.ended_at = MONDAY.date() - timedelta(days=500), MONDAY
    elif end == "left":
        query = sa.update(Membership).where(Membership.person_id == declarer.person_id)
        session.execute(query.values(ended_at=MONDAY))
    else:
        text.state = _S.CLOSED
    assert waiting() == 0


@pytest.mark.parametrize("state", [_S.CLOSED, _S.WITHDRAWN])
def test_a_change_of_route_waits_no_more_once_the_challenge_is_over(
    session: Session, office: Organisation, state: ChallengeState
) -> None:
    text = made(session, office, _S.FINDINGS_DUE)
    lead, approver = (actor(session, office, role) for role in (Role.POLICY_AUTHOR, Role.APPROVER))
    challenges_service.propose_route(
        session,
        actor=lead,
        challenge=text,
        to=Route.PRELIMINARY_MARKET_ENGAGEMENT,
        purposes=[EngagementPurpose.TERMS],
        reason="A procurement is planned now.",
    )

    def waiting() -> int:
        return len([item for item in seen(session, approver).your_turn if item.path.endswith("/route")])

    assert waiting() == 1
    text.state, text.withdrawn_reason = state, "Enough."
    assert waiting() == 0


def test_a_difference_is_settled_until_somebody_else_is_told(session: Session, office: Organisation) -> None:
    text = made(session, office, _S.ENGAGING)
    lead = actor(session, office, Role.POLICY_AUTHOR)

    def tell(supplier: str) -> None:
        ledger.disclose(
            session,
            challenge_ref=text.ref,
            fact="told:7",
            summary="The budget",
            channel=Channel.PHONE,
            audience=f"supplier:{supplier}",
        )

    def waiting() -> list[str]:
        return [item.what for item in seen(session, lead).your_turn if item.path.endswith("/ledger")]

    tell("A")
    assert waiting() == ["Tell everyone one thing that only some know"]
    challenges_service.justify(
        session, actor=lead, challenge=text, facts=["told:7"], difference="It runs it.", steps="Its notes."
    )
    assert waiting() == []
    with time_machine.travel(MONDAY + timedelta(hours=1), tick=False):
        tell("B")
        assert waiting() == ["Tell everyone one thing that only some know"]
        challenges_service.justify(
            session, actor=lead, challenge=text, facts=["told:7"], difference="Both do.", steps="Its notes."
        )
        assert waiting() == []


def test_the_late_comes_first_then_the_earliest_day(session: Session, office: Organisation) -> None:
    author = actor(session, office, Role.POLICY_AUTHOR)
    made(session, office, _S.APPROVED, closes_on=date(2026, 6, 1))
    passed = made(session, office, _S.ENGAGING, closes_on=date(2026, 2, 27))
    challenges_service.create_draft(session, actor=author, title="A draft")
    found = [item for item in seen(session, author).items if item.what != "Declare your interests"]
    assert [bool(item.late) for item in found] == [True, False, False]
    assert [item.by for item in found] == [date(2026, 2, 27), date(2026, 3, 9), None]
    assert seen(session, author).shown(Choice.LATE).refs == {passed.ref}


def test_mine_are_those_with_my_hand_in_them_or_my_turn(session: Session, office: Organisation) -> None:
    from engage.challenges import queries

    writer = accounts.member(session, Role.POLICY_AUTHOR, organisation=office)
    own = made(session, office, _S.IN_REVIEW, author=writer.person)
    made(session, office, _S.IN_REVIEW)
    made(session, office, _S.CLOSED)
    ready = made(session, office, _S.APPROVED)
    found = seen(session, actor_of(writer.person, writer))

    def refs(choice: Choice) -> set[str]:
        columns = queries.for_department(session, shown=found.shown(choice))
        return {card.challenge.ref for column in columns for card in column.cards}

    assert (len(refs(Choice.ALL)), refs(Choice.MINE)) == (4, {own.ref, ready.ref})


def test_other_departments_do_not_count(session: Session, office: Organisation) -> None:
    other = made(session, accounts.new_organisation(session), _S.ENGAGING, closes_on=date(2026, 2, 27))
    consultation.question(session, challenge=other, team=advisory.team(session))
    assert seen(session, actor(session, office, *OFFICE)).items == []


@pytest.mark.parametrize("rows", [1, 3])
def test_it_takes_as_many_statements_however_much_waits(
    session: Session, office: Organisation, engine: sa.Engine, rows: int
) -> None:
    who = actor(session, office, *OFFICE)
    for _ in range(rows):
        for state, values in ((_S.IN_REVIEW, {}), (_S.NOTICE_PENDING, challenges.PME), (_S.DRAFT, {})):
            made(session, office, state, **values)
        running = made(session, office, _S.ENGAGING)
        talk = advisory.meeting(session, challenge=running, starts_at=MONDAY - timedelta(days=10))
        advisory.seat(session, meeting=talk)
        consultation.question(session, challenge=running, team=advisory.team(session))
    session.flush()
    session.expunge_all()
    with counted(engine) as asked:
        found = board(session, actor=who)
        assert len(found.your_turn) > rows
    assert len(asked) == 21


@contextmanager
def counted(engine: sa.Engine) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_waiting_is_late_after_five_working_days_and_says_how_long() -> None:
    friday = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
    assert until(friday) == date(2026, 2, 27)
    for day, words in ((date(2026, 2, 27), ""), (date(2026, 3, 2), "Waits for 6 working days")):
        with time_machine.travel(datetime(day.year, day.month, day.day, 10, tzinfo=UTC), tick=False):
            assert (clock.uk_today(), waited(friday, "Waits")) == (day, words)


def test_it_is_nobodys_turn_who_is_ruled_out(session: Session, office: Organisation) -> None:
    one, other = (actor(session, office, Role.APPROVER) for _ in range(2))
    only = Who(frozenset({Role.APPROVER}), only=frozenset({one.person_id}))
    never = Who(frozenset({Role.APPROVER}), never=frozenset({one.person_id}))
    wrong_role = Who(frozenset({Role.FACILITATOR}))
    items = [Due("R", "T", "w", "/", who) for who in (only, never, wrong_role)]
    assert [[item.who.includes(who) for item in items] for who in (one, other)] == [
        [True, False, False],
        [False, True, False],
    ]
