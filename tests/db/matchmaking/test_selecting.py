"""Plans on rows: joint over every match that stands, within the rules, the same again from what was kept."""

from __future__ import annotations

import hashlib
import zlib
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.challenges.enums import ChallengeState
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind
from engage.matchmaking import service
from engage.matchmaking.enums import Outcome, OverrideKind, RoundStatus, RunState
from engage.matchmaking.models import SelectionRound
from engage.matchmaking.service import lottery
from engage.matchmaking.service.resolving import round_differences
from engage.suppliers.models import Supplier
from tests.factories import accounts, challenges
from tests.factories import selection as made
from tests.factories import suppliers as firms

ROBOT = made.ROBOT


def refs(*suppliers: Supplier) -> set[str]:
    return {supplier.ref for supplier in suppliers}


def test_the_places_go_to_those_that_fit_best_and_the_next_are_in_line(session: Session) -> None:
    a, b, c, d = made.firms(session, 4)
    run = made.planned(session, {a: 3.0, b: 2.0, c: 1.0, d: -0.5}, places=2)
    assert made.chosen(run) == refs(a, b)
    assert made.alternates(run) == [c.ref]
    assert made.decided(run) == {a.ref: "fit", b.ref: "fit", c.ref: "fit", d.ref: "not_near"}
    assert run.round is not None
    assert (run.round.status, run.round.result["score"]) == (RoundStatus.OPTIMAL, pytest.approx(5.0))
    assert made.told(session, f"run:{run.ref}") == ["matchmaking:run:planned"]
    assert made.told(session, f"round:{run.round.ref}") == ["matchmaking:round:planned"]


def test_what_inviting_another_would_have_cost_is_worked_out_when_asked(session: Session) -> None:
    a, b, c, d = made.firms(session, 4)
    run = made.planned(session, {a: 3.0, b: 2.0, c: 1.0, d: -0.5}, places=2)
    found = {one.supplier.ref: service.cost_of(one) for one in run.candidates}
    assert (found[a.ref], found[d.ref]) == (None, None)
    cost = found[c.ref]
    assert cost is not None
    assert cost.points == pytest.approx(1.0, abs=0.05)


def test_nothing_stands_so_nothing_is_planned(session: Session) -> None:
    assert service.plan(session, actor=ROBOT) is None
    assert session.scalars(sa.select(SelectionRound)).all() == []


def test_one_capacity_is_shared_by_all_challenges(session: Session) -> None:
    """The better supplier goes where it is needed more, and is not invited twice."""
    both, other = made.firms(session, 2)
    both.capacity_per_quarter = 1
    session.flush()
    first = made.matched(session, {both: 2.0, other: 1.9}, places=1)
    second = made.matched(session, {both: 2.0, other: 0.2}, places=1)
    service.plan(session, actor=ROBOT)
    assert (made.chosen(first), made.chosen(second)) == (refs(other), refs(both))
    assert made.decided(first)[both.ref] == "capacity"
    assert first.round_id == second.round_id


def test_capacity_that_is_used_up_is_not_given_again(session: Session) -> None:
    busy, other = made.firms(session, 2)
    busy.capacity_per_quarter = 1
    session.flush()
    first = made.planned(session, {busy: 2.0}, places=1)
    service.release(session, actor=made.author(session, first), run=first)
    second = challenges.challenge(session, state=ChallengeState.PUBLISHED)
    made.rules(session, second, places=1)
    busy.capacity_per_quarter = 2
    session.flush()
    run = made.matched(session, {busy: 2.0, other: 1.0}, challenge=second)
    busy.capacity_per_quarter = 1
    session.flush()
    service.plan(session, actor=ROBOT)
    assert made.chosen(run) == refs(other)
    assert made.decided(run)[busy.ref] == "rule:no_capacity"


def test_at_most_one_of_a_corporate_group_however_it_is_written(session: Session) -> None:
    a = made.firm(session, corporate_group="Wye Group plc")
    b = made.firm(session, corporate_group="wye  group PLC ")
    c = made.firm(session)
    run = made.planned(session, {a: 3.0, b: 2.5, c: 1.0}, places=2)
    assert made.chosen(run) == refs(a, c)
    assert made.decided(run)[b.ref] == "group"


def test_nobody_of_a_group_that_was_invited_before(session: Session) -> None:
    a, b = (made.firm(session, corporate_group="Wye Group") for _ in range(2))
    c = made.firm(session)
    first = made.planned(session, {a: 3.0}, places=2)
    service.release(session, actor=made.author(session, first), run=first)
    first.state = RunState.SUPERSEDED
    session.flush()
    again = made.matched(session, {a: 3.0, b: 2.0, c: 1.0}, challenge=first.challenge)
    service.plan(session, actor=ROBOT)
    assert made.chosen(again) == refs(c)
    assert made.decided(again) == {a.ref: "invited", b.ref: "group", c.ref: "fit"}


