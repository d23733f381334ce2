"""Organisations: adding them, and what the platform's team decides about them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState, Scheme
from engage.accounts.events import OrganisationRegistered
from engage.accounts.models import Organisation, OrganisationIdentifier
from engage.accounts.service.identifiers import normalise
from engage.audit.service import record
from engage.kernel import clock
from engage.kernel.actor import Anyone, OrganisationKind
from engage.kernel.errors import Conflict
from engage.kernel.events import emit

LONGEST_NAME = 200
ALREADY_THERE = "This organisation is already on engage. Ask its administrator to add you."


def subject_of(organisation: Organisation) -> str:
    """Return what the audit trail calls an organisation."""
    return f"organisation:{organisation.id}"


def create_organisation(
    session: Session,
    *,
    kind: OrganisationKind,
    name: str,
    identifiers: Iterable[tuple[Scheme | str, str]],
    verified: bool = False,
    actor: Anyone | None,
) -> Organisation:
    """Add an organisation: verified, or pending until the platform's team has looked at it.

    ``identifiers`` are pairs of scheme and number; ``Scheme.NONE`` is left out. Side effects: the rows, an audit line,
    the event ``OrganisationRegistered``. Raises ``Invalid`` (field ``number``) for a number its register could not have
    given, ``ValueError`` for an unknown scheme, ``Conflict`` when an organisation with the identifier exists.
    """
    pairs = [(Scheme(scheme), number) for scheme, number in identifiers]
    moment = clock.now()
    organisation = Organisation(
        kind=kind,
        name=name,
        state=OrganisationState.VERIFIED if verified else OrganisationState.PENDING,
        created_at=moment,
        verified_at=moment if verified else None,
        identifiers=[
            OrganisationIdentifier(scheme=scheme.value, value=normalise(scheme, number))
            for scheme, number in pairs
            if scheme is not Scheme.NONE
        ],
    )
    try:
        with session.begin_nested():
            session.add(organisation)
    except IntegrityError as error:
        raise Conflict(ALREADY_THERE) from error
    record(
        session,
        actor=actor,
        tag="accounts:organisation:registered",
        subject=subject_of(organisation),
        kind=kind.value,
        identifiers=[f"{row.scheme}-{row.value}" for row in organisation.identifiers],
        verified=verified,
    )
    emit(session, OrganisationRegistered(organisation.id))
    return organisation
