"""Platform first: a preliminary market engagement is invisible everywhere until its notice is recorded and it is public.

Every endpoint is called from outside in a world with a hidden challenge and in the same world without it: the two must
not differ in one byte. Then it becomes public, and must be seen exactly where it belongs. The addresses come from the
app itself: an endpoint that is new is called too, or the test says that it could not be.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

import config
from engage.app import create_app
from engage.digests import queries as digests
from engage.digests import service as digesting
from engage.kernel import clock, db
from engage.outbox.models import Letter
from tests.contracts.surfaces import Answer, Caller, Place, call_all, caller
from tests.contracts.worlds import (
    TITLE,
    WORD,
    Names,
    World,
    hide,
    open_world,
    outsiders_letters,
    show,
    take_from_view,
)
from tests.support.client import prepare

VISITOR, SUPPLIER, OTHERS = "visitor", "supplier", "another department"

PLATFORM = "admin."
"""Only the platform's own people come here. They see every letter and everything that was done."""
NOT_CALLED = {
    "assets.asset": "the files of this release, the same for everybody",
    "advisory.feed": "opened with a secret address; speaks of its owner's own places",
    "accounts.join": "opened with a secret from a letter; speaks of one account",
    "accounts.join_request": "about one person who asks to join an organisation",
    "accounts.reset": "opened with a secret from a letter; speaks of one account",
    "accounts.verify_email": "opened with a secret from a letter; speaks of one account",
    "outbox.address": "opened with a secret from a letter; speaks of one address",
    "digests.told": "the whole of one sent digest, as far as it is public today; compared in its own test",
    "site.metrics": "answers only to this machine or with a token; called from outside below",
}
"""Endpoints that no caller of this test reaches, each with the reason why nothing can be learnt there."""

EVERYBODY = {
    "advisory.material",
    "advisory.public_calendar",
    "challenges.changes",
    "challenges.index",
    "challenges.public_attachment",
    "consultation.public_ledger",
    "digests.feed",
    "digests.mute",
    "digests.preview",
    "digests.subscription",
    "matchmaking.record",
    "matchmaking.record_json",
    "site.challenge",
    "site.home",
    "site.sitemap",
}
TAKING_PART = {"advisory.talk", "advisory.volunteer", "advisory.write", "consultation.ask"}
SEEN_AT = {
    VISITOR: EVERYBODY,
    SUPPLIER: EVERYBODY | TAKING_PART | {"matchmaking.opportunities", "site.supplier"},
    OTHERS: EVERYBODY | TAKING_PART,  # it says who can
}
"""Where the challenge is seen once it is public: the endpoints that answer otherwise than before."""


@dataclass(frozen=True)
class Seen:
    """What outsiders see of one world."""

    answers: Mapping[Place, Answer]
    digests: Mapping[str, tuple[str, ...]]
    letters: list[tuple[str, str]]


@dataclass(frozen=True)
class Walk:
    """The same world three times: without the challenge, with it hidden, with it public."""

    without: Seen
    hidden: Seen
    public: Seen


@pytest.fixture(scope="module")
def app(settings: config.Config) -> Flask:
    return prepare(create_app(settings))


@contextmanager
def nothing_kept(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection for all sessions of this process, and take back what they did. The clock stands still."""
    with engine.connect() as connection, connection.begin() as transaction, clock.as_of(clock.now()):
        db.bind(connection, join_transaction_mode="create_savepoint")
        try:
            yield connection
        finally:
            transaction.rollback()
            db.bind(engine)


@pytest.fixture(scope="module")
def walk(app: Flask, engine: sa.Engine) -> Walk:
    """Look at the three worlds, and leave none behind.

    The clock stands still, so that nothing differs but the challenge. The world without it comes last, when all
    the names of the other worlds are known.
    """
    with nothing_kept(engine) as connection:
        world, callers = begin()
        before = connection.begin_nested()
        with db.new_session() as session:
            made = hide(session, world)
            hidden = look(app, session, world, callers, posts=world.hidden)
            show(session, world, made)
            public = look(app, session, world, callers, posts={})
        before.rollback()
        with db.new_session() as session:
            without = look(app, session, world, callers, posts=world.hidden)
    return Walk(without, hidden, public)


def begin() -> tuple[World, list[Caller]]:
    """Make the open world, and let everybody sign in who looks at it."""
    with db.unit_of_work() as session:
        world = open_world(session)
        members = {SUPPLIER: world.supplier.membership, OTHERS: world.theirs}
        return world, [
            Caller(VISITOR),
            *(caller(session, name, one) for name, one in members.items()),
        ]


def look(app: Flask, session: Session, world: World, callers: Sequence[Caller], *, posts: Names) -> Seen:
    """Call everything, write every digest, and read who was written to; an hour after it happened.

    ``posts`` are the names to which POSTs are sent, too.
    """
    queries = (
        "",
        f"q={WORD}&state=all",
        f"q={world.hidden['ref:challenge'][0]}&state=all&page=2",
        f"department={world.ours_id}&state=all",
    )
    with clock.as_of(clock.now() + timedelta(hours=1)):
        answers = call_all(app, callers, names=world.names, hidden=world.hidden, queries=queries, posts=posts)
        told = {topic: digest(session, number) for topic, number in world.subscriptions.items()}
        return Seen(answers, told, outsiders_letters(session, world))


def digest(session: Session, subscription_id: int) -> tuple[str, ...]:
    """Return what a subscription's next digest says, and what its page says it would have said."""
    with session.begin_nested() as trial:
        issue = digesting.write_digest(session, subscription_id=subscription_id, now=clock.now())
        assert issue is not None, "the digest is due"
        letter = session.get(Letter, issue.letter_id) if issue.letter_id else None
        words = (letter.subject, letter.text, letter.html) if letter else ()
        before = digesting.preview(session, digests.subscription(session, subscription_id))
        trial.rollback()
    return *words, *(one.title for one in before)


def endpoints(app: Flask, method: str = "GET") -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules() if method in (rule.methods or set())}


