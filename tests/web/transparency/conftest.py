"""A department with an author, whose challenge waits for its notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Organisation
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel.actor import Role
from tests.factories import accounts
from tests.factories.challenges import PME, challenge
from tests.support.client import DistrustfulClient


@dataclass
class Desk:
    """A department, the browser of its author, and a challenge."""

    organisation: Organisation
    author: DistrustfulClient
    challenge: Challenge

    @property
    def path(self) -> str:
        return f"/department/challenges/{self.challenge.ref}"


@pytest.fixture
def desk(session: Session, browser_of: Callable[[Membership], DistrustfulClient]) -> Desk:
    own = accounts.new_organisation(session, name="Department for Seats")
    author = accounts.member(session, Role.POLICY_AUTHOR, organisation=own, name="Ann Author")
    found = challenge(session, organisation=own, state=ChallengeState.NOTICE_PENDING, **PME)
    return Desk(own, browser_of(author), found)
