"""The department's place for one challenge: text, notice, history, and the buttons that move it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engage.audit import queries as audit
from engage.challenges import policy, queries, service
from engage.challenges.enums import ChallengeState, Route, Step
from engage.challenges.forms import NoticeForm
from engage.challenges.policy import ChallengePermission
from engage.challenges.views import bp, words
from engage.challenges.views.acting import act
from engage.http.access import actor, current_actor, requires, signed_in
from engage.http.session import db, writes
from engage.kernel.errors import Invalid

if TYPE_CHECKING:
    from engage.challenges.models import Challenge

TABS = (
    ("challenges.workspace", "Text"),
    ("matchmaking.match", "Match"),
    ("advisory.department_sessions", "Sessions"),
    ("consultation.department_questions", "Questions"),
    ("interests.challenge", "Interests"),
    ("challenges.notice", "Notice"),
    ("transparency.notices", "What followed"),
    ("consultation.ledger", "Ledger"),
    ("challenges.history", "History"),
)
TAB_OF = {
    "transparency.draft": "challenges.notice",
    "challenges.route": "challenges.workspace",
    "challenges.route_decide": "challenges.workspace",
    "challenges.steps": "challenges.notice",
    "challenges.justify": "consultation.ledger",
    "consultation.telling": "consultation.ledger",
}
"""The tab that a page belongs to, where its room has more than one."""
BEFORE_APPROVAL = (ChallengeState.DRAFT, ChallengeState.IN_REVIEW, ChallengeState.CHANGES_REQUESTED)


@bp.get("/department/challenges/<ref>")
@signed_in
def workspace(ref: str) -> ResponseReturnValue:
    """Show the text and what has to be done next."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    waiting = ChallengeState.IN_REVIEW in {found.state, found.writing.state}
    frozen = queries.published_version if found.is_public else queries.latest_version
    return render_template(
        "challenges/text.html",
        challenge=found,
        version=frozen(db(), challenge_id=found.id),
        review=next(iter(queries.reviews(db(), challenge_id=found.id)), None),
        approvers=queries.approvers(db(), challenge=found) if waiting else [],
        copied_from=found.copied_from,
        first=queries.text_dates(db(), challenge=found),
    )


@bp.get("/department/challenges/<ref>/history")
@signed_in
def history(ref: str) -> ResponseReturnValue:
    """Show who did what, and what was told to whom."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    events = audit.history(db(), subject=f"challenge:{found.ref}")
    return render_template(
        "challenges/history.html",
        challenge=found,
        lines=words.history(
            events,
            queries.reviews(db(), challenge_id=found.id),
            withdrawn=found.withdrawn_reason,
            ended_early=found.ended_early_reason,
        ),
    )


@bp.route("/department/challenges/<ref>/notice", methods=["GET", "POST"])
@signed_in
@writes
def notice(ref: str) -> ResponseReturnValue:
    """Show the notice of a preliminary market engagement; record it while it is awaited."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    form = NoticeForm(data={"notice_number": found.notice_number, "ocid": found.ocid})
    if form.validate_on_submit():
        number, ocid = str(form.notice_number.data), str(form.ocid.data)
        try:
            service.record_notice(db(), actor=actor(), challenge=found, notice_number=number, ocid=ocid)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash("The notice is recorded. The challenge can be published now.", "success")
            return redirect(url_for("challenges.workspace", ref=ref), 303)
    waiting = found.state is ChallengeState.NOTICE_PENDING and policy.can_conduct(actor(), found)
    steps = queries.engagement_steps(db(), challenge_id=found.id)
    shown = form if waiting else None
    page = render_template("challenges/notice.html", challenge=found, form=shown, steps=steps)
    return page, 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/publish")
@requires(ChallengePermission.CONDUCT)
@writes
def publish(ref: str) -> ResponseReturnValue:
    """Make the approved text public."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    done = "Published. Everybody can read the challenge now."
    return act(ref, lambda: service.publish(db(), actor=actor(), challenge=found), done)


@bp.post("/department/challenges/<ref>/start")
@requires(ChallengePermission.START)
@writes
def start(ref: str) -> ResponseReturnValue:
    """Record that the engagement has begun."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    done = "The engagement has started."
    return act(ref, lambda: service.start_engaging(db(), actor=actor(), challenge=found), done)


@bp.post("/department/challenges/<ref>/end")
@requires(ChallengePermission.CONDUCT)
@writes
def end(ref: str) -> ResponseReturnValue:
    """Record that the engagement is over."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    done = "The engagement is over. Findings are due."
    return act(ref, lambda: service.end_engaging(db(), actor=actor(), challenge=found), done)


@bp.post("/department/challenges/<ref>/close")
@requires(ChallengePermission.CONDUCT)
@writes
def close(ref: str) -> ResponseReturnValue:
    """Close the challenge."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    done = "The challenge is closed. It stays readable."
    return act(ref, lambda: service.close(db(), actor=actor(), challenge=found), done)


@bp.app_template_global()
def challenge_tabs(challenge: Challenge) -> list[tuple[str, str, bool]]:
    """Return the tabs of the workspace: text, address, and whether this page belongs to it."""
    here = TAB_OF.get(request.endpoint or "", request.endpoint or "")
    return [
        (text, url_for(endpoint, ref=challenge.ref), _is_tab(endpoint, here))
        for endpoint, text in TABS
        if endpoint in current_app.view_functions and _has_tab(challenge, endpoint)
    ]


def _is_tab(endpoint: str, here: str) -> bool:
    """Tell whether the page ``here`` belongs to a tab: its own, or the first of its room where it has none."""
    if any(here == tab for tab, _ in TABS):
        return endpoint == here
    room = here.partition(".")[0]
    first = next((tab for tab, _ in TABS if tab.startswith(f"{room}.")), None)
    return room != "challenges" and endpoint == first


def _has_tab(challenge: Challenge, endpoint: str) -> bool:
    if endpoint == "challenges.notice":
        return challenge.route is Route.PRELIMINARY_MARKET_ENGAGEMENT
    always = (
        endpoint.startswith(("challenges.", "matchmaking.", "interests."))
        or endpoint == "consultation.ledger"
    )
    return always or challenge.state not in BEFORE_APPROVAL


@bp.app_template_global()
def challenge_step(challenge: Challenge) -> policy.NextStep:
    """Return what has to be done next with ``challenge``."""
    return policy.next_step(challenge)


@bp.app_template_global()
def may_take(challenge: Challenge, step: Step) -> bool:
    """Tell whether the person looking may take ``step``."""
    who = current_actor()
    return who is not None and policy.may_take(who, challenge, step)


@bp.app_template_global()
def may_write(challenge: Challenge) -> bool:
    """Tell whether the person looking may write in the text, or copy it."""
    who = current_actor()
    return who is not None and policy.can_edit(who, challenge)


@bp.app_template_global()
def may_conduct(challenge: Challenge) -> bool:
    """Tell whether the person looking may publish, set a time for it, and end the engagement."""
    who = current_actor()
    return who is not None and policy.can_conduct(who, challenge)


@bp.app_template_global()
def may_review(challenge: Challenge) -> bool:
    """Tell whether the person looking may decide on the text that waits."""
    who = current_actor()
    return who is not None and policy.can_review(who, challenge)


@bp.app_template_global()
def may_withdraw(challenge: Challenge) -> bool:
    """Tell whether the person looking may withdraw ``challenge``."""
    who = current_actor()
    return who is not None and policy.can_withdraw(who, challenge)
