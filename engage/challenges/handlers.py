"""Letters about reviews: to the approvers when a text is submitted, to the author when it is decided."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Person
from engage.challenges import queries
from engage.challenges.enums import Decision
from engage.challenges.events import PublicationFailed, ReviewDecided, ReviewRequested
from engage.challenges.models import Challenge, ChallengeReview
from engage.kernel.actor import Role, System
from engage.kernel.settings import settings
from engage.outbox import service as outbox


def on_review_requested(session: Session, event: ReviewRequested) -> None:
    """Write to every approver of the department who did not write the text."""
    challenge = queries.by_id(session, event.challenge_id)
    version = queries.latest_version(session, challenge_id=challenge.id)
    assert version is not None
    submitter = session.get_one(Person, version.submitted_by_id)
    for approver in queries.approvers(session, challenge=challenge):
        outbox.post(
            session,
            template="review_requested",
            to=approver,
            context={
                "title": challenge.title,
                "ref": challenge.ref,
                "author": submitter.name,
                "version": version.number,
                "link": _address(challenge, "/review"),
            },
            challenge_ref=challenge.ref,
            dedupe_key=f"review_requested:{challenge.ref}/{version.number}:{approver.id}",
            why=f"You get this email because you are an approver of {challenge.organisation.name}.",
            sender=System(),
        )


def on_review_decided(session: Session, event: ReviewDecided) -> None:
    """Write to who submitted the text, and to who started it."""
    challenge = queries.by_id(session, event.challenge_id)
    review = session.get_one(ChallengeReview, event.review_id)
    for person_id in dict.fromkeys([review.version.submitted_by_id, challenge.author_id]):
        if not accounts.is_active_member(
            session, person_id=person_id, organisation_id=challenge.organisation_id
        ):
            continue  # who left the department since must not go on reading its reviews
        author = session.get_one(Person, person_id)
        outbox.post(
            session,
            template="review_decided",
            to=author,
            context={
                "title": challenge.title,
                "ref": challenge.ref,
                "approved": review.decision is Decision.APPROVED,
                "needs_notice": challenge.state == "notice_pending",
                "reasons": review.reasons,
                "reviewer": review.reviewer.name,
                "link": _address(challenge),
            },
            challenge_ref=challenge.ref,
            dedupe_key=f"review_decided:{review.id}:{author.id}",
            why="You get this email because you wrote this challenge.",
            sender=System(),
        )


def on_publication_failed(session: Session, event: PublicationFailed) -> None:
    """Write to who set the time, while they act for the department, and to its approvers."""
    challenge = queries.by_id(session, event.challenge_id)
    approvers = accounts.people_with(session, Role.APPROVER, organisation_id=challenge.organisation_id)
    who = accounts.person(session, event.person_id)
    here = accounts.is_active_member(
        session, person_id=event.person_id, organisation_id=challenge.organisation_id
    )
    readers = {person.id: person for person in [*([who] if who and here else []), *approvers]}
    for reader in readers.values():
        outbox.post(
            session,
            template="publication_failed",
            to=reader,
            context={
                "title": challenge.title,
                "ref": challenge.ref,
                "because": challenge.schedule_ended,
                "link": _address(challenge),
            },
            challenge_ref=challenge.ref,
            dedupe_key=f"publication_failed:{challenge.ref}:{event.due.isoformat()}:{reader.id}",
            why=f"You get this email because you set the time, or approve texts of {challenge.organisation.name}.",
            sender=System(),
        )


def _address(challenge: Challenge, page: str = "") -> str:
    return f"{settings().base_url}/department/challenges/{challenge.ref}{page}"
