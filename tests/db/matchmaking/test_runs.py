"""Match runs: hard rules first, exact text, frozen, replaced but never edited, explained without leaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.audit.queries import history
from engage.challenges.enums import ChallengeState
from engage.challenges.events import ChallengePublished
from engage.kernel import clock, events
from engage.kernel.actor import System
from engage.kernel.errors import Conflict
from engage.matching import Band
from engage.matchmaking import queries, service
from engage.matchmaking.enums import InvitationState, RunState
from engage.matchmaking.models import Invitation, LotteryCommitment, MatchRun
from engage.matchmaking.service.matching import snapshot_hash
from engage.matchmaking.service.sifting import quarter_start
from engage.suppliers.models import Supplier
from tests.factories import advisory, challenges
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms

S = ChallengeState


@pytest.fixture
def market(session: Session) -> made.Market:
    return made.market(session)


def tags(session: Session, run: MatchRun) -> list[str]:
    return [line.tag.removeprefix("matchmaking:run:") for line in history(session, subject=f"run:{run.ref}")]


def test_the_supplier_that_knows_the_problem_comes_first(session: Session, market: made.Market) -> None:
    run = made.run(session, market)
    first = run.candidates[0]
    assert made.names(run)[:2] == [made.BEST, "Gauge Works"]
    assert [candidate.rank for candidate in run.candidates] == list(range(1, 9))
    assert (first.confidence, first.statements) == ("low", 1)
    assert (run.state, run.suppliers_considered, run.suppliers_excluded) == (RunState.MATCHED, 8, {})
    assert (run.embedder, run.model_digest) == ("none", "none")
    assert tags(session, run) == ["frozen", "matched", "planned"]


def test_the_parts_of_the_explanation_add_up_and_point_into_the_text(
    session: Session, market: made.Market
) -> None:
    run = made.run(session, market)
    first = run.candidates[0]
    parts = first.explanation["documents"]
    assert sum(part["contribution"] for part in parts) == pytest.approx(first.score)
    text, passages = parts[0]["text"], parts[0]["passages"]
    assert text == made.TEXTS[made.BEST]
    first_sentence = text[: text.index(".") + 1]
    assert [text[p["start"] : p["end"]] for p in passages if p["field"] == "text"] == [first_sentence]
    assert first.why.startswith("“Earlier work” shares words with the challenge: “")


def _org(state: OrganisationState) -> Callable[[Session, made.Market], None]:
    def change(_session: Session, market: made.Market) -> None:
        market.best.organisation.state = state

    return change


def _paused(_session: Session, market: made.Market) -> None:
    market.best.paused = True


def _stale(_session: Session, market: made.Market) -> None:
    market.best.statements[0].expires_on = clock.uk_today()


def _no_capacity(_session: Session, market: made.Market) -> None:
    market.best.capacity_per_quarter = 0


def _filled(session: Session, market: made.Market) -> None:
    market.best.capacity_per_quarter = 2
    for state in (InvitationState.SENT, InvitationState.ACCEPTED):
        elsewhere = challenges.challenge(session, state=S.PUBLISHED)
        invitation(session, elsewhere.id, market.best, state, clock.now())


def invitation(
    session: Session, challenge_id: int, supplier: Supplier, state: InvitationState, sent: datetime
) -> None:
    session.add(
        Invitation(
            ref=f"i{challenge_id}",
            challenge_id=challenge_id,
            supplier_id=supplier.id,
            origin="volunteered",
            state=state,
            created_at=sent,
            sent_at=sent,
            expires_at=sent + timedelta(days=14),
        )
    )
    session.flush()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_org(OrganisationState.PENDING), "not_verified"),
        (_org(OrganisationState.SUSPENDED), "not_verified"),
        (_paused, "paused"),
        (_stale, "no_statement"),
        (_no_capacity, "no_capacity"),
        (_filled, "no_capacity"),
    ],
)
def test_a_hard_rule_leaves_out_who_would_come_first(
    session: Session, market: made.Market, change: Callable[[Session, made.Market], None], rule: str
) -> None:
    change(session, market)
    session.flush()
    run = made.run(session, market)
    assert run.suppliers_excluded == {rule: 1}
    assert (run.suppliers_considered, made.names(run)[0]) == (7, "Gauge Works")
    assert market.best.ref not in json.dumps(run.snapshot)


@time_machine.travel(datetime(2026, 4, 2, 12, tzinfo=UTC), tick=False)
def test_invitations_of_the_last_quarter_and_declined_ones_use_no_capacity(
    session: Session, market: made.Market
) -> None:
    market.best.capacity_per_quarter = 1
    march = datetime(2026, 3, 31, 22, 59, tzinfo=UTC)  # 11:59pm in summer time
    past = challenges.challenge(session, state=S.PUBLISHED)
    invitation(session, past.id, market.best, InvitationState.ACCEPTED, march)
    declined = challenges.challenge(session, state=S.PUBLISHED)
    invitation(session, declined.id, market.best, InvitationState.DECLINED, clock.now())
    assert made.names(made.run(session, market))[0] == made.BEST
    now = challenges.challenge(session, state=S.PUBLISHED)
    invitation(session, now.id, market.best, InvitationState.SENT, march + timedelta(minutes=1))
    assert made.names(made.run(session, market))[0] == "Gauge Works"


def test_quarters_begin_at_midnight_in_the_united_kingdom() -> None:
    assert quarter_start(clock.uk_today().replace(month=6, day=30)).isoformat()[5:] == "03-31T23:00:00+00:00"
    assert quarter_start(clock.uk_today().replace(month=12, day=1)).isoformat()[5:] == "09-30T23:00:00+00:00"
    assert quarter_start(clock.uk_today().replace(month=1, day=1)).isoformat()[5:] == "01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    "state", [S.DRAFT, S.IN_REVIEW, S.CHANGES_REQUESTED, S.FINDINGS_DUE, S.CLOSED, S.WITHDRAWN]
)
def test_only_an_approved_text_is_matched_until_the_engagement_ends(
    session: Session, state: ChallengeState
) -> None:
    market = made.market(session, state=state)
    with pytest.raises(Conflict):
        made.run(session, market)
    assert session.scalars(sa.select(MatchRun)).all() == []


@pytest.mark.parametrize("state", [S.APPROVED, S.PUBLISHED, S.ENGAGING])
def test_the_exact_approved_text_is_matched(session: Session, state: ChallengeState) -> None:
    market = made.market(session, state=state)
    market.challenge.problem = market.challenge.expertise = "Cleaning of schools and canteens."
    session.flush()
    run = made.run(session, market)
    assert made.names(run)[0] == made.BEST
    assert run.snapshot["challenge"]["approved_hash"] == market.challenge.approved_hash
    assert run.snapshot["challenge"]["version"] == 1


def test_the_same_rows_give_the_same_run_and_the_former_is_put_aside(
    session: Session, market: made.Market
) -> None:
    first = made.run(session, market)
    second = made.run(session, market)
    assert (first.state, second.state) == (RunState.SUPERSEDED, RunState.MATCHED)
    assert first.snapshot_hash == second.snapshot_hash == snapshot_hash(second.snapshot)
    told = [[(c.supplier.ref, c.score, c.why) for c in run.candidates] for run in (first, second)]
    assert told[0] == told[1]
    assert tags(session, first) == ["frozen", "matched", "planned", "superseded"]
    assert queries.current_run(session, challenge_id=market.challenge.id) == second


def test_another_statement_is_another_snapshot(session: Session, market: made.Market) -> None:
    first = made.run(session, market)
    firms.statement(session, market.best, title="More", text="Sirens on bridges.")
    assert made.run(session, market).snapshot_hash != first.snapshot_hash


def test_nothing_in_an_explanation_is_about_anybody_else(session: Session, market: made.Market) -> None:
    run = made.run(session, market)
    for candidate in run.candidates:
        told = json.dumps([candidate.explanation, candidate.why])
        others = [each for each in market.suppliers.values() if each.id != candidate.supplier_id]
        for other in others:
            said = (other.ref, other.organisation.name, other.statements[0].text)
            assert [words for words in said if words in told] == []


def test_who_does_not_come_near_is_not_chosen(session: Session, market: made.Market) -> None:
    run = made.run(session, market)
    near = {c.supplier.organisation.name for c in run.candidates if c.band is not Band.NONE}
    assert 1 <= len(near) < 8
    assert set(made.chosen(run)) == near


def test_who_was_invited_is_not_chosen_again(session: Session, market: made.Market) -> None:
    invitation(session, market.challenge.id, market.best, InvitationState.DECLINED, clock.now())
    assert made.BEST not in made.chosen(made.run(session, market))


def test_a_match_is_planned_with_every_other_that_stands(session: Session, market: made.Market) -> None:
    market.best.capacity_per_quarter = 1
    other = challenges.challenge(
        session,
        state=S.PUBLISHED,
        organisation=market.department,
        expertise="River gauges and flood warning sirens.",
    )
    first = made.run(session, market)
    second = service.run(session, actor=System("tests"), challenge=other)
    assert first.round_id == second.round_id
    both = [run for run in (first, second) if made.BEST in made.chosen(run)]
    assert len(both) == 1


def test_the_draw_is_committed_to_at_publication_and_before_any_match(
    session: Session, market: made.Market
) -> None:
    events.emit(session, ChallengePublished(market.challenge.id))
    (published,) = session.scalars(sa.select(LotteryCommitment)).all()
    run = made.run(session, market)
    assert run.commitment is published
    assert published.committed_at <= run.frozen_at
    again = made.run(session, market)
    assert again.commitment is published
    unpublished = challenges.challenge(session, state=S.APPROVED)
    first = service.run(session, actor=System("tests"), challenge=unpublished)
    assert first.commitment is not None
    assert first.commitment.committed_at <= first.frozen_at


def test_the_summary_for_everybody_counts_only_what_was_sent(session: Session, market: made.Market) -> None:
    assert queries.public_summary(session, challenge_id=market.challenge.id) is None
    made.everybody_has_people(session, market)
    run = made.run(session, market, first=2)
    assert queries.public_summary(session, challenge_id=market.challenge.id) is None
    service.release(session, actor=made.author(session, market), run=run)
    service.invite(
        session, actor=System(), challenge=market.challenge, supplier=advisory.team(session).supplier
    )
    found = queries.public_summary(session, challenge_id=market.challenge.id)
    nobody = queries.Deviations(pins=0, exclusions=0, ended=0, after_release=0, rate=0.0)
    assert found == queries.Summary(considered=8, invited=2, volunteers=1, deviations=nobody)


def test_a_preview_counts_and_names_nobody(session: Session) -> None:
    market = made.market(session, state=S.DRAFT)
    market.best.sme, market.best.regions = True, ["TLL"]
    market.suppliers["Taxi Line"].paused = True
    session.flush()
    found = service.preview(session, challenge=market.challenge)
    assert (found.considered, found.excluded, found.words_alone) == (7, {"paused": 1}, True)
    assert found.bands.total() == 7
    assert (found.near >= 1, found.sme, found.vcse, found.regions) == (True, 1, 0, {"TLL": 1})
    assert found.gaps[0] == "None of them says that it is a charity or social enterprise."
    assert session.scalars(sa.select(MatchRun)).all() == []
