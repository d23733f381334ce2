"""The letters about subscriptions themselves: confirm, you have these already, you have too many, the way to all."""

from __future__ import annotations

from datetime import timedelta

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
A_DAY, UNANSWERED = 5, 10
"""Letters that ask one address to confirm: so many in a day, and in four weeks if none of them is answered."""
SOMEBODY = "You get this email because somebody entered this address on the alerts page of engage."


def write_about(session: Session, found: Subscription) -> None:
    """Post the letter that asks to confirm a subscription or, if it is active, leads to it; one a day.

    No more of those that ask than ``A_DAY`` and ``UNANSWERED`` to one address, whatever is asked for: nobody can fill
    somebody else's mailbox. What waits stands on the page of everything, too (``send_way``).
    """
    pending = found.state is SubscriptionState.PENDING
    if pending and _asked_enough(session, found.email):
        return
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
    """Post to an address the link to everything it gets, one a day; nothing if it gets nothing.

    The link names one of its subscriptions: one that is active if there is any, for what is never confirmed goes.
    """
    known = queries.of_address(session, email)
    if not known:
        return
    found = next((one for one in known if one.state is SubscriptionState.ACTIVE), known[0])
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


def _asked_enough(session: Session, email: str) -> bool:
    now = clock.now()
    today = queries.letters_to_confirm(session, email, since=now - timedelta(days=1))
    lately = queries.letters_to_confirm(session, email, since=now - timedelta(days=28))
    return today >= A_DAY or lately >= UNANSWERED
