"""Subscriptions and their digests, what happens every day, and letters that do not go smoothly."""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import partial

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.demo.accounts import ADMINISTRATOR, SUPPLIER_EXPERT
from engage.demo.hands import GONE, SLOW
from engage.demo.script import ONE_DAY, Act, Diary, Step
from engage.demo.world import World
from engage.digests import jobs as digests
from engage.digests import queries, service
from engage.digests.enums import Cadence, Topic
from engage.digests.service import Wish
from engage.kernel import clock, jobs, uktime
from engage.kernel.settings import settings
from engage.matchmaking import jobs as matchmaking
from engage.matchmaking import queries as invitations
from engage.outbox import service as outbox
from engage.outbox.service.posting import DELIVER

READER, SEARCHER = "reader@small-firms.example", "news@cyber-cluster.example"
CURIOUS, FORMER = "hello@university-spinout.example", "office@moved-on.example"
FIRST_DAY = -34
TRIES = (60, 58, 53, 38, 8)
"""So many minutes ago the letter that is waiting was tried, in vain."""
HEADING = "How minutes are published from next month"
WORDS = (
    "From next month the minutes of an advisory session are published within five working days, on the page of "
    "its challenge. Everybody gets them at the same moment, whether they were there or not.\n\n"
    "Nothing else changes: the organisations that took part are named, their people are not."
)


def steps(today: date) -> list[Step]:
    """Return the steps of subscribers and of the clock, up to now."""
    diary = Diary(today)
    for address, day, wish in (
        (READER, FIRST_DAY, Wish(Topic.EVERYTHING)),
        (SEARCHER, FIRST_DAY + 4, Wish(Topic.SEARCH, "cyber", Cadence.DAILY)),
        (FORMER, FIRST_DAY + 6, Wish(Topic.EVERYTHING, cadence=Cadence.DAILY)),
    ):
        diary.note(day, "13:00", f"{address} asks for alerts", partial(asks, address, wish))
        diary.note(day, "13:20", f"{address} confirms", partial(confirms, address))
    diary.note(FIRST_DAY + 8, "17:00", "The demo supplier subscribes", _supplier_subscribes)
    diary.note(-16, "12:10", f"{FORMER} has had enough", partial(_ends, FORMER))
    for day in (-12, -9):
        wish = Wish(Topic.EVERYTHING, cadence=Cadence.DAILY)
        diary.note(day, "10:05", f"{GONE} asks for alerts ({day})", partial(asks, GONE, wish))
    diary.note(-2, "18:10", f"{CURIOUS} asks for alerts", partial(asks, CURIOUS, Wish(Topic.EVERYTHING)))
    diary.note(-5, "11:40", "A letter to suppliers is prepared", _announces)
    return [*diary.steps(), *_days(today), *_slow_letter()]


def _days(today: date) -> list[Step]:
    """Return what the clock sets off every day, as far as that is past."""
    daily: tuple[tuple[time, str, int, Act], ...] = (
        (time(0, 20), "Invitations expire", 3 * FIRST_DAY, _expires),
        (time(8, 3), "Digests are written", FIRST_DAY, _writes_digests),
    )
    until = clock.now() - timedelta(minutes=2)
    return [
        Step(moment, title, act)
        for at, title, first, act in daily
        for day in range(first, 1)
        if (moment := uktime.from_uk(today + ONE_DAY * day, at)) < until
    ]


def _expires(session: Session, _world: World) -> None:
    """Do what the worker does every quarter of an hour; where nothing is overdue it would leave no trace."""
    if invitations.overdue(session, moment=clock.now()):
        matchmaking.expire(timestamp=int(clock.now().timestamp()))


def _writes_digests(_session: Session, _world: World) -> None:
    digests.plan(timestamp=int(clock.now().timestamp()))


def _slow_letter() -> list[Step]:
    """Return the steps of a letter that was tried five times in the last hour and still waits."""
    now = clock.now()
    ask = partial(asks, SLOW, Wish(Topic.SEARCH, "care", Cadence.WEEKLY))
    first, *again = (now - timedelta(minutes=minutes) for minutes in TRIES)
    title = f"{SLOW} asks for alerts"
    return [
        Step(first, title, ask),
        *(Step(moment, f"{title}: tried again", _tries_again) for moment in again),
    ]


def _tries_again(session: Session, _world: World) -> None:
    """Have the letters looked at, as happens every minute."""
    jobs.defer(session, DELIVER)


def asks(address: str, wish: Wish, session: Session, _world: World) -> None:
    """Have an address ask for alerts."""
    service.subscribe(session, email=address, wish=wish)


def confirms(address: str, session: Session, _world: World) -> None:
    """Have somebody with the letters confirm everything that an address asked for."""
    for one in queries.of_address(session, address):
        service.confirm(session, subscription_id=one.id)


def _ends(address: str, session: Session, _world: World) -> None:
    for one in queries.of_address(session, address):
        service.end(session, subscription_id=one.id)


def _supplier_subscribes(session: Session, world: World) -> None:
    actor = world.actor(session, SUPPLIER_EXPERT.email)
    for wish in (Wish(Topic.EVERYTHING), Wish(Topic.SEARCH, "artificial intelligence", Cadence.DAILY)):
        service.subscribe(session, email=actor.email, wish=wish, actor=actor)


def _announces(session: Session, world: World) -> None:
    """Write one held letter to the made-up suppliers: an administrator has to release it."""
    actor = world.actor(session, ADMINISTRATOR.email)
    for ref in world.suppliers.values():
        person = accounts.person_by_email(session, world.experts[ref])
        assert person is not None
        outbox.post(
            session,
            template="announcement",
            to=person,
            context={
                "heading": HEADING,
                "words": WORDS,
                "link": f"{settings().base_url}/how-matching-works",
                "link_text": "How engage works",
            },
            dedupe_key=f"announcement:minutes:{person.id}",
            why=f"You get this email because you act for {world.supplier(session, ref).organisation.name} on engage.",
            sender=actor,
            held=True,
        )
