"""A new draft that begins with the answers of an earlier challenge."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.challenges import policy, queries
from engage.challenges.enums.questions import ANSWERS, ROUTE_ANSWERS
from engage.challenges.models import Challenge
from engage.challenges.service.drafting import create_draft
from engage.challenges.service.shared import allow, note
from engage.kernel.actor import Actor

NOT_COPIED = ROUTE_ANSWERS | {"closes_on"}
"""What has to be thought about anew: the legal route, which somebody signs for, and the dates."""


def copy_challenge(session: Session, *, actor: Actor, source: Challenge) -> Challenge:
    """Start a draft with the answers that ``source`` has now, and return it; ``source`` may be in any state.

    Only answers are copied: never the route and its reason, closing date, notice, ocid, approvals, sessions or
    declarations. Whose words they are is remembered: who wrote in ``source`` may not approve the copy either. Side
    effects: those of ``create_draft``, its writers, and an audit line that names the source. Raises ``NotAllowed`` for
    who is no policy author of the department that owns ``source``, ``Invalid`` when an answer from long ago breaks
    today's rules.
    """
    allow(policy.can_edit(actor, source), "Only policy authors of the department can copy its challenges.")
    answers = {field: getattr(source, field) for field in ANSWERS if field not in NOT_COPIED}
    made = create_draft(session, actor=actor, title=answers.pop("title"), answers=answers)
    made.copied_from = source
    made.writer_ids = sorted({*made.writer_ids, *queries.writers(session, challenge=source)})
    note(session, actor, made, "copied", source=source.ref)
    return made