def test_a_floor_is_kept_and_its_price_told(session: Session) -> None:
    a, b = made.firms(session, 2)
    small = made.firm(session, sme=True)
    run = made.planned(session, {a: 3.0, b: 2.0, small: 1.5}, places=2, floors={"sme": 1})
    assert made.chosen(run) == refs(a, small)
    assert made.decided(run)[small.ref] == "floor:sme"
    assert run.round is not None
    own = run.round.result["challenges"][run.challenge.ref]
    assert [(price["rule"], price["points"]) for price in own["prices"]] == [
        ("floor:sme", pytest.approx(0.5, abs=0.05))
    ]


def test_what_no_plan_can_keep_is_a_shortage_with_a_name(session: Session) -> None:
    a, b = made.firms(session, 2)
    run = made.planned(session, {a: 3.0, b: 2.0}, places=2, floors={"vcse": 2})
    assert made.chosen(run) == refs(a, b)
    assert run.round is not None
    (shortage,) = run.round.result["challenges"][run.challenge.ref]["shortages"]
    assert (shortage["rule"], shortage["by"]) == ("floor:vcse", 2)
    assert shortage["words"].endswith(
        "charities or social enterprises get a place than the rules ask for: 2 places short."
    )


def test_who_is_an_incumbent_depends_on_the_department(session: Session) -> None:
    """Its work for one department is nothing to another, though both are planned together."""
    rivers, roads = (
        accounts.new_organisation(session, kind=OrganisationKind.DEPARTMENT, name=name)
        for name in ("River Office", "Road Office")
    )
    old, new = made.firms(session, 2)
    firms.statement(
        session, old, title="Gauges", text="Read them.", client="river  office", dated=clock.uk_today()
    )
    at_rivers = made.matched(
        session, {old: 3.0, new: 1.0}, department=rivers, places=1, caps={"incumbent": 0}
    )
    at_roads = made.matched(session, {old: 3.0, new: 1.0}, department=roads, places=1, caps={"incumbent": 0})
    service.plan(session, actor=ROBOT)
    assert (made.chosen(at_rivers), made.chosen(at_roads)) == (refs(new), refs(old))
    assert made.decided(at_rivers)[old.ref] == "cap:incumbent"


def test_work_of_long_ago_makes_no_incumbent(session: Session) -> None:
    old = made.firm(session)
    run = made.matched(session, {old: 1.0})
    firms.statement(
        session,
        old,
        title="Gauges",
        text="Read them.",
        client=run.challenge.organisation.name,
        dated=clock.uk_today() - timedelta(days=3 * 365 + 1),
    )
    again = made.matched(session, {old: 1.0}, department=run.challenge.organisation)
    assert again.candidates[0].tags == ["new_entrant"]


def test_places_are_drawn_among_newcomers_with_a_known_probability(session: Session) -> None:
    known = made.firms(session, 6)
    for each in known:
        made.invited(session, each)
    fresh = made.firms(session, 6)
    scores = {each: 3.0 - place / 100 for place, each in enumerate(known)}
    scores |= {each: 2.9 - place / 100 for place, each in enumerate(fresh)}
    run = made.planned(session, scores, places=4, exploration=0.25)
    drawn = [
        one for one in run.candidates if one.decided_by == "exploration" and one.outcome is Outcome.CHOSEN
    ]
    assert len(drawn) == 1
    assert drawn[0].supplier in fresh
    chances = [one.probability for one in run.candidates if one.probability is not None]
    assert sum(chances) == pytest.approx(1.0)
    assert max(chances) <= 0.25


def test_a_supplier_is_new_until_somebody_invites_it(session: Session) -> None:
    """The tag follows the invitations since the match, everything else stays as it was matched."""
    fresh = made.firm(session, sme=True)
    run = made.planned(session, {fresh: 1.0})
    assert run.candidates[0].tags == ["sme", "new_entrant"]
    made.invited(session, fresh)
    fresh.sme = None
    session.flush()
    service.plan(session, actor=ROBOT)
    assert run.candidates[0].tags == ["sme"]


def test_the_hard_rules_hold_at_every_plan(session: Session) -> None:
    a, b = made.firms(session, 2)
    run = made.planned(session, {a: 3.0, b: 2.0}, places=1)
    a.paused = True
    session.flush()
    service.plan(session, actor=ROBOT)
    assert made.chosen(run) == refs(b)
    assert made.decided(run)[a.ref] == "rule:paused"


