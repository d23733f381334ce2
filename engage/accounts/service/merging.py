"""One organisation that was registered twice: its people and its numbers go to the one that is kept."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts import queries
from engage.accounts.models import Membership, Organisation, OrganisationIdentifier, SignedInSession
from engage.accounts.policy import AccountPermission
from engage.accounts.service.joining import ask_for
from engage.accounts.service.organisations import subject_of
from engage.accounts.service.people import add_member
from engage.audit.service import record
from engage.kernel import clock
from engage.kernel.actor import Anyone, Role

ASKED_FOR = "They registered {}, which is the same organisation."


def people_can_move(session: Session, *, gone: Organisation, kept: Organisation) -> bool:
    """Tell whether people of ``gone`` act for ``kept`` at once: its team knows them, or there is nobody to ask.

    Of one that was never verified anybody may be the people: those of ``kept`` are asked about each of them.
    """
    return gone.verified or not queries.people_with(
        session, *AccountPermission.MANAGE_PEOPLE.roles, organisation_id=kept.id
    )


def bring_people(
    session: Session, *, actor: Anyone, gone: Organisation, kept: Organisation, at_once: bool
) -> int:
    """Let the people of ``gone`` act for ``kept``, or have those of ``kept`` asked whether they may; return how many.

    ``at_once``: with the roles that they had, wherever they are signed in. Whose address was never confirmed stays.
    Side effects for each, by membership: the memberships or the request, audit lines, with a request the letters.
    """
    live = queries.members(session, organisation_id=gone.id)
    brought = 0
    for membership in sorted(live, key=lambda each: each.id):
        person = membership.person
        if person.disabled_at or not person.email_verified_at:
            continue
        if at_once:
            _move(session, actor, membership, kept)
            brought += 1
        else:
            words = ASKED_FOR.format(gone.name)
            brought += ask_for(session, organisation=kept, name=person.name, email=person.email, words=words)
    return brought


def bring_numbers(session: Session, *, actor: Anyone, gone: Organisation, kept: Organisation) -> list[str]:
    """Give the identifiers of ``gone`` to ``kept``, of registers of which that has no number; return them.

    Whoever registers with such a number later finds ``kept``. Side effects: the rows, an audit line.
    """
    held = {each.scheme for each in kept.identifiers}
    moving = [each for each in gone.identifiers if each.scheme not in held]
    numbers = [f"{each.scheme}-{each.value}" for each in moving]
    if moving:
        ids = [each.id for each in moving]
        session.execute(
            sa.update(OrganisationIdentifier)
            .where(OrganisationIdentifier.id.in_(ids))
            .values(organisation_id=kept.id)
        )
        session.flush()
        for organisation in (gone, kept):
            session.expire(organisation, ["identifiers"])
        record(
            session,
            actor=actor,
            tag="accounts:organisation:numbers_brought",
            subject=subject_of(kept),
            identifiers=numbers,
            of=gone.id,
        )
    return numbers


def _move(session: Session, actor: Anyone, membership: Membership, kept: Organisation) -> None:
    moved = add_member(
        session,
        person=membership.person,
        organisation=kept,
        roles=[Role(role) for role in membership.roles],
        actor=actor,
    )
    membership.ended_at = clock.now()
    session.flush()
    session.execute(
        sa.update(SignedInSession)
        .where(SignedInSession.membership_id == membership.id)
        .values(membership_id=moved.id)
    )
    record(
        session,
        actor=actor,
        tag="accounts:membership:ended",
        subject=subject_of(membership.organisation),
        person_id=membership.person_id,
    )
