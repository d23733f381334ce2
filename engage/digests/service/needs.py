"""The digest of a department: what needs the reader, as the board says it. It repeats what still waits."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.audit import service as audit
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.digests.models import DigestIssue, DigestRun, Subscription
from engage.digests.service.schedule import in_words
from engage.digests.service.tokens import page_address
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind, System
from engage.kernel.due import Due, everything
from engage.kernel.errors import NotAllowed
from engage.kernel.uktime import uk_date
from engage.outbox.service.bulk import Addressed, post_all, prepare

MOST = 30
EIGHT = 8


def ask_for_needs(session: Session, *, actor: Actor) -> Subscription:
    """Have what needs ``actor`` at the department they act for sent to them every morning; twice is as good as once.

    Side effects: the subscription, active at once (the address is their own and known), an audit line. Raises
    ``NotAllowed`` for who acts for no department.
    """
    if actor.organisation_kind is not OrganisationKind.DEPARTMENT:
        raise NotAllowed("Only people who act for a department can have this.")
    now = clock.now()
    query = sa.select(Subscription).where(
        sa.func.lower(Subscription.email) == actor.email.lower(),
        Subscription.topic == Topic.NEEDS,
        Subscription.value == str(actor.organisation_id),
        Subscription.state != SubscriptionState.ENDED,
    )
    found: Subscription | None = session.scalar(query)
    if found is None:
        found = Subscription(
            email=actor.email,
            person_id=actor.person_id,
            topic=Topic.NEEDS,
            value=str(actor.organisation_id),
            cadence=Cadence.DAILY,
            hour=EIGHT,
            state=SubscriptionState.ACTIVE,
            created_at=now,
            confirmed_at=now,
            covered_until=now,
        )
        session.add(found)
        session.flush()
        subject = f"subscription:{found.id}"
        audit.record(
            session,
            actor=actor,
            tag="digests:subscription:confirmed",
            subject=subject,
            topic=found.topic.value,
        )
    return found


def write_needs(session: Session, *, run: DigestRun, subscriptions: Sequence[Subscription]) -> int:
    """Write what needs each reader, where anything does; return how many letters.

    Who no longer acts for the department gets nothing. Side effects: letters, issues.
    """
    telling = [(one, items) for one in subscriptions if (items := needs(session, one))]
    letters = [_letter(session, run, one, items) for one, items in telling]
    ids = post_all(session, letters, sender=System())
    for (one, _), number in zip(telling, ids, strict=True):
        session.add(
            DigestIssue(
                run_id=run.id,
                subscription_id=one.id,
                window_start=one.covered_until,
                window_end=run.window_end,
                letter_id=number,
                created_at=clock.now(),
            )
        )
    session.flush()
    return sum(number is not None for number in ids)


def needs(session: Session, found: Subscription) -> list[Due]:
    """Return what the reader of a subscription can do now for the department it is about."""
    organisation_id = int(found.value)
    membership = (
        accounts.member(session, person_id=found.person_id, organisation_id=organisation_id)
        if found.person_id is not None
        else None
    )
    if membership is None:
        return []
    actor = accounts.actor_of(membership.person, membership)
    due = everything(session, organisation_id=organisation_id)
    return [item for item in due if item.who.includes(actor)]


def _letter(session: Session, run: DigestRun, found: Subscription, items: Sequence[Due]) -> Addressed:
    organisation = accounts.organisation(session, int(found.value))
    assert organisation is not None
    context = {"items": items[:MOST], "rest": max(0, len(items) - MOST), "department": organisation.name}
    assert found.confirmed_at is not None
    when = in_words(cadence=found.cadence, weekday=found.weekday, hour=found.hour)
    return Addressed(
        sheet=prepare("due_digest", context),
        to=found.email,
        dedupe_key=f"needs:{found.id}:{run.window_end.isoformat()}",
        why=f"You get this email because you asked engage on {uk_date(found.confirmed_at)} to tell you what needs you "
        f"at {organisation.name} {when}.",
        unsubscribe_url=page_address(found.id),
        person_id=found.person_id,
    )