@pytest.mark.parametrize("over", ["past", "ended", "withdrawn"])
def test_a_challenge_that_is_over_takes_no_places_from_others(session: Session, over: str) -> None:
    both = made.firm(session, capacity_per_quarter=1)
    ended = made.planned(session, {both: 3.0}, places=1)
    if over == "past":
        ended.challenge.closes_on = clock.uk_today() - timedelta(days=1)
    elif over == "ended":
        ended.challenge.state = ChallengeState.FINDINGS_DUE
    else:
        ended.state = RunState.SUPERSEDED
    session.flush()
    going = made.planned(session, {both: 1.0}, places=1)
    assert made.chosen(going) == refs(both)
    assert ended.round_id != going.round_id


class TestReplay:
    def test_the_same_problem_gives_the_same_plan_byte_by_byte(self, session: Session) -> None:
        suppliers = made.firms(session, 8)
        run = made.planned(session, dict.fromkeys(suppliers, 1.0), places=3)
        assert run.round is not None
        now, kept = service.resolve(session, round_ref=run.round.ref)
        assert now == kept
        assert hashlib.sha256(now).hexdigest() == run.round.plan_hash

    @pytest.mark.parametrize(
        "part", ["none", "problem", "plan", "digest", "seed", "secret", "score", "outcome"]
    )
    def test_whatever_was_changed_of_what_is_kept_is_found(self, session: Session, part: str) -> None:
        firms = made.firms(session, 4)
        run = made.planned(session, dict.fromkeys(firms, 1.0), places=2)
        found, commitment = run.round, run.commitment
        assert found is not None
        assert commitment is not None
        digests = f"What is kept of round {found.ref} is not what its digests name."
        said = {
            "none": [],
            "problem": [f"What is kept of round {found.ref} cannot be read (Error -3 while decompressing data: incorrect header check)."],
            "plan": [digests, f"The plan of round {found.ref} comes out differently."],
            "digest": [digests, f"The digests of round {found.ref} are not those of the audit trail."],
            "seed": [f"The seed of round {found.ref} does not come from those of its challenges."],
            "secret": ["The seed of this challenge does not come from the secret and from what was matched."],
            "score": ["The plan was made with other scores than those of the ranked list."],
            "outcome": ["Other suppliers are called chosen than the plan has chosen."],
        }[part]  # fmt: skip
        if part == "problem":
            found.instance = b"nothing"
        elif part == "plan":
            kept = zlib.decompress(found.plan).replace(b'"solver":"HiGHS', b'"solver":"LOWS')
            found.plan = zlib.compress(kept)
        elif part == "digest":
            found.plan_hash = "0" * 64
        elif part == "seed":
            found.seed = "0" * 64
        elif part == "secret":
            commitment.secret = bytes(32)
            commitment.commitment = hashlib.sha256(bytes(32)).hexdigest()
        elif part == "score":
            run.candidates[0].score += 1e-12
        elif part == "outcome":
            others = [one for one in run.candidates if one.outcome is not Outcome.CHOSEN]
            others[0].outcome, others[0].alternate_rank = Outcome.CHOSEN, None
        session.flush()
        assert round_differences(session, run=run) == said

    def test_a_release_and_an_alternate_are_no_difference(self, session: Session) -> None:
        firms = made.firms(session, 4)
        run = made.planned(session, dict.fromkeys(firms, 1.0), places=2)
        paused = next(one for one in firms if one.ref in made.chosen(run))
        paused.paused = True
        session.flush()
        actor = made.author(session, run)
        service.release(session, actor=actor, run=run)
        service.next_alternate(session, actor=actor, challenge=run.challenge)
        assert round_differences(session, run=run) == []

    def test_a_change_after_the_plan_changes_nothing_of_it(self, session: Session) -> None:
        suppliers = made.firms(session, 4)
        run = made.planned(session, dict.fromkeys(suppliers, 1.0), places=2)
        assert run.round is not None
        for each in suppliers:
            each.paused, each.sme, each.corporate_group = True, True, "One group"
        session.flush()
        now, kept = service.resolve(session, round_ref=run.round.ref)
        assert now == kept

    def test_planning_again_without_a_change_changes_nothing(self, session: Session) -> None:
        suppliers = made.firms(session, 8)
        run = made.planned(session, dict.fromkeys(suppliers, 1.0), places=3)
        before = (made.chosen(run), made.alternates(run), made.decided(run))
        assert run.round is not None
        seed = run.round.seed
        service.plan(session, actor=ROBOT)
        assert (made.chosen(run), made.alternates(run)) == before[:2]
        assert run.round.seed == seed
        assert made.told(session, f"run:{run.ref}") == ["matchmaking:run:planned"]

    def test_another_seed_draws_others_among_equals_and_never_overturns_fit(self, session: Session) -> None:
        equals = made.firms(session, 12)
        best, worst = made.firms(session, 2)
        draws = set()
        for number in range(6):
            run = made.planned(
                session,
                dict.fromkeys(equals, 1.0) | {best: 2.0, worst: 0.5},
                places=4,
                snapshot=f"snapshot {number}",
            )
            assert best.ref in made.chosen(run)
            assert worst.ref not in made.chosen(run)
            draws.add(frozenset(made.chosen(run)))
            run.state = RunState.SUPERSEDED
            session.flush()
        assert len(draws) > 1


