"""Subscribing with double opt-in, confirming, changing, ending."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.audit import service as audit
from engage.digests import queries
from engage.digests.enums import TRANSITIONS, Cadence, SubscriptionState, Topic
from engage.digests.models import Subscription
from engage.digests.queries import CONFIRMED_WITHIN
from engage.digests.service.handing_over import hand_over, lock_address
from engage.digests.service.letters import write_about, write_full
from engage.digests.service.planning import LAG
from engage.digests.service.wanting import Filter, filter_of
from engage.digests.service.wishes import Wish, checked_filter
from engage.kernel import clock
from engage.kernel.actor import Actor, System
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.states import check
from engage.outbox import service as outbox

SENDER = System()
MOST_PER_ADDRESS = 50
FULL = f"You get {MOST_PER_ADDRESS} different alerts already. End one of them first."
MOST_WAITING = 10
"""Subscriptions of an address that wait to be confirmed; one more, and the oldest is asked for no more."""
_LOCK = 0x616C7274  # "alert": who asks for the same address waits, so that nobody gets more than the most


def subscribe(session: Session, *, email: str, wish: Wish, actor: Actor | None = None) -> None:
    """Write down a subscription and send its address a letter; nothing tells whether the address is known.

    A new or unconfirmed subscription waits until somebody with the letter confirms. One that is already
    active stays as it is and the letter leads to it. An ``actor`` who subscribes their own verified address
    needs no letter: it begins, or changes, at once. One letter a day for each subscription, and a few a day for the
    address (``write_about``). An address has at most fifty that are active: further ones are answered with a letter
    that says so; and ten that wait: the oldest gives way, so that nobody can fill up somebody else's.

    Raises ``Invalid`` by field for a wrong address or a wish that cannot be met, ``Conflict`` for somebody's own
    address that has the most it can have.
    """
    address = outbox.checked_address(email)
    wanted = checked_filter(session, wish)
    own = actor is not None and _is_own(session, actor, address)
    found = _find_or_add(session, address, wish, wanted)
    if found is None:
        if own:
            raise Conflict(FULL)
        write_full(session, _active(session, address)[0], most=MOST_PER_ADDRESS)
        return
    if own or found.state is SubscriptionState.PENDING:
        found.cadence, found.weekday, found.hour = wish.cadence, wish.weekday, wish.hour
    if queries.is_stale(found):
        found.created_at = clock.now()  # asked for anew; asking again before that buys no time
    if actor is not None and own:
        found.person_id = actor.person_id
        confirm(session, subscription_id=found.id, actor=actor)
    else:
        write_about(session, found)


def confirm(session: Session, *, subscription_id: int, actor: Actor | None = None) -> Subscription:
    """Begin telling from now on; an ended subscription can begin again. Twice is as good as once.

    Raises ``NotFound``, or ``Conflict`` when the letter that asked is older than a week, the address has asked for the
    same again in the meantime, has the most it can have, or has been forgotten.
    """
    _take_address(session, queries.address_of(session, subscription_id))
    found = _locked(session, subscription_id)
    if found.state is SubscriptionState.ACTIVE:
        return found
    if queries.is_stale(found):
        raise Conflict(
            f"This link could be used for {CONFIRMED_WITHIN.days} days. Ask for the alerts again to get a new one."
        )
    check(TRANSITIONS, now=found.state, to=SubscriptionState.ACTIVE, thing="subscription")
    twin = sa.select(Subscription.id).where(_same(found.email, filter_of(found)), Subscription.id != found.id)
    if session.scalar(twin) is not None:
        raise Conflict(
            "You asked for the same alerts again in the meantime: use the newest email from engage."
        )
    if len(_active(session, found.email)) >= MOST_PER_ADDRESS:
        raise Conflict(FULL)
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

    Raises ``NotFound``, ``Conflict`` when the subscription has ended, and ``Invalid`` (field ``cadence``) for "as soon
    as there is news" where it is about what needs somebody at their department: that repeats what waits.
    """
    found = _locked(session, subscription_id)
    if found.state is SubscriptionState.ENDED:
        raise Conflict("These alerts have ended. Start them again first.")
    if found.topic is Topic.NEEDS and cadence is Cadence.IMMEDIATE:
        raise Invalid({"cadence": "What needs you can come once a day or once a week"})
    found.cadence, found.weekday, found.hour = cadence, weekday, hour
    _record(session, found, "changed", actor)
    return found


def end(session: Session, *, subscription_id: int, actor: Actor | None = None) -> Subscription:
    """End exactly this subscription at once; a digest that is still waiting is not sent, and what it would have told
    is left to the other subscriptions of the address. Twice is as good as once.

    Raises ``NotFound``.
    """
    if email := queries.subscription(session, subscription_id).email:  # it may have been forgotten
        lock_address(session, email)
    found = _locked(session, subscription_id)
    if found.state is not SubscriptionState.ENDED:
        found.state, found.ended_at = SubscriptionState.ENDED, clock.now()
        waiting = queries.letter_ids(session, subscription_id=found.id)
        outbox.cancel_waiting(session, actor=SENDER, letter_ids=waiting, reason="The subscription has ended.")
        hand_over(session, found)
        _record(session, found, "ended", actor)
    return found


def _find_or_add(session: Session, address: str, wish: Wish, wanted: Filter) -> Subscription | None:
    """Return the live subscription of this address to the same, a new one if need be, locked; ``None`` when the
    address has too many.
    """
    _take_address(session, address)
    same = sa.select(Subscription).where(_same(address, wanted))
    same = same.with_for_update().execution_options(populate_existing=True)
    known: Subscription | None = session.scalar(same)
    if known is not None or len(_active(session, address)) >= MOST_PER_ADDRESS:
        return known
    _make_room(session, address)
    insert = postgresql.insert(Subscription).values(
        email=address,
        topic=wanted.topic,
        value=wanted.value,
        stage=wanted.stage,
        department_id=wanted.department_id,
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


def _take_address(session: Session, address: str) -> None:
    """Be the only one who begins subscriptions of an address, until the transaction ends."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK, sa.func.hashtext(address.lower()))))


def _active(session: Session, address: str) -> Sequence[Subscription]:
    found = queries.of_address(session, address)
    return [one for one in found if one.state is SubscriptionState.ACTIVE]


def _make_room(session: Session, address: str) -> None:
    found = queries.of_address(session, address)
    waiting = [one for one in found if one.state is SubscriptionState.PENDING]
    for one in waiting[: max(0, len(waiting) - MOST_WAITING + 1)]:
        end(session, subscription_id=one.id)


def _same(address: str, wanted: Filter) -> sa.ColumnElement[bool]:
    return sa.and_(
        sa.func.lower(Subscription.email) == address.lower(),
        Subscription.topic == wanted.topic,
        Subscription.value == wanted.value,
        Subscription.stage == wanted.stage,
        Subscription.department_id.is_not_distinct_from(wanted.department_id),
        Subscription.state != SubscriptionState.ENDED,
    )


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
