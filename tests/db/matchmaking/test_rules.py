"""The rules of a selection: versions, checked, and said to have come after a match when they did."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict, Invalid
from engage.matchmaking import queries, service
from engage.matchmaking.enums import OverrideKind
from engage.matchmaking.models import SelectionRules
from engage.matchmaking.service import RulesText
from tests.factories import accounts, challenges
from tests.factories import selection as made


@pytest.fixture
def challenge(session: Session) -> Challenge:
    return challenges.challenge(session, state=ChallengeState.PUBLISHED)


def put(session: Session, challenge: Challenge, **values: Any) -> SelectionRules:
    actor = accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)
    return service.set_rules(session, actor=actor, challenge=challenge, rules=RulesText(**values))


def test_until_somebody_sets_rules_the_usual_ones_hold(session: Session, challenge: Challenge) -> None:
    usual = service.rules_in_force(session, challenge=challenge)
    assert (usual.number, usual.places, usual.floors, usual.caps, usual.exploration) == (0, 12, {}, {}, 0.1)
    assert queries.rules_versions(session, challenge_id=challenge.id) == []


def test_every_change_is_a_version(session: Session, challenge: Challenge) -> None:
    first = put(session, challenge, places=4, floors={"sme": 2, "vcse": 0}, caps={"incumbent": 0})
    assert (first.number, first.floors, first.caps, first.after_match) == (
        1,
        {"sme": 2},
        {"incumbent": 0},
        False,
    )
    assert put(session, challenge, places=4, floors={"sme": 2}, caps={"incumbent": 0}).id == first.id
    second = put(session, challenge, places=5, floors={"region:TLL": 1}, exploration=0.25)
    assert [each.number for each in queries.rules_versions(session, challenge_id=challenge.id)] == [2, 1]
    assert service.rules_sentences(second) == [
        "Up to 5 suppliers are invited.",
        "At least 1 place for suppliers that work in Wales.",
        "Up to 25% of the places are drawn among newcomers that fit, whom nobody invited in the last year.",
        "At most one supplier of a corporate group.",
        "Whoever volunteers can be invited besides, and takes none of these places.",
    ]
    assert made.told(session, f"challenge:{challenge.ref}") == ["matchmaking:rules:set"] * 2


def test_rules_set_after_a_match_plan_anew_and_say_so_for_ever(session: Session) -> None:
    a, b = made.firms(session, 2)
    small = made.firm(session, sme=True)
    run = made.planned(session, {a: 3.0, b: 2.0, small: 1.0}, places=2)
    with pytest.raises(Invalid) as caught:
        put(session, run.challenge, places=2, floors={"sme": 1}, exploration=0.0)
    assert list(caught.value.fields) == ["reason"]
    rules = put(
        session, run.challenge, places=2, floors={"sme": 1}, exploration=0.0, reason="Forgotten before."
    )
    assert (rules.after_match, rules.reason) == (True, "Forgotten before.")
    assert made.chosen(run) == {a.ref, small.ref}
    assert run.rules_id == rules.id


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"places": 0}, "places"),
        ({"places": 51}, "places"),
        ({"places": 3, "floors": {"sme": 4}}, "sme"),
        ({"floors": {"region:TLL": -1}}, "region_TLL"),
        ({"floors": {"tall": 1}}, "tall"),
        ({"caps": {"sme": 1}}, "sme"),
        ({"caps": {"incumbent": 13}}, "incumbent"),
        ({"exploration": 0.51}, "exploration"),
        ({"exploration": float("nan")}, "exploration"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_wrong_rules_are_refused_by_field(
    session: Session, challenge: Challenge, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        put(session, challenge, **values)
    assert list(caught.value.fields) == [field]
    assert queries.rules_versions(session, challenge_id=challenge.id) == []


def test_rules_that_contradict_a_pin_are_refused_with_the_way_out(session: Session) -> None:
    a, b = made.firms(session, 2)
    run = made.planned(session, {a: 3.0, b: 2.0}, places=2)
    actor = made.author(session, run)
    for firm in (a, b):
        service.override(
            session, actor=actor, run=run, supplier_ref=firm.ref, kind=OverrideKind.PIN, reason="Knows it."
        )
    with pytest.raises(Conflict, match="cannot all be kept"), session.begin_nested():
        put(session, run.challenge, places=1, exploration=0.0, reason="Smaller room.")
    assert run.rules is not None
    assert run.rules.places == 2


def test_rules_that_ask_for_more_than_the_places_are_refused_in_words(session: Session) -> None:
    small, charity = made.firm(session, sme=True), made.firm(session, vcse=True)
    run = made.planned(session, {small: 3.0, charity: 2.0}, places=2)
    with pytest.raises(Conflict) as caught, session.begin_nested():
        put(session, run.challenge, places=2, floors={"sme": 2, "vcse": 1}, exploration=0.0, reason="A mix.")
    assert str(caught.value) == (
        "This cannot all be kept: the rules ask for at least 1 place for charities or social enterprises; "
        "the rules ask for at least 2 places for small or medium-sized enterprises; the rules give 2 places. "
        "The smallest way out: ask for at least 1 place for small or medium-sized enterprises."
    )


def test_rules_that_ask_for_more_than_the_places_before_a_match_end_as_a_shortage(session: Session) -> None:
    """Nobody can know beforehand that no supplier is of both kinds; the match must not fail for it."""
    a, b = (made.firm(session, sme=True) for _ in range(2))
    charity = made.firm(session, vcse=True)
    challenge = challenges.challenge(session, state=ChallengeState.PUBLISHED)
    put(session, challenge, places=2, floors={"sme": 2, "vcse": 2}, exploration=0.0)
    run = made.matched(session, {a: 3.0, b: 2.0, charity: 1.0}, challenge=challenge)
    service.plan(session, actor=made.ROBOT)
    assert len(made.chosen(run)) == 2
    assert run.round is not None
    lacking = run.round.result["challenges"][challenge.ref]["shortages"]
    assert sum(each["by"] for each in lacking) == 2


@pytest.mark.parametrize("state", [ChallengeState.DRAFT, ChallengeState.CLOSED])
def test_only_while_suppliers_can_be_matched(session: Session, state: ChallengeState) -> None:
    with pytest.raises(Conflict):
        put(session, challenges.challenge(session, state=state), places=3)
