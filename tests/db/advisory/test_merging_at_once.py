"""A supplier is merged into another while something is written for it: what is under way ends with the other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory import queries, service
from engage.advisory.enums import NeedState, SessionFormat
from engage.advisory.models import AccessNeed, Contribution, OneToOneAsk, OneToOneTerms, VolunteerOffer
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.kernel.db import reading, unit_of_work
from engage.kernel.errors import DomainError
from engage.suppliers.models import Supplier
from engage.suppliers.service import merge_suppliers
from tests.factories import accounts, advisory
from tests.support.records import letters

A_MOMENT = 0.7
"""So long whoever writes lets the merge try to get past."""


class Scene:
    """A challenge that takes offers, wishes for a talk and answers, and two suppliers that are one."""

    def __init__(self, session: Session) -> None:
        challenge = advisory.open_challenge(session, closes_on=clock.uk_today() + timedelta(days=20))
        gone, kept = advisory.team(session), advisory.team(session)
        self.author = accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)
        self.actor, self.supplier_id, self.challenge_id = gone.actor, gone.supplier.id, challenge.id
        self.refs = gone.supplier.ref, kept.supplier.ref
        session.add(
            OneToOneTerms(
                challenge_id=challenge.id,
                minutes=30,
                questions="Why?",
                ask_until=clock.now() + timedelta(days=1),
                set_at=clock.now() - timedelta(days=1),
                set_by_id=gone.person.id,
            )
        )

    def about(self, session: Session) -> tuple[Challenge, Supplier]:
        return session.get_one(Challenge, self.challenge_id), session.get_one(Supplier, self.supplier_id)

    def offer(self, session: Session) -> None:
        challenge, supplier = self.about(session)
        service.offer_help(
            session, actor=self.actor, challenge=challenge, supplier=supplier, pitch="We did it."
        )

    def ask(self, session: Session) -> None:
        challenge, supplier = self.about(session)
        service.ask(session, actor=self.actor, challenge=challenge, supplier=supplier)

    def write(self, session: Session) -> None:
        challenge, supplier = self.about(session)
        route = queries.written_route(session, challenge=challenge)
        service.answer_in_writing(
            session,
            actor=self.actor,
            challenge=challenge,
            supplier=supplier,
            asked=route.digest,
            answers=["Words"] * len(route.questions),
        )

    def merge(self, session: Session) -> None:
        gone, kept = self.refs
        merge_suppliers(session, actor=System("tests"), duplicate=gone, into=kept, because="The same.")

    def invite(self, session: Session) -> None:
        service.invite_volunteer(
            session, actor=self.author, offer=session.scalars(sa.select(VolunteerOffer)).one()
        )

    def offer_talks(self, session: Session) -> None:
        service.offer_talks(session, actor=self.author, challenge=self.about(session)[0])


@pytest.fixture
def scene(committed: sa.Engine) -> Scene:
    with unit_of_work() as session:
        return Scene(session)


DEEDS: dict[
    str,
    tuple[Callable[[Scene], Callable[[Session], None]], type[VolunteerOffer | OneToOneAsk | Contribution]],
] = {
    "an offer to help": (lambda x: x.offer, VolunteerOffer),
    "a wish for a talk": (lambda x: x.ask, OneToOneAsk),
    "answers in writing": (lambda x: x.write, Contribution),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_is_being_written_is_moved_with_the_rest(scene: Scene, deed: str) -> None:
    written, merged = Event(), Event()
    act, table = DEEDS[deed]

    def write() -> None:
        with unit_of_work() as session:
            act(scene)(session)
            session.flush()
            written.set()
            merged.wait(A_MOMENT)

    def merge() -> None:
        assert written.wait(20)
        with unit_of_work() as session:
            scene.merge(session)
        merged.set()

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(write), pool.submit(merge)]:
            each.result()
    with reading() as session:
        whose = sa.select(Supplier.ref).join(table, table.supplier_id == Supplier.id)
        assert session.scalars(whose).all() == [scene.refs[1]]


@pytest.mark.parametrize("deed", ["the offer is accepted", "talks are offered"])
def test_who_is_merged_while_asked_for_is_waited_for_by_nobody(scene: Scene, deed: str) -> None:
    with unit_of_work() as session:
        scene.offer(session)
        scene.ask(session)
        challenge = scene.about(session)[0]
        advisory.meeting(session, challenge=challenge, format=SessionFormat.ONE_TO_ONE, places=1)
        session.execute(sa.update(OneToOneTerms).values(ask_until=clock.now() - timedelta(minutes=1)))
    start = Barrier(2, timeout=60)

    def do(act: Callable[[Session], None]) -> str:
        try:
            with unit_of_work() as session:
                session.connection()
                start.wait()
                act(session)
        except DomainError as refused:
            return str(refused)
        return "done"

    act = scene.invite if deed == "the offer is accepted" else scene.offer_talks
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(do, [act, scene.merge]))
    assert ends[1] == "done"


def test_what_somebody_needs_who_waits_goes_along(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    meeting = advisory.meeting(session, challenge=challenge, places=1)
    advisory.seat(session, meeting=meeting)
    gone, kept = advisory.team(session), advisory.team(session)
    invitation = advisory.invitation(session, challenge=challenge, supplier=gone.supplier)
    service.accept_or_wait(session, actor=gone.actor, invitation=invitation, meeting=meeting)
    service.ask_need(session, actor=gone.actor, meeting=meeting, text="A ramp.")
    merge_suppliers(
        session,
        actor=System("tests"),
        duplicate=gone.supplier.ref,
        into=kept.supplier.ref,
        because="The same.",
    )

    need = session.scalars(sa.select(AccessNeed)).one()
    runner = accounts.actor(session, Role.FACILITATOR, organisation=challenge.organisation)
    service.answer_need(
        session, actor=runner, need=need, state=NeedState.ARRANGED, answer="There is one.", owner_id=None
    )
    assert need.supplier_id == kept.supplier.id
    assert [each.recipient for each in letters(session, "need_answered")] == [gone.person.email]


@pytest.mark.usefixtures("committed")
def test_who_gives_up_a_place_that_was_merged_meanwhile_is_told() -> None:
    with unit_of_work() as session:
        challenge = advisory.open_challenge(session)
        gone, kept = advisory.team(session), advisory.team(session)
        seat = advisory.seat(session, meeting=advisory.meeting(session, challenge=challenge), team=gone)
        refs, actor, email = (gone.supplier.ref, kept.supplier.ref), gone.actor, gone.person.email
        seat_id = seat.id
    with unit_of_work() as session:
        seat = session.get_one(type(seat), seat_id)
        assert seat.supplier.ref == refs[0]
        with unit_of_work() as other:
            merge_suppliers(
                other, actor=System("tests"), duplicate=refs[0], into=refs[1], because="The same."
            )
        service.release_seat(session, actor=actor, seat=seat)
    with reading() as session:
        assert [each.recipient for each in letters(session, "seat_released")] == [email]
