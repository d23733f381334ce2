"""Fifty people accept five places at the same moment: five get one. And the test notices when the guard is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.accounts.queries import actor_of
from engage.advisory import service
from engage.advisory.enums import SeatState
from engage.advisory.models import AdvisorySession, Seat
from engage.challenges import service as challenges
from engage.interests.models import Attestation
from engage.kernel import clock
from engage.kernel.actor import Actor, Role, System
from engage.kernel.db import reading, unit_of_work
from engage.kernel.errors import Conflict
from engage.matchmaking.enums import InvitationState
from engage.matchmaking.models import Invitation
from engage.outbox.models import Letter
from engage.suppliers.models import Supplier
from tests.factories import accounts, advisory

PLACES = 5
PEOPLE = 50
LOSERS = PEOPLE - PLACES

Deed = Callable[[Session], object]
"""What one person does inside one transaction of its own."""


@pytest.fixture
def invited(committed: sa.Engine) -> list[int]:
    """The ids of fifty invitations to a challenge whose one session has five places."""
    with unit_of_work() as session:
        meeting = advisory.meeting(session, challenge=advisory.open_challenge(session), places=PLACES)
        teams = [advisory.team(session) for _ in range(PEOPLE)]
        rows = [
            advisory.invitation(session, challenge=meeting.challenge, supplier=one.supplier) for one in teams
        ]
        return [row.id for row in rows]


def rush(deeds: Sequence[Deed]) -> Counter[str]:
    """Do all ``deeds`` at once, each on its own connection, and count how they ended."""
    start = Barrier(len(deeds), timeout=60)

    def do(deed: Deed) -> str:
        try:
            with unit_of_work() as session:
                session.connection()
                start.wait()
                deed(session)
        except (Conflict, IntegrityError) as error:
            return type(error).__name__
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return Counter(pool.map(do, deeds))


def accepting(invitation_id: int) -> Deed:
    def deed(session: Session) -> None:
        invitation = session.get_one(Invitation, invitation_id)
        service.accept(
            session, actor=actor_for(session, invitation), invitation=invitation, meeting=the_session(session)
        )

    return deed


def releasing(seat_id: int) -> Deed:
    def deed(session: Session) -> None:
        seat = session.get_one(Seat, seat_id)
        service.release_seat(session, actor=actor_for(session, seat.invitation), seat=seat)

    return deed


def actor_for(session: Session, invitation: Invitation) -> Actor:
    of_supplier = Membership.organisation_id == Supplier.organisation_id
    query = sa.select(Membership).join(Supplier, of_supplier).where(Supplier.id == invitation.supplier_id)
    membership = session.scalars(query).one()
    return actor_of(membership.person, membership)


def the_session(session: Session) -> AdvisorySession:
    return session.scalars(sa.select(AdvisorySession)).one()


def invitations() -> dict[int, InvitationState]:
    with reading() as session:
        rows = session.execute(sa.select(Invitation.id, Invitation.state))
        return dict(rows.all())


def holders() -> dict[int, int]:
    """The invitations with a live seat, each with the seat's id."""
    with reading() as session:
        query = sa.select(Seat.invitation_id, Seat.id).where(Seat.state != SeatState.RELEASED)
        return dict(session.execute(query).all())


def broken() -> list[tuple[int, int, int]]:
    """The invariant: sessions whose (places, taken, live seats) contradict each other. Empty when all is well."""
    live = sa.func.count(Seat.id).filter(Seat.state != SeatState.RELEASED)
    query = (
        sa.select(AdvisorySession.places, AdvisorySession.taken, live)
        .outerjoin(Seat, Seat.session_id == AdvisorySession.id)
        .group_by(AdvisorySession.id)
        .having(sa.or_(live != AdvisorySession.taken, live > AdvisorySession.places))
    )
    with reading() as session:
        return [(places, counted, seats) for places, counted, seats in session.execute(query)]


def taken() -> int:
    with reading() as session:
        return the_session(session).taken


def test_fifty_accept_five_places(invited: list[int]) -> None:
    ended = rush([accepting(each) for each in invited])

    won = set(holders())
    assert ended == {"done": PLACES, "NoPlaces": LOSERS}
    assert (len(won), taken(), broken()) == (PLACES, PLACES, [])
    assert invitations() == {
        each: InvitationState.ACCEPTED if each in won else InvitationState.SENT for each in invited
    }
    with reading() as session:
        keys = set(session.scalars(sa.select(Letter.dedupe_key)))
    assert keys == {f"seat:{seat_id}:confirmed" for seat_id in holders().values()}


