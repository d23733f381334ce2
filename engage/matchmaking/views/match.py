"""The match of a challenge: the plan, who is next in line, what decided, and the rules behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, authorise, requires
from engage.http.filters import plural
from engage.http.session import db, writes
from engage.kernel.errors import Conflict
from engage.matching import Band
from engage.matchmaking import policy, queries, service
from engage.matchmaking.enums import HardRule, Outcome
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.views import bp
from engage.matchmaking.views.wording import PlanWords, decided

if TYPE_CHECKING:
    from engage.challenges.models import Challenge
    from engage.matchmaking.models import MatchRun

MAY_NOT_RUN = "Only policy authors of this department can match suppliers and decide about the plan."


@bp.get("/department/challenges/<ref>/match")
@requires(MatchmakingPermission.SEE)
def match(ref: str) -> ResponseReturnValue:
    """Show whom the plan invites and why; before the text is approved, what a match would find, in numbers."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    standing = queries.current_run(db(), challenge_id=challenge.id)
    if standing is not None:
        return _plan(challenge, standing)
    wanted = bool(request.args.get("preview")) and challenge.state not in service.MATCHABLE
    return render_template(
        "matchmaking/before.html",
        challenge=challenge,
        preview=service.preview(db(), challenge=challenge) if wanted else None,
        approved=challenge.state in service.MATCHABLE,
        rule_lines=service.rules_sentences(service.rules_in_force(db(), challenge=challenge)),
        may_run=policy.can_run(actor(), challenge),
        rules=HardRule,
        bands=Band,
    )


@bp.post("/department/challenges/<ref>/match/run")
@requires(MatchmakingPermission.RUN)
@writes
def run(ref: str) -> ResponseReturnValue:
    """Match suppliers to the approved text and plan the places: now or, when much must be read first, soon."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_run(actor(), challenge), MAY_NOT_RUN)
    try:
        with db().begin_nested():
            made = service.run_soon(db(), actor=actor(), challenge=challenge)
    except Conflict as refusal:
        flash(refusal.message)
    else:
        soon = "The match is being made, which takes a few minutes. Reload this page then."
        done = f"{plural(made.suppliers_considered, 'supplier')} compared with the text." if made else soon
        flash(done, "success")
    return redirect(url_for("matchmaking.match", ref=ref), code=303)


def _plan(challenge: Challenge, run: MatchRun) -> str:
    candidates = queries.candidates(db(), run_id=run.id)
    invitations = queries.for_challenge(db(), challenge_id=challenge.id)
    alternates = [each for each in candidates if each.outcome is Outcome.ALTERNATE]
    rules = service.rules_in_force(db(), challenge=challenge)
    return render_template(
        "matchmaking/match.html",
        challenge=challenge,
        run=run,
        candidates=candidates,
        alternates=sorted(alternates, key=lambda each: each.alternate_rank or 0),
        invitations=invitations,
        invited={invitation.supplier_id: invitation for invitation in invitations},
        plan=PlanWords.of(run, challenge.ref),
        rules=rules,
        rule_lines=service.rules_sentences(rules),
        overrides=queries.overrides(db(), challenge_id=challenge.id),
        deviations=queries.deviations(db(), challenge_id=challenge.id),
        room=service.room_of(db(), run=run, rules=rules),
        releaser=queries.releaser(db(), run=run),
        decided=decided,
        changed=service.text_changed(challenge, run),
        may_run=policy.can_run(actor(), challenge),
        may_release=policy.can_release(actor(), challenge),
        hard_rules=HardRule,
    )
