"""Reading subscriptions, and saying what they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.challenges.enums import Listed
from engage.digests.enums import SubscriptionState, Topic
from engage.digests.models import Subscription
from engage.kernel import clock
from engage.kernel.codes import REGIONS, cpv_label
from engage.kernel.errors import Conflict, NotFound
from engage.outbox.models import Letter
from engage.suppliers.models import Capability

CONFIRMED_WITHIN = timedelta(days=7)
"""How long the letter that asks to confirm can be answered."""


class Wanted(Protocol):
    """What a subscription is about: a ``Subscription``, or a filter that nobody has subscribed to yet."""

    @property
    def topic(self) -> Topic:
        """See ``Subscription``, as for the others."""

    @property
    def value(self) -> str: ...  # noqa: D102 - as above

    @property
    def stage(self) -> Listed: ...  # noqa: D102 - as above

    @property
    def department_id(self) -> int | None: ...  # noqa: D102 - as above


def subscription(session: Session, subscription_id: int) -> Subscription:
    """Return one subscription. Raises ``NotFound``."""
    found = session.get(Subscription, subscription_id)
    if found is None:
        raise NotFound
    return found


def address_of(session: Session, subscription_id: int) -> str:
    """Return the address of a subscription. Raises ``NotFound``, or ``Conflict`` when it has been forgotten."""
    found = subscription(session, subscription_id).email
    if not found:
        raise Conflict(
            "These alerts ended long ago, and engage has forgotten the address. Ask for alerts again."
        )
    return found


def of_address(session: Session, email: str) -> Sequence[Subscription]:
    """Return the subscriptions of an address that have not ended, oldest first.

    Without those that were never confirmed, once they cannot be any more.
    """
    query = sa.select(Subscription).where(
        sa.func.lower(Subscription.email) == email.lower(),
        sa.or_(
            Subscription.state == SubscriptionState.ACTIVE,
            sa.and_(
                Subscription.state == SubscriptionState.PENDING,
                Subscription.created_at >= clock.now() - CONFIRMED_WITHIN,
            ),
        ),
    )
    return session.scalars(query.order_by(Subscription.id)).all()


def is_stale(found: Subscription) -> bool:
    """Tell whether a subscription was asked for so long ago that it can no longer be confirmed."""
    return found.confirmed_at is None and found.created_at < clock.now() - CONFIRMED_WITHIN


def letters_to_confirm(session: Session, email: str, *, since: datetime) -> int:
    """Return how many letters that ask to confirm were written to an address since a moment, and since somebody there
    last confirmed anything.
    """
    confirmed = sa.select(sa.func.max(Subscription.confirmed_at)).where(
        sa.func.lower(Subscription.email) == email.lower()
    )
    query = sa.select(sa.func.count(Letter.id)).where(
        sa.func.lower(Letter.recipient) == email.lower(),
        Letter.template == "confirm_subscription",
        Letter.created_at > max(since, session.scalar(confirmed) or since),
    )
    return session.scalar(query) or 0


def active(session: Session, subscription_ids: Sequence[int]) -> Sequence[Subscription]:
    """Return those of the subscriptions that have not ended, by id."""
    query = sa.select(Subscription).where(
        Subscription.id.in_(subscription_ids), Subscription.state == SubscriptionState.ACTIVE
    )
    return session.scalars(query.order_by(Subscription.id)).all()


def about(session: Session, wanted: Wanted) -> str:
    """Return what a subscription is about: "all new challenges", "new challenges from …", "… about “…”"."""
    return _wordings(session, [wanted])[0]


def abouts(session: Session, subscriptions: Sequence[Subscription]) -> dict[int, str]:
    """Return ``about`` of each subscription by its id; a statement for departments and one for capabilities, each
    only when there are any.
    """
    words = _wordings(session, subscriptions)
    return {one.id: said for one, said in zip(subscriptions, words, strict=True)}


def _wordings(session: Session, wanted: Sequence[Wanted]) -> list[str]:
    named = {Topic.DEPARTMENT, Topic.NEEDS}
    of_departments = any(one.topic in named or one.department_id is not None for one in wanted)
    departments = (
        {str(each.id): each.name for each in accounts.departments(session)} if of_departments else {}
    )
    slugs = {one.value for one in wanted if one.topic is Topic.CAPABILITY}
    asked = sa.select(Capability.slug, Capability.name).where(Capability.slug.in_(slugs))
    capabilities = {row.slug: row.name for row in session.execute(asked)} if slugs else {}
    return [_in_words(one, departments, capabilities) for one in wanted]


_STAGES: Mapping[Listed, str] = {
    Listed.OPEN: "new challenges",
    Listed.FINDINGS_DUE: "challenges that have heard suppliers",
    Listed.CLOSED: "challenges that are closed",
    Listed.ALL: "challenges at every stage",
}


def _in_words(wanted: Wanted, departments: Mapping[str, str], capabilities: Mapping[str, str]) -> str:
    stage, value = _STAGES[wanted.stage], wanted.value
    if wanted.topic is not Topic.EVERYTHING and not value:
        return "alerts that have ended"  # what they were about has been forgotten
    if wanted.topic is Topic.NEEDS:
        return f"what needs you at {departments.get(value, 'your department')}"
    if wanted.topic is Topic.EVERYTHING:
        return f"all {stage}"
    if wanted.topic is Topic.DEPARTMENT:
        return f"{stage} from {departments.get(value, 'one department')}"
    if wanted.topic is Topic.CAPABILITY:
        return f"{stage} that ask for “{capabilities.get(value, value)}”"
    if wanted.topic is Topic.CPV:
        return f"{stage} with CPV code {value} ({cpv_label(value)})"
    if wanted.topic is Topic.REGION:
        return f"{stage} in {REGIONS.get(value, value)}"
    if wanted.department_id is None:
        return f"{stage} about “{value}”"
    return f"{stage} about “{value}” from {departments.get(str(wanted.department_id), 'one department')}"
