"""What a supplier is told of a match: its own fit, the public rules.

In two worlds that differ only in what is hidden of others it is told the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.matching import Band
from engage.matchmaking import service
from engage.matchmaking.enums import HardRule, OverrideKind
from engage.matchmaking.models import MatchRun
from engage.matchmaking.service import Standing, Verdict, matching
from engage.suppliers.enums import EvidenceLevel
from engage.suppliers.models import Supplier
from tests.factories import matchmaking as made
from tests.factories import selection
from tests.factories import suppliers as firms

BEST = "River gauges and flood warning sirens. River gauges warn valley towns before floods."
NEAR = "River gauges and flood warning sirens for towns. Maintenance for councils."
ALSO_NEAR = "Flood warning sirens beside river gauges, for towns. Supply, design and training."
FAR = {
    "Bread Van": "Bread and cakes for canteens, baked at night and brought by van.",
    "Bright Lamps": "Street lamps that dim after midnight, and the poles they stand on.",
    "Choir Camp": "Singing lessons for teachers who lead choirs in primary schools.",
    "Dental Cart": "A dentist who visits care homes with everything on one trolley.",
    "Edge Hedges": "Hedges trimmed along lanes, with a survey of nesting birds.",
    "Fern Forms": "Printed forms and envelopes, numbered, delivered to polling stations.",
    "Good Grit": "Salt and sand spread on icy roads, with a log of every lorry.",
    "Help Desk Hut": "Telephone support for office software, nights and weekends included.",
    "Ink Index": "Old newspapers photographed, indexed and kept dry.",
    "Jury Juice": "Drinks and snacks from machines in court buildings.",
    "Kite Keys": "Locks and keys for prisons, with a register of each copy.",
    "Loom Lab": "Wool tested for fire safety before it becomes a uniform.",
    "Map Mice": "Traps and poison bait in food stores, checked each month.",
    "Nail Nook": "Wooden toys repaired with children in libraries.",
}
"""So many that one changed statement is no reason to take the snapshot of the corpus anew."""


@pytest.fixture
def market(session: Session) -> made.Market:
    """The market, two more suppliers that know floods well, and many that do not."""
    found = made.market(session)
    found.best.statements[0].text = BEST
    for name, text in (("Siren Shop", NEAR), ("Warning Wise", ALSO_NEAR)):
        found.suppliers[name] = firms.supplier(session, name=name, does=text)
    for name, text in FAR.items():
        firms.supplier(session, name=name, does=text)
    made.everybody_has_people(session, found)
    rules = selection.rules(session, found.challenge, places=1)
    assert rules.places == 1
    service.commit_to_lottery(session, actor=selection.ROBOT, challenge=found.challenge)
    return found


def released(session: Session, market: made.Market) -> MatchRun:
    run = made.run(session, market)
    service.release(session, actor=made.author(session, market), run=run)
    return run


def told(standing: Standing) -> dict[str, Any]:
    """Everything the page can show of it, but for the references and times of the match itself."""
    own = {name: value for name, value in vars(standing).items() if name not in {"run", "invitation"}}
    return own | {"invited": standing.invitation is not None}


class TestVerdicts:
    def test_who_is_invited_reads_its_own_reasons(self, session: Session, market: made.Market) -> None:
        run = released(session, market)
        found = service.standing(session, run=run, supplier=market.best)
        assert (found.verdict, found.band, found.hard_rule) == (Verdict.INVITED, Band.STRONG, None)
        assert found.sentence == "Your fit was strong. You were invited under the rules below."
        assert found.rules == [
            "One supplier is invited.",
            "At most one supplier of a corporate group.",
            "Whoever volunteers can be invited besides, and takes none of these places.",
        ]
        assert found.explanation is not None
        assert found.explanation["documents"][0]["text"] == BEST
        assert found.why == run.candidates[0].why

    def test_who_fits_and_was_not_invited(self, session: Session, market: made.Market) -> None:
        found = service.standing(
            session, run=released(session, market), supplier=market.suppliers["Siren Shop"]
        )
        assert (found.verdict, found.invitation) == (Verdict.PLACES_TAKEN, None)
        assert found.band in (Band.STRONG, Band.GOOD)
        assert found.sentence.endswith("The places went to other suppliers, under the rules below.")

    def test_who_does_not_come_near(self, session: Session, market: made.Market) -> None:
        found = service.standing(
            session, run=released(session, market), supplier=market.suppliers["Ledger Lane"]
        )
        assert (found.verdict, found.band) == (Verdict.NOT_NEAR, Band.NONE)

    def test_whom_a_hard_rule_left_out(self, session: Session, market: made.Market) -> None:
        market.best.paused = True
        session.flush()
        found = service.standing(session, run=released(session, market), supplier=market.best)
        assert (found.verdict, found.hard_rule, found.band) == (Verdict.HARD_RULE, HardRule.PAUSED, None)
        assert found.sentence.endswith("you had paused invitations.")

    def test_whom_a_rule_kept_from_its_place_when_the_invitations_went_out(
        self, session: Session, market: made.Market
    ) -> None:
        run = made.run(session, market)
        market.best.paused = True
        session.flush()
        service.release(session, actor=made.author(session, market), run=run)
        found = service.standing(session, run=run, supplier=market.best)
        assert (found.verdict, found.hard_rule, found.band) == (
            Verdict.HARD_RULE,
            HardRule.PAUSED,
            Band.STRONG,
        )

    def test_whom_a_person_left_out(self, session: Session, market: made.Market) -> None:
        run = made.run(session, market)
        exclude(session, market, run, market.best)
        service.release(session, actor=made.author(session, market), run=run)
        found = service.standing(session, run=run, supplier=market.best)
        assert (found.verdict, found.by_person) == (Verdict.PERSON, OverrideKind.EXCLUDE)
        assert "recorded reason" in found.sentence

    def test_nothing_before_the_release_nor_of_a_match_before_its_time(
        self, session: Session, market: made.Market
    ) -> None:
        run = made.run(session, market)
        with pytest.raises(NotFound):
            service.standing(session, run=run, supplier=market.best)
        service.release(session, actor=made.author(session, market), run=run)
        late = firms.supplier(session, name="Late", does="River gauges.")
        with pytest.raises(NotFound):
            service.standing(session, run=run, supplier=late)
        assert service.standings(session, supplier=late) == []
        (own,) = service.standings(session, supplier=market.best)
        assert own.run is run

    def test_a_profile_changed_since_changes_nothing(self, session: Session, market: made.Market) -> None:
        run = released(session, market)
        supplier = market.suppliers["Siren Shop"]
        before = told(service.standing(session, run=run, supplier=supplier))
        supplier.statements[0].text = "Something else."
        supplier.paused = True
        session.flush()
        assert told(service.standing(session, run=run, supplier=supplier)) == before


def exclude(
    session: Session, market: made.Market, run: MatchRun, supplier: Supplier, reason: str = "A reason."
) -> None:
    service.override(
        session,
        actor=made.author(session, market),
        run=run,
        supplier_ref=supplier.ref,
        kind=OverrideKind.EXCLUDE,
        reason=reason,
    )


World = Callable[[Session, made.Market], None]


def _other_words(session: Session, market: made.Market) -> None:
    market.suppliers["Warning Wise"].statements[0].text = f"{NEAR} River gauges warn towns."
    session.flush()


def _more_evidence(session: Session, market: made.Market) -> None:
    told = market.suppliers["Warning Wise"].statements[0]
    told.level, told.verified_at = EvidenceLevel.VERIFIED, clock.now()
    session.flush()


def _paused(session: Session, market: made.Market) -> None:
    market.suppliers["Warning Wise"].paused = True
    session.flush()


def _no_capacity(session: Session, market: made.Market) -> None:
    market.suppliers["Warning Wise"].capacity_per_quarter = 0
    session.flush()


def _a_tie(session: Session, market: made.Market) -> None:
    """Another one comes as near as the one that is told: whether fit or lot decides is hidden from it."""
    market.suppliers["Warning Wise"].statements[0].text = NEAR.replace("Maintenance", "Care")
    session.flush()


def _as_it_is(_session: Session, _market: made.Market) -> None:
    pass


def page(session: Session, market: made.Market, world: World, reason: str = "") -> dict[str, Any]:
    """What the supplier in the middle is told in ``world``, with the outcome that everybody may see."""
    scope = session.begin_nested()
    world(session, market)
    run = made.run(session, market)
    if reason:
        exclude(session, market, run, market.suppliers["Warning Wise"], reason)
    service.release(session, actor=made.author(session, market), run=run)
    assert made.chosen(run) == [made.BEST], "the worlds have the same outcome"
    found = told(service.standing(session, run=run, supplier=market.suppliers["Siren Shop"]))
    (listed,) = service.standings(session, supplier=market.suppliers["Siren Shop"])
    assert listed.invitation is None
    scope.rollback()
    session.expire_all()
    return found


class TestTwoWorlds:
    @pytest.mark.parametrize("world", [_more_evidence, _paused, _no_capacity, _a_tie])
    def test_what_is_hidden_of_another_changes_nothing(
        self, session: Session, market: made.Market, world: World
    ) -> None:
        service.refresh_corpus(session)
        one, other = page(session, market, _as_it_is), page(session, market, world)
        assert one == other
        assert one["verdict"] is Verdict.PLACES_TAKEN

    def test_why_another_was_left_out_changes_nothing(self, session: Session, market: made.Market) -> None:
        service.refresh_corpus(session)
        told_in = [
            page(session, market, _as_it_is, reason)
            for reason in ("", "It was late last time.", "It belongs to a friend.")
        ]
        assert told_in[0] == told_in[1] == told_in[2]

    def test_the_words_of_another_change_nothing_though_they_push_it_off_the_list(
        self, session: Session, market: made.Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The ranked list is so short that the supplier is on it in one world and off it in the other."""
        monkeypatch.setattr(matching, "CANDIDATES", 2)
        monkeypatch.setattr(matching, "MORE_THAN_ASKED", 0)
        service.refresh_corpus(session)
        places = []

        def noting(world: World) -> World:
            def watch(session: Session, market: made.Market) -> None:
                world(session, market)
                run = made.run(session, market)
                places.append(made.names(run))

            return watch

        one = page(session, market, noting(_other_words))
        other = page(session, market, noting(_paused))
        assert ["Siren Shop" in names for names in places] == [False, True]
        assert one == other
