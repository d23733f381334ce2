"""What suppliers do when something happens elsewhere."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.events import OrganisationRegistered, OrganisationVerified
from engage.kernel.actor import OrganisationKind, System
from engage.suppliers.events import StatementsChanged
from engage.suppliers.service import add_words_soon, ensure_profile


def on_organisation_registered(session: Session, event: OrganisationRegistered) -> None:
    """Give every supplier organisation a profile to fill in."""
    organisation = accounts.organisation(session, event.organisation_id)
    if organisation is not None and organisation.kind is OrganisationKind.SUPPLIER:
        ensure_profile(session, actor=System(), organisation=organisation)


def on_organisation_verified(session: Session, _event: OrganisationVerified) -> None:
    """Have the words of its name and its statements known to those who mistype one."""
    add_words_soon(session)


def on_statements_changed(session: Session, _event: StatementsChanged) -> None:
    """Have new words known to those who mistype one."""
    add_words_soon(session)
