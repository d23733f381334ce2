"""What an address arranges for all its subscriptions at once: a pause, muted challenges, ending everything."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.audit import service as audit
from engage.challenges import queries as challenges
from engage.digests import queries
from engage.digests.models import Mute, Pause, Subscription
from engage.digests.service.rewriting import take_back_from
from engage.digests.service.subscriptions import end
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.uktime import uk_date

LONGEST_PAUSE = timedelta(days=366)


def pause(session: Session, *, email: str, from_on: date, until_on: date, actor: Actor | None = None) -> None:
    """Send nothing to an address from ``from_on`` to ``until_on`` (UK days, both included).

    One pause an address: a new one takes the place of the one before. Side effects, in order: the row; digests that
    wait are taken back when the pause begins today, and what they told comes afterwards; an audit line on each
    subscription. Raises ``Invalid`` by field for a pause that ends before it begins, has passed or is longer than a
    year, ``Conflict`` when the address gets nothing.
    """
    today = clock.uk_today()
    if until_on < today:
        raise Invalid({"until_on": f"The last day must be today, {uk_date(today)}, or later"})
    if until_on < from_on:
        raise Invalid({"until_on": "The last day must not be before the first day"})
    first = max(from_on, today)
    if until_on - first > LONGEST_PAUSE:
        raise Invalid({"until_on": "A pause can last a year. To stop for longer, end the alerts"})
    found = queries.of_address(session, email)
    if not found:
        raise Conflict("No alerts go to this address.")
    values = {"from_on": first, "until_on": until_on, "created_at": clock.now()}
    insert = postgresql.insert(Pause).values(email=email.lower(), **values)
    session.execute(insert.on_conflict_do_update(index_elements=["email"], set_=values))
    session.expire_all()
    if first <= today:
        take_back_from(session, email=email, reason="The reader pauses.")
    for each in found:
        _record(session, each, "paused", actor, from_on=str(first), until_on=str(until_on))


def resume(session: Session, *, email: str, actor: Actor | None = None) -> None:
    """End the pause of an address, or one to come. Twice is as good as once; an audit line on each subscription."""
    ended = session.execute(sa.delete(Pause).where(Pause.email == email.lower()).returning(Pause.email)).all()
    if ended:
        for each in queries.of_address(session, email):
            _record(session, each, "resumed", actor)


def mute(session: Session, *, email: str, ref: str, actor: Actor | None = None) -> None:
    """Tell an address no more of a challenge: neither in digests nor when it changes. Twice is as good as once.

    Side effects, in order: the row; digests that wait and tell of it are taken back and written anew without it; an
    audit line on each subscription. Raises ``NotFound`` for what is not public.
    """
    found = challenges.public_challenge(session, ref=ref)
    insert = postgresql.insert(Mute).values(
        email=email.lower(), challenge_id=found.id, created_at=clock.now()
    )
    if session.scalar(insert.on_conflict_do_nothing().returning(Mute.challenge_id)) is not None:
        take_back_from(
            session, email=email, reason="The reader muted a challenge in this digest.", challenge=found
        )
        for each in queries.of_address(session, email):
            _record(session, each, "muted", actor, challenge=found.ref)


def unmute(session: Session, *, email: str, ref: str, actor: Actor | None = None) -> None:
    """Let an address hear of a challenge again. Twice is as good as once. Raises ``NotFound`` as ``mute`` does."""
    found = challenges.public_challenge(session, ref=ref)
    gone = sa.delete(Mute).where(Mute.email == email.lower(), Mute.challenge_id == found.id)
    if session.execute(gone.returning(Mute.challenge_id)).all():
        for each in queries.of_address(session, email):
            _record(session, each, "unmuted", actor, challenge=found.ref)


def end_one(session: Session, *, email: str, subscription_id: int, actor: Actor | None = None) -> None:
    """End one subscription of an address. Raises ``Conflict`` when it is none of its subscriptions."""
    if subscription_id not in {each.id for each in queries.of_address(session, email)}:
        raise Conflict("These alerts have ended already.")
    end(session, subscription_id=subscription_id, actor=actor)


def end_all(session: Session, *, email: str, actor: Actor | None = None) -> int:
    """End every subscription of an address; return how many there were."""
    found = queries.of_address(session, email)
    for each in found:
        end(session, subscription_id=each.id, actor=actor)
    return len(found)


def _record(session: Session, found: Subscription, deed: str, actor: Actor | None, **details: str) -> None:
    session.flush()
    tag = f"digests:subscription:{deed}"
    audit.record(session, actor=actor, tag=tag, subject=f"subscription:{found.id}", **details)
