"""Organisations: adding them, and what the platform's team decides about them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.enums import DECISIONS, OUTCOME, TRANSITIONS, Decision, OrganisationState, Scheme
from engage.accounts.events import OrganisationRegistered, OrganisationSuspended, OrganisationVerified
from engage.accounts.models import Organisation, OrganisationIdentifier
from engage.accounts.service.identifiers import normalise
from engage.accounts.service.letters import tell_members
from engage.audit.service import record
from engage.kernel import clock
from engage.kernel.actor import Anyone, OrganisationKind
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.events import emit
from engage.kernel.states import check
from engage.kernel.text import sha256

LONGEST_NAME = 200
ALREADY_THERE = "This organisation is already on engage. Ask its administrator to add you."
TAGS: dict[Decision, str] = {
    Decision.VERIFY: "verified",
    Decision.REFUSE: "refused",
    Decision.SUSPEND: "suspended",
    Decision.LIFT: "restored",
}
"""What happened, in the audit trail and in the names of the mails' templates."""


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

    ``identifiers`` are pairs of scheme and number; ``Scheme.NONE`` is left out. Side effects: the rows, an
    audit line, the event ``OrganisationRegistered``. Raises ``Invalid`` (field ``number``) for a number its
    register could not have given, ``ValueError`` for an unknown scheme, ``Conflict`` when an organisation
    with the identifier exists.
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


def decide(
    session: Session, *, actor: Anyone, organisation_id: int, decision: Decision, reason: str = ""
) -> Organisation:
    """Verify, refuse or suspend an organisation, or lift its suspension, and tell its members.

    Side effects: the organisation, an audit line (with a digest of the reason, which may name people), a
    letter to every member, the event ``OrganisationVerified`` or ``OrganisationSuspended``. Raises
    ``NotFound``, ``Conflict`` when its state does not allow this, ``Invalid`` (field ``reason``) for a
    refusal or suspension without a reason.
    """
    organisation = session.get(
        Organisation, organisation_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if organisation is None:
        raise NotFound
    before, after = organisation.state, OUTCOME[decision]
    check(TRANSITIONS, now=before, to=after, thing="organisation")
    if decision not in DECISIONS[before]:
        raise Conflict(f"This organisation is {before.value}: you cannot {decision.value} it.")
    if decision.needs_reason and not reason:
        raise Invalid({"reason": "Say why, so that the organisation knows"})
    organisation.state = after
    organisation.state_reason = reason or None
    if after is OrganisationState.VERIFIED:
        organisation.verified_at = clock.now()
    session.flush()
    record(
        session,
        actor=actor,
        tag=f"accounts:organisation:{TAGS[decision]}",
        subject=subject_of(organisation),
        before=before.value,
        after=after.value,
        reason_digest=sha256(reason) if reason else None,
    )
    occasion = clock.now().isoformat()
    template = f"organisation_{TAGS[decision]}"
    tell_members(session, organisation=organisation, template=template, occasion=occasion, sender=actor)
    if after is OrganisationState.VERIFIED:
        emit(session, OrganisationVerified(organisation.id))
    elif before is OrganisationState.VERIFIED:
        emit(session, OrganisationSuspended(organisation.id))
    return organisation
