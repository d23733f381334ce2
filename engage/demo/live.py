"""The main job on one real challenge, before your eyes: every step is what a person's click does."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.advisory import queries as sessions
from engage.advisory import service as advisory
from engage.advisory.enums import SessionFormat
from engage.advisory.service import SessionDetails
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.demo import texts
from engage.demo.accounts import APPROVER, AUTHOR
from engage.demo.hands import work
from engage.demo.script import clock, moment
from engage.demo.stories.alerts import READER
from engage.demo.stories.meetings import publish
from engage.digests import queries as subscriptions
from engage.digests import service as digests
from engage.kernel.actor import Actor, Role
from engage.kernel.clock import as_of, now, uk_today
from engage.kernel.db import new_session, reading, unit_of_work
from engage.kernel.settings import settings
from engage.matchmaking import queries as matchmaking
from engage.matchmaking import service as matching
from engage.matchmaking.enums import Outcome, OverrideKind
from engage.matchmaking.models import Invitation, MatchRun
from engage.matchmaking.service import RulesText
from engage.outbox import queries as letters
from engage.outbox.service.transports import open_transport
from engage.suppliers import queries as suppliers

ACCEPTS, VOLUNTEERS = "leila@marrowmere.example", "owen@fennarby.example"
RULES = RulesText(
    places=8,
    floors={"sme": 2, "vcse": 1},
    exploration=0.13,
    reason="We want those who run homes at the table, and somebody we do not know yet.",
)
WANTED = "It has run such homes, which the pilot was modelled on."
UNWANTED = "It has told the team that it would rather offer its help by itself."
PLACES, DAYS_AHEAD = 8, 14
PATIENCE = 90.0
"""How long to wait for a match that another worker has taken, in seconds."""
PITCH = (
    "We find buildings, and ask young people which of them could be home. You have six flats; we can say what "
    "made forty others work, and what we would not do again."
)
AGENDA = (
    "10:00 What the pilot showed\n10:30 What a safe first home needs\n11:15 What happens when support ends"
)


class LiveError(Exception):
    """The walk could not go on; the sentence says why."""


@dataclass(frozen=True)
class Digest:
    """A digest as it will be written, and when it goes out."""

    recipient: str
    subject: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Walk:
    """Where the walk left its traces, and the digest that was composed at the end."""

    challenge_id: int
    run_id: int
    volunteer: str
    """Name of the supplier that was not invited and offers to help."""
    volunteer_ref: str
    digest: Digest


def walk() -> Walk:
    """Walk the main job through on a new challenge and return where to read about it.

    Each step is a unit of work of its own. Jobs are run here as they come up, unless the worker of a running site
    takes them first. The digest is composed as it will go out and not kept: its hour has not come yet. Raises
    ``LiveError`` when no match is made in time or nobody could be invited.
    """
    challenge_id = _published()
    run_id = _matched(challenge_id)
    _released(challenge_id)
    _accepted(challenge_id)
    name, ref = _volunteered(challenge_id)
    work(open_transport(settings().mail_transport), matched=[challenge_id])
    return Walk(challenge_id, run_id, name, ref, _digest())


def actor(session: Session, email: str) -> Actor:
    """Return the demo's person with this address, acting for their only organisation."""
    person = accounts.person_by_email(session, email)
    assert person is not None, "the demo is loaded"
    return accounts.actor_of(person, person.memberships[0])


def _published() -> int:
    """Draft, submit, approve, set the rules of the match, publish."""
    source = texts.live()
    with unit_of_work() as session:
        author = actor(session, AUTHOR.email)
        answers = source.complete(uk_today())
        made = challenges.create_draft(session, actor=author, title=source.title, answers=answers)
        made.source = source.source
        challenges.submit(session, actor=author, challenge=made)
    with unit_of_work() as session:
        made = session.get_one(Challenge, made.id)
        approver = actor(session, APPROVER.email)
        challenges.approve(session, actor=approver, challenge=made, content_hash=made.content_hash)
    with unit_of_work() as session:
        made = session.get_one(Challenge, made.id)
        author = actor(session, AUTHOR.email)
        matching.set_rules(session, actor=author, challenge=made, rules=RULES)
        challenges.publish(session, actor=author, challenge=made)
    return made.id