def differing(one: Seen, other: Seen) -> set[Place]:
    return {place for place, answer in one.answers.items() if other.answers.get(place, answer) != answer}


def difference(one: Answer, other: Answer) -> list[str]:
    """Return the lines of status, headers and body in which two answers differ, for who reads the failure."""
    first, second = (
        [str(each.status), *map(str, each.headers), *each.body.splitlines()] for each in (one, other)
    )
    return [line for line in difflib.ndiff(first, second) if line[0] in "+-"]


def test_every_endpoint_is_reached_by_somebody_outside_or_listed_with_a_reason(
    app: Flask, walk: Walk
) -> None:
    reached = {place.endpoint for place, answer in walk.without.answers.items() if answer.reached}
    missed = {name for name in endpoints(app) - reached if not name.startswith(PLATFORM)}
    assert (sorted(missed), sorted(reached & NOT_CALLED.keys())) == (sorted(NOT_CALLED), [])


def test_what_is_hidden_changes_nothing_outside(walk: Walk) -> None:
    assert walk.without.answers.keys() == walk.hidden.answers.keys()
    told = sorted(differing(walk.without, walk.hidden), key=str)
    first = [difference(walk.without.answers[place], walk.hidden.answers[place]) for place in told[:3]]
    assert (told, first) == ([], [])


def test_what_was_public_and_is_hidden_again_changes_nothing_either(app: Flask, engine: sa.Engine) -> None:
    with nothing_kept(engine) as connection:
        world, callers = begin()
        before = connection.begin_nested()
        with db.new_session() as session:
            take_from_view(session, world)
            hidden = look(app, session, world, callers, posts=world.hidden)
        before.rollback()
        with db.new_session() as session:
            without = look(app, session, world, callers, posts=world.hidden)
    told = sorted(differing(without, hidden), key=str)
    first = [difference(without.answers[place], hidden.answers[place]) for place in told[:3]]
    assert (told, first) == ([], [])
    assert hidden.digests == without.digests


def test_no_digest_and_no_letter_to_anybody_outside_tells_of_it(walk: Walk) -> None:
    assert walk.hidden.digests == walk.without.digests
    assert walk.hidden.letters == walk.without.letters


def test_once_public_it_is_seen_where_it_belongs_and_nowhere_else(walk: Walk) -> None:
    found: dict[str, set[str]] = {caller: set() for caller in SEEN_AT}
    for place in differing(walk.public, walk.without):
        found[place.persona].add(place.endpoint)
    missing = {caller: SEEN_AT[caller] - found[caller] for caller in SEEN_AT}
    beyond = {caller: found[caller] - SEEN_AT[caller] for caller in SEEN_AT}
    nothing: dict[str, set[str]] = {caller: set() for caller in SEEN_AT}
    assert (missing, beyond) == (nothing, nothing)


def test_once_public_every_digest_that_fits_tells_of_it(walk: Walk) -> None:
    assert {topic: TITLE in words for topic, words in walk.public.digests.items()} == dict.fromkeys(
        walk.without.digests, True
    )


def test_the_numbers_of_the_service_are_not_for_outsiders(walk: Walk) -> None:
    statuses = {
        answer.status for place, answer in walk.hidden.answers.items() if place.endpoint == "site.metrics"
    }
    assert statuses == {404}
