"""The public record: enough to check a draw and to replay a plan; no name, no number that points at somebody."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.kernel import clock
from engage.matchmaking import service
from engage.matchmaking.enums import OverrideKind
from engage.matchmaking.models import MatchRun
from engage.matchmaking.service import RulesText
from engage.matchmaking.service.record import FEWER, shown
from engage.suppliers.models import Supplier
from tests.factories import challenges
from tests.factories import selection as made


@pytest.fixture
def firms(session: Session) -> list[Supplier]:
    return [*made.firms(session, 4, sme=True), *made.firms(session, 2, vcse=True)]


@pytest.fixture
def run(session: Session, firms: list[Supplier]) -> MatchRun:
    scores = {firm: 6.0 - place for place, firm in enumerate(firms)}
    run = made.planned(session, scores, places=5, floors={"sme": 2})
    run.suppliers_excluded = {"paused": 2, "not_verified": 7}
    return run


def test_numbers_that_could_point_at_somebody_are_not_told() -> None:
    assert [shown(number) for number in range(5)] == [0, FEWER, FEWER, 3, 4]


@pytest.mark.parametrize("state", [ChallengeState.DRAFT, ChallengeState.APPROVED, ChallengeState.PUBLISHED])
def test_there_is_no_record_of_what_is_not_public_or_not_committed(
    session: Session, state: ChallengeState
) -> None:
    challenge = challenges.challenge(session, state=state)
    assert service.record(session, challenge=challenge) is None
    if state is not ChallengeState.PUBLISHED:
        service.commit_to_lottery(session, actor=made.ROBOT, challenge=challenge)
        assert service.record(session, challenge=challenge) is None


def test_before_the_release_there_are_the_rules_and_the_commitment_but_no_secret(
    session: Session, run: MatchRun
) -> None:
    found = service.record(session, challenge=run.challenge)
    assert found is not None
    assert run.commitment is not None
    (commitment,) = found.commitments
    assert (commitment.commitment, commitment.secret) == (run.commitment.commitment, None)
    assert [each.sentences[1] for each in found.rules] == [
        "At least 2 places for small or medium-sized enterprises."
    ]
    assert (found.matches, found.releases) == (1, ())
    assert run.commitment.secret.hex() not in json.dumps(found.to_dict())
    assert run.round is not None
    assert run.round.seed not in json.dumps(found.to_dict())


def test_after_the_release_everybody_can_check_the_draw(session: Session, run: MatchRun) -> None:
    service.release(session, actor=made.author(session, run), run=run)
    found = service.record(session, challenge=run.challenge)
    assert found is not None
    (release,) = found.releases
    used = found.commitments[release.commitment - 1 if release.commitment else 0]
    assert used.secret is not None
    secret = bytes.fromhex(used.secret)
    assert hashlib.sha256(secret).hexdigest() == used.commitment
    assert hashlib.sha256(secret + release.snapshot_hash.encode()).hexdigest() == release.own_seed
    assert release.own_seed in release.seeds
    assert hashlib.sha256("".join(release.seeds).encode()).hexdigest() == release.seed
    assert found.commitments[-1].secret is None


def test_what_is_told_are_numbers(session: Session, run: MatchRun, firms: list[Supplier]) -> None:
    service.release(session, actor=made.author(session, run), run=run)
    found = service.record(session, challenge=run.challenge)
    assert found is not None
    (release,) = found.releases
    assert (release.considered, release.invited, release.status) == (6, 5, "optimal")
    assert release.left_out["not_verified"] == 7
    assert release.left_out["paused"] == FEWER
    assert release.left_out["no_statement"] == 0
    assert {tag: number for tag, number in release.by_tag.items() if number} == {
        "sme": 4,
        "vcse": FEWER,
        "new_entrant": 5,
    }
    assert release.bands == {"strong": 0, "good": 6, "possible": 0, "none": 0}
    assert release.fairness is not None
    told = json.dumps(found.to_dict())
    for firm in firms:
        assert firm.ref not in told
        assert firm.organisation.name not in told


def test_another_challenge_planned_together_is_not_named(session: Session, run: MatchRun) -> None:
    """Approved and not public: it must not even be known to exist."""
    hidden = challenges.challenge(session, state=ChallengeState.APPROVED, title="A secret plan")
    made.rules(session, hidden)
    made.matched(session, {made.firm(session): 1.0}, challenge=hidden)
    service.plan(session, actor=made.ROBOT)
    service.release(session, actor=made.author(session, run), run=run)
    found = service.record(session, challenge=run.challenge)
    assert found is not None
    assert len(found.releases[0].seeds) == 2
    told = json.dumps(found.to_dict())
    assert hidden.ref not in told
    assert hidden.title not in told


def test_decisions_and_late_rules_are_counted(session: Session, run: MatchRun, firms: list[Supplier]) -> None:
    actor = made.author(session, run)
    service.override(
        session,
        actor=actor,
        run=run,
        supplier_ref=firms[5].ref,
        kind=OverrideKind.PIN,
        reason="Knows the valley.",
    )
    service.end_override(session, actor=actor, run=run, supplier_ref=firms[5].ref)
    late = RulesText(places=4, exploration=0.0, reason="A smaller room.")
    service.set_rules(session, actor=actor, challenge=run.challenge, rules=late)
    found = service.record(session, challenge=run.challenge)
    assert found is not None
    assert (found.deviations.pins, found.deviations.exclusions, found.deviations.ended) == (1, 0, 1)
    assert found.deviations.rate == pytest.approx(1 / 5)
    assert (found.rules_changed_after_match, found.rules[-1].reason) == (1, "A smaller room.")
    assert "Knows the valley" not in json.dumps(found.to_dict())


def test_a_place_that_waits_for_an_account_is_given_all_the_same(session: Session) -> None:
    known, unknown = made.firm(session), made.firm(session, people=False, sme=True)
    run = made.planned(session, {known: 2.0, unknown: 1.0}, places=2)
    service.release(session, actor=made.author(session, run), run=run)
    found = service.record(session, challenge=run.challenge)
    assert found is not None
    (release,) = found.releases
    assert (release.invited, release.waiting, release.by_tag["sme"]) == (2, 1, FEWER)
    assert service.report(session, now=clock.now()).invited == 2