class TestLottery:
    def test_the_commitment_comes_before_the_match_and_anybody_can_check_the_seed(
        self, session: Session
    ) -> None:
        a, b = made.firms(session, 2)
        first = made.matched(session, {a: 1.0})
        second = made.matched(session, {b: 1.0}, snapshot="another")
        service.plan(session, actor=ROBOT)
        for run in (first, second):
            assert run.commitment is not None
            assert run.matched_at is not None
            assert run.commitment.committed_at <= run.matched_at
            assert hashlib.sha256(run.commitment.secret).hexdigest() == run.commitment.commitment
        assert first.commitment is not None
        assert first.round is not None
        own = hashlib.sha256(first.commitment.secret + first.snapshot_hash.encode()).hexdigest()
        seeds = first.round.result["seeds"]
        assert first.round.result["challenges"][first.challenge.ref]["seed"] == own
        assert own in seeds
        assert len(seeds) == 2
        assert hashlib.sha256("".join(sorted(seeds)).encode()).hexdigest() == first.round.seed

    def test_publishing_commits_once(self, session: Session) -> None:
        challenge = challenges.challenge(session, state=ChallengeState.PUBLISHED)
        one = service.commit_to_lottery(session, actor=ROBOT, challenge=challenge)
        assert service.commit_to_lottery(session, actor=ROBOT, challenge=challenge) is one
        lines = session.scalars(
            sa.select(AuditEvent).where(AuditEvent.tag == "matchmaking:lottery:committed")
        )
        (line,) = lines.all()
        assert line.details["commitment"] == one.commitment
        assert one.secret.hex() not in line.payload

    def test_the_secret_is_told_at_the_release_and_the_next_draw_has_another(self, session: Session) -> None:
        firm = made.firm(session)
        run = made.planned(session, {firm: 1.0})
        used = run.commitment
        assert used is not None
        before = used.revealed_at
        service.release(session, actor=made.author(session, run), run=run)
        assert (before, used.revealed_at is not None) == (None, True)
        following = service.commit_to_lottery(session, actor=ROBOT, challenge=run.challenge)
        assert (following.number, following.secret == used.secret) == (2, False)
        lottery.reveal(session, actor=ROBOT, challenge=run.challenge, commitment=used)
        tags = made.told(session, f"challenge:{run.challenge.ref}")
        drawn = [tag.rpartition(":")[2] for tag in tags if ":lottery:" in tag]
        assert drawn == ["committed", "revealed", "committed"]

    def test_the_database_refuses_a_commitment_that_is_not_the_hash(self, session: Session) -> None:
        run = made.matched(session, {made.firm(session): 1.0})
        assert run.commitment is not None
        run.commitment.secret = b"another"
        with pytest.raises(sa.exc.IntegrityError, match="commitment_is_the_hash_of_the_secret"):
            session.flush()


def test_pins_that_cannot_be_kept_any_more_give_way_and_are_named(session: Session) -> None:
    """Two pins of one supplier, whose capacity has shrunk since: the later one gives way, other plans go on."""
    wanted, other = made.firms(session, 2)
    wanted.capacity_per_quarter = 2
    session.flush()
    runs = [made.matched(session, {wanted: 1.0, other: 2.0}, places=1) for _ in range(2)]
    service.plan(session, actor=ROBOT)
    for run in runs:
        service.override(
            session,
            actor=made.author(session, run),
            run=run,
            supplier_ref=wanted.ref,
            kind=OverrideKind.PIN,
            reason="It knows the valley.",
        )
    assert [made.chosen(run) for run in runs] == [refs(wanted), refs(wanted)]
    wanted.capacity_per_quarter = 1
    session.flush()
    service.plan(session, actor=ROBOT)
    assert [made.chosen(run) for run in runs] == [refs(wanted), refs(other)]
    assert made.decided(runs[1])[wanted.ref] == "pin_not_kept"
    assert runs[1].round is not None
    assert runs[1].round.result["challenges"][runs[1].challenge.ref]["unkept"] == [wanted.ref]
