"""Who is told by letter of what happens in the rooms below, where no single room knows everyone concerned."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from engage.accounts.models import Person
from engage.advisory import queries as advisory
from engage.advisory.events import SessionPublished
from engage.challenges import queries as challenges
from engage.challenges.events import (
    ChallengeChanged,
    ChallengeEndedEarly,
    ChallengeWithdrawn,
    EngagementResumed,
    RouteChanged,
)
from engage.consultation import queries as consultation
from engage.consultation import service as answers
from engage.consultation.events import FactReleased, QuestionAnswered
from engage.digests import service
from engage.digests.enums import Matter
from engage.kernel.actor import System
from engage.suppliers.models import Supplier


def on_question_answered(session: Session, event: QuestionAnswered) -> None:
    """Send the answer to those who volunteered too; who was invited or asked has the same letter already."""
    question = consultation.question_by_id(session, question_id=event.question_id)
    people = advisory.volunteers(session, challenge_id=question.challenge_id)
    answers.tell(session, sender=System(), question=question, people=people)


def on_challenge_withdrawn(session: Session, event: ChallengeWithdrawn) -> None:
    """Take the challenge out of digests that wait to be sent, and tell everyone who knows of it.

    In the table of reactions it stands after whatever writes to people about their own places and offers: who got
    such a letter, with the reason in it, gets no second one.
    """
    if event.was_public:
        challenge = challenges.by_id(session, event.challenge_id)
        service.leave_out(session, challenge=challenge)
        unheard = service.recall(session, challenge=challenge, reason="The challenge was withdrawn.")
        service.tell_everyone_concerned(
            session, matter=Matter.WITHDRAWN, challenge=challenge, unheard=unheard
        )


def on_challenge_ended_early(session: Session, event: ChallengeEndedEarly) -> None:
    """As for a challenge that was withdrawn: nobody can take part any more."""
    challenge = challenges.by_id(session, event.challenge_id)
    service.leave_out(session, challenge=challenge)
    unheard = service.recall(session, challenge=challenge, reason="The engagement ended early.")
    service.tell_everyone_concerned(session, matter=Matter.ENDED_EARLY, challenge=challenge, unheard=unheard)


def on_challenge_changed(session: Session, event: ChallengeChanged) -> None:
    """Have digests that wait say what the text says now; tell a material change to everyone who knows the old text."""
    challenge = challenges.by_id(session, event.challenge_id)
    service.renew(session, challenge=challenge)
    if event.material:
        service.tell_everyone_concerned(
            session, matter=Matter.CHANGED, challenge=challenge, version=event.version
        )


def on_fact_released(session: Session, event: FactReleased) -> None:
    """Send what was released to everybody who takes part: invited, told or volunteering, all in the same words."""
    fact = consultation.told_fact(session, fact_id=event.told_fact_id)
    people = [*answers.people_told(session, fact=fact), *_taking_part(session, fact.challenge_id)]
    answers.share(session, sender=System(), fact=fact, people=people)


def on_session_published(session: Session, event: SessionPublished) -> None:
    """Tell everybody who takes part, whether they were there or not, that minutes or files are with everyone."""
    meeting = advisory.session_by_id(session, event.session_id)
    people = _taking_part(session, meeting.challenge_id)
    service.tell_session_published(
        session,
        meeting=meeting,
        minutes=event.minutes,
        materials=event.materials,
        fact=event.fact,
        people=people,
    )


def on_route_changed(session: Session, event: RouteChanged) -> None:
    """Take the challenge out of digests that wait to be sent, cancel what else waits and leads to its page, and tell
    everybody who takes part, and has heard of it, that the engagement pauses.

    Nobody is told of a challenge that was not public.
    """
    challenge = challenges.by_id(session, event.challenge_id)
    change = challenges.route_change(session, change_id=event.route_change_id, challenge=challenge)
    if change.resume is None:
        return
    service.leave_out(session, challenge=challenge)
    unheard = service.recall(
        session, challenge=challenge, reason="The page is out of view until the notice is published."
    )
    people = [one for one in _taking_part(session, challenge.id) if one[0].email.lower() not in unheard]
    service.tell_paused(session, change=change, people=people)


def on_engagement_resumed(session: Session, event: EngagementResumed) -> None:
    """Tell everybody who takes part that the engagement goes on; whose invitation was recalled is invited now."""
    challenge = challenges.by_id(session, event.challenge_id)
    change = challenges.route_change(session, change_id=event.route_change_id, challenge=challenge)
    service.invite_after_all(session, challenge=challenge, key=change.key)
    service.tell_resumed(session, change=change, people=_taking_part(session, challenge.id))


def _taking_part(session: Session, challenge_id: int) -> Iterable[tuple[Person, Supplier]]:
    invited = answers.people_invited(session, challenge_id=challenge_id)
    return [*invited, *advisory.volunteers(session, challenge_id=challenge_id)]
