"""Every state and every action: what is not possible there is refused in a clear sentence and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.challenges import service
from engage.challenges.enums import ChallengeState, RevisionState
from engage.challenges.models import Challenge, ChallengeRevision
from engage.kernel import clock
from engage.kernel.errors import Conflict
from engage.ledger.models import Disclosure
from engage.outbox.models import Letter
from tests.db.challenges.trail import Team
from tests.factories.challenges import NOTICE, PME, challenge

_S, _R = ChallengeState, RevisionState
Act = Callable[[Session, Team, Challenge], object]


def end_in_time(session: Session, team: Team, made: Challenge) -> None:
    """End the engagement after its closing date."""
    with time_machine.travel(clock.now() + timedelta(days=40)):
        service.end_engaging(session, actor=team.author, challenge=made)


ACTS: dict[str, tuple[Act, set[ChallengeState]]] = {
    "write": (
        lambda s, t, c: service.save_answers(s, actor=t.author, challenge=c, answers={"problem": "New."}),
        {_S.DRAFT, _S.CHANGES_REQUESTED},
    ),
    "submit": (lambda s, t, c: service.submit(s, actor=t.author, challenge=c), {_S.DRAFT}),
    "approve": (
        lambda s, t, c: service.approve(s, actor=t.approver, challenge=c, content_hash=c.content_hash),
        {_S.IN_REVIEW},
    ),
    "send back": (
        lambda s, t, c: service.request_changes(s, actor=t.approver, challenge=c, reasons="Say more."),
        {_S.IN_REVIEW, _S.APPROVED, _S.NOTICE_PENDING},
    ),
    "record notice": (
        lambda s, t, c: service.record_notice(s, actor=t.author, challenge=c, **NOTICE),
        {_S.NOTICE_PENDING},
    ),
    "publish": (lambda s, t, c: service.publish(s, actor=t.author, challenge=c), {_S.APPROVED}),
    "set a time": (
        lambda s, t, c: service.schedule(s, actor=t.author, challenge=c, at=clock.now() + timedelta(hours=1)),
        {_S.APPROVED},
    ),
    "take the time back": (lambda s, t, c: service.cancel_schedule(s, actor=t.author, challenge=c), set()),
    "begin a change": (
        lambda s, t, c: service.open_revision(s, actor=t.author, challenge=c),
        {_S.PUBLISHED, _S.ENGAGING},
    ),
    "send a change": (
        lambda s, t, c: service.submit_revision(
            s, actor=t.author, challenge=c, material=True, reason="Because."
        ),
        set(),
    ),
    "approve a change": (
        lambda s, t, c: service.approve_revision(
            s, actor=t.approver, challenge=c, content_hash=c.content_hash, version_read=1
        ),
        set(),
    ),
    "send a change back": (
        lambda s, t, c: service.send_revision_back(s, actor=t.approver, challenge=c, reasons="Why?"),
        set(),
    ),
    "publish a change": (lambda s, t, c: service.publish_revision(s, actor=t.author, challenge=c), set()),
    "drop a change": (lambda s, t, c: service.drop_revision(s, actor=t.author, challenge=c), set()),
    "start": (lambda s, t, c: service.start_engaging(s, actor=t.author, challenge=c), {_S.PUBLISHED}),
    "end": (end_in_time, {_S.PUBLISHED, _S.ENGAGING}),
    "end too soon": (lambda s, t, c: service.end_engaging(s, actor=t.author, challenge=c), set()),
    "end early": (
        lambda s, t, c: service.end_early(s, actor=t.author, challenge=c, reason="We know enough."),
        {_S.PUBLISHED, _S.ENGAGING},
    ),
    "close": (lambda s, t, c: service.close(s, actor=t.author, challenge=c), {_S.FINDINGS_DUE}),
    "withdraw": (
        lambda s, t, c: service.withdraw(s, actor=t.author, challenge=c, reason="Ministers decided."),
        {
            *(_S.IN_REVIEW, _S.CHANGES_REQUESTED, _S.APPROVED, _S.NOTICE_PENDING),
            *(_S.PUBLISHED, _S.ENGAGING, _S.FINDINGS_DUE),
        },
    ),
}
ILLEGAL = [(state, name) for name, (_, legal) in ACTS.items() for state in _S if state not in legal]
LEGAL = [(state, name) for name, (_, legal) in ACTS.items() for state in _S if state in legal]


def at(session: Session, state: ChallengeState) -> tuple[Team, Challenge]:
    team = Team(session)
    made = challenge(
        session,
        state=state,
        organisation=team.department,
        **(PME if state is _S.NOTICE_PENDING else {}),
    )
    return team, made


def everything(session: Session, made: Challenge) -> tuple[object, ...]:
    session.flush()
    session.refresh(made)
    kept = {column.key: getattr(made, column.key) for column in sa.inspect(Challenge).columns}
    rows = [session.scalar(sa.select(sa.func.count(row.id))) for row in (AuditEvent, Disclosure, Letter)]
    return kept, rows


@pytest.mark.parametrize(("state", "name"), ILLEGAL, ids=str)
def test_what_cannot_be_done_is_refused_and_changes_nothing(
    session: Session, state: ChallengeState, name: str
) -> None:
    team, made = at(session, state)
    before = everything(session, made)
    with pytest.raises(Conflict) as refused, session.begin_nested():
        ACTS[name][0](session, team, made)
    words = refused.value.message
    assert words[0].isupper()
    assert words.endswith(".")
    assert len(words.split()) > 4
    assert "_" not in words
    assert everything(session, made) == before


@pytest.mark.parametrize(("state", "name"), LEGAL, ids=str)
def test_what_can_be_done_is_done(session: Session, state: ChallengeState, name: str) -> None:
    team, made = at(session, state)
    before = everything(session, made)
    ACTS[name][0](session, team, made)
    assert everything(session, made) != before


CHANGE_ACTS = {
    "write": ("write", {_R.WRITING}),
    "send": ("send a change", set()),
    "approve": ("approve a change", set()),
    "send back": ("send a change back", {_R.IN_REVIEW, _R.APPROVED}),
    "publish": ("publish a change", {_R.APPROVED}),
    "begin another": ("begin a change", set()),
    "end": ("end", set()),
    "drop": ("drop a change", {_R.WRITING, _R.IN_REVIEW, _R.APPROVED}),
}
CHANGE_ILLEGAL = [
    (state, name)
    for name, (_, legal) in CHANGE_ACTS.items()
    for state in (_R.WRITING, _R.IN_REVIEW, _R.APPROVED)
    if state not in legal
]


def changing(session: Session, state: RevisionState) -> tuple[Team, Challenge]:
    """A challenge with a change that stands at ``state``; what differs is left out while it is written."""
    team = Team(session)
    made = team.published()
    service.start_engaging(session, actor=team.author, challenge=made)
    service.open_revision(session, actor=team.author, challenge=made)
    if state is _R.WRITING:
        return team, made
    service.save_answers(session, actor=team.author, challenge=made, answers={"problem": "New."})
    version = service.submit_revision(
        session, actor=team.author, challenge=made, material=False, reason="Because."
    )
    if state is _R.APPROVED:
        service.approve_revision(
            session,
            actor=team.approver,
            challenge=made,
            content_hash=version.content_hash,
            version_read=version.number,
        )
    return team, made


@pytest.mark.parametrize(("state", "name"), CHANGE_ILLEGAL, ids=str)
def test_so_it_is_with_a_change(session: Session, state: RevisionState, name: str) -> None:
    team, made = changing(session, state)
    revision = session.scalars(sa.select(ChallengeRevision)).one()
    before = (everything(session, made), revision.state, dict(revision.answers))
    with pytest.raises(Conflict) as refused, session.begin_nested():
        ACTS[CHANGE_ACTS[name][0]][0](session, team, made)
    assert refused.value.message.endswith(".")
    session.refresh(revision)
    assert (everything(session, made), revision.state, dict(revision.answers)) == before
