"""Two worlds that differ in one preliminary market engagement, approved and waiting for its notice, and what hangs on it.

``open_world`` is what anybody outside may meet: an engagement under way with a released match, sessions, questions and
answers; another department with work of its own; a supplier whose work is what the hidden challenge is about.
``hide`` adds the hidden challenge with everything that can hang on one, ``show`` makes it public.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Membership, Organisation
from engage.accounts.queries import actor_of
from engage.challenges import service
from engage.challenges.enums import ChallengeState, EngagementPurpose, Route
from engage.challenges.enums.files import AttachmentState
from engage.challenges.models import Attachment, Challenge
from engage.challenges.models.attachments import Attached
from engage.cli.worker import JOBS
from engage.consultation import service as telling
from engage.consultation.enums import QuestionState
from engage.consultation.models import ToldFact
from engage.digests import service as digesting
from engage.digests.enums import Topic
from engage.kernel import clock, jobs
from engage.kernel.actor import Actor, Role
from engage.kernel.filetypes import FileKind
from engage.ledger.enums import Channel
from engage.matchmaking import queries as matching
from engage.matchmaking.enums import InvitationState, OverrideKind
from engage.matchmaking.models import MatchRun
from engage.matchmaking.service import override, release
from engage.outbox.models import Letter
from engage.suppliers.models import Supplier
from tests.contracts.around import around
from tests.factories import (
    accounts,
    advisory,
    challenges,
    consultation,
    digests,
    interests,
    matchmaking,
    suppliers,
    taxonomy,
    techmap,
)
from tests.factories import transparency as notices

WORD = "Zeppelinmoorings"
"""Stands in the hidden text and nowhere else."""
TITLE = f"{WORD} on flooded rivers"
PAPER, SECRET_PAPER = b"Gauges and sirens.\n", f"{WORD}, and where they are.\n".encode()
SLIDES, SECRET_SLIDES = b"What the gauges say.\n", f"What {WORD} say.\n".encode()
NOTICE, OCID = "990042-2026", "ocds-h6vhtk-ffff42"

Names = dict[str, list[str | int]]
"""Values for the places of addresses, by the name of the place."""


@dataclass
class World:
    """What the tests need to know of the open world, and of what is hidden in it."""

    ours_id: int
    """The department of the hidden challenge."""
    author: Actor
    approver: Actor
    supplier: advisory.SupplierTeam
    guest: tuple[int, int]
    """Another supplier and a member of it, by id: with them things hang on the hidden challenge."""
    theirs: Membership
    """Somebody of another department who is everything there."""
    subscriptions: Mapping[str, int]
    """Ids by what the subscription is about."""
    names: Names = field(default_factory=dict)
    hidden: Names = field(default_factory=dict)
    """The names of what hangs on the hidden challenge."""


def open_world(session: Session) -> World:
    """Make everything but the hidden challenge."""
    taxonomy.taxonomy(session)
    market = matchmaking.market(session, state=ChallengeState.ENGAGING, attachments=[entry(PAPER)])
    paper(session, market.challenge)
    membership = suppliers.member(session, market.best)
    holder = advisory.SupplierTeam(market.best, accounts.member(session, *_both(), **_of(market.best)))
    theirs = accounts.member(
        session, Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR, organisation=market.department
    )
    ours, guest = accounts.new_organisation(session, name="Office for Moorings"), advisory.team(session)
    world = World(
        ours_id=ours.id,
        author=accounts.actor(session, Role.POLICY_AUTHOR, Role.FACILITATOR, organisation=ours),
        approver=accounts.actor(session, Role.APPROVER, organisation=ours),
        supplier=holder,
        guest=(guest.supplier.id, guest.membership.id),
        theirs=theirs,
        subscriptions=_subscriptions(session, ours),
    )
    suppliers.statement(session, market.best, title=WORD, text=f"We have built {WORD} on flooded rivers.")
    world.names = joined(
        _open_names(session, world, market),
        _open_fairness(session, world, market.challenge),
        {"membership_id": [membership.id]},
    )
    techmap.drawn(session)
    session.commit()
    run_jobs(session)
    return world


def joined(*several: Names) -> Names:
    """Return all the names of ``several``."""
    found: Names = {}
    for names in several:
        for name, values in names.items():
            found[name] = [*found.get(name, []), *values]
    return found


def entry(data: bytes) -> Attached:
    """The line of a text that lists ``data`` as an attachment."""
    return {
        "name": "paper.txt",
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
        "kind": FileKind.TEXT.value,
    }


def paper(session: Session, found: Challenge) -> None:
    """Keep the file that the open challenge lists."""
    known = {**entry(PAPER), "kind": FileKind.TEXT}
    session.add(
        Attachment(
            challenge_id=found.id,
            data=PAPER,
            state=AttachmentState.CLEAN,
            added_by_id=found.author_id,
            added_at=clock.now(),
            checked_at=clock.now(),
            **known,
        )
    )
    session.flush()


def _open_fairness(session: Session, world: World, running: Challenge) -> Names:
    """Interests, steps about them, and what was told elsewhere, in the engagement that everybody sees."""
    theirs, guest = actor_of(world.theirs.person, world.theirs), guest_of(session, world)
    own = interests.declared(session, theirs, challenge=running)
    steps = interests.proposed(
        session, running, interests.declared(session, interests.official(session, running))
    )
    suppliers_own = interests.declared(session, world.supplier.actor)
    told = _tell(session, theirs, running, guest, "How many gauges there are")
    released = _tell(session, theirs, running, guest, "Which valleys come first")
    telling.release_fact(session, actor=theirs, fact=released, wording="The valleys in the north come first.")
    return {
        "declaration_id": [own.id, steps.declaration_id, suppliers_own.id],
        "mitigation_id": [steps.id],
        "fact_id": [told.id, released.id],
        "sha256": [entry(PAPER)["sha256"]],
        "slug": ["flood-warning"],
    }


def guest_of(session: Session, world: World) -> advisory.SupplierTeam:
    """Return the guest as rows of ``session``."""
    supplier_id, membership_id = world.guest
    return advisory.SupplierTeam(
        session.get_one(Supplier, supplier_id), session.get_one(Membership, membership_id)
    )


def _tell(
    session: Session, actor: Actor, found: Challenge, whom: advisory.SupplierTeam, title: str
) -> ToldFact:
    said = telling.Said(
        organisation=whom.supplier.organisation.name,
        on_engage=True,
        channel=Channel.PHONE,
        told_at=clock.now() - timedelta(hours=1),
        told_by_id=actor.person_id,
    )
    return telling.record_telling(
        session, actor=actor, challenge=found, title=title, text=f"{title}: it depends.", said=said
    )


def _both() -> tuple[Role, Role]:
    return Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT


def _of(supplier: Supplier) -> dict[str, Any]:
    return {"organisation": supplier.organisation}


def _subscriptions(session: Session, ours: Organisation) -> Mapping[str, int]:
    about = {
        Topic.EVERYTHING: "",
        Topic.DEPARTMENT: str(ours.id),
        Topic.CPV: challenges.ANSWERS["cpv"][0],
        Topic.REGION: "TLI",
        Topic.SEARCH: WORD,
    }
    return {
        topic.value: digests.subscription(session, topic=topic, value=value).id
        for topic, value in about.items()
    }


def _open_names(session: Session, world: World, market: matchmaking.Market) -> Names:
    theirs = actor_of(world.theirs.person, world.theirs)
    running = market.challenge
    run = matchmaking.run(session, market, first=2)
    release(session, actor=theirs, run=run)
    invitation = matching.invitation_of(
        session, challenge_id=running.id, supplier_id=world.supplier.supplier.id
    )
    assert invitation is not None
    meeting = advisory.meeting(session, challenge=running)
    invitation.state = InvitationState.ACCEPTED
    seat = advisory.seat(session, meeting=meeting, team=world.supplier, invitation_row=invitation)
    held = advisory.meeting(
        session, challenge=running, starts_at=clock.now() - timedelta(days=2), title="The first talk"
    )
    answered = consultation.question(
        session, challenge=running, team=world.supplier, state=QuestionState.ANSWERED
    )
    asked = consultation.question(session, challenge=running, team=world.supplier, text="And who pays?")
    stranger = advisory.team(session)
    offer = advisory.offer(session, challenge=running, team=stranger)
    own = {
        state: challenges.challenge(session, state=state, organisation=market.department, **values)
        for state, values in (
            (ChallengeState.DRAFT, {"author": world.theirs.person}),
            (ChallengeState.IN_REVIEW, {}),
            (ChallengeState.APPROVED, {}),
            (ChallengeState.NOTICE_PENDING, challenges.PME),
        )
    }
    details = notices.details(session, own[ChallengeState.NOTICE_PENDING])
    assert details is not None
    hung = around(
        session, held=held, coming=meeting, team=world.supplier, invitation=invitation, slides=SLIDES
    )
    names: Names = {
        "ref:challenge": [running.ref, *(each.ref for each in own.values())],
        "ref:supplier": [world.supplier.supplier.ref],
        "ref:run": [run.ref],
        "ref:invitation": [invitation.ref],
        "ref:session": [meeting.ref, held.ref],
        "draft_ref": [advisory.draft(session, challenge=running).ref],
        "supplier_ref": [world.supplier.supplier.ref],
        "session_ref": [meeting.ref, held.ref],
        "question": ["problem"],
        "part": ["scope"],
        "key": ["closed"],
        "question_id": [asked.id, answered.id],
        "offer_id": [offer.id],
        "statement_id": [each.id for each in world.supplier.supplier.statements],
        "seat_id": [seat.id],
        "number": [1],
        "subscription_token": [digesting.token_for(number) for number in world.subscriptions.values()],
        "kind": ["challenges", "changes"],
        "format": ["atom", "json"],
        "managing_token": [digesting.managing_token(number) for number in world.subscriptions.values()],
    }
    return joined(names, hung)


def hide(session: Session, world: World) -> Challenge:
    """Add a preliminary market engagement that waits for its notice, with all that can hang on one by mistake.

    The text is written, submitted, matched beforehand and approved as people do it. Sessions, questions, offers
    and invitations could not be made yet: they stand for those of a challenge that was sent back, and for a mistake
    elsewhere.
    """
    answers = {
        **challenges.ANSWERS,
        **challenges.PME,
        "problem": f"{WORD} on flooded rivers come loose: river gauges warn too late.",
        "closes_on": clock.uk_today() + timedelta(days=40),
    }
    made = service.create_draft(session, actor=world.author, title=TITLE, answers=answers)
    service.attach(session, actor=world.author, challenge=made, name=f"{WORD}.txt", data=SECRET_PAPER)
    session.commit()
    run_jobs(session)
    service.submit(session, actor=world.author, challenge=made)
    service.approve(session, actor=world.approver, challenge=made, content_hash=made.content_hash)
    notices.details(session, made)
    session.commit()
    run_jobs(session)
    world.hidden = _hidden_names(session, world, made, advisory.run(session, challenge=made))
    session.commit()
    return made


def take_from_view(session: Session, world: World) -> Challenge:
    """Add a policy exploration that was public, was matched, and is hidden since its route changed.

    The supplier that looks was compared and, by a person's decision, not invited.
    """
    answers = {
        **challenges.ANSWERS,
        "problem": f"{WORD} on flooded rivers come loose: river gauges warn too late.",
        "closes_on": clock.uk_today() + timedelta(days=40),
    }
    made = service.create_draft(session, actor=world.author, title=TITLE, answers=answers)
    service.submit(session, actor=world.author, challenge=made)
    service.approve(session, actor=world.approver, challenge=made, content_hash=made.content_hash)
    service.publish(session, actor=world.author, challenge=made)
    session.commit()
    run_jobs(session)
    run = matching.current_run(session, challenge_id=made.id)
    assert run is not None
    looking = str(world.names["ref:supplier"][0])
    found = [each.supplier.ref for each in matching.candidates(session, run_id=run.id)]
    other = next(ref for ref in found if ref != looking)
    for ref, kind in ((looking, OverrideKind.EXCLUDE), (other, OverrideKind.PIN)):
        reason = "The team talked about it, and wants it so."
        override(session, actor=world.author, run=run, supplier_ref=ref, kind=kind, reason=reason)
    release(session, actor=world.author, run=run)
    session.commit()
    run_jobs(session)
    world.hidden = _hidden_names(session, world, made, run)
    change = service.propose_route(
        session,
        actor=world.author,
        challenge=made,
        to=Route.PRELIMINARY_MARKET_ENGAGEMENT,
        purposes=[EngagementPurpose.REQUIREMENTS],
        reason="A purchase has become likely.",
    )
    service.make_route_change(session, actor=world.approver, change=change)
    session.commit()
    run_jobs(session)
    return made


def _hidden_names(session: Session, world: World, made: Challenge, run: MatchRun) -> Names:
    meeting = advisory.meeting(session, challenge=made, title=f"Talk on {WORD}")
    held = advisory.meeting(
        session,
        challenge=made,
        title=f"First talk on {WORD}",
        starts_at=clock.now() - timedelta(days=3),
        minutes=f"{WORD} came loose.",
        minutes_published_at=clock.now(),
    )
    team = guest_of(session, world)
    text = f"Which {WORD} are meant?"
    answered = consultation.question(
        session, challenge=made, team=team, text=text, state=QuestionState.ANSWERED
    )
    asked = consultation.question(session, challenge=made, team=team, text=text)
    offer = advisory.offer(session, challenge=made, team=team)
    invitation = advisory.invitation(session, challenge=made, supplier=team.supplier)
    seat = advisory.seat(session, meeting=meeting, team=team, invitation_row=invitation)
    own = interests.declared(session, world.author, challenge=made)
    steps = interests.proposed(session, made, own)
    told = _tell(session, world.author, made, team, f"Where the {WORD} are")
    service.add_step(
        session, actor=world.author, challenge=made, text=f"Wrote {WORD} down.", taken_on=clock.uk_today()
    )
    letters = session.scalars(sa.select(Letter.id).where(Letter.challenge_ref == made.ref)).all()
    hung = around(session, held=held, coming=meeting, team=team, invitation=invitation, slides=SECRET_SLIDES)
    names: Names = {
        "ref:challenge": [made.ref],
        "ref:session": [meeting.ref, held.ref],
        "ref:invitation": [invitation.ref],
        "ref:run": [run.ref],
        "session_ref": [meeting.ref, held.ref],
        "draft_ref": [advisory.draft(session, challenge=made, title=f"Draft on {WORD}").ref],
        "question_id": [asked.id, answered.id],
        "offer_id": [offer.id],
        "seat_id": [seat.id],
        "number": [1],
        "letter_id": list(letters),
        "declaration_id": [own.id],
        "mitigation_id": [steps.id],
        "fact_id": [told.id],
        "sha256": [entry(SECRET_PAPER)["sha256"]],
    }
    return joined(names, hung)


def show(session: Session, world: World, made: Challenge) -> None:
    """Record the notice and publish, as people do it; the match that was released by mistake is gone by then."""
    session.execute(sa.delete(MatchRun).where(MatchRun.ref == world.hidden["ref:run"][0]))
    service.record_notice(session, actor=world.author, challenge=made, notice_number=NOTICE, ocid=OCID)
    service.publish(session, actor=world.author, challenge=made)
    session.commit()
    run_jobs(session)


def run_jobs(session: Session) -> None:
    """Run every job that waits, but do not send letters."""
    for module in JOBS:
        importlib.import_module(module)
    query = sa.text("DELETE FROM procrastinate_jobs WHERE status = 'todo' RETURNING id, task_name, args")
    while rows := session.execute(query).all():
        session.commit()
        for row in sorted(rows, key=lambda row: row.id):
            if row.task_name != "outbox.deliver":
                jobs.app.tasks[row.task_name].func(**row.args)
    session.commit()
    session.expire_all()


def outsiders_letters(session: Session, world: World) -> list[tuple[str, str]]:
    """Return recipient and subject of every letter that goes to somebody outside the department."""
    people = sa.select(Membership.person_id).where(Membership.organisation_id == world.ours_id)
    query = sa.select(Letter.recipient, Letter.subject).where(
        Letter.person_id.is_(None) | Letter.person_id.not_in(people)
    )
    return sorted((row.recipient, row.subject) for row in session.execute(query))
