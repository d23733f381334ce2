"""Who can run sessions, and who can come to them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.advisory.policy import AdvisoryPermission


def who_can_run(session: Session, *, organisation_id: int) -> Sequence[Person]:
    """Return the people of a department who can run its sessions, by id."""
    return accounts.people_with(session, *AdvisoryPermission.RUN.roles, organisation_id=organisation_id)


def who_can_attend(session: Session, *, organisation_id: int) -> Sequence[Person]:
    """Return the people of a supplier who can come to a session for it, by id."""
    return accounts.people_with(session, *AdvisoryPermission.TAKE_PART.roles, organisation_id=organisation_id)
