"""A department whose people are signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Organisation
from engage.kernel.actor import Role
from tests.factories import accounts
from tests.support.client import DistrustfulClient


@dataclass
class Department:
    """An organisation and browsers of its people."""

    organisation: Organisation
    author: DistrustfulClient
    approver: DistrustfulClient
    writing: Membership
    approving: Membership


@pytest.fixture
def browser_of(web_app: object) -> Callable[[Membership], DistrustfulClient]:
    """A maker of browsers for members who exist already."""

    def make(member: Membership) -> DistrustfulClient:
        client: DistrustfulClient = web_app.test_client()  # type: ignore[attr-defined]  # Flask types it loosely
        return client.sign_in(member)

    return make


@pytest.fixture
def department(session: Session, browser_of: Callable[[Membership], DistrustfulClient]) -> Department:
    """A verified department with an author and an approver, both signed in."""
    own = accounts.new_organisation(session, name="Department for Seats")
    author = accounts.member(session, Role.POLICY_AUTHOR, organisation=own, name="Ann Author")
    approver = accounts.member(session, Role.APPROVER, organisation=own, name="Pat Approver")
    return Department(own, browser_of(author), browser_of(approver), author, approver)
