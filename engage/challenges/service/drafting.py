"""Writing a challenge: starting it with a title, saving one answer after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from engage.challenges import policy, queries
from engage.challenges.enums import ChallengeState, Route
from engage.challenges.enums.questions import ANSWERS, FILES, QUESTIONS, ROUTE_ANSWERS, Question, plain
from engage.challenges.models import Challenge, ChallengeNumber
from engage.challenges.service import edits
from engage.challenges.service.answers import checked
from engage.challenges.service.shared import allow, lock_text, move, note
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict

PUBLIC_BEFORE = (
    "This text was public before, so only its closing date can change now. Change the rest once it is public again: "
    "everybody sees what differs, and who was told the old text is told."
)
ROUTE_STAYS = "The route cannot be changed with the text: it is changed on its own, with a reason."
NOT_A_WRITER = "Only policy authors of the department can change this text."


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
    seen: int | None = None,
) -> None:
    """Keep ``answers`` (by column, types as in ``create_draft``); the actor becomes one of the text's writers.

    The text is the draft, or the open revision of what was published: see ``Challenge.writing``.

    With ``question`` and ``seen`` (its ``queries.answer_number`` when the page was opened) the answers are saved
    upon that state only: the database lets one of several writers through. Side effects, in order: a numbered
    ``AnswerEdit`` for each question; a text sent back by an approver becomes a draft again; the columns; an audit
    line that names them. Answers that change nothing write no line.

    Raises ``NotAllowed``, ``Conflict`` when the text is not being written or the answer is ``fixed``, ``Invalid``, and
    ``AnswerChanged`` before anything is written: see ``put_aside``.
    """
    kept, changed = _changes(session, actor, challenge, answers)
    if not changed or (
        question and seen is not None and _untouched(session, challenge, question, seen, kept)
    ):
        reopen(session, actor, challenge)
        return
    merged = _consistent({"route": challenge.route, **changed})
    for asked in QUESTIONS:
        if any(answer.field in changed for answer in asked.answers):
            edits.record(session, actor=actor, challenge=challenge, question=asked, values=merged, seen=seen)
    reopen(session, actor, challenge)
    text = challenge.writing
    text.put({field: value for field, value in merged.items() if field in changed or text is challenge})
    text.writer_ids = sorted({*text.writer_ids, actor.person_id})
    text.updated_at = clock.now()
    deed = "revision_edited" if challenge.open_revision else "edited"
    note(session, actor, challenge, deed, answers=sorted(changed))


def put_aside(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    answers: Mapping[str, Any],
    question: Question,
    seen: int,
    instead: bool = False,
) -> None:
    """Keep ``answers`` that could not be saved, for their writer to merge; the text stays as it is.

    Words that the same person has put aside before are joined with these, or replaced ``instead``. Raises
    ``NotAllowed``, ``Conflict`` when the text is not being written, ``Invalid``.
    """
    kept, _ = _changes(session, actor, challenge, answers)
    values = {field: plain(value) for field, value in kept.items()}
    edits.put_aside(
        session,
        actor=actor,
        challenge=challenge,
        question=question,
        answers=values,
        seen=seen,
        instead=instead,
    )


def merge_answers(
    session: Session,
    *,
    actor: Actor,
    challenge: Challenge,
    answers: Mapping[str, Any],
    question: Question,
    seen: int,
) -> None:
    """Save what the actor made of both texts, as ``save_answers``; their words put aside are then done with."""
    save_answers(session, actor=actor, challenge=challenge, answers=answers, question=question, seen=seen)
    edits.drop(session, actor=actor, challenge=challenge, question=question)


def drop_aside(session: Session, *, actor: Actor, challenge: Challenge, question: Question) -> None:
    """Throw away what the actor has put aside: the saved answer is the better one. Raises ``NotAllowed``."""
    allow(policy.can_edit(actor, challenge), NOT_A_WRITER)
    edits.drop(session, actor=actor, challenge=challenge, question=question)


def _changes(
    session: Session, actor: Actor, challenge: Challenge, answers: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the answers as they are kept and those that change something, with the challenge locked."""
    allow(policy.can_edit(actor, challenge), NOT_A_WRITER)
    kept = checked(answers)
    now = lock_text(session, challenge).content
    changed = {field: value for field, value in kept.items() if now[field] != plain(value)}
    if not fixed(session, challenge=challenge).isdisjoint(changed):
        raise Conflict(why_fixed(challenge))
    return kept, changed


def fixed(session: Session, *, challenge: Challenge) -> frozenset[str]:
    """Return the answers that stay as they are in the text that is being written, ``FILES`` for its attachments.

    In a change of a published text these are the answers about the route. In a text that was public, was taken from
    view and sent back they are all but the closing date.
    """
    if challenge.open_revision is not None:
        return ROUTE_ANSWERS
    if queries.published_version(session, challenge_id=challenge.id) is not None:
        return frozenset({*ANSWERS, FILES}) - {"closes_on"}
    return frozenset()


def why_fixed(challenge: Challenge) -> str:
    """Return why some answers stay as they are, in a sentence that names the way to change them."""
    return ROUTE_STAYS if challenge.open_revision is not None else PUBLIC_BEFORE


def _untouched(
    session: Session, challenge: Challenge, question: Question, seen: int, kept: Mapping[str, Any]
) -> bool:
    """Tell whether the writer left the answers as they read them: what others wrote since then stands."""
    read = queries.answers_at(session, challenge=challenge, question=question, number=seen)
    return all(read.get(field) == plain(value) for field, value in kept.items())


def reopen(session: Session, actor: Actor, challenge: Challenge) -> None:
    """Make a text that an approver sent back a draft again."""
    if challenge.state is not ChallengeState.CHANGES_REQUESTED:
        return
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
