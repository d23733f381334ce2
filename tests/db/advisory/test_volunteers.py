"""Offering help, and the answers to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from engage.accounts.enums import OrganisationState
from engage.advisory import queries, service
from engage.advisory.enums import OfferState
from engage.advisory.errors import AlreadyOffered
from engage.challenges.enums import OPEN_STATES, ChallengeState
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict, NotAllowed
from engage.matchmaking.enums import InvitationState, Origin
from tests.factories import accounts, advisory
from tests.support.records import letters, tags


def test_an_offer_is_told_to_those_who_run_sessions(session: Session) -> None:
    challenge = advisory.open_challenge(session)
    runners = [
        accounts.actor(session, role, organisation=challenge.organisation)
        for role in (Role.FACILITATOR, Role.POLICY_AUTHOR, Role.APPROVER)
    ]
    team = advisory.team(session, role=Role.SUPPLIER_EXPERT)

    offer = service.offer_help(
        session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="We did this in Kent."
    )

    assert (offer.state, tags(session)) == (OfferState.MADE, ["advisory:offer:made"])
    written = letters(session)
    assert [letter.recipient for letter in written] == [runner.email for runner in runners[:2]]
    assert {letter.template for letter in written} == {"offer_received"}
    assert all("We did this in Kent." in letter.text for letter in written)


def test_one_offer_stands_at_a_time_and_can_be_withdrawn(session: Session) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    first = service.offer_help(
        session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="One"
    )
    with pytest.raises(AlreadyOffered):
        service.offer_help(
            session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="Two"
        )

    service.withdraw_offer(session, actor=team.actor, offer=first)
    second = service.offer_help(
        session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="Three"
    )

    assert queries.live_offer(session, challenge_id=challenge.id, supplier_id=team.supplier.id) is second
    assert queries.offers_of_challenge(session, challenge_id=challenge.id) == [second]


@pytest.mark.parametrize("state", [state for state in ChallengeState if state not in OPEN_STATES])
def test_offers_are_for_open_challenges(session: Session, state: ChallengeState) -> None:
    challenge, team = advisory.open_challenge(session, state=state), advisory.team(session)
    with pytest.raises(Conflict, match="no longer takes offers"):
        service.offer_help(
            session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="One"
        )


def test_the_last_day_counts_and_the_day_after_does_not(session: Session) -> None:
    team = advisory.team(session)
    last_day = advisory.open_challenge(session, closes_on=clock.uk_today())
    service.offer_help(session, actor=team.actor, challenge=last_day, supplier=team.supplier, pitch="One")
    over = advisory.open_challenge(session, closes_on=clock.uk_today() - timedelta(days=1))
    with pytest.raises(Conflict, match="no longer takes offers"):
        service.offer_help(session, actor=team.actor, challenge=over, supplier=team.supplier, pitch="One")


def test_only_verified_suppliers_offer(session: Session) -> None:
    team = advisory.team(session, state=OrganisationState.SUSPENDED)
    with pytest.raises(NotAllowed):
        service.offer_help(
            session,
            actor=team.actor,
            challenge=advisory.open_challenge(session),
            supplier=team.supplier,
            pitch="One",
        )


def test_who_is_invited_answers_the_invitation(session: Session) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    advisory.invitation(session, challenge=challenge, supplier=team.supplier)
    with pytest.raises(Conflict, match="already been invited"):
        service.offer_help(
            session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="One"
        )


def test_an_invitation_that_is_held_is_not_given_away(session: Session) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    held = advisory.invitation(
        session, challenge=challenge, supplier=team.supplier, state=InvitationState.HELD
    )
    offer = service.offer_help(
        session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="One"
    )

    invited = service.invite_volunteer(session, actor=accounts.actor(session, Role.FACILITATOR), offer=offer)

    assert (invited.id, invited.state, offer.state) == (held.id, InvitationState.SENT, OfferState.INVITED)


def test_a_volunteer_who_is_invited_goes_the_way_of_every_invitation(session: Session) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    meeting = advisory.meeting(session, challenge=challenge)
    offer = advisory.offer(session, challenge=challenge, team=team)

    invitation = service.invite_volunteer(
        session, actor=accounts.actor(session, Role.FACILITATOR), offer=offer
    )
    service.accept(session, actor=team.actor, invitation=invitation, meeting=meeting)

    assert (offer.state, invitation.origin, invitation.state) == (
        OfferState.INVITED,
        Origin.VOLUNTEERED,
        InvitationState.ACCEPTED,
    )
    assert [(letter.template, letter.recipient) for letter in letters(session)] == [
        ("invitation", team.person.email),
        ("seat_confirmed", team.person.email),
    ]


def test_declining_tells_the_reason_to_who_offered_once(session: Session) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    accounts.member(session, Role.SUPPLIER_EXPERT, organisation=team.supplier.organisation)
    offer = advisory.offer(session, challenge=challenge, team=team)
    actor = accounts.actor(session, Role.FACILITATOR)

    service.decline_offer(session, actor=actor, offer=offer, reason="We have three of your kind.")

    assert (offer.state, offer.answer) == (OfferState.DECLINED, "We have three of your kind.")
    (letter,) = letters(session)
    assert (letter.template, letter.recipient) == ("offer_declined", team.person.email)
    assert "We have three of your kind." in letter.text
    for deed in (
        lambda: service.decline_offer(session, actor=actor, offer=offer, reason="Again"),
        lambda: service.invite_volunteer(session, actor=actor, offer=offer),
        lambda: service.withdraw_offer(session, actor=team.actor, offer=offer),
    ):
        with pytest.raises(Conflict):
            deed()
