"""What the pages of those who run sessions share: finding what they may run, and who can be chosen to run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engage.advisory import queries
from engage.advisory.forms import SessionForm
from engage.advisory.policy import can_run
from engage.challenges import queries as challenges
from engage.http.access import actor, authorise
from engage.http.session import db

if TYPE_CHECKING:
    from engage.advisory.models import AdvisorySession
    from engage.challenges.models import Challenge

ONLY_RUNNERS = "Only a policy author or facilitator of this challenge’s department can do this."


def challenge_to_run(ref: str) -> Challenge:
    """Return a challenge whose sessions the actor runs. Raises ``NotFound`` and ``NotAllowed``."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(can_run(actor(), challenge), ONLY_RUNNERS)
    return challenge


def session_to_run(ref: str) -> AdvisorySession:
    """Return a session that the actor runs. Raises ``NotFound`` and ``NotAllowed``."""
    meeting = queries.department_session(db(), ref=ref, actor=actor())
    authorise(can_run(actor(), meeting.challenge), ONLY_RUNNERS)
    return meeting


def runner_choices(challenge: Challenge) -> list[tuple[int, str]]:
    """Return who of the department of ``challenge`` can run its sessions: id and name."""
    people = queries.who_can_run(db(), organisation_id=challenge.organisation_id)
    return [(person.id, person.name) for person in people]


def session_form(challenge: Challenge, values: dict[str, object]) -> SessionForm:
    """Return the form for a session of ``challenge``, to be run by somebody of its department."""
    form = SessionForm(data=values)
    form.facilitator.choices = runner_choices(challenge)
    return form
