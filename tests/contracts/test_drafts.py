"""A session that is a draft changes nothing outside its department, whatever is asked; published, it is seen.

The worlds of the test of platform first, with its challenge public: every endpoint is called from outside, every digest
written and every letter read, without drafts and with them. One draft could begin soon, one should have begun, and one
says that it is a one-to-one talk, which no page offers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

import config
from engage.advisory import service
from engage.advisory.enums import SessionFormat
from engage.advisory.models import SessionDraft
from engage.advisory.service import SessionDetails
from engage.app import create_app
from engage.challenges.models import Challenge
from engage.kernel import clock, db
from tests.contracts.test_platform_first import (
    OTHERS,
    SUPPLIER,
    VISITOR,
    Seen,
    begin,
    difference,
    differing,
    look,
    nothing_kept,
)
from tests.contracts.worlds import World, hide, show
from tests.factories import advisory
from tests.support.client import prepare

SECRET = "Quagmirelantern"
"""Stands in the drafts and nowhere else."""

SEEN_BY_ALL = {"advisory.public_calendar", "consultation.public_ledger", "site.challenge", "site.home"}
SEEN_AT = {VISITOR: SEEN_BY_ALL, SUPPLIER: SEEN_BY_ALL, OTHERS: SEEN_BY_ALL}


@dataclass(frozen=True)
class Walk:
    """The same world three times: without drafts, with drafts, with one of them published."""

    refs: list[str]
    """Of the drafts."""
    before: Seen
    drafted: Seen
    published: Seen


@pytest.fixture(scope="module")
def app(settings: config.Config) -> Flask:
    return prepare(create_app(settings))


@pytest.fixture(scope="module")
def walk(app: Flask, engine: sa.Engine) -> Walk:
    """Look at the three worlds, and leave none behind; the one without drafts last, when their names are known."""
    with nothing_kept(engine) as connection:
        world, callers = begin()
        with db.new_session() as session:
            made = hide(session, world)
            show(session, world, made)
            made_id = made.id
        before = connection.begin_nested()
        with db.new_session() as session:
            soon, *others = drafts(session, world, session.get_one(Challenge, made_id))
            session.commit()
            refs = [soon.ref, *(each.ref for each in others)]
            world.hidden["draft_ref"] = [*refs]
            drafted = look(app, session, world, callers, posts={"draft_ref": world.hidden["draft_ref"]})
            service.publish_draft(session, actor=world.author, draft=soon, revision=1)
            session.commit()
            published = look(app, session, world, callers, posts={})
        before.rollback()
        with db.new_session() as session:
            without = look(app, session, world, callers, posts={"draft_ref": world.hidden["draft_ref"]})
    return Walk(refs, without, drafted, published)


def drafts(session: Session, world: World, made: Challenge) -> list[SessionDraft]:
    """Prepare three drafts, as far as people can; the rest stands for what a mistake could leave."""
    begin_at = clock.now().replace(second=0, microsecond=0) + timedelta(days=12)
    said = SessionDetails(
        title=f"{SECRET} round table",
        format=SessionFormat.ROUNDTABLE,
        starts_at=begin_at,
        ends_at=begin_at + timedelta(hours=1),
        places=9,
        reserved=3,
        reserved_until=begin_at - timedelta(days=2),
        place=f"{SECRET} Hall",
        joining_details=f"https://meet.example/{SECRET}",
        agenda=f"What a {SECRET} is",
        facilitator_id=world.author.person_id,
    )
    soon = service.prepare(session, actor=world.author, challenge=made, details=said)
    ago = timedelta(days=20)
    late = replace(
        said, starts_at=said.starts_at - ago, ends_at=said.ends_at - ago, reserved=0, reserved_until=None
    )
    talk = replace(said, format=SessionFormat.ONE_TO_ONE, places=1, reserved=0, reserved_until=None)
    more = [advisory.draft(session, challenge=made, **asdict(each)) for each in (late, talk)]
    return [soon, *more]


def test_drafts_change_nothing_outside(walk: Walk) -> None:
    assert walk.before.answers.keys() == walk.drafted.answers.keys()
    told = sorted(differing(walk.before, walk.drafted), key=str)
    first = [difference(walk.before.answers[place], walk.drafted.answers[place]) for place in told[:3]]
    assert (told, first) == ([], [])
    assert (walk.drafted.digests, walk.drafted.letters) == (walk.before.digests, walk.before.letters)


def test_no_answer_from_outside_has_a_word_of_them(walk: Walk) -> None:
    assert [place for place, answer in walk.drafted.answers.items() if SECRET in answer.body] == []


def test_their_addresses_were_called_and_answer_nobody_outside(walk: Walk) -> None:
    found = {
        (place.endpoint, place.method, place.persona): answer
        for place, answer in walk.drafted.answers.items()
        if any(f"/drafts/{ref}" in place.url for ref in walk.refs)
    }
    called = [
        ("", "GET"),
        ("_change", "GET"),
        ("_change", "POST"),
        ("_publish", "POST"),
        ("_remove", "GET"),
        ("_remove", "POST"),
    ]
    ends = {(f"advisory.session_draft{end}", method) for end, method in called}
    assert found.keys() == {(*end, persona) for end in ends for persona in SEEN_AT}
    assert [key for key, answer in found.items() if answer.reached] == []
    assert {answer.status for (_, _, persona), answer in found.items() if persona == OTHERS} == {404}


def test_once_published_it_is_seen_where_sessions_are(walk: Walk) -> None:
    found: dict[str, set[str]] = {caller: set() for caller in SEEN_AT}
    for place, answer in walk.published.answers.items():
        if f"{SECRET} round table" in answer.body:
            found[place.persona].add(place.endpoint)
    assert found == SEEN_AT
    told = [
        place for place, answer in walk.published.answers.items() if f"meet.example/{SECRET}" in answer.body
    ]
    assert told == []
