"""The letters about subscriptions themselves: confirm, you have these already, you have too many, the way to all."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.digests import queries
from engage.digests.enums import SubscriptionState, Topic
from engage.digests.models import Subscription
from engage.digests.service.schedule import in_words
from engage.digests.service.tokens import manage_address, page_address
from engage.kernel import clock
from engage.kernel.actor import System
from engage.outbox import service as outbox

SENDER = System()
SOMEBODY = "You get this email because somebody entered this address on the alerts page of engage."


def write_about(session: Session, found: Subscription) -> None:
    """Post the letter that asks to confirm a subscription or, if it is active, leads to it; one a day."""
    pending = found.state is SubscriptionState.PENDING
    outbox.post(
        session,
        template="confirm_subscription" if pending else "manage_subscription",
        to=found.email,
        context={
            # Not the words themselves: a stranger could put any text before somebody else's eyes.
            "what": "challenges about certain words"
            if found.topic is Topic.SEARCH
            else queries.about(session, found),
            "when": in_words(cadence=found.cadence, weekday=found.weekday, hour=found.hour),
            "link": page_address(found.id),
        },
        dedupe_key=f"subscription:{found.id}:{found.state}:{clock.uk_today()}",
        why=SOMEBODY,
        sender=SENDER,
        person_id=found.person_id,
    )


def write_full(session: Session, found: Subscription, *, most: int) -> None:
    """Post to the address of ``found`` that it has as many alerts as it can have, with the way to them; one a day."""
    outbox.post(
        session,
        template="alerts_full",
        to=found.email,
        context={"most": most, "link": manage_address(found.id)},
        dedupe_key=f"alerts-full:{found.email.lower()}:{clock.uk_today()}",
        why=SOMEBODY,
        sender=SENDER,
        person_id=found.person_id,
    )


def send_way(session: Session, *, email: str) -> None:
    """Post to an address the link to everything it gets, one a day; nothing if it gets nothing."""
    known = queries.of_address(session, email)
    if not known:
        return
    found = known[0]
    outbox.post(
        session,
        template="find_alerts",
        to=found.email,
        context={"link": manage_address(found.id)},
        dedupe_key=f"alerts-way:{found.email.lower()}:{clock.uk_today()}",
        why=SOMEBODY,
        sender=SENDER,
        person_id=found.person_id,
    )
