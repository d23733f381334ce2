"""Writing a challenge: starting it with a title, saving one answer after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engage.challenges import policy
from engage.challenges.enums import ChallengeState, Route
from engage.challenges.enums.questions import Question
from engage.challenges.errors import AnswerChanged
from engage.challenges.models import Challenge, ChallengeNumber
from engage.challenges.service.answers import checked
from engage.challenges.service.shared import allow, lock, move, note
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.chain import canonical
from engage.kernel.errors import Conflict
from engage.kernel.text import sha256

NOT_EDITABLE = "This text cannot be changed: it was submitted, and what is approved must be what was read."


def create_draft(
    session: Session, *, actor: Actor, title: str, answers: Mapping[str, Any] | None = None
) -> Challenge:
    """Start a challenge of the actor's department with its ``title`` and any ``answers`` (by column).

    Answers have the types of the columns: text, ``cpv`` and ``purposes`` lists of codes, ``region`` an ITL
    1 code, ``closes_on`` a date, ``route`` a ``Route``. Side effects, in order: the year's next number
    (others who start a challenge wait until this transaction ends, so there is no gap), the row, an audit
    line.

    Raises ``NotAllowed`` for who is no policy author, ``Invalid`` for answers that
    cannot stand.
    """
    allow(policy.can_draft(actor), policy.ChallengePermission.DRAFT.refusal)
    assert actor.organisation_id is not None
    kept = _consistent(checked({"title": title, **(answers or {})}))
    now = clock.now()
    made = Challenge(
        ref=_next_reference(session),
        organisation_id=actor.organisation_id,
        author_id=actor.person_id,
        writer_ids=[actor.person_id],
        state=ChallengeState.DRAFT,
        created_at=now,
        updated_at=now,
        **kept,
    )
    session.add(made)
    note(session, actor, made, "drafted")
    return made


def save_answers(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    answers: Mapping[str, Any],
    question: Question | None = None,
    seen: str | None = None,
) -> None:
    """Keep ``answers`` (by column, types as in ``create_draft``); the actor becomes one of its writers.

    With ``question`` and ``seen`` (its ``fingerprint`` when the page was opened) a text that somebody else
    saved in the meantime is not overwritten. Side effects, in order: a text sent back by an approver
    becomes a draft again; the columns; an audit line that names them. Answers that change nothing write no
    line.

    Raises ``NotAllowed``, ``Conflict`` when the text is not being written, ``AnswerChanged``, ``Invalid``.
    """
    allow(policy.can_edit(actor, challenge), "Only policy authors of the department can change this text.")
    kept = checked(answers)
    lock(session, challenge)
    if not challenge.is_editable:
        raise Conflict(NOT_EDITABLE)
    changed = {field: value for field, value in kept.items() if getattr(challenge, field) != value}
    if changed and question and seen is not None and seen != fingerprint(challenge, question):
        raise AnswerChanged("Somebody else saved this answer after you opened the page.")
    if challenge.state is ChallengeState.CHANGES_REQUESTED:
        _reopen(session, actor, challenge)
    if not changed:
        return
    merged = _consistent({"route": challenge.route, **changed})
    for field, value in merged.items():
        setattr(challenge, field, value)
    challenge.writer_ids = sorted({*challenge.writer_ids, actor.person_id})
    challenge.updated_at = clock.now()
    note(session, actor, challenge, "edited", answers=sorted(changed))


def fingerprint(challenge: Challenge, question: Question) -> str:
    """Return a digest of the answers to ``question``, to notice that somebody else changed them."""
    content = challenge.content
    return sha256(canonical({answer.field: content[answer.field] for answer in question.answers}))


def _reopen(session: Session, actor: Actor, challenge: Challenge) -> None:
    move(challenge, ChallengeState.DRAFT)
    challenge.submitted_by_id = None
    challenge.submitted_at = None
    note(session, actor, challenge, "reopened")


def _consistent(answers: dict[str, Any]) -> dict[str, Any]:
    """Purposes belong to preliminary market engagement: with another route there are none."""
    if answers.get("route") is Route.POLICY_EXPLORATION:
        return {**answers, "purposes": []}
    return answers


def _next_reference(session: Session) -> str:
    year = clock.uk_today().year
    statement = insert(ChallengeNumber).values(year=year, last=1)
    statement = statement.on_conflict_do_update(
        index_elements=[ChallengeNumber.year], set_={"last": ChallengeNumber.last + 1}
    )
    number = session.scalar(statement.returning(ChallengeNumber.last))
    return f"ENG-{year}-{number:04}"
