"""A small market: a challenge about floods, suppliers that know floods well, a little, or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts.models import Organisation
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel.actor import Actor, Role, System
from engage.matchmaking import service
from engage.matchmaking.enums import Outcome
from engage.matchmaking.models import MatchRun
from engage.suppliers.models import Supplier
from tests.factories import accounts, challenges, suppliers

TEXTS = {
    "Floodwise Ltd": "River gauges and flood warning sirens that tell valley towns an hour before the river floods. "
    "Design, supply and maintenance for councils and local people.",
    "Gauge Works": "River gauges for reservoirs. Supply and maintenance of equipment for water companies and councils.",
    "Weather Words": "Flood maps for insurers. Advice and training about risk for companies and local councils.",
    "Clean Halls": "Cleaning services for schools, canteens and sports halls. Supply of equipment for local councils.",
    "Lift Care": "Maintenance of lifts in hospitals and town halls. Design, supply and repair services.",
    "Taxi Line": "Taxis and small buses for pupils with special needs. Transport services for schools and councils.",
    "Roof Right": "Repair of flat roofs in towns. Design and maintenance services for schools, hospitals and councils.",
    "Ledger Lane": "Payroll and bookkeeping services for charities. Advice and training for small companies.",
}
BEST = "Floodwise Ltd"


@dataclass
class Market:
    """One challenge, its department, and suppliers by name."""

    challenge: Challenge
    department: Organisation
    suppliers: dict[str, Supplier]

    @property
    def best(self) -> Supplier:
        return self.suppliers[BEST]


def market(session: Session, *, state: ChallengeState = ChallengeState.PUBLISHED, **answers: Any) -> Market:
    department = accounts.new_organisation(session, name="River Office")
    asked = {
        "title": "Earlier flood warnings",
        "problem": "River gauges warn valley towns too late before floods.",
        "expertise": "River gauges and flood warning sirens.",
        "cpv": [],
    }
    made = challenges.challenge(session, state=state, organisation=department, **(asked | answers))
    firms = {name: suppliers.supplier(session, name=name, does=text) for name, text in TEXTS.items()}
    return Market(made, department, firms)


def run(session: Session, market: Market, *, first: int | None = None) -> MatchRun:
    """A run; with ``first``, so many are chosen however near they come."""
    made = service.run(session, actor=System("tests"), challenge=market.challenge)
    if first is not None:
        choose_first(session, made, first)
    return made


def choose_first(session: Session, run: MatchRun, first: int) -> None:
    """Make the plan of ``run`` the first so many of its ranking, whatever planning has found."""
    for candidate in run.candidates:
        candidate.outcome = Outcome.CHOSEN if candidate.rank <= first else Outcome.NOT_CHOSEN
        candidate.alternate_rank = None
    session.flush()


def author(session: Session, market: Market) -> Actor:
    return accounts.actor(session, Role.POLICY_AUTHOR, organisation=market.department)


def everybody_has_people(session: Session, market: Market) -> None:
    for supplier in market.suppliers.values():
        suppliers.member(session, supplier)


def names(run: MatchRun) -> list[str]:
    return [candidate.supplier.organisation.name for candidate in run.candidates]


def chosen(run: MatchRun) -> list[str]:
    return [c.supplier.organisation.name for c in run.candidates if c.outcome is Outcome.CHOSEN]
