"""Minutes and files of sessions: everybody whom a digest told of the challenge hears of them, once, in their digest."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.models import Person
from engage.advisory.enums import SessionState
from engage.advisory.models import AdvisorySession, SessionMaterial
from engage.advisory.service import decline, publish_minutes, release_materials
from engage.challenges.enums import ChallengeState
from engage.challenges.enums.files import AttachmentState
from engage.challenges.models import Challenge
from engage.challenges.models.attachments import Attachment
from engage.digests import queries, service
from engage.digests.enums import Cadence, Kind
from engage.digests.models import Subscription
from engage.digests.service.news import read_again
from engage.digests.service.wording import headline_of
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.filetypes.kinds import FileKind
from engage.outbox.models import Letter
from tests.factories import accounts, advisory, challenges, digests

TUESDAY = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
WEEK, DAY = timedelta(days=7), timedelta(days=1)


@pytest.fixture(autouse=True)
def in_march() -> Any:
    with time_machine.travel(TUESDAY - DAY, tick=False):
        yield


@pytest.fixture
def told(session: Session) -> Challenge:
    """A challenge of which the first digest of ``reader`` tells."""
    return challenges.challenge(
        session,
        state=ChallengeState.ENGAGING,
        title="Empty seats",
        published_at=TUESDAY - DAY,
        closes_on=(TUESDAY + 10 * WEEK).date(),
    )


@pytest.fixture
def reader(session: Session) -> Subscription:
    return digests.subscription(
        session, email="sam@example.test", covered_until=TUESDAY - WEEK, confirmed_at=TUESDAY - WEEK
    )


def write(session: Session, found: Subscription, now: datetime) -> str:
    """Return the text of the digest that is due then; the empty string when there is nothing to tell."""
    with time_machine.travel(now, tick=False):
        made = service.write_digest(session, subscription_id=found.id, now=now)
        assert made is not None
        return session.get_one(Letter, made.letter_id).text if made.letter_id else ""


def held(
    session: Session,
    challenge: Challenge,
    title: str = "Roundtable on seats",
    starts: datetime = TUESDAY + DAY,
) -> AdvisorySession:
    return advisory.meeting(
        session,
        challenge=challenge,
        title=title,
        starts_at=starts,
        ends_at=starts + timedelta(hours=1),
        state=SessionState.HELD,
    )


def give(session: Session, meeting: AdvisorySession, *names: str) -> None:
    person = session.scalars(sa.select(Person).limit(1)).first() or accounts.person(session)
    for name in names:
        file = Attachment(
            challenge_id=meeting.challenge_id,
            name=name,
            kind=FileKind.PDF,
            size=len(name),
            data=name.encode(),
            checked_at=clock.now(),
            held=True,
            sha256=hashlib.sha256(name.encode()).hexdigest(),
            state=AttachmentState.CLEAN,
            added_by_id=person.id,
            added_at=clock.now(),
        )
        session.add(
            SessionMaterial(
                session=meeting, attachment=file, name=name, added_by_id=person.id, added_at=clock.now()
            )
        )
    session.flush()


def publish(session: Session, meeting: AdvisorySession, at: datetime) -> None:
    facilitator = accounts.actor(session, Role.FACILITATOR, organisation=meeting.challenge.organisation)
    with time_machine.travel(at, tick=False):
        publish_minutes(session, actor=facilitator, meeting=meeting, text="Seats stand empty on Mondays.")


def test_who_was_told_of_the_challenge_hears_of_its_minutes_in_their_digest_once(
    session: Session, told: Challenge, reader: Subscription
) -> None:
    assert "Empty seats" in write(session, reader, TUESDAY)
    meeting = held(session, told)
    publish(session, meeting, TUESDAY + 2 * DAY)
    text = write(session, reader, TUESDAY + WEEK)
    assert "The minutes of “Roundtable on seats” on 4 March 2026 are with everyone." in text
    assert f"http://engage.test/challenges/{told.ref}#session-{meeting.ref}" in text
    assert write(session, reader, TUESDAY + 2 * WEEK) == ""


def test_files_that_come_with_the_minutes_are_told_with_them_others_by_themselves(
    session: Session, told: Challenge, reader: Subscription
) -> None:
    write(session, reader, TUESDAY)
    meeting = held(session, told)
    give(session, meeting, "agenda.pdf", "map.pdf")
    with time_machine.travel(TUESDAY + DAY, tick=False):
        facilitator = accounts.actor(session, Role.FACILITATOR, organisation=told.organisation)
        release_materials(session, actor=facilitator, meeting=meeting)
    give(session, meeting, "slides.pdf")
    publish(session, meeting, TUESDAY + 2 * DAY)
    found = queries.published_of_sessions(session, after=TUESDAY, until=TUESDAY + WEEK)
    assert [(one.kind, list(one.files)) for one in found] == [
        (Kind.FILES, ["agenda.pdf", "map.pdf"]),
        (Kind.MINUTES, ["slides.pdf"]),
    ]
    text = write(session, reader, TUESDAY + WEEK)
    assert "Files of “Roundtable on seats” on 4 March 2026 are with everyone: agenda.pdf, map.pdf." in text
    assert "are with everyone, with these files: slides.pdf." in text
    assert write(session, reader, TUESDAY + 2 * WEEK) == ""


def test_two_sessions_of_one_challenge_are_two_things(
    session: Session, told: Challenge, reader: Subscription
) -> None:
    write(session, reader, TUESDAY)
    publish(session, held(session, told), TUESDAY + DAY)
    assert "“Roundtable on seats”" in write(session, reader, TUESDAY + WEEK)
    publish(session, held(session, told, title="A second talk"), TUESDAY + WEEK + DAY)
    text = write(session, reader, TUESDAY + 2 * WEEK)
    assert ("“A second talk”" in text, "“Roundtable on seats”" in text) == (True, False)


def test_who_was_not_told_of_the_challenge_or_is_told_today_hears_nothing_of_its_minutes(
    session: Session, told: Challenge, reader: Subscription
) -> None:
    publish(session, held(session, told, starts=TUESDAY - DAY / 2), TUESDAY - DAY / 12)
    text = write(session, reader, TUESDAY)
    assert ("Empty seats" in text, "The minutes of" in text) == (True, False)
    stranger = digests.subscription(session, covered_until=TUESDAY, confirmed_at=TUESDAY)
    publish(session, held(session, told, title="A second talk"), TUESDAY + DAY)
    assert write(session, stranger, TUESDAY + WEEK) == ""


def test_who_takes_part_has_a_letter_and_who_muted_the_challenge_wants_none(
    session: Session, told: Challenge, reader: Subscription
) -> None:
    team = advisory.team(session)
    advisory.invitation(session, challenge=told, supplier=team.supplier)
    theirs = digests.subscription(
        session, email=team.person.email, person_id=team.person.id, covered_until=TUESDAY - WEEK
    )
    muting = digests.subscription(session, email="mute@example.test", covered_until=TUESDAY - WEEK)
    for one in (reader, theirs, muting):
        write(session, one, TUESDAY)
    service.mute(session, email=muting.email, ref=told.ref, actor=None)
    publish(session, held(session, told), TUESDAY + DAY)
    heard = {
        one.email: "The minutes of" in write(session, one, TUESDAY + WEEK) for one in (reader, theirs, muting)
    }
    assert heard == {reader.email: True, team.person.email: False, muting.email: False}


def test_minutes_alone_are_news_for_who_wants_it_at_once(session: Session, told: Challenge) -> None:
    found = digests.subscription(session, cadence=Cadence.IMMEDIATE, covered_until=TUESDAY - WEEK)
    assert "Empty seats" in write(session, found, TUESDAY)
    publish(session, held(session, told), TUESDAY + DAY)
    assert "The minutes of" in write(session, found, TUESDAY + DAY + timedelta(minutes=5))


def test_minutes_out_of_view_are_told_when_the_page_is_back(
    session: Session, told: Challenge, reader: Subscription
) -> None:
    write(session, reader, TUESDAY)
    meeting = held(session, told)
    publish(session, meeting, TUESDAY + DAY)
    told.state = ChallengeState.NOTICE_PENDING
    session.flush()
    assert write(session, reader, TUESDAY + WEEK) == ""
    assert queries.published_again(session, kind=Kind.MINUTES, number=meeting.id) is None
    told.state, told.published_at = ChallengeState.ENGAGING, TUESDAY + WEEK + DAY
    session.flush()
    assert "The minutes of" in write(session, reader, TUESDAY + 2 * WEEK)


def test_an_edition_is_read_again_with_what_its_sessions_brought(session: Session, told: Challenge) -> None:
    meeting = held(session, told)
    give(session, meeting, "agenda.pdf", "map.pdf")
    with time_machine.travel(TUESDAY, tick=False):
        facilitator = accounts.actor(session, Role.FACILITATOR, organisation=told.organisation)
        release_materials(session, actor=facilitator, meeting=meeting)
    publish(session, meeting, TUESDAY + DAY)
    found = queries.published_of_sessions(session, after=TUESDAY - DAY, until=TUESDAY + WEEK)
    kept = [{"challenge": told.id, "kind": one.kind.value, "version": one.number} for one in found]
    again = read_again(session, kept)
    assert [(one.kept, one.place) for one in again] == [(each, f"session-{meeting.ref}") for each in kept]
    assert "agenda.pdf, map.pdf" in again[0].detail


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([Kind.MINUTES], "Minutes of a session"),
        ([Kind.OPEN, Kind.MINUTES], "1 new challenge, minutes of a session"),
        ([Kind.FILES, Kind.MINUTES], "Minutes and files of sessions"),
        ([Kind.FILES, Kind.FILES, Kind.CLOSED], "1 challenge changed or ended, files of sessions"),
        ([Kind.OPEN, Kind.OPEN, Kind.CLOSED], "2 new challenges, 1 changed or ended"),
    ],
)
def test_the_headline_counts_what_kinds_there_are(kinds: list[Kind], said: str) -> None:
    assert headline_of(kinds) == said


def test_who_had_a_letter_of_some_files_hears_of_those_that_come_later(
    session: Session, told: Challenge
) -> None:
    team = advisory.team(session)
    invitation = advisory.invitation(session, challenge=told, supplier=team.supplier)
    theirs = digests.subscription(
        session, email=team.person.email, person_id=team.person.id, covered_until=TUESDAY - WEEK
    )
    write(session, theirs, TUESDAY)
    meeting = held(session, told)
    runner = accounts.actor(session, Role.FACILITATOR, organisation=told.organisation)
    for days, name in ((1, "agenda.pdf"), (2, "slides.pdf")):
        give(session, meeting, name)
        with time_machine.travel(TUESDAY + days * DAY, tick=False):
            release_materials(session, actor=runner, meeting=meeting)
            if days == 1:
                decline(session, actor=team.actor, invitation=invitation)

    text = write(session, theirs, TUESDAY + WEEK)

    assert ("agenda.pdf" in text, "slides.pdf" in text) == (False, True)
