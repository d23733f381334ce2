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
