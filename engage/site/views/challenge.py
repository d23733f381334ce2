"""The public page of a challenge: it brings several rooms together."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.advisory import queries as advisory
from engage.challenges import queries as challenges
from engage.consultation import queries as consultation
from engage.http.access import current_actor, public
from engage.http.session import db
from engage.kernel.actor import Role
from engage.ledger import queries as ledger
from engage.matchmaking import queries as matchmaking
from engage.site.views import bp
from engage.transparency import queries as transparency


@bp.get("/challenges/<ref>")
@public
def challenge(ref: str) -> ResponseReturnValue:
    """Show the problem, how to take part, the sessions, the questions and answers, and what was disclosed."""
    session = db()
    found = challenges.public_challenge(session, ref=ref)
    versions = challenges.published_versions(session, challenge_id=found.id)
    who = current_actor()
    return render_template(
        "site/challenge.html",
        challenge=found,
        changed=versions[-1] if len(versions) > 1 else None,
        sessions=advisory.public_sessions(session, challenge_id=found.id),
        talks=advisory.public_talks(session, challenge_id=found.id),
        writing=advisory.written_route(session, challenge=found),
        questions=consultation.answered(session, challenge_id=found.id),
        shared=consultation.shared(session, challenge_id=found.id),
        steps=challenges.engagement_steps(session, challenge_id=found.id),
        disclosures=ledger.public_disclosures(session, challenge_ref=found.ref),
        matching=matchmaking.public_summary(session, challenge_id=found.id),
        next_procurements=transparency.what_followed(session, challenge=found),
        for_supplier=who is not None and who.has(Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT),
        open_now=found.is_open,
    )
