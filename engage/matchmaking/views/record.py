"""The public record of how the places of a challenge were given, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import jsonify, render_template
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import public
from engage.http.session import db
from engage.kernel.errors import NotFound
from engage.matchmaking import service
from engage.matchmaking.enums import HardRule, RoundStatus
from engage.matchmaking.views import bp
from engage.matchmaking.views.wording import QUALITY, fairness_words, rule_words

if TYPE_CHECKING:
    from engage.matchmaking.service import Record

KINDS = ("new_entrant", "sme", "vcse")


@bp.get("/challenges/<ref>/matching")
@public
def record(ref: str) -> ResponseReturnValue:
    """Show everyone how suppliers were found and places given: rules, numbers, draw, digests; nobody's name."""
    challenge = challenges.public_challenge(db(), ref=ref)
    found = _record(ref)
    return render_template(
        "matchmaking/record.html",
        challenge=challenge,
        record=found,
        last=found.releases[0] if found.releases else None,
        hard_rules=HardRule,
        quality=lambda release: QUALITY[RoundStatus(release.status)].format(_gap(release)),
        rule_words=rule_words,
        fairness_words=fairness_words,
        tag_words=service.tag_words,
        kinds=KINDS,
    )


@bp.get("/challenges/<ref>/matching.json")
@public
def record_json(ref: str) -> ResponseReturnValue:
    """Return the same record as JSON."""
    return jsonify(_record(ref).to_dict())


def _record(ref: str) -> Record:
    found = service.record(db(), challenge=challenges.public_challenge(db(), ref=ref))
    if found is None:
        raise NotFound("Nothing has been decided about invitations to this challenge yet.")
    return found


def _gap(release: Any) -> float:
    return float((release.bound - release.objective) / max(1.0, abs(release.objective)))
