"""A person's own calendar: what stands in it, for whom, and that its address ends at once."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.queries import actor_of
from engage.advisory import service
from engage.advisory.enums import SeatState, SessionState
from engage.advisory.models import CalendarFeed
from engage.advisory.service import admission, feeds
from engage.audit.queries import history
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.errors import NotFound
from tests.factories import accounts, advisory

SECRET = "secret-room"


def secret_of(session: Session, actor: Actor) -> str:
    address = service.feed_address(service.make_feed(session, actor=actor))
    return address.removeprefix("http://engage.test/calendar/mine/").removesuffix(".ics")


def entries(session: Session, secret: str) -> list[tuple[str, str, bool]]:
    """UID, status, and whether it says how to join."""
    file = service.read_feed(session, secret=secret)
    found = icalendar.Calendar.from_ical(file).walk("VEVENT")
    return [(str(each["uid"]), str(each["status"]), SECRET in str(each["description"])) for each in found]


def test_places_and_sessions_one_runs_with_how_to_join(session: Session) -> None:
    team = advisory.team(session)
    seat = advisory.seat(
        session, meeting=advisory.meeting(session, challenge=advisory.open_challenge(session)), team=team
    )
    advisory.seat(session, meeting=advisory.meeting(session, challenge=seat.session.challenge))
    runner = accounts.member(session, Role.FACILITATOR, organisation=seat.session.challenge.organisation)
    seat.session.facilitator_id = runner.person_id
    session.flush()
    uid = f"{seat.session.ref}@engage.test"
    assert entries(session, secret_of(session, team.actor)) == [(uid, "CONFIRMED", True)]
    assert entries(session, secret_of(session, actor_of(runner.person, runner))) == [(uid, "CONFIRMED", True)]
    assert entries(session, secret_of(session, advisory.team(session).actor)) == []


def test_who_is_not_let_in_reads_that_a_place_is_theirs_but_not_how_to_join(session: Session) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    seat = advisory.seat(session, meeting=meeting, team=team, confirmed=False)
    secret = secret_of(session, team.actor)
    assert entries(session, secret) == [(f"{meeting.ref}@engage.test", "CONFIRMED", False)]
    service.confirm_entry(session, actor=team.actor, seat=seat)
    assert entries(session, secret) == [(f"{meeting.ref}@engage.test", "CONFIRMED", True)]


@pytest.mark.parametrize(("came", "reads"), [(True, True), (False, False)])
def test_after_attendance_is_recorded_only_who_came_still_reads_how_to_join(
    session: Session, came: bool, reads: bool
) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    state = SeatState.ATTENDED if came else SeatState.NO_SHOW
    seat = advisory.seat(session, meeting=meeting, team=team, state=state, confirmed=False)
    assert entries(session, secret_of(session, team.actor)) == [
        (f"{meeting.ref}@engage.test", "CONFIRMED", reads)
    ]
    assert admission.may_join(session, held=[seat]) == ({seat.id} if reads else set())


def test_cancelled_sessions_stay_as_cancelled_and_old_or_offered_ones_are_left_out(session: Session) -> None:
    team = advisory.team(session)
    gone = advisory.meeting(
        session, challenge=advisory.open_challenge(session), state=SessionState.CANCELLED, sequence=3
    )
    advisory.seat(session, meeting=gone, team=team, state=SeatState.RELEASED)
    old = advisory.meeting(
        session, challenge=advisory.open_challenge(session), starts_at=clock.now() - timedelta(days=40)
    )
    advisory.seat(session, meeting=old, team=team, state=SeatState.ATTENDED)
    given_up = advisory.meeting(session, challenge=advisory.open_challenge(session))
    advisory.seat(session, meeting=given_up, team=team, state=SeatState.RELEASED)
    secret = secret_of(session, team.actor)
    assert entries(session, secret) == [(f"{gone.ref}@engage.test", "CANCELLED", False)]
    (entry,) = icalendar.Calendar.from_ical(service.read_feed(session, secret=secret)).walk("VEVENT")
    assert entry["sequence"] == 3


def test_renewing_and_ending_close_the_former_address_at_once(session: Session) -> None:
    actor = advisory.team(session).actor
    first = secret_of(session, actor)
    second = secret_of(session, actor)
    assert (first == second, entries(session, second)) == (False, [])
    with pytest.raises(NotFound):
        service.read_feed(session, secret=first)
    service.end_feed(session, actor=actor)
    service.end_feed(session, actor=actor)
    with pytest.raises(NotFound):
        service.read_feed(session, secret=second)
    tags = [line.tag for line in history(session, subject=f"person:{actor.person_id}")]
    assert tags == ["advisory:calendar_feed:made"] * 2 + ["advisory:calendar_feed:ended"]


@pytest.mark.parametrize("spoil", ["shorter", "signature", "handle", "empty"])
def test_an_address_that_engage_did_not_sign_opens_nothing(session: Session, spoil: str) -> None:
    secret = secret_of(session, advisory.team(session).actor)
    wrong = {
        "shorter": secret[:-1],
        "signature": secret[: feeds.HANDLE] + "0" * feeds.SIGNATURE,
        "handle": "é" + secret[1:],
        "empty": "",
    }[spoil]
    with pytest.raises(NotFound):
        service.read_feed(session, secret=wrong)


def test_the_database_does_not_know_the_address(session: Session) -> None:
    secret = secret_of(session, advisory.team(session).actor)
    row = session.execute(sa.select(CalendarFeed.__table__)).one()
    assert secret not in str(row)
    assert secret[feeds.HANDLE :] not in str(row)


def test_a_closed_account_a_suspended_or_former_organisation_show_nothing(session: Session) -> None:
    team = advisory.team(session)
    meeting = advisory.meeting(session, challenge=advisory.open_challenge(session))
    advisory.seat(session, meeting=meeting, team=team)
    secret = secret_of(session, team.actor)
    team.supplier.organisation.state = OrganisationState.SUSPENDED
    session.flush()
    assert entries(session, secret) == []
    team.supplier.organisation.state = OrganisationState.VERIFIED
    team.membership.ended_at = clock.now()
    session.flush()
    assert entries(session, secret) == []
    team.person.disabled_at = clock.now()
    session.flush()
    with pytest.raises(NotFound):
        service.read_feed(session, secret=secret)
