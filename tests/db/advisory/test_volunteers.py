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
from engage.matchmaking import queries as known
from engage.matchmaking import service as matchmaking
from engage.matchmaking.enums import InvitationState, Origin
from tests.factories import accounts, advisory, interests
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


ENDED = (InvitationState.EXPIRED, InvitationState.DECLINED, InvitationState.WITHDRAWN)


@pytest.mark.parametrize("state", ENDED)
@pytest.mark.parametrize("origin", [Origin.MATCHED, Origin.VOLUNTEERED])
def test_whose_invitation_has_ended_can_offer_help_again(
    session: Session, state: InvitationState, origin: Origin
) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    run = advisory.run(session, challenge=challenge) if origin is Origin.MATCHED else None
    ended = advisory.invitation(
        session,
        challenge=challenge,
        supplier=team.supplier,
        state=state,
        origin=origin,
        run=run,
        answered_by_id=team.person.id,
        decline_reason="Not then.",
    )
    if run is None:
        advisory.offer(session, challenge=challenge, team=team, pitch="Before", state=OfferState.INVITED)
    meeting = advisory.meeting(session, challenge=challenge)

    offer = service.offer_help(
        session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="After all"
    )
    with pytest.raises(AlreadyOffered):
        service.offer_help(
            session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="Twice"
        )
    assert (offer.state, offer.pitch, offer.answered_at) == (OfferState.MADE, "After all", None)
    invited = service.invite_volunteer(session, actor=accounts.actor(session, Role.FACILITATOR), offer=offer)

    assert (invited.id, invited.state, invited.origin, offer.state) == (
        ended.id,
        InvitationState.SENT,
        Origin.VOLUNTEERED,
        OfferState.INVITED,
    )
    assert (invited.expires_at, invited.decline_reason) == (matchmaking.last_moment(challenge), "")
    assert [letter.template for letter in letters(session)] == ["invitation"]
    made = "advisory:offer:made" if run is not None else "advisory:offer:made_again"
    assert tags(session) == [made, "advisory:offer:invited", "matchmaking:invitation:opened_again"]
    service.accept(session, actor=team.actor, invitation=invited, meeting=meeting)
    assert (meeting.taken, meeting.taken_invited) == (1, 0)


def test_each_offer_of_the_same_supplier_is_told(session: Session) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    runner = accounts.actor(session, Role.FACILITATOR, organisation=challenge.organisation)
    for pitch in ("First", "Second"):
        offer = service.offer_help(
            session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch=pitch
        )
        invited = service.invite_volunteer(session, actor=runner, offer=offer)
        service.decline(session, actor=team.actor, invitation=invited)

    kinds = [letter.template for letter in letters(session)]
    assert (kinds.count("offer_received"), kinds.count("invitation")) == (2, 2)


def test_time_that_has_run_out_is_an_end_though_no_job_has_come_yet(session: Session) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    late = advisory.invitation(
        session, challenge=challenge, supplier=team.supplier, expires_at=clock.now() - timedelta(minutes=1)
    )
    offer = service.offer_help(
        session, actor=team.actor, challenge=challenge, supplier=team.supplier, pitch="Late"
    )

    invited = service.invite_volunteer(session, actor=accounts.actor(session, Role.FACILITATOR), offer=offer)

    assert (invited.id, invited.state) == (late.id, InvitationState.SENT)
    assert tags(session)[-2:] == ["matchmaking:invitation:expired", "matchmaking:invitation:opened_again"]


def test_an_invitation_that_nobody_was_told_of_before_it_ended_is_no_end_for_a_volunteer(
    session: Session,
) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    unread = advisory.invitation(
        session,
        challenge=challenge,
        supplier=team.supplier,
        state=InvitationState.WITHDRAWN,
        sent_at=None,
        expires_at=None,
    )
    offer = advisory.offer(session, challenge=challenge, team=team)

    invited = service.invite_volunteer(session, actor=accounts.actor(session, Role.FACILITATOR), offer=offer)

    assert (invited.id, invited.state) == (unread.id, InvitationState.SENT)


@pytest.mark.parametrize("in_the_way", ["suspended", "conflict", "closed", "stands"])
def test_what_bars_an_invitation_bars_one_that_is_opened_again(session: Session, in_the_way: str) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    ended = advisory.invitation(
        session, challenge=challenge, supplier=team.supplier, state=InvitationState.EXPIRED
    )
    offer = advisory.offer(session, challenge=challenge, team=team)
    if in_the_way == "suspended":
        team.supplier.organisation.state = OrganisationState.SUSPENDED
    elif in_the_way == "conflict":
        interests.declared(
            session, interests.official(session, challenge), counterpart=team.supplier.organisation
        )
    elif in_the_way == "closed":
        challenge.state = ChallengeState.FINDINGS_DUE
    else:
        ended.state = InvitationState.ACCEPTED
    session.flush()

    words = {
        "suspended": "is not verified",
        "conflict": "conflict of interest",
        "closed": "only while the challenge is open",
        "stands": "already been invited",
    }
    with pytest.raises(Conflict, match=words[in_the_way]):
        service.invite_volunteer(session, actor=accounts.actor(session, Role.FACILITATOR), offer=offer)


def test_a_volunteer_of_the_match_is_no_second_invitation_in_public(session: Session) -> None:
    challenge, team = advisory.open_challenge(session), advisory.team(session)
    run = advisory.run(session, challenge=challenge)
    run.suppliers_considered = 9
    advisory.invitation(
        session,
        challenge=challenge,
        supplier=team.supplier,
        state=InvitationState.EXPIRED,
        origin=Origin.MATCHED,
        run=run,
    )
    before = known.public_summary(session, challenge_id=challenge.id)
    offer = advisory.offer(session, challenge=challenge, team=team)

    service.invite_volunteer(session, actor=accounts.actor(session, Role.FACILITATOR), offer=offer)

    assert before is not None
    assert known.public_summary(session, challenge_id=challenge.id) == before
