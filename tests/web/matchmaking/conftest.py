"""A market with a published challenge, its author at a browser, and a plan with two in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.kernel.actor import Role
from tests.factories import accounts
from tests.factories import matchmaking as made
from tests.factories import suppliers as firms
from tests.support.client import DistrustfulClient

BrowserOf = Callable[[Membership], DistrustfulClient]


@dataclass
class Scene:
    """A market with a published challenge, and the browser of its author."""

    market: made.Market
    author: DistrustfulClient

    @property
    def address(self) -> str:
        return f"/department/challenges/{self.market.challenge.ref}/match"

    @property
    def public(self) -> str:
        return f"/challenges/{self.market.challenge.ref}/matching"


NEIGHBOURS = {
    "Siren Shop": "River gauges and flood sirens that warn towns. Maintenance of gauges for councils.",
    "Warning Wise": "Flood warning sirens beside river gauges in valley towns. Supply and design of sirens.",
}
OTHERS = 120


def neighbours(session: Session, market: made.Market) -> None:
    """Add two suppliers that know floods well too, and so many that do not that it is no chance."""
    for name, text in NEIGHBOURS.items():
        market.suppliers[name] = firms.supplier(session, name=name, does=text)
    for number in range(OTHERS):
        does = f"Catering number {number} for canteens in schools, with cook {number} and menu {number}."
        firms.supplier(session, name=f"Canteen {number}", does=does)


@pytest.fixture
def scene(session: Session, browser_of: BrowserOf) -> Scene:
    market = made.market(session)
    author = accounts.member(session, Role.POLICY_AUTHOR, organisation=market.department, name="Ann Author")
    return Scene(market, browser_of(author))


@pytest.fixture
def matched(scene: Scene, session: Session) -> Scene:
    made.everybody_has_people(session, scene.market)
    made.run(session, scene.market, first=2)
    return scene
