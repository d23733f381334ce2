"""Reading match runs and invitations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, undefer

from engage.accounts.models import Membership, Person
from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.due import Due, Who, until, waited
from engage.kernel.errors import NotFound
from engage.matchmaking.enums import InvitationState, Origin, RunState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, SelectionOverride, SelectionRules
from engage.matchmaking.policy import MatchmakingPermission
from engage.suppliers.models import Supplier


@dataclass(frozen=True)
class Summary:
    """What everyone may know of the matching of a challenge: numbers."""

    considered: int
    invited: int
    volunteers: int


def due(session: Session, *, organisation_id: int) -> list[Due]:
    """Return the open challenges of a department that were matched and from which nobody is invited yet.

    One statement.
    """
    nobody = sa.not_(sa.exists().where(Invitation.challenge_id == Challenge.id))
    since = sa.func.greatest(MatchRun.matched_at, Challenge.published_at)
    query = (
        sa.select(Challenge.ref, Challenge.title, since)
        .join(MatchRun.challenge)
        .where(
            Challenge.organisation_id == organisation_id,
            Challenge.state.in_(OPEN_STATES),
            sa.or_(Challenge.closes_on.is_(None), Challenge.closes_on >= clock.uk_today()),
            MatchRun.state == RunState.MATCHED,
            nobody,
        )
        .order_by(Challenge.id)
    )
    release = Who(MatchmakingPermission.RELEASE.roles)
    return [
        Due(
            ref,
            title,
            "Choose whom to invite",
            f"/department/challenges/{ref}/match",
            release,
            until(moment),
            waited(moment, "Public, and nobody invited,"),
        )
        for ref, title, moment in session.execute(query)
    ]


def _invitations() -> sa.Select[Invitation]:
    return sa.select(Invitation).options(
        joinedload(Invitation.challenge).joinedload(Challenge.organisation),
        joinedload(Invitation.supplier).joinedload(Supplier.organisation),
    )


def invitation(session: Session, *, ref: str) -> Invitation:
    """Return the invitation with ``ref``, its challenge, department and supplier loaded.

    Raises ``NotFound`` when there is none, or when it was never sent: nobody outside the department may
    know of it.
    """
    query = _invitations().where(Invitation.ref == ref, Invitation.sent_at.is_not(None))
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def invitations_for(session: Session, *, supplier_id: int) -> Sequence[Invitation]:
    """Return the invitations that were sent to a supplier, newest first; challenge and department loaded."""
    query = (
        _invitations()
        .where(Invitation.supplier_id == supplier_id, Invitation.sent_at.is_not(None))
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
    )
    return session.scalars(query).all()


def for_challenge(session: Session, *, challenge_id: int) -> Sequence[Invitation]:
    """Return every invitation of a challenge, also those held, in order of creation; suppliers loaded."""
    query = _invitations().where(Invitation.challenge_id == challenge_id).order_by(Invitation.id)
    return session.scalars(query).all()


def invitation_of(session: Session, *, challenge_id: int, supplier_id: int) -> Invitation | None:
    """Return the invitation of a supplier to a challenge, in whatever state, or ``None``."""
    query = _invitations().where(
        Invitation.challenge_id == challenge_id, Invitation.supplier_id == supplier_id
    )
    return session.scalar(query)


def overdue(session: Session, *, moment: datetime) -> Sequence[Invitation]:
    """Return the sent invitations whose last moment to answer has passed at ``moment``, oldest first."""
    query = (
        sa.select(Invitation)
        .where(Invitation.state == InvitationState.SENT, Invitation.expires_at <= moment)
        .order_by(Invitation.expires_at, Invitation.id)
    )
    return session.scalars(query).all()


def current_run(session: Session, *, challenge_id: int) -> MatchRun | None:
    """Return the run of a challenge that stands, or ``None`` before the first match."""
    query = sa.select(MatchRun).where(
        MatchRun.challenge_id == challenge_id, MatchRun.state != RunState.SUPERSEDED
    )
    return session.scalar(query)


def run_of(session: Session, *, challenge_id: int) -> MatchRun:
    """Return the run of a challenge that stands. Raises ``NotFound`` before the first match."""
    found = current_run(session, challenge_id=challenge_id)
    if found is None:
        raise NotFound("Suppliers have not been matched to this challenge yet.")
    return found


def run_by_ref(session: Session, *, ref: str) -> MatchRun:
    """Return the run with ``ref``, whether it stands or not. Raises ``NotFound``."""
    found = session.scalar(sa.select(MatchRun).where(MatchRun.ref == ref))
    if found is None:
        raise NotFound(f"There is no match {ref}.")
    return found


def matched_text(run: MatchRun) -> str:
    """Return the hash of the approved text that a run was made of."""
    return str(run.snapshot["challenge"]["approved_hash"])


def candidates(session: Session, *, run_id: int) -> Sequence[MatchCandidate]:
    """Return the candidates of a run by rank, suppliers loaded, explanations not; one statement."""
    query = (
        sa.select(MatchCandidate)
        .where(MatchCandidate.run_id == run_id)
        .options(joinedload(MatchCandidate.supplier).joinedload(Supplier.organisation))
        .order_by(MatchCandidate.rank)
    )
    return session.scalars(query).all()


def candidate(session: Session, *, run_id: int, supplier_ref: str) -> MatchCandidate:
    """Return one candidate with its explanation. Raises ``NotFound``."""
    query = (
        sa.select(MatchCandidate)
        .join(MatchCandidate.supplier)
        .where(MatchCandidate.run_id == run_id, Supplier.ref == supplier_ref)
        .options(undefer(MatchCandidate.explanation), joinedload(MatchCandidate.supplier))
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound("This supplier is not in the match.")
    return found


def rules_versions(session: Session, *, challenge_id: int) -> Sequence[SelectionRules]:
    """Return every version of a challenge's rules, newest first; none when nobody set any and nobody matched."""
    query = sa.select(SelectionRules).where(SelectionRules.challenge_id == challenge_id)
    return session.scalars(query.order_by(SelectionRules.number.desc())).all()


