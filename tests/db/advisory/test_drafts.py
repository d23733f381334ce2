"""Sessions that are prepared as drafts: changed freely, published once, refused with the reason, removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import SessionState
from engage.advisory.models import AdvisorySession, SessionDraft
from engage.advisory.service import SessionDetails, details_of
from engage.advisory.service.drafts import CHANGED_SINCE, LEFT_OVER, NO_FACILITATOR, NOT_OPEN_YET
from engage.audit.models import AuditEvent
from engage.challenges.enums import OPEN_STATES, OVER_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.db import reading, unit_of_work
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.uktime import uk_time
from engage.ledger.enums import EVERYONE
from tests.db.advisory.test_seats_at_once import Deed, rush
from tests.db.advisory.test_sessions import details, runner
from tests.factories import accounts, advisory
from tests.support.records import letters, tags, told


def drafted(
    session: Session, challenge: Challenge | None = None, **values: object
) -> tuple[SessionDraft, Actor]:
    """A draft of an open challenge, and who is to run it."""
    challenge = challenge or advisory.open_challenge(session)
    actor = runner(session, challenge)
    said = details(facilitator_id=actor.person_id, **values)
    return service.prepare(session, actor=actor, challenge=challenge, details=said), actor


def count(session: Session, table: type[SessionDraft | AdvisorySession]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_draft_tells_nobody_anything(session: Session) -> None:
    challenge = advisory.open_challenge(session, state=ChallengeState.PUBLISHED)
    draft, _ = drafted(session, challenge)
    assert (count(session, AdvisorySession), letters(session), told(session)) == (0, [], [])
    assert (challenge.state, tags(session)) == (ChallengeState.PUBLISHED, ["advisory:session:drafted"])
    line = session.scalars(sa.select(AuditEvent)).one()
    assert (line.subject, line.details) == (f"session:{draft.ref}", {"challenge": challenge.ref})


def test_publishing_does_what_scheduling_does(session: Session) -> None:
    challenge = advisory.open_challenge(session, state=ChallengeState.PUBLISHED)
    draft, actor = drafted(session, challenge, reserved=2, reserved_until=clock.now() + timedelta(days=3))
    said, ref = details_of(draft), draft.ref

    meeting = service.publish_draft(session, actor=actor, draft=draft, revision=1)

    assert (meeting.ref, details_of(meeting), meeting.state) == (ref, said, SessionState.SCHEDULED)
    assert (meeting.taken, meeting.sequence, meeting.held_back) == (0, 0, 2)
    assert (count(session, SessionDraft), challenge.state) == (0, ChallengeState.ENGAGING)
    assert tags(session) == [
        "advisory:session:drafted",
        "advisory:session:scheduled",
        "challenges:challenge:engagement_started",
    ]
    assert told(session) == [(f"session:{ref}/0", EVERYONE)]


def test_it_is_changed_freely_and_published_as_it_was_read(session: Session) -> None:
    draft, actor = drafted(session)
    moved = replace(details_of(draft), title="Another", ends_at=draft.ends_at + timedelta(hours=1))
    service.change_draft(session, actor=actor, draft=draft, details=moved)
    service.change_draft(session, actor=actor, draft=draft, details=moved)

    assert (draft.revision, tags(session)[1:]) == (2, ["advisory:session:draft_changed"])
    with pytest.raises(Conflict) as refused:
        service.publish_draft(session, actor=actor, draft=draft, revision=1)
    assert (str(refused.value), count(session, AdvisorySession)) == (CHANGED_SINCE, 0)

    meeting = service.publish_draft(session, actor=actor, draft=draft, revision=2)
    assert (meeting.title, meeting.move_reason, meeting.sequence) == ("Another", "", 0)


def test_who_publishes_again_gets_the_session_and_nothing_happens_again(session: Session) -> None:
    draft, actor = drafted(session)
    first = service.publish_draft(session, actor=actor, draft=draft, revision=1)
    done = tags(session)
    again = service.publish_draft(session, actor=actor, draft=draft, revision=1)
    assert (again, tags(session), count(session, AdvisorySession)) == (first, done, 1)


def test_what_was_published_or_removed_is_no_draft_any_more(session: Session) -> None:
    draft, actor = drafted(session)
    service.remove_draft(session, actor=actor, draft=draft)
    assert (count(session, SessionDraft), tags(session)[1:]) == (0, ["advisory:session:draft_removed"])
    with pytest.raises(NotFound):
        service.publish_draft(session, actor=actor, draft=draft, revision=1)
    with pytest.raises(Conflict, match="published or removed meanwhile"):
        service.remove_draft(session, actor=actor, draft=draft)
    with pytest.raises(Conflict, match="published or removed meanwhile"):
        service.change_draft(session, actor=actor, draft=draft, details=details())


def test_two_publish_at_once_and_it_is_published_once(committed: sa.Engine) -> None:
    for _ in range(5):
        with unit_of_work() as session:
            challenge = advisory.open_challenge(session, state=ChallengeState.PUBLISHED)
            draft, _ = drafted(session, challenge)
            draft_id, ref = draft.id, draft.ref
        assert rush([publishing(draft_id, Barrier(4, timeout=60))] * 4) == {"done": 4}
        with reading() as session:
            lines = session.scalars(
                sa.select(AuditEvent.tag)
                .where(AuditEvent.subject == f"session:{ref}")
                .order_by(AuditEvent.id)
            ).all()
            assert lines == ["advisory:session:drafted", "advisory:session:scheduled"]
            assert [fact for fact, _ in told(session) if ref in fact] == [f"session:{ref}/0"]
            assert count(session, SessionDraft) == 0
    with reading() as session:
        assert count(session, AdvisorySession) == 5


def test_one_publishes_while_another_changes_it(committed: sa.Engine) -> None:
    for _ in range(5):
        with unit_of_work() as session:
            draft, _ = drafted(session)
            draft_id, ref = draft.id, draft.ref
        opened = Barrier(2, timeout=60)
        ended = rush([publishing(draft_id, opened), changing(draft_id, opened)])
        with reading() as session:
            titles = session.scalars(sa.select(AdvisorySession.title).where(AdvisorySession.ref == ref)).all()
            left = session.scalars(sa.select(SessionDraft.title).where(SessionDraft.id == draft_id)).all()
        # whoever came second was refused, whichever it was
        assert (ended, [*titles, *left]) in (
            ({"done": 1, "Conflict": 1}, ["Roundtable"]),
            ({"done": 1, "Conflict": 1}, ["Changed"]),
        )


def publishing(draft_id: int, opened: Barrier) -> Deed:
    """Publish what was opened before anybody did anything."""

    def deed(session: Session) -> None:
        draft = session.get_one(SessionDraft, draft_id)
        opened.wait()
        actor = runner(session, draft.challenge)
        service.publish_draft(session, actor=actor, draft=draft, revision=1)

    return deed


def changing(draft_id: int, opened: Barrier) -> Deed:
    def deed(session: Session) -> None:
        draft = session.get_one(SessionDraft, draft_id)
        opened.wait()
        service.change_draft(
            session,
            actor=runner(session, draft.challenge),
            draft=draft,
            details=replace(details_of(draft), title="Changed"),
        )

    return deed


@pytest.mark.parametrize("state", list(ChallengeState))
def test_when_it_can_be_prepared_and_when_published(session: Session, state: ChallengeState) -> None:
    """Prepared until the challenge is over, published while it is open; what waits then stays and says why."""
    over = state in (*OVER_STATES, ChallengeState.FINDINGS_DUE)
    challenge = advisory.open_challenge(session, state=state)
    assert service.can_be_prepared(challenge) is not over
    if over:
        with pytest.raises(Conflict, match="takes no more sessions"):
            drafted(session, challenge)
    draft, actor = drafted(session, advisory.open_challenge(session, organisation=challenge.organisation))
    draft.challenge = challenge
    session.flush()
    expected = [LEFT_OVER] if over else [] if state in OPEN_STATES else [NOT_OPEN_YET]

    assert service.obstacles(session, draft=draft) == expected
    if expected:
        with pytest.raises(Conflict) as refused:
            service.publish_draft(session, actor=actor, draft=draft, revision=1)
        assert (str(refused.value), count(session, SessionDraft)) == (expected[0], 1)
    else:
        assert service.publish_draft(session, actor=actor, draft=draft, revision=1).title == "Roundtable"


START = timedelta(days=10)


@pytest.mark.parametrize(
    ("values", "later", "sentence"),
    [
        ({}, START, "It would have begun on {begin}: choose a later date and time."),
        (
            {"closes_at": timedelta(days=5)},
            timedelta(days=6),
            "The last place could have been taken until {closes_at}: choose a later last moment, or a later date.",
        ),
        (
            {"reserved": 2, "reserved_until": timedelta(days=5)},
            timedelta(days=6),
            (
                "The places for volunteers would have been for everybody since {reserved_until}: keep none, or choose a "
                "later moment or a later date."
            ),
        ),
    ],
)
def test_what_has_passed_is_said_and_not_published(
    session: Session, values: dict[str, object], later: timedelta, sentence: str
) -> None:
    now = clock.now()
    moments: dict[str, Any] = {
        key: now + value if isinstance(value, timedelta) else value for key, value in values.items()
    }
    with clock.as_of(now):
        draft, actor = drafted(session, **moments)
    said = {"begin": uk_time(draft.starts_at)} | {
        key: uk_time(getattr(draft, key)) for key, value in values.items() if isinstance(value, timedelta)
    }
    assert service.obstacles(session, draft=draft) == []
    with clock.as_of(now + later):
        assert service.obstacles(session, draft=draft) == [sentence.format(**said)]
        with pytest.raises(Conflict) as refused:
            service.publish_draft(session, actor=actor, draft=draft, revision=1)
        assert (str(refused.value), count(session, AdvisorySession)) == (sentence.format(**said), 0)

        mended = replace(
            details_of(draft),
            starts_at=draft.starts_at + START,
            ends_at=draft.ends_at + START,
            closes_at=None,
            reserved=0,
            reserved_until=None,
        )
        service.change_draft(session, actor=actor, draft=draft, details=mended)
        assert (
            service.publish_draft(session, actor=actor, draft=draft, revision=2).starts_at == mended.starts_at
        )


def test_somebody_who_has_left_does_not_run_it(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    draft, actor = drafted(session, challenge)
    runs = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
    draft.facilitator_id = runs.person_id
    session.flush()
    assert service.obstacles(session, draft=draft) == []
    runs.ended_at = clock.now()
    session.flush()
    with pytest.raises(Conflict) as refused:
        service.publish_draft(session, actor=actor, draft=draft, revision=1)
    assert str(refused.value) == NO_FACILITATOR


def test_what_does_not_fit_together_is_no_draft(session: Session) -> None:
    with pytest.raises(Invalid) as wrong:
        drafted(session, reserved=6, reserved_until=clock.now() + timedelta(days=2))
    assert wrong.value.fields == {"reserved": "There are 5 places: keep 5 or fewer for volunteers"}


@pytest.mark.parametrize(
    ("roles", "own", "sees"),
    [
        ({Role.FACILITATOR}, True, True),
        ({Role.POLICY_AUTHOR}, True, True),
        ({Role.APPROVER}, True, True),
        ({Role.FACILITATOR, Role.POLICY_AUTHOR, Role.APPROVER}, False, False),
        ({Role.AUDITOR}, False, False),
        ({Role.PLATFORM_ADMIN}, False, False),
    ],
)
def test_who_sees_drafts(session: Session, roles: set[Role], own: bool, sees: bool) -> None:
    draft, _ = drafted(session)
    options = {"organisation": draft.challenge.organisation} if own else {}
    actor = accounts.actor(session, *roles, **options)
    seen = queries.drafts_of_challenge(session, challenge=draft.challenge, actor=actor)
    assert list(seen) == ([draft] if sees else [])
    if sees:
        assert queries.draft(session, ref=draft.ref, actor=actor) is draft
    else:
        with pytest.raises(NotFound):
            queries.draft(session, ref=draft.ref, actor=actor)


def test_a_draft_says_everything_that_a_session_says() -> None:
    """No field can be added to the one and forgotten in the other."""
    said = set(SessionDetails.__dataclass_fields__)
    own = {"id", "ref", "challenge_id", "revision", "created_at", "updated_at"}
    assert set(SessionDraft.__table__.columns.keys()) - own == said
