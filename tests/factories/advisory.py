"""Suppliers with people, invitations, sessions, seats and offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.accounts.models import Membership, Organisation, Person
from engage.accounts.queries import actor_of
from engage.advisory.enums import SeatState, SessionFormat, SessionState
from engage.advisory.models import AdvisorySession, Seat, SessionDraft, VolunteerOffer
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.interests.models import Attestation
from engage.interests.service import ATTESTED, ATTESTED_VERSION
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind, Role
from engage.kernel.ids import short_id
from engage.matching import Band
from engage.matchmaking.enums import Confidence, InvitationState, Origin, RunState
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun
from engage.matchmaking.service import fold
from engage.suppliers.models import Supplier
from tests.factories import accounts, challenges


@dataclass(frozen=True)
class SupplierTeam:
    """A supplier and one member of it."""

    supplier: Supplier
    membership: Membership

    @property
    def person(self) -> Person:
        return self.membership.person

    @property
    def actor(self) -> Actor:
        return actor_of(self.person, self.membership)


def team(
    session: Session,
    *,
    role: Role = Role.SUPPLIER_ADMIN,
    name: str = "",
    state: OrganisationState = OrganisationState.VERIFIED,
    website: str = "",
) -> SupplierTeam:
    organisation = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER, name=name, state=state)
    now = clock.now()
    supplier = Supplier(
        ref=short_id(), organisation=organisation, website=website, created_at=now, updated_at=now
    )
    session.add(supplier)
    session.flush()
    return SupplierTeam(supplier, accounts.member(session, role, organisation=organisation))


def open_challenge(session: Session, *, organisation: Organisation | None = None, **values: Any) -> Challenge:
    state = values.pop("state", ChallengeState.ENGAGING)
    return challenges.challenge(session, state=state, organisation=organisation, **values)


def meeting(session: Session, *, challenge: Challenge, **values: Any) -> AdvisorySession:
    """A session a week from now, unless ``values`` say otherwise."""
    now = clock.now()
    starts_at = values.pop("starts_at", (now + timedelta(days=7)).replace(second=0, microsecond=0))
    columns: dict[str, Any] = {
        "ref": short_id(),
        "title": "Roundtable on empty seats",
        "format": SessionFormat.ROUNDTABLE,
        "ends_at": starts_at + timedelta(hours=1),
        "place": "Online",
        "joining_details": "https://meet.example/secret-room",
        "agenda": "1. What works\n2. What does not",
        "places": 5,
        "created_at": now,
        "updated_at": now,
    }
    if values.get("state") is SessionState.CANCELLED:
        columns["cancel_reason"] = "The room is flooded."
    made = AdvisorySession(challenge=challenge, starts_at=starts_at, **{**columns, **values})
    session.add(made)
    session.flush()
    return made


def draft(session: Session, *, challenge: Challenge, **values: Any) -> SessionDraft:
    """A session that is being prepared, for ten days from now."""
    now = clock.now()
    starts_at = (now + timedelta(days=10)).replace(second=0, microsecond=0)
    columns: dict[str, Any] = {
        "ref": short_id(),
        "title": "A round table to come",
        "format": SessionFormat.ROUNDTABLE,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "zone": clock.UK.key,
        "place": "Online",
        "joining_details": "https://meet.example/secret-room",
        "agenda": "1. What works",
        "places": 5,
        "reserved": 0,
        "created_at": now,
        "updated_at": now,
    }
    made = SessionDraft(challenge=challenge, **{**columns, **values})
    session.add(made)
    session.flush()
    return made


def invitation(
    session: Session,
    *,
    challenge: Challenge,
    supplier: Supplier,
    state: InvitationState = InvitationState.SENT,
    **values: Any,
) -> Invitation:
    now = clock.now()
    columns: dict[str, Any] = {"ref": short_id(), "origin": Origin.VOLUNTEERED, "created_at": now}
    columns["corporate_group"] = fold(supplier.corporate_group)
    if state is not InvitationState.HELD:
        columns |= {"sent_at": now, "expires_at": now + timedelta(days=14)}
    made = Invitation(challenge=challenge, supplier=supplier, state=state, **{**columns, **values})
    session.add(made)
    session.flush()
    return made


def run(session: Session, *, challenge: Challenge) -> MatchRun:
    """A released match run."""
    now = clock.now()
    made = MatchRun(
        ref=short_id(),
        challenge=challenge,
        state=RunState.RELEASED,
        frozen_at=now,
        matched_at=now,
        released_at=now,
        snapshot={},
        snapshot_hash="",
        parameters={},
        engine_version="1",
        embedder="none",
        model_digest="none",
    )
    session.add(made)
    session.flush()
    return made


def candidate(
    session: Session, *, run: MatchRun, team: SupplierTeam, explanation: dict[str, Any]
) -> MatchCandidate:
    made = MatchCandidate(
        run=run,
        supplier=team.supplier,
        rank=1,
        score=2.0,
        band=Band.STRONG,
        confidence=Confidence.LOW,
        statements=1,
        why="“No-show prediction” speaks of “empty seats”.",
        explanation=explanation,
    )
    session.add(made)
    session.flush()
    return made


def seat(
    session: Session,
    *,
    meeting: AdvisorySession,
    team: SupplierTeam | None = None,
    state: SeatState = SeatState.CONFIRMED,
    invitation_row: Invitation | None = None,
    confirmed: bool = True,
) -> Seat:
    """A seat with its accepted invitation, counted in the session as the service counts it.

    Who attends has confirmed what everybody confirms on entry, unless ``confirmed`` is false.
    """
    holder = team or globals()["team"](session)
    invited = invitation_row or invitation(
        session, challenge=meeting.challenge, supplier=holder.supplier, state=InvitationState.ACCEPTED
    )
    now = clock.now()
    volunteered = invited.origin is Origin.VOLUNTEERED
    if state is not SeatState.RELEASED:
        meeting.taken = (meeting.taken or 0) + 1
        meeting.taken_invited = (meeting.taken_invited or 0) + (not volunteered)
    made = Seat(
        session=meeting,
        supplier=holder.supplier,
        invitation=invited,
        person=holder.person,
        state=state,
        volunteered=volunteered,
        corporate_group=fold(holder.supplier.corporate_group),
        created_at=now,
        updated_at=now,
    )
    session.add(made)
    session.flush()
    if confirmed:
        _confirmed(session, made)
    return made


def _confirmed(session: Session, seat: Seat) -> None:
    session.add(
        Attestation(
            person_id=seat.person_id,
            organisation_id=seat.supplier.organisation_id,
            challenge_id=seat.session.challenge_id,
            subject=f"session:{seat.session.ref}",
            version=ATTESTED_VERSION,
            text=ATTESTED,
            made_at=clock.now(),
        )
    )
    session.flush()


def offer(
    session: Session,
    *,
    challenge: Challenge,
    team: SupplierTeam,
    pitch: str = "We ran this before.",
    **values: Any,
) -> VolunteerOffer:
    made = VolunteerOffer(
        challenge=challenge,
        supplier=team.supplier,
        person=team.person,
        pitch=pitch,
        created_at=clock.now(),
        **values,
    )
    session.add(made)
    session.flush()
    return made


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)
