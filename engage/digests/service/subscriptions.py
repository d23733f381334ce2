"""Subscribing with double opt-in, confirming, changing, ending."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.audit import service as audit
from engage.digests import queries
from engage.digests.enums import TRANSITIONS, Cadence, SubscriptionState, Topic
from engage.digests.models import Subscription
from engage.digests.service.planning import LAG
from engage.digests.service.schedule import in_words
from engage.digests.service.tokens import page_address
from engage.kernel import clock
from engage.kernel.actor import Actor, System
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.states import check
from engage.kernel.text import one_line
from engage.outbox import service as outbox

SENDER = System()
MOST_PER_ADDRESS = 20
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class Wish:
    """What somebody asks to be told, and when. ``value`` is a department's id or the words of a search."""

    topic: Topic
    value: str = ""
    cadence: Cadence = Cadence.WEEKLY
    weekday: int = 1
    hour: int = 8


def subscribe(session: Session, *, email: str, wish: Wish, actor: Actor | None = None) -> None:
    """Write down a subscription and send its address a letter; nothing tells whether the address is known.

    A new or unconfirmed subscription waits until somebody with the letter confirms. One that is already
    active stays as it is and the letter leads to it. An ``actor`` who subscribes their own verified address
    needs no letter: it begins, or changes, at once. One letter a day for each subscription, and at most
    twenty subscriptions an address.

    Raises ``Invalid`` for a wrong address, an unknown department or a search without words.
    """
    address = outbox.checked_address(email)
    value = _checked_value(session, wish)
    found = _find_or_add(session, address, wish, value)
    if found is None:
        return
    own = actor is not None and _is_own(session, actor, address)
    if own or found.state is SubscriptionState.PENDING:
        found.cadence, found.weekday, found.hour = wish.cadence, wish.weekday, wish.hour
    if actor is not None and own:
        found.person_id = actor.person_id
        confirm(session, subscription_id=found.id, actor=actor)
    else:
        _write_to(session, found)


def confirm(session: Session, *, subscription_id: int, actor: Actor | None = None) -> Subscription:
    """Begin telling from now on; an ended subscription can begin again. Twice is as good as once.

    Raises ``NotFound``, or ``Conflict`` when the address has asked for the same again in the meantime.
    """
    found = _locked(session, subscription_id)
    if found.state is SubscriptionState.ACTIVE:
        return found
    check(TRANSITIONS, now=found.state, to=SubscriptionState.ACTIVE, thing="subscription")
    twin = sa.select(Subscription.id).where(
        _same(found.email, found.topic, found.value), Subscription.id != found.id
    )
    if session.scalar(twin) is not None:
        raise Conflict(
            "You asked for the same alerts again in the meantime: use the newest email from engage."
        )
    now = clock.now()
    found.state, found.confirmed_at, found.ended_at = SubscriptionState.ACTIVE, now, None
    found.covered_until = now - LAG
    _record(session, found, "confirmed", actor)
    return found


def change(
    session: Session,
    *,
    subscription_id: int,
    cadence: Cadence,
    weekday: int,
    hour: int,
    actor: Actor | None = None,
) -> Subscription:
    """Change when a subscription brings mail. What has been told already stays told.

    Raises ``NotFound``, or ``Conflict`` when the subscription has ended.
    """
    found = _locked(session, subscription_id)
    if found.state is SubscriptionState.ENDED:
        raise Conflict("These alerts have ended. Start them again first.")
    found.cadence, found.weekday, found.hour = cadence, weekday, hour
    _record(session, found, "changed", actor)
    return found


def end(session: Session, *, subscription_id: int, actor: Actor | None = None) -> Subscription:
    """End exactly this subscription at once; a digest that is still waiting is not sent. Twice is as good as
    once.

    Raises ``NotFound``.
    """
    found = _locked(session, subscription_id)
    if found.state is not SubscriptionState.ENDED:
        found.state, found.ended_at = SubscriptionState.ENDED, clock.now()
        waiting = queries.letter_ids(session, subscription_id=found.id)
        outbox.cancel_waiting(session, actor=SENDER, letter_ids=waiting, reason="The subscription has ended.")
        _record(session, found, "ended", actor)
    return found


def _find_or_add(session: Session, address: str, wish: Wish, value: str) -> Subscription | None:
    """Return the live subscription of this address and topic, a new one if need be, locked; ``None`` when the
    address has too many.
    """
    same = sa.select(Subscription).where(_same(address, wish.topic, value))
    same = same.with_for_update().execution_options(populate_existing=True)
    known: Subscription | None = session.scalar(same)
    if known is not None or len(queries.of_address(session, address)) >= MOST_PER_ADDRESS:
        return known
    insert = postgresql.insert(Subscription).values(
        email=address,
        topic=wish.topic,
        value=value,
        cadence=wish.cadence,
        weekday=wish.weekday,
        hour=wish.hour,
        state=SubscriptionState.PENDING,
        created_at=clock.now(),
    )
    added: Subscription | None = session.scalar(insert.on_conflict_do_nothing().returning(Subscription))
    if added is not None:
        _record(session, added, "asked_for", None)
        return added
    twin: Subscription | None = session.scalar(same)
    return twin


def _same(address: str, topic: Topic, value: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        sa.func.lower(Subscription.email) == address.lower(),
        Subscription.topic == topic,
        Subscription.value == value,
        Subscription.state != SubscriptionState.ENDED,
    )


def _write_to(session: Session, found: Subscription) -> None:
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
        why="You get this email because somebody entered this address on the alerts page of engage.",
        sender=SENDER,
        person_id=found.person_id,
    )


def _checked_value(session: Session, wish: Wish) -> str:
    if wish.topic is Topic.SEARCH:
        words = one_line(wish.value)
        if not words or len(words) > LONGEST_SEARCH:
            raise Invalid({"words": f"Enter the words to look for, at most {LONGEST_SEARCH} characters"})
        return words
    if wish.topic is Topic.DEPARTMENT:
        known = {str(department.id) for department in accounts.departments(session)}
        if wish.value not in known:
            raise Invalid({"department": "Choose a department"})
        return wish.value
    return ""


def _is_own(session: Session, actor: Actor, address: str) -> bool:
    person = accounts.person(session, actor.person_id)
    return (
        person is not None
        and person.email_verified_at is not None
        and person.email.lower() == address.lower()
    )


def _locked(session: Session, subscription_id: int) -> Subscription:
    found = session.get(Subscription, subscription_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _record(session: Session, found: Subscription, deed: str, actor: Actor | None) -> None:
    session.flush()
    tag = f"digests:subscription:{deed}"
    audit.record(session, actor=actor, tag=tag, subject=f"subscription:{found.id}", topic=found.topic.value)
