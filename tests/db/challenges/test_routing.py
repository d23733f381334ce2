"""A change of the legal route: two people, out of view until the notice, everyone told what some knew before."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.accounts.queries import actor_of
from engage.challenges import queries, service
from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.enums.routes import RouteChangeState
from engage.challenges.models import Challenge, RouteChange
from engage.consultation import queries as consultation
from engage.consultation import service as telling
from engage.consultation.models import ToldFact
from engage.consultation.service import Said
from engage.kernel import clock
from engage.kernel.actor import Actor, Role
from engage.kernel.chain import verify
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from engage.ledger import queries as ledger
from engage.ledger.enums import EVERYONE, Channel
from engage.ledger.models import Disclosure
from engage.matchmaking.enums import InvitationState
from tests.factories import accounts, advisory, challenges
from tests.support.records import letters, tags, told

PME, EXPLORATION = Route.PRELIMINARY_MARKET_ENGAGEMENT, Route.POLICY_EXPLORATION
REASON = "A procurement is planned now."
NUMBER, OCID = "012345-2026", "ocds-h6vhtk-0a1b2c"


def author(session: Session, challenge: Challenge) -> Actor:
    return accounts.actor(session, Role.POLICY_AUTHOR, organisation=challenge.organisation)


def approver(session: Session, challenge: Challenge) -> Actor:
    return accounts.actor(session, Role.APPROVER, organisation=challenge.organisation)


def propose(session: Session, challenge: Challenge, by: Actor, to: Route = PME) -> RouteChange:
    purposes = [EngagementPurpose.SUPPLIERS, EngagementPurpose.REQUIREMENTS] if to is PME else []
    return service.propose_route(
        session, actor=by, challenge=challenge, to=to, purposes=purposes, reason=REASON
    )


def change(session: Session, challenge: Challenge, to: Route = PME) -> RouteChange:
    proposed = propose(session, challenge, author(session, challenge), to)
    return service.make_route_change(session, actor=approver(session, challenge), change=proposed)


def phone_call(
    session: Session, challenge: Challenge, text: str = "Wayfare heard: 40,000 pounds."
) -> ToldFact:
    by = author(session, challenge)
    said = Said(
        organisation="Wayfare",
        on_engage=False,
        channel=Channel.PHONE,
        told_at=clock.now() - timedelta(days=1),
        told_by_id=by.person_id,
    )
    return telling.record_telling(
        session, actor=by, challenge=challenge, title="The budget", text=text, said=said
    )


@pytest.mark.parametrize(
    "state", [ChallengeState.PUBLISHED, ChallengeState.ENGAGING, ChallengeState.FINDINGS_DUE]
)
def test_a_public_challenge_leaves_the_view_and_comes_back_where_it_stood_with_the_notice(
    session: Session, state: ChallengeState
) -> None:
    challenge = challenges.challenge(session, state=state)
    fact = phone_call(session, challenge)
    invited, volunteer, declined = (advisory.team(session) for _ in range(3))
    advisory.invitation(session, challenge=challenge, supplier=invited.supplier)
    gone = InvitationState.DECLINED
    advisory.invitation(session, challenge=challenge, supplier=declined.supplier, state=gone)
    advisory.offer(session, challenge=challenge, team=volunteer)
    old_hash = challenge.approved_hash

    made = change(session, challenge)
    assert (challenge.state, challenge.route) == (ChallengeState.NOTICE_PENDING, PME)
    assert (challenge.purposes, challenge.route_reason) == (["requirements", "suppliers"], REASON)
    assert (challenge.published_at, made.resume, challenge.is_public) == (None, state, False)
    assert challenge.approved_hash == challenge.content_hash != old_hash
    assert [(each["fact"], each["audiences"], each["everyone_since"]) for each in made.who_knew] == [
        (fact.key, [f"telling:{fact.tellings[0].id}"], "")
    ]
    assert (fact.with_publication, fact.released_at) == (True, None)
    with pytest.raises(NotFound):
        queries.public_challenge(session, ref=challenge.ref)
    paused = letters(session, "engagement_paused")
    assert sorted(letter.recipient for letter in paused) == sorted(
        [invited.person.email, volunteer.person.email]
    )
    assert [REASON in letter.text for letter in paused] == [False, False]

    lead = author(session, challenge)
    with pytest.raises(Conflict, match="Record the notice"):
        service.publish(session, actor=lead, challenge=challenge)
    service.record_notice(session, actor=lead, challenge=challenge, notice_number=NUMBER, ocid=OCID)
    telling.release_fact(session, actor=lead, fact=fact, wording="40,000 pounds.")
    service.publish(session, actor=lead, challenge=challenge)
    assert (challenge.state, challenge.is_public, made.told_at) == (state, True, challenge.published_at)
    assert queries.public_content(session, challenge=challenge)["route"] == "preliminary_market_engagement"
    assert fact.released_at is not None
    assert fact.wording == "40,000 pounds."
    to_everyone = [name for name, audience in told(session) if audience == EVERYONE]
    assert to_everyone == [f"version:{challenge.ref}/2", made.key, fact.key]
    assert len(letters(session, "engagement_resumed")) == 2
    now = clock.now()
    assert [
        each for each in ledger.asymmetries(session, challenge_ref=challenge.ref, now=now) if each.is_open
    ] == []
    assert [tag.rpartition(":")[2] for tag in tags(session, "challenges:")] == [
        "route_proposed",
        "route_changed",
        "notice_recorded",
        "published",
        "resumed",
    ]
    session.commit()
    assert list(verify(session, Disclosure)) == []


@pytest.mark.parametrize("to", [PME, EXPLORATION])
def test_nothing_is_published_before_a_person_has_worded_what_some_were_told(
    session: Session, to: Route
) -> None:
    before = {PME: ChallengeState.ENGAGING, EXPLORATION: ChallengeState.NOTICE_PENDING}[to]
    answers = challenges.PME if to is EXPLORATION else {}
    challenge = challenges.challenge(session, state=before, **answers)
    fact = phone_call(session, challenge, "Jo Bell of Wayfare, 020 7946 0000, heard: 40,000 pounds.")
    change(session, challenge, to)
    lead = author(session, challenge)
    if to is PME:
        service.record_notice(session, actor=lead, challenge=challenge, notice_number=NUMBER, ocid=OCID)
    waiting = challenge.state
    assert [each.id for each in consultation.unworded(session, challenge_id=challenge.id)] == [fact.id]
    with (
        pytest.raises(Conflict, match=r"what everyone will read of “The budget”\. On the Ledger tab"),
        session.begin_nested(),
    ):
        service.publish(session, actor=lead, challenge=challenge)
    session.refresh(challenge)
    assert (challenge.state, fact.released_at, fact.wording) == (waiting, None, "")
    telling.release_fact(session, actor=lead, fact=fact, wording="40,000 pounds.")
    assert consultation.unworded(session, challenge_id=challenge.id) == []
    service.publish(session, actor=lead, challenge=challenge)
    (shown,) = consultation.shared(session, challenge_id=challenge.id)
    assert shown.wording == "40,000 pounds."


def test_withdrawn_while_out_of_view_it_stays_out_of_view(session: Session) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING)
    change(session, challenge)
    service.withdraw(session, actor=author(session, challenge), challenge=challenge, reason="Given up.")
    assert challenge.is_public is False
    with pytest.raises(NotFound):
        queries.public_challenge(session, ref=challenge.ref)


def test_approved_but_not_yet_public_it_waits_for_the_notice_and_nobody_is_written_to(
    session: Session,
) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.APPROVED)
    made = change(session, challenge)
    assert (challenge.state, made.resume) == (ChallengeState.NOTICE_PENDING, None)
    assert letters(session, "engagement_paused") == []
    back = change(session, challenge, EXPLORATION)
    assert (challenge.state, challenge.route, challenge.purposes) == (
        ChallengeState.APPROVED,
        EXPLORATION,
        [],
    )
    service.publish(session, actor=author(session, challenge), challenge=challenge)
    assert challenge.state is ChallengeState.PUBLISHED
    keys = {name for name, audience in told(session) if audience == EVERYONE}
    assert keys == {f"version:{challenge.ref}/3", made.key, back.key}


def test_one_taken_from_view_may_return_as_exploration_and_goes_on(session: Session) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING)
    change(session, challenge)
    change(session, challenge, EXPLORATION)
    service.publish(session, actor=author(session, challenge), challenge=challenge)
    assert (challenge.state, challenge.route) == (ChallengeState.ENGAGING, EXPLORATION)


def test_nobody_agrees_to_their_own_proposal_and_no_writer_to_any(session: Session) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING)
    both = accounts.actor(session, Role.POLICY_AUTHOR, Role.APPROVER, organisation=challenge.organisation)
    proposed = propose(session, challenge, both)
    writer = accounts.membership(
        session, person=challenge.author, organisation=challenge.organisation, roles={Role.APPROVER}
    )
    outsider = accounts.actor(session, Role.APPROVER)
    for who, words in (
        (both, "You proposed"),
        (actor_of(challenge.author, writer), "did not write"),
        (outsider, "did not write"),
        (author(session, challenge), "did not write"),
    ):
        with pytest.raises(NotAllowed, match=words):
            service.make_route_change(session, actor=who, change=proposed)
        with pytest.raises(NotAllowed, match=words):
            service.decline_route_change(session, actor=who, change=proposed, reason="No.")
    assert (proposed.state, challenge.state) == (RouteChangeState.PROPOSED, ChallengeState.ENGAGING)
    with pytest.raises(IntegrityError, match="two_people"), session.begin_nested():
        session.execute(
            sa.update(RouteChange).values(state="made", decided_by_id=both.person_id, decided_at=clock.now())
        )


def test_a_proposal_is_decided_once_and_only_one_waits(session: Session) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING)
    proposed = propose(session, challenge, author(session, challenge))
    with pytest.raises(Conflict, match="waits for an approver already"):
        propose(session, challenge, author(session, challenge))
    second = approver(session, challenge)
    with pytest.raises(Invalid, match="Say why the route stays"):
        service.decline_route_change(session, actor=second, change=proposed, reason=" ")
    service.decline_route_change(session, actor=second, change=proposed, reason="No procurement is planned.")
    with pytest.raises(Conflict, match="is declined"):
        service.make_route_change(session, actor=second, change=proposed)
    with pytest.raises(Conflict, match="is declined"):
        service.decline_route_change(session, actor=second, change=proposed, reason="Again.")
    assert (challenge.state, challenge.route) == (ChallengeState.ENGAGING, EXPLORATION)
    assert propose(session, challenge, author(session, challenge)).state is RouteChangeState.PROPOSED


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ChallengeState.DRAFT, "not approved yet"),
        (ChallengeState.CHANGES_REQUESTED, "not approved yet"),
        (ChallengeState.IN_REVIEW, "not approved yet"),
        (ChallengeState.CLOSED, "is closed"),
        (ChallengeState.WITHDRAWN, "is withdrawn"),
    ],
)
def test_the_route_of_a_draft_is_an_answer_and_of_what_is_over_a_fact(
    session: Session, state: ChallengeState, words: str
) -> None:
    challenge = challenges.challenge(session, state=state)
    with pytest.raises(Conflict, match=words):
        propose(session, challenge, author(session, challenge))


def test_market_engagement_does_not_become_exploration_once_its_notice_is_out(session: Session) -> None:
    waiting = challenges.challenge(session, state=ChallengeState.NOTICE_PENDING, **challenges.PME)
    lead = author(session, waiting)
    service.record_notice(session, actor=lead, challenge=waiting, notice_number=NUMBER, ocid=OCID)
    with pytest.raises(Conflict, match="Notice 012345-2026 is recorded"):
        propose(session, waiting, lead, EXPLORATION)
    public = challenges.challenge(session, state=ChallengeState.PUBLISHED, **challenges.PME)
    with pytest.raises(Conflict, match="notice cannot be taken back"):
        propose(session, public, author(session, public), EXPLORATION)
    with pytest.raises(Conflict, match="already"):
        propose(session, public, author(session, public), PME)


@pytest.mark.parametrize(
    ("reason", "purposes", "fields"),
    [
        (" ", [EngagementPurpose.TERMS], ["reason"]),
        ("x" * 2001, [EngagementPurpose.TERMS], ["reason"]),
        ("Because.", [], ["purposes"]),
        ("", [], ["reason", "purposes"]),
    ],
)
def test_a_proposal_has_a_reason_and_a_purpose(
    session: Session, reason: str, purposes: list[EngagementPurpose], fields: list[str]
) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING)
    with pytest.raises(Invalid) as refused:
        service.propose_route(
            session,
            actor=author(session, challenge),
            challenge=challenge,
            to=PME,
            purposes=purposes,
            reason=reason,
        )
    assert list(refused.value.fields) == fields
    assert queries.route_changes(session, challenge_id=challenge.id) == []


def test_the_two_people_are_told_by_letter_and_the_ledger_says_nothing_of_it(session: Session) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING)
    first, second, both = (
        approver(session, challenge),
        approver(session, challenge),
        accounts.actor(session, Role.POLICY_AUTHOR, Role.APPROVER, organisation=challenge.organisation),
    )
    proposed = propose(session, challenge, both)
    asked = letters(session, "route_proposed")
    assert sorted(letter.recipient for letter in asked) == sorted([first.email, second.email])
    service.decline_route_change(session, actor=first, change=proposed, reason="No procurement is planned.")
    (answer,) = letters(session, "route_decided")
    assert answer.recipient == both.email
    assert answer.subject == f"The route stays: {challenge.title}"
    assert "No procurement is planned." in answer.text
    assert {letter.audience for letter in letters(session)} == {None}
    again = propose(session, challenge, both)
    service.make_route_change(session, actor=second, change=again)
    assert [each.subject.partition(":")[0] for each in letters(session, "route_decided")] == [
        "The route stays",
        "The route changed",
    ]


def test_what_everyone_may_read_of_who_knew_names_nobody(session: Session) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING)
    phone_call(session, challenge)
    made = change(session, challenge)
    (shown,) = service.public_part(made.who_knew)
    assert (shown["summary"], shown["number"]) == ("The budget", 1)
    assert "telling:" not in str(shown)
    assert queries.told_route_changes(session, challenge_id=challenge.id) == []
    assert consultation.public_differences(session, challenge=challenge) == []
