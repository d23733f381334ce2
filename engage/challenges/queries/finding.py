"""Reading challenges. What is not public is visible to its department and to auditors, and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload

from engage.accounts import queries as accounts
from engage.accounts.enums import OrganisationState
from engage.accounts.models import Organisation, Person
from engage.challenges import policy
from engage.challenges.enums import OPEN_STATES, PUBLIC_STATES, ChallengeState, Listed
from engage.challenges.models import Challenge, ChallengeReview, ChallengeVersion
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import NotFound
from engage.kernel.paging import Page, paginate

NO_CHALLENGE = "There is no challenge with this reference."

_PUBLIC = sa.or_(
    Challenge.state.in_(PUBLIC_STATES),
    sa.and_(Challenge.state == ChallengeState.WITHDRAWN, Challenge.published_at.is_not(None)),
)


def public_challenges(
    session: Session,
    *,
    words: str = "",
    department_id: int | None = None,
    state: Listed = Listed.ALL,
    page: int = 1,
) -> Page[Challenge]:
    """Return one page of the challenges that everybody may see, with their organisations loaded.

    ``words`` is a search as people type it ("quotes", or, -not); results come best match first, otherwise
    newest first. ``department_id`` and ``state`` narrow the list. Two statements, whatever the number of
    rows.
    """
    query = sa.select(Challenge).where(listed(words=words, department_id=department_id, state=state))
    query = query.options(joinedload(Challenge.organisation))
    if words.strip():
        wanted = sa.func.websearch_to_tsquery("english", words)
        query = query.order_by(sa.func.ts_rank_cd(Challenge.search, wanted).desc())
    return paginate(session, query.order_by(Challenge.published_at.desc(), Challenge.id.desc()), page=page)


def listed(
    *, words: str = "", department_id: int | None = None, state: Listed = Listed.ALL
) -> sa.ColumnElement[bool]:
    """Return the condition that everybody may see a ``Challenge`` and that the public list, so narrowed, shows it."""
    conditions = [_PUBLIC, *_listed(state)]
    if department_id is not None:
        conditions.append(Challenge.organisation_id == department_id)
    if words.strip():
        conditions.append(Challenge.search.op("@@")(sa.func.websearch_to_tsquery("english", words)))
    return sa.and_(*conditions)


def _listed(state: Listed) -> Sequence[sa.ColumnElement[bool]]:
    running = Challenge.state.in_(OPEN_STATES)
    past = sa.and_(Challenge.closes_on.is_not(None), Challenge.closes_on < clock.uk_today())
    if state is Listed.OPEN:
        return [running, sa.not_(past)]
    if state is Listed.FINDINGS_DUE:
        return [sa.or_(Challenge.state == ChallengeState.FINDINGS_DUE, sa.and_(running, past))]
    if state is Listed.CLOSED:
        return [Challenge.state.in_([ChallengeState.CLOSED, ChallengeState.WITHDRAWN])]
    return []


def public_challenge(session: Session, *, ref: str) -> Challenge:
    """Return the challenge ``ref`` as everybody may see it, with its organisation loaded.

    Raises ``NotFound``, with the same words, when there is none and when it is not public.
    """
    query = (
        sa.select(Challenge).where(Challenge.ref == ref, _PUBLIC).options(joinedload(Challenge.organisation))
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(NO_CHALLENGE)
    return found


def departments(session: Session) -> Sequence[Organisation]:
    """Return the departments that have public challenges, by name."""
    query = (
        sa.select(Organisation)
        .where(Organisation.id.in_(sa.select(Challenge.organisation_id).where(_PUBLIC)))
        .order_by(Organisation.name)
    )
    return session.scalars(query).all()


def open_challenges(session: Session) -> Sequence[Challenge]:
    """Return every challenge that suppliers can take part in today, the one that closes first in front.

    Organisations are loaded.
    """
    query = (
        sa.select(Challenge)
        .join(Challenge.organisation)
        .where(_PUBLIC, *_listed(Listed.OPEN), Organisation.state == OrganisationState.VERIFIED)
        .options(contains_eager(Challenge.organisation))
        .order_by(Challenge.closes_on.asc().nulls_last(), Challenge.id)
    )
    return session.scalars(query).all()


def published_between(session: Session, *, after: datetime, until: datetime) -> Sequence[Challenge]:
    """Return the challenges published later than ``after`` and not later than ``until``, oldest first.

    Only those that are public and not withdrawn now; organisations are loaded. A publication is seen when its
    transaction ends, up to a minute after the time it bears: a caller that goes from window to window lets
    ``until`` lie two minutes in the past, so that none falls between two windows.
    """
    query = (
        sa.select(Challenge)
        .where(
            Challenge.state.in_(PUBLIC_STATES),
            Challenge.published_at > after,
            Challenge.published_at <= until,
        )
        .options(joinedload(Challenge.organisation))
        .order_by(Challenge.published_at, Challenge.id)
    )
    return session.scalars(query).all()


def challenge(session: Session, *, ref: str, actor: Actor) -> Challenge:
    """Return the challenge ``ref`` for work inside its department, with organisation and author loaded.

    Only the department's own people and auditors find it, public or not; ``public_challenge`` is for
    everybody else. Raises ``NotFound``, in the same words, when there is none and when ``actor`` must not
    know it.
    """
    query = (
        sa.select(Challenge)
        .where(Challenge.ref == ref)
        .options(
            joinedload(Challenge.organisation),
            joinedload(Challenge.author),
            joinedload(Challenge.open_revision),
        )
    )
    found = session.scalar(query)
    if found is None or not policy.can_see(actor, found):
        raise NotFound(NO_CHALLENGE)
    return found


def by_id(session: Session, challenge_id: int) -> Challenge:
    """Return a challenge by its id, for reactions to events; whoever asks has decided who may see it."""
    return session.get_one(Challenge, challenge_id)


def by_ref(session: Session, *, ref: str) -> Challenge:
    """Return the challenge ``ref`` for commands and jobs, which may see all of them. Raises ``NotFound``."""
    found = session.scalar(sa.select(Challenge).where(Challenge.ref == ref))
    if found is None:
        raise NotFound(NO_CHALLENGE)
    return found


def latest_version(session: Session, *, challenge_id: int) -> ChallengeVersion | None:
    """Return the text submitted last, or ``None`` before the first submission."""
    query = (
        sa.select(ChallengeVersion)
        .where(ChallengeVersion.challenge_id == challenge_id)
        .order_by(ChallengeVersion.number.desc())
        .limit(1)
    )
    return session.scalar(query)


def published_version(session: Session, *, challenge_id: int) -> ChallengeVersion | None:
    """Return the text that everybody reads, or ``None`` when nothing was published."""
    query = (
        sa.select(ChallengeVersion)
        .where(ChallengeVersion.challenge_id == challenge_id, ChallengeVersion.published_at.is_not(None))
        .order_by(ChallengeVersion.number.desc())
        .limit(1)
    )
    return session.scalar(query)


def published_versions(session: Session, *, challenge_id: int) -> Sequence[ChallengeVersion]:
    """Return every text of a challenge that was ever public, oldest first."""
    query = (
        sa.select(ChallengeVersion)
        .where(ChallengeVersion.challenge_id == challenge_id, ChallengeVersion.published_at.is_not(None))
        .order_by(ChallengeVersion.number)
    )
    return session.scalars(query).all()


def public_content(session: Session, *, challenge: Challenge) -> Mapping[str, Any]:
    """Return the text that everybody reads now, as JSON values: that of the version published last.

    Whatever shows a challenge to the public shows this, or columns of the challenge, which hold the same. Raises
    ``NotFound`` while nothing was published.
    """
    version = published_version(session, challenge_id=challenge.id)
    if version is None:
        raise NotFound(NO_CHALLENGE)
    return version.content


def due_for_publication(session: Session) -> Sequence[int]:
    """Return the ids of the challenges whose arranged publication is due, the one due longest first."""
    query = sa.select(Challenge.id).where(Challenge.publish_at <= clock.now())
    return session.scalars(query.order_by(Challenge.publish_at, Challenge.id)).all()


def earlier(session: Session, *, organisation_id: int, limit: int = 50) -> Sequence[Challenge]:
    """Return the challenges of a department that a new one can begin with, whatever their state, newest first."""
    query = (
        sa.select(Challenge)
        .where(Challenge.organisation_id == organisation_id)
        .order_by(Challenge.created_at.desc(), Challenge.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def reviews(session: Session, *, challenge_id: int) -> Sequence[ChallengeReview]:
    """Return the decisions on a challenge, newest first, with version and reviewer loaded."""
    query = (
        sa.select(ChallengeReview)
        .where(ChallengeReview.challenge_id == challenge_id)
        .options(joinedload(ChallengeReview.version), joinedload(ChallengeReview.reviewer))
        .order_by(ChallengeReview.id.desc())
    )
    return session.scalars(query).all()


def approvers(session: Session, *, challenge: Challenge) -> Sequence[Person]:
    """Return the people of the department who may decide on the text: its approvers, without its writers."""
    found = accounts.people_with(session, Role.APPROVER, organisation_id=challenge.organisation_id)
    text = challenge.writing
    return [person for person in found if person.id not in {*text.writer_ids, text.submitted_by_id}]


def recently_closed(session: Session, *, limit: int) -> Sequence[Challenge]:
    """Return the challenges that ran their course, the one closed last in front; organisations are loaded."""
    query = (
        sa.select(Challenge)
        .where(Challenge.state == ChallengeState.CLOSED)
        .options(joinedload(Challenge.organisation))
        .order_by(Challenge.closed_at.desc(), Challenge.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def public_references(session: Session) -> Sequence[str]:
    """Return the reference of every challenge that everybody may see, newest first."""
    return session.scalars(sa.select(Challenge.ref).where(_PUBLIC).order_by(Challenge.id.desc())).all()
