"""What suppliers do when something happens elsewhere."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.events import OrganisationRegistered
from engage.kernel.actor import OrganisationKind, System
from engage.suppliers.service import ensure_profile


def on_organisation_registered(session: Session, event: OrganisationRegistered) -> None:
    """Give every supplier organisation a profile to fill in."""
    organisation = accounts.organisation(session, event.organisation_id)
    if organisation is not None and organisation.kind is OrganisationKind.SUPPLIER:
        ensure_profile(session, actor=System(), organisation=organisation)
