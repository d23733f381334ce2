"""The ledger of a challenge: with names for its department and auditors, in numbers for everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from engage.challenges import policy as challenge_policy
from engage.challenges import queries as challenges
from engage.challenges.enums import OVER_STATES
from engage.consultation import queries
from engage.consultation.policy import ConsultationPermission, can_release, can_tell
from engage.consultation.views import bp
from engage.http.access import actor, public, requires
from engage.http.pagination import page_number
from engage.http.session import db
from engage.kernel.paging import Page
from engage.kernel.sheets import csv_text
from engage.kernel.uktime import uk_time
from engage.ledger import queries as ledger_queries
from engage.outbox import queries as outbox

if TYPE_CHECKING:
    from engage.consultation.queries import LedgerLine

LINES_SHOWN = 20
HEAD = (
    "number",
    "what",
    "fact",
    "to_whom",
    "how",
    "released_at",
    "released_at_uk",
    "delivered_at",
    "delivered_at_uk",
    "recorded_at",
    "recorded_at_uk",
    "sha256",
    "concerns_its_reader_alone",
)


@bp.get("/department/challenges/<ref>/ledger")
@requires(ConsultationPermission.SEE)
def ledger(ref: str) -> ResponseReturnValue:
    """Show what some know and not everyone could, what was told elsewhere, and every line of the ledger."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    lines = queries.ledger_lines(db(), challenge=challenge)[::-1]
    return render_template(
        "consultation/ledger.html",
        challenge=challenge,
        differences=queries.differences(db(), challenge=challenge),
        told_facts=queries.told_facts(db(), challenge_id=challenge.id),
        justifications=challenges.justifications(db(), challenge_id=challenge.id),
        on_the_way=outbox.on_the_way(db(), challenge_ref=challenge.ref),
        came_back=outbox.came_back_about(db(), challenge_ref=challenge.ref),
        page=_page(lines),
        may_tell=can_tell(actor(), challenge),
        may_release=can_release(actor(), challenge),
        may_justify=challenge_policy.can_conduct(actor(), challenge),
        over=challenge.state in OVER_STATES,
    )


@bp.get("/department/challenges/<ref>/ledger.csv")
@requires(ConsultationPermission.SEE)
def ledger_csv(ref: str) -> ResponseReturnValue:
    """Give every line of the ledger as a table for a spreadsheet."""
    challenge = challenges.challenge(db(), ref=ref, actor=actor())
    rows = [_row(line) for line in queries.ledger_lines(db(), challenge=challenge)]
    name = f"ledger-{challenge.ref}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(csv_text(HEAD, rows), mimetype="text/csv", headers=headers)


@bp.get("/challenges/<ref>/ledger")
@public
def public_ledger(ref: str) -> ResponseReturnValue:
    """Show everyone what was told to all, what some had before, and what was done about it; nobody's name."""
    challenge = challenges.public_challenge(db(), ref=ref)
    differences = queries.public_differences(db(), challenge=challenge)
    return render_template(
        "consultation/public_ledger.html",
        challenge=challenge,
        disclosures=ledger_queries.public_disclosures(db(), challenge_ref=challenge.ref)[::-1],
        differences=differences,
        open_count=len(challenges.unsettled(db(), challenge=challenge)),
        justifications=challenges.justifications(db(), challenge_id=challenge.id),
        steps=challenges.engagement_steps(db(), challenge_id=challenge.id),
        route_changes=challenges.told_route_changes(db(), challenge_id=challenge.id),
        over=challenge.state in OVER_STATES,
    )


def _page(lines: list[LedgerLine]) -> Page[LedgerLine]:
    last = -(-len(lines) // LINES_SHOWN) or 1
    number = max(1, min(page_number(), last))
    shown = lines[(number - 1) * LINES_SHOWN : number * LINES_SHOWN]
    return Page(shown, number, len(lines), LINES_SHOWN)


def _row(line: LedgerLine) -> list[str]:
    moments = (line.released_at, line.delivered_at, line.recorded_at)
    times = [text for moment in moments for text in (moment.isoformat(), uk_time(moment))]
    number = "" if line.number is None else str(line.number)
    return [
        number,
        line.summary,
        line.fact,
        line.audience,
        line.channel.value,
        *times,
        line.body_hash,
        line.own_affair,
    ]
