"""Waves: what one named person lets go out at once, and what releases of every kind have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Organisation
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking import queries
from engage.matchmaking.models import MatchRun, SelectionRules, Wave
from engage.matchmaking.models.invitations import DAYS_TO_ANSWER
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.service.places import Room, room
from engage.matchmaking.service.runs import approved_version
from engage.matchmaking.service.selecting import rules_in_force
from engage.suppliers.models import Supplier

FEWEST_DAYS, MOST_DAYS = 3, 42


@dataclass(frozen=True, kw_only=True)
class WaveTerms:
    """What a person decides when invitations go out."""

    alternates_follow: bool = True
    """Whether the next in line is invited by itself when a place becomes free, in this person's name."""
    days_to_answer: int = DAYS_TO_ANSWER
    """For these invitations and for the alternates that follow; the challenge's last day at the latest."""


USUAL_TERMS = WaveTerms()


def begin_wave(session: Session, *, actor: Actor, run: MatchRun, terms: WaveTerms) -> Wave:
    """Begin the next wave of the challenge of ``run``, whose row the caller has locked.

    Side effects: the wave, an audit line. Raises ``Invalid`` (``days``) outside 3 to 42 days.
    """
    if not FEWEST_DAYS <= terms.days_to_answer <= MOST_DAYS:
        raise Invalid({"days": f"The time to answer must be between {FEWEST_DAYS} and {MOST_DAYS} days"})
    last = sa.select(sa.func.max(Wave.number)).where(Wave.challenge_id == run.challenge_id)
    wave = Wave(
        challenge_id=run.challenge_id,
        run_id=run.id,
        number=(session.scalar(last) or 0) + 1,
        released_at=clock.now(),
        released_by_id=actor.person_id,
        days_to_answer=terms.days_to_answer,
        alternates_follow=terms.alternates_follow,
        followed_by_id=actor.person_id if terms.alternates_follow else None,
    )
    session.add(wave)
    session.flush()
    _record(session, actor, run.challenge, wave, "released")
    return wave


def let_follow(session: Session, *, actor: Actor, challenge: Challenge, number: int, follow: bool) -> Wave:
    """Say anew whether alternates follow a wave by themselves; the same again changes nothing.

    Who says that they do is from then on the person in whose name they go out; who released the wave stays named.
    Side effects, in order: the challenge's row locked, the wave, an audit line. Raises ``NotFound`` when there is no
    such wave.
    """
    challenges.lock(session, challenge)
    wave = queries.wave(session, challenge_id=challenge.id, number=number)
    if wave.alternates_follow is follow:
        return wave
    wave.alternates_follow = follow
    wave.followed_by_id = actor.person_id if follow else None
    session.flush()
    _record(session, actor, challenge, wave, "following")
    return wave


def goes_on(session: Session, *, wave: Wave, challenge: Challenge) -> bool:
    """Tell whether alternates of ``wave`` go out by themselves in the name of who said so.

    Not once that person may send no invitations of the department any more: then somebody else has to let them go out.
    """
    if not wave.alternates_follow or wave.followed_by_id is None:
        return False
    may = accounts.people_with(
        session, *MatchmakingPermission.RELEASE.roles, organisation_id=challenge.organisation_id
    )
    return wave.followed_by_id in {person.id for person in may}


def check_challenge(session: Session, run: MatchRun) -> None:
    """Raise ``Conflict`` unless invitations of ``run`` can go out now: open, and the text is the one it was made of."""
    challenge: Challenge = run.challenge
    if not challenge.is_open:
        raise Conflict("Invitations can go out only while the challenge is published and open.")
    if approved_version(session, challenge).content_hash != queries.matched_text(run):
        raise Conflict("The text has been approved anew since this match. Match again before you release.")


def room_of(session: Session, *, run: MatchRun, rules: SelectionRules | None = None) -> Room:
    """Return the places of a planned run's challenge that are given and left; ``rules`` are those in force.

    When the rules were changed after the release, the smaller number of places counts: nobody steps in beyond them.
    """
    places = (rules or rules_in_force(session, challenge=run.challenge)).places
    if run.rules is not None:
        places = min(places, run.rules.places)
    return room(session, challenge_id=run.challenge_id, places=places)


def locked(session: Session, ids: Sequence[int]) -> Sequence[Supplier]:
    """Return suppliers as they stand now, locked, and their organisations kept from being suspended meanwhile.

    Organisations first, as a suspension has its own before it marks the supplier; each by id, so that two
    releases wait for each other in one order.
    """
    theirs = sa.select(Supplier.organisation_id).where(Supplier.id.in_(ids))
    owners = sa.select(Organisation).where(Organisation.id.in_(theirs)).order_by(Organisation.id)
    session.scalars(owners.with_for_update(read=True).execution_options(populate_existing=True)).all()
    query = (
        sa.select(Supplier)
        .where(Supplier.id.in_(ids))
        .order_by(Supplier.id)
        .with_for_update(of=Supplier, key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def _record(session: Session, actor: Actor, challenge: Challenge, wave: Wave, deed: str) -> None:
    audit.record(
        session,
        actor=actor,
        tag=f"matchmaking:wave:{deed}",
        subject=f"challenge:{challenge.ref}",
        wave=wave.number,
        days_to_answer=wave.days_to_answer,
        alternates_follow=wave.alternates_follow,
    )