def overrides(session: Session, *, challenge_id: int) -> Sequence[SelectionOverride]:
    """Return what people decided about single suppliers, those in force first, then newest first; names loaded."""
    query = (
        sa.select(SelectionOverride)
        .where(SelectionOverride.challenge_id == challenge_id)
        .options(
            joinedload(SelectionOverride.supplier).joinedload(Supplier.organisation),
            joinedload(SelectionOverride.made_by),
        )
        .order_by(SelectionOverride.ended_at.is_not(None), SelectionOverride.id.desc())
    )
    return session.scalars(query).all()


def released_run(session: Session, *, ref: str) -> MatchRun:
    """Return a released run of a public challenge, with challenge, rules and round. Raises ``NotFound``."""
    found = session.scalar(_released().where(MatchRun.ref == ref))
    if found is None or not found.challenge.is_public:
        raise NotFound
    return found


def released_runs(session: Session, *, since: datetime) -> Sequence[MatchRun]:
    """Return the released runs of public challenges that were frozen after ``since``, newest first."""
    query = _released().where(MatchRun.frozen_at >= since).order_by(MatchRun.released_at.desc(), MatchRun.id)
    return [run for run in session.scalars(query) if run.challenge.is_public]


def _released() -> sa.Select[MatchRun]:
    return (
        sa.select(MatchRun)
        .where(MatchRun.released_at.is_not(None))
        .options(
            joinedload(MatchRun.challenge).joinedload(Challenge.organisation),
            joinedload(MatchRun.rules),
            joinedload(MatchRun.round),
        )
    )


def releaser(session: Session, *, run: MatchRun) -> str:
    """Return the name of the person who released a run; empty when it was not released."""
    person = session.get(Person, run.released_by_id) if run.released_by_id else None
    return person.name if person else ""


def reachable(session: Session, *, supplier_ids: Sequence[int]) -> set[int]:
    """Return those suppliers of whom somebody has an account and can be told; one statement."""
    query = (
        sa.select(Supplier.id)
        .join(Membership, Membership.organisation_id == Supplier.organisation_id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Supplier.id.in_(supplier_ids),
            Membership.ended_at.is_(None),
            Person.disabled_at.is_(None),
            Person.email_verified_at.is_not(None),
        )
    )
    return set(session.scalars(query))


def public_summary(session: Session, *, challenge_id: int) -> Summary | None:
    """Return what everyone may know of the matching of a public challenge, or ``None`` before a release."""
    considered = session.scalar(
        sa.select(MatchRun.suppliers_considered)
        .where(MatchRun.challenge_id == challenge_id, MatchRun.released_at.is_not(None))
        .order_by(MatchRun.released_at.desc())
        .limit(1)
    )
    query = (
        sa.select(Invitation.origin, sa.func.count())
        .where(Invitation.challenge_id == challenge_id, Invitation.sent_at.is_not(None))
        .group_by(Invitation.origin)
    )
    sent = dict(session.execute(query).all())
    if considered is None:
        return None
    return Summary(considered, sent.get(Origin.MATCHED, 0), sent.get(Origin.VOLUNTEERED, 0))