def _matched(challenge_id: int) -> int:
    """Run the match that publication asked for, or wait for the worker that has taken it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        work(open_transport(settings().mail_transport), matched=[challenge_id])
        with reading() as session:
            run = matchmaking.current_run(session, challenge_id=challenge_id)
            if run is not None and run.matched_at is not None:
                return run.id
        time.sleep(0.5)
    raise LiveError("No match was made in time: see the log of the worker.")


def _released(challenge_id: int) -> None:
    """Publish a session, decide about two suppliers where the plan does not suit the story, send the invitations."""
    with unit_of_work() as session:
        author = actor(session, AUTHOR.email)
        challenge = session.get_one(Challenge, challenge_id)
        publish(
            session,
            actor=author,
            draft=advisory.prepare(session, actor=author, challenge=challenge, details=_details()),
        )
        run = matchmaking.current_run(session, challenge_id=challenge_id)
        assert run is not None
        _decide(session, author, run, who=VOLUNTEERS, kind=OverrideKind.EXCLUDE, reason=UNWANTED)
        _decide(session, author, run, who=ACCEPTS, kind=OverrideKind.PIN, reason=WANTED)
        matching.release(session, actor=author, run=run)


def _decide(
    session: Session, author: Actor, run: MatchRun, *, who: str, kind: OverrideKind, reason: str
) -> None:
    """Override the plan about the supplier of the person ``who``, unless it says what the story needs anyway."""
    organisation_id = actor(session, who).organisation_id
    for one in matchmaking.candidates(session, run_id=run.id):
        chosen = one.outcome is Outcome.CHOSEN
        if one.supplier.organisation_id == organisation_id and chosen == (kind is OverrideKind.EXCLUDE):
            ref = one.supplier.ref
            matching.override(session, actor=author, run=run, supplier_ref=ref, kind=kind, reason=reason)


def _details() -> SessionDetails:
    begin = moment(uk_today(), DAYS_AHEAD, clock("10:00"))
    return SessionDetails(
        title="Round table: what a safe first home needs",
        format=SessionFormat.ROUNDTABLE,
        starts_at=begin,
        ends_at=begin + timedelta(minutes=105),
        places=PLACES,
        place="Online",
        joining_details="Join by video from any browser: https://meet.demo-department.example/first-home",
        agenda=AGENDA,
    )


def _accepted(challenge_id: int) -> None:
    """Let the made-up supplier accept its invitation, or the first that was told when it is not among them."""
    with unit_of_work() as session:
        sent = [
            one
            for one in matchmaking.for_challenge(session, challenge_id=challenge_id)
            if one.sent_at is not None
        ]
        if not sent:
            raise LiveError("None of the chosen could be told: all have as many invitations as they want.")
        ours = actor(session, ACCEPTS).organisation_id
        chosen = next((one for one in sent if one.supplier.organisation_id == ours), sent[0])
        meeting = sessions.sessions_of_challenge(session, challenge_id=challenge_id)[0]
        advisory.accept(session, actor=_speaker(session, chosen), invitation=chosen, meeting=meeting)


def _volunteered(challenge_id: int) -> tuple[str, str]:
    """Let a supplier that was not invited offer its help; return its name and reference."""
    with unit_of_work() as session:
        volunteer = actor(session, VOLUNTEERS)
        supplier = suppliers.of_organisation(session, organisation_id=volunteer.organisation_id)
        challenge = session.get_one(Challenge, challenge_id)
        advisory.offer_help(session, actor=volunteer, challenge=challenge, supplier=supplier, pitch=PITCH)
    return volunteer.organisation_name, supplier.ref


def _speaker(session: Session, invitation: Invitation) -> Actor:
    """Return somebody who acts for the invited supplier; an invitation is only sent when there is somebody."""
    people = accounts.people_with(
        session,
        Role.SUPPLIER_ADMIN,
        Role.SUPPLIER_EXPERT,
        organisation_id=invitation.supplier.organisation_id,
    )
    return actor(session, people[0].email)


def _digest() -> Digest:
    """Return the next digest of the reader of everything. It is written and not kept."""
    session = new_session()
    try:
        reader = subscriptions.of_address(session, READER)[0]
        at = digests.next_slot(now(), cadence=reader.cadence, weekday=reader.weekday, hour=reader.hour)
        with as_of(at):
            issue = digests.write_digest(session, subscription_id=reader.id, now=at)
        assert issue is not None, "something was published just now"
        assert issue.letter_id is not None
        letter = letters.get(session, issue.letter_id)
        return Digest(letter.recipient, letter.subject, letter.text, at)
    finally:
        session.rollback()
        session.close()
