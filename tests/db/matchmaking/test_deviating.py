"""Against the plan once invitations are out: with a reason, under the hard rules, counted in public."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.matchmaking import queries, service
from engage.matchmaking.enums import OverrideKind
from engage.outbox.models import Letter
from tests.db.matchmaking.test_waves import HELD, decline, draw, of, released, standing
from tests.factories import selection as made

WHY = "It knows the valley, and nobody else of the plan does."


def test_who_is_taken_out_reads_why_and_the_next_gets_the_place(session: Session) -> None:
    a, b = made.firms(session, 2)
    run = released(session, a, b, places=1)
    service.take_back(
        session, actor=made.author(session, run), invitation=of(session, run, a), reason=f" {WHY} "
    )
    assert draw(session, run) == [b.ref]
    assert standing(session, run) == {a.ref: "withdrawn", b.ref: "sent"}
    letter = session.scalars(sa.select(Letter).where(Letter.template == "invitation_withdrawn")).one()
    assert (WHY in letter.text, letter.audience) == (True, f"supplier:{a.ref}")
    (decision,) = queries.overrides(session, challenge_id=run.challenge_id)
    assert (decision.kind, decision.after_release, decision.reason) == (OverrideKind.EXCLUDE, True, WHY)
    trail = session.scalars(sa.select(AuditEvent)).all()
    assert [line.tag for line in trail if WHY in str(line.details)] == []


def test_who_is_put_in_takes_the_free_place_as_a_wave_of_one(session: Session) -> None:
    a, b, c = made.firms(session, 3)
    run = released(session, a, b, c, terms=HELD, places=1)
    decline(session, run, a)
    actor = made.author(session, run)
    service.invite_against(session, actor=actor, run=run, supplier_ref=c.ref, reason=WHY)
    assert standing(session, run) == {a.ref: "declined", c.ref: "sent"}
    assert draw(session, run) == []
    last = queries.waves_of_challenge(session, challenge_id=run.challenge_id)[-1]
    assert (last.wave.number, last.wave.released_by_id) == (2, actor.person_id)
    assert queries.deviations(session, challenge_id=run.challenge_id) == queries.Deviations(
        pins=1, exclusions=0, ended=0, after_release=1, rate=1.0
    )


def test_who_steps_in_next_does_so_for_the_other_one(session: Session) -> None:
    a, b, c, d = made.firms(session, 4)
    run = released(session, a, b, c, d, places=2)
    decline(session, run, a)
    assert queries.with_free_places(session) == [run.challenge_id]
    against = service.invite_against(
        session, actor=made.author(session, run), run=run, supplier_ref=d.ref, reason=WHY
    )
    assert (against.instead_of, against.drawn_at) == (of(session, run, a), None)
    assert queries.with_free_places(session) == []
    decline(session, run, b)
    assert draw(session, run) == [c.ref]
    assert of(session, run, c).instead_of == of(session, run, b)


def test_a_challenge_without_a_free_place_is_not_looked_at_again_and_again(session: Session) -> None:
    a, b, c = made.firms(session, 3)
    run = released(session, a, b, c, places=2)
    decline(session, run, a)
    draw(session, run)
    of(session, run, c).instead_of = None  # as it is for those drawn before places were counted one by one
    session.flush()
    assert queries.with_free_places(session) == []
    decline(session, run, c)
    assert queries.with_free_places(session) == [run.challenge_id]


def test_it_takes_the_place_of_an_alternate_that_nobody_was_told_of(session: Session) -> None:
    a, b, c = made.firms(session, 3)
    run = released(session, a, b, c, terms=HELD, places=1)
    decline(session, run, a)
    draw(session, run)
    service.invite_against(session, actor=made.author(session, run), run=run, supplier_ref=c.ref, reason=WHY)
    assert standing(session, run) == {a.ref: "declined", c.ref: "sent"}
    decline(session, run, c)
    assert draw(session, run) == [b.ref]  # back in line, at its place


def test_a_full_plan_says_what_to_do_first(session: Session) -> None:
    a, b = made.firms(session, 2)
    run = released(session, a, b, places=1)
    with pytest.raises(Conflict, match="Take an invitation back first"):
        service.invite_against(
            session, actor=made.author(session, run), run=run, supplier_ref=b.ref, reason=WHY
        )


def test_hard_rules_and_groups_hold_all_the_same(session: Session) -> None:
    a, sister, paused, free = made.firms(session, 4)
    a.corporate_group, sister.corporate_group = "Severn", "severn"
    session.flush()
    run = released(session, a, free, paused, sister, terms=HELD, places=2)
    decline(session, run, free)
    paused.paused = True
    session.flush()
    actor = made.author(session, run)
    for ref, why in ((paused.ref, "hard rule"), (sister.ref, "corporate group"), (free.ref, "already been")):
        with pytest.raises(Conflict, match=why):
            service.invite_against(session, actor=actor, run=run, supplier_ref=ref, reason=WHY)
    with pytest.raises(NotFound):
        service.invite_against(session, actor=actor, run=run, supplier_ref=made.firm(session).ref, reason=WHY)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_without_a_reason_nothing_happens(session: Session, reason: str) -> None:
    a, b = made.firms(session, 2)
    run = released(session, a, b, places=1)
    actor = made.author(session, run)
    with pytest.raises(Invalid):
        service.take_back(session, actor=actor, invitation=of(session, run, a), reason=reason)
    with pytest.raises(Invalid):
        service.invite_against(session, actor=actor, run=run, supplier_ref=b.ref, reason=reason)
    assert standing(session, run) == {a.ref: "sent"}


def test_what_has_ended_cannot_be_taken_back(session: Session) -> None:
    a, b = made.firms(session, 2)
    run = released(session, a, b, places=1)
    decline(session, run, a)
    with pytest.raises(Conflict, match="declined already"):
        service.take_back(
            session, actor=made.author(session, run), invitation=of(session, run, a), reason=WHY
        )
