"""The match of a challenge: what was compared, who ranks where and why, the shortlist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, authorise, requires
from engage.http.filters import plural
from engage.http.session import db, writes
from engage.kernel.errors import Conflict, Invalid
from engage.matching import Band
from engage.matchmaking import policy, queries, service
from engage.matchmaking.enums import HardRule
from engage.matchmaking.forms import ShortlistForm
from engage.matchmaking.policy import MatchmakingPermission
from engage.matchmaking.views import bp

if TYPE_CHECKING:
    from engage.challenges.models import Challenge
    from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun

SHOWN_AT_FIRST = 25
MAY_NOT_RUN = "Only policy authors of this department can match suppliers and choose."


@bp.get("/department/challenges/<ref>/match")
@requires(MatchmakingPermission.SEE)
def match(ref: str) -> ResponseReturnValue:
    """Show the match of a challenge; before the text is approved, what a match would find, in numbers."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    standing = queries.current_run(db(), challenge_id=challenge.id)
    if standing is not None:
        return _ranking(challenge, standing)
    wanted = bool(request.args.get("preview")) and challenge.state not in service.MATCHABLE
    return render_template(
        "matchmaking/before.html",
        challenge=challenge,
        preview=service.preview(db(), challenge=challenge) if wanted else None,
        approved=challenge.state in service.MATCHABLE,
        may_run=policy.can_run(actor(), challenge),
        rules=HardRule,
        bands=Band,
    )


@bp.post("/department/challenges/<ref>/match/run")
@requires(MatchmakingPermission.RUN)
@writes
def run(ref: str) -> ResponseReturnValue:
    """Match suppliers to the approved text: now or, when much must be read first, soon."""
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


@bp.post("/department/challenges/<ref>/match/shortlist")
@requires(MatchmakingPermission.RUN)
@writes
def shortlist(ref: str) -> ResponseReturnValue:
    """Choose whom to invite."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    authorise(policy.can_run(actor(), challenge), MAY_NOT_RUN)
    standing = queries.run_of(db(), challenge_id=challenge.id)
    form = ShortlistForm()
    form.chosen.choices = [
        (candidate.supplier.ref, candidate.supplier.organisation.name)
        for candidate in queries.candidates(db(), run_id=standing.id)
    ]
    if form.validate_on_submit():
        try:
            service.choose(db(), actor=actor(), run=standing, refs=form.chosen.data)
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        else:
            return _onward(ref, len(form.chosen.data))
    return _ranking(challenge, standing, form=form), 422


def _onward(ref: str, count: int) -> ResponseReturnValue:
    if request.form.get("then") == "release":
        return redirect(url_for("matchmaking.release", ref=ref), code=303)
    flash(f"The shortlist is saved, with {plural(count, 'supplier')}.", "success")
    return redirect(url_for("matchmaking.match", ref=ref), code=303)


def _ranking(challenge: Challenge, run: MatchRun, *, form: ShortlistForm | None = None) -> str:
    candidates = queries.candidates(db(), run_id=run.id)
    invitations = queries.for_challenge(db(), challenge_id=challenge.id)
    shortlisted = {candidate.supplier.ref for candidate in candidates if candidate.shortlisted}
    return render_template(
        "matchmaking/match.html",
        challenge=challenge,
        run=run,
        form=form,
        chosen=set(form.chosen.data) if form else shortlisted,
        shown_at_first=_cut(candidates),
        candidates=candidates,
        invitations=invitations,
        invited=_by_supplier(invitations),
        releaser=queries.releaser(db(), run=run),
        may_run=policy.can_run(actor(), challenge),
        may_release=policy.can_release(actor(), challenge),
        rules=HardRule,
    )


def _cut(candidates: Sequence[MatchCandidate]) -> int:
    """Return how many candidates are shown at once: nobody on the shortlist hides behind "show more"."""
    last = max((candidate.rank for candidate in candidates if candidate.shortlisted), default=0)
    return max(SHOWN_AT_FIRST, last)


def _by_supplier(invitations: Sequence[Invitation]) -> dict[int, Any]:
    return {invitation.supplier_id: invitation for invitation in invitations}
