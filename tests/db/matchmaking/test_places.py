"""The places of a challenge: so many over all its matches together, and so the floors and caps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking import queries, service
from engage.matchmaking.enums import OverrideKind, RunState
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.service import RulesText
from engage.suppliers.models import Supplier
from tests.factories import accounts
from tests.factories import selection as made


def released(session: Session, *best: Supplier, **asked: object) -> MatchRun:
    """A match of a new challenge that is released; the best first."""
    scores = {firm: 9.0 - place for place, firm in enumerate(best)}
    run = made.planned(session, scores, **asked)
    service.release(session, actor=made.author(session, run), run=run)
    return run


def again(session: Session, former: MatchRun, *best: Supplier) -> MatchRun:
    """The next match of the same challenge, with its plan."""
    former.state = RunState.SUPERSEDED
    session.flush()
    scores = {firm: 9.0 - place for place, firm in enumerate(best)}
    return made.planned(session, scores, challenge=former.challenge, snapshot=f"after {former.ref}")


def invitation(session: Session, run: MatchRun, firm: Supplier) -> Invitation:
    found = queries.invitation_of(session, challenge_id=run.challenge_id, supplier_id=firm.id)
    assert found is not None
    return found


def decline(session: Session, run: MatchRun, firm: Supplier) -> None:
    actor = accounts.actor(session, Role.SUPPLIER_ADMIN, organisation=firm.organisation)
    service.mark_declined(session, actor=actor, invitation=invitation(session, run, firm))


def refs(*firms: Supplier) -> set[str]:
    return {firm.ref for firm in firms}


def words(session: Session, run: MatchRun) -> str:
    return service.room_of(session, run=run).words


def test_the_next_match_gives_only_what_is_left(session: Session) -> None:
    a, b, c, d = made.firms(session, 4)
    first = released(session, a, b, places=3)
    assert words(session, first) == "3 places, 2 given, 1 left"
    second = again(session, first, a, c, b, d)
    assert made.chosen(second) == refs(c)
    assert made.alternates(second) == [d.ref]
    service.release(session, actor=made.author(session, second), run=second)
    assert words(session, second) == "3 places, 3 given, 0 left"


def test_when_all_are_given_nobody_is_chosen_and_told_why(session: Session) -> None:
    a, b, c = made.firms(session, 3)
    second = again(session, released(session, a, b, places=2), c, a)
    assert made.chosen(second) == set()
    assert made.decided(second) == {c.ref: "full", a.ref: "invited"}
    with pytest.raises(Conflict, match="Nobody is chosen"):
        service.release(session, actor=made.author(session, second), run=second)


@pytest.mark.parametrize("end", ["declined", "expired", "withdrawn"])
def test_a_place_that_nobody_takes_is_left_again(session: Session, end: str) -> None:
    a, b, c = made.firms(session, 3)
    first = released(session, a, b, places=2)
    sent = invitation(session, first, a)
    if end == "declined":
        decline(session, first, a)
    elif end == "expired":
        sent.expires_at = clock.now() - timedelta(minutes=1)
        service.expire(session, actor=made.ROBOT, invitation=sent)
    else:
        service.withdraw(session, actor=made.ROBOT, invitation=sent, reason="It left the market.")
    assert words(session, first) == "2 places, 1 given, 1 left"
    assert made.chosen(again(session, first, a, c)) == refs(c)


def test_an_invitation_that_is_held_keeps_its_place(session: Session) -> None:
    silent, other = made.firm(session, people=False), made.firm(session)
    first = released(session, silent, places=1)
    assert invitation(session, first, silent).state == "held"
    assert made.chosen(again(session, first, other)) == set()


def test_volunteers_take_no_place(session: Session) -> None:
    a, b = made.firms(session, 2)
    first = released(session, a, places=2)
    service.invite(session, actor=made.ROBOT, challenge=first.challenge, supplier=made.firm(session))
    assert words(session, first) == "2 places, 1 given, 1 left"
    assert made.chosen(again(session, first, b)) == refs(b)


def test_floors_and_caps_hold_over_all_matches(session: Session) -> None:
    small, smaller = made.firms(session, 2, sme=True)
    big, bigger, known = made.firms(session, 3)
    bounds = {"floors": {"sme": 1}, "caps": {"new_entrant": 2}}
    made.invited(session, known)
    first = released(session, small, big, places=3, **bounds)
    second = again(session, first, bigger, smaller, known)
    assert made.chosen(second) == refs(known)
    assert second.round is not None
    own = second.round.result["challenges"][second.challenge.ref]
    assert (own["shortages"], made.decided(second)[bigger.ref]) == ([], "cap:new_entrant")


def test_a_floor_that_is_met_is_asked_for_no_more_and_one_that_is_not_is(session: Session) -> None:
    small, smaller = made.firms(session, 2, sme=True)
    big, bigger = made.firms(session, 2)
    first = released(session, big, small, places=3, floors={"sme": 2})
    second = again(session, first, bigger, smaller)
    assert made.chosen(second) == refs(smaller)
    assert made.decided(second)[smaller.ref] == "floor:sme"


def test_a_pin_beyond_the_last_place_is_refused_in_numbers_of_the_challenge(session: Session) -> None:
    a, b, c = made.firms(session, 3)
    second = again(session, released(session, a, b, places=2), c)
    with pytest.raises(Conflict) as refusal:
        service.override(
            session,
            actor=made.author(session, second),
            run=second,
            supplier_ref=c.ref,
            kind=OverrideKind.PIN,
            reason="It knows the valley.",
        )
    name = c.organisation.name
    assert refusal.value.message == (
        f"This cannot all be kept: people gave a place to {name}; the rules give 2 places, of which 2 are given. "
        f"The smallest way out: take the place back from {name}."
    )


def test_rules_give_no_fewer_places_than_are_given(session: Session) -> None:
    a, b, c = made.firms(session, 3)
    first = released(session, a, b, places=3)
    actor = made.author(session, first)

    def ask(places: int) -> None:
        rules = RulesText(places=places, exploration=0.0, reason="A smaller room.")
        service.set_rules(session, actor=actor, challenge=first.challenge, rules=rules)

    with pytest.raises(Invalid) as wrong:
        ask(1)
    assert wrong.value.fields == {
        "places": "Enter 2 or more: so many places are given already, and invitations that are out stay"
    }
    ask(2)
    assert words(session, first) == "2 places, 2 given, 0 left"
    decline(session, first, a)
    ask(1)
    with pytest.raises(Conflict, match="The one place is taken"):
        service.next_alternate(session, actor=actor, challenge=first.challenge)
    assert made.chosen(again(session, first, c)) == set()


class TestAlternates:
    def test_one_of_the_last_match_steps_in_for_one_of_an_earlier(self, session: Session) -> None:
        small, smaller = made.firms(session, 2, sme=True)
        big, bigger, biggest = made.firms(session, 3)
        first = released(session, small, places=2, floors={"sme": 1})
        second = again(session, first, biggest, bigger, big, smaller)
        actor = made.author(session, second)
        service.release(session, actor=actor, run=second)
        assert made.chosen(second) == refs(biggest)
        with pytest.raises(Conflict, match="All 2 places are taken"):
            service.next_alternate(session, actor=actor, challenge=second.challenge)
        decline(session, first, small)
        stepped = service.next_alternate(session, actor=actor, challenge=second.challenge)
        assert stepped.supplier.ref == smaller.ref  # the floor that the declined one had met
        assert words(session, second) == "2 places, 2 given, 0 left"

    def test_more_places_after_the_release_are_for_the_next_match(self, session: Session) -> None:
        a, b, c = made.firms(session, 3)
        first = released(session, a, b, c, places=1)
        actor = made.author(session, first)
        rules = RulesText(places=2, exploration=0.0, reason="A larger room.")
        service.set_rules(session, actor=actor, challenge=first.challenge, rules=rules)
        with pytest.raises(Conflict, match="The one place is taken"):
            service.next_alternate(session, actor=actor, challenge=first.challenge)
        assert made.chosen(again(session, first, b, c)) == refs(b)


def test_a_round_comes_out_the_same_however_many_places_are_given_since(session: Session) -> None:
    a, b, c, d = made.firms(session, 4)
    first = released(session, a, b, places=3)
    second = again(session, first, c, d)
    service.release(session, actor=made.author(session, second), run=second)
    for run in (first, second):
        assert run.round is not None
        now, kept = service.resolve(session, round_ref=run.round.ref)
        assert now == kept