def test_fifty_double_click(invited: list[int]) -> None:
    ended = rush([accepting(each) for each in invited for _click in range(2)])

    assert ended == {"done": 2 * PLACES, "NoPlaces": 2 * LOSERS}
    assert (len(holders()), taken(), broken()) == (PLACES, PLACES, [])
    assert Counter(invitations().values()) == {InvitationState.ACCEPTED: PLACES, InvitationState.SENT: LOSERS}
    with reading() as session:
        assert session.scalar(sa.select(sa.func.count(Letter.id))) == PLACES


def test_giving_up_and_accepting_at_once(invited: list[int]) -> None:
    rush([accepting(each) for each in invited[:PLACES]])
    for _round in range(3):
        before = holders()
        others = [each for each in invited if each not in before]
        leaving = [releasing(seat) for seat in before.values() for _click in range(2)]
        ended = rush(
            [deed for pair in zip(leaving, others, strict=False) for deed in (pair[0], accepting(pair[1]))]
        )

        after = holders()
        won = set(after) - set(before)
        assert set(after) & set(before) == set()
        assert (ended["done"], ended["NoPlaces"]) == (len(leaving) + len(won), len(leaving) - len(won))
        assert (taken(), broken()) == (len(after), [])
        rush([accepting(each) for each in invited])
        assert (taken(), len(holders()), broken()) == (PLACES, PLACES, [])


def test_giving_up_twice_at_once_frees_one_place(invited: list[int]) -> None:
    rush([accepting(each) for each in invited[:2]])
    seat_id = holders()[invited[0]]

    assert rush([releasing(seat_id) for _click in range(10)]) == {"done": 10}
    assert (taken(), set(holders()), broken()) == (1, {invited[1]}, [])


def test_cancelling_while_people_accept_leaves_no_seat(invited: list[int]) -> None:
    def cancelling(session: Session) -> None:
        service.cancel(session, actor=System(), meeting=the_session(session), reason="Flooded.")

    ended = rush([cancelling, *(accepting(each) for each in invited[:20])])

    assert ended["done"] + ended["NoPlaces"] == 21
    assert (taken(), holders(), broken()) == (0, {}, [])


def test_withdrawing_the_challenge_while_people_accept_stops_nobody_halfway(invited: list[int]) -> None:
    with unit_of_work() as session:
        challenge = the_session(session).challenge
        author = accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)

    def withdrawing(session: Session) -> None:
        challenges.withdraw(
            session, actor=author, challenge=the_session(session).challenge, reason="The policy changed."
        )

    deeds = [accepting(each) for each in invited[:20]]
    deeds.insert(PLACES, withdrawing)
    ended = rush(deeds)

    assert ended["done"] + ended["NoPlaces"] + ended["Conflict"] == 21
    assert (taken(), holders(), broken()) == (0, {}, [])
    assert set(invitations().values()) == {InvitationState.WITHDRAWN}
    with reading() as session:
        attested = session.scalar(sa.select(sa.func.count(Attestation.id)))
        took = session.scalar(sa.select(sa.func.count(Seat.id)))
    assert attested == took


def unguarded(invitation_id: int, write: Callable[[Session, AdvisorySession], None]) -> Deed:
    """Take a place the wrong way: look, then write. ``write`` counts the place."""

    def deed(session: Session) -> None:
        invitation, meeting = session.get_one(Invitation, invitation_id), the_session(session)
        assert meeting.free > 0
        write(session, meeting)
        now = clock.now()
        session.add(
            Seat(
                session_id=meeting.id,
                supplier_id=invitation.supplier_id,
                invitation_id=invitation.id,
                person_id=actor_for(session, invitation).person_id,
                created_at=now,
                updated_at=now,
            )
        )

    return deed


def test_the_test_bites_a_check_in_python_overbooks(invited: list[int]) -> None:
    everybody_has_looked = Barrier(PEOPLE, timeout=60)

    def write_what_was_read(_session: Session, meeting: AdvisorySession) -> None:
        everybody_has_looked.wait()
        meeting.taken = meeting.taken + 1

    assert rush([unguarded(each, write_what_was_read) for each in invited]) == {"done": PEOPLE}
    assert len(holders()) == PEOPLE
    assert broken() == [(PLACES, 1, PEOPLE)]


def test_the_test_bites_the_database_stops_counting_past_the_places(invited: list[int]) -> None:
    everybody_has_looked = Barrier(PEOPLE, timeout=60)

    def count_without_condition(session: Session, meeting: AdvisorySession) -> None:
        everybody_has_looked.wait()
        session.execute(
            sa.update(AdvisorySession)
            .where(AdvisorySession.id == meeting.id)
            .values(taken=AdvisorySession.taken + 1)
            .execution_options(synchronize_session=False)
        )

    ended = rush([unguarded(each, count_without_condition) for each in invited])
    assert ended == {"done": PLACES, "IntegrityError": LOSERS}
    assert (taken(), len(holders()), broken()) == (PLACES, PLACES, [])
