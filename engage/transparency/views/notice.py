"""The draft of a notice: what is missing, the fields to copy, the release and the text to take away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import actor, signed_in
from engage.http.session import db
from engage.kernel.errors import NotFound
from engage.transparency import policy, queries, service
from engage.transparency.enums import Part
from engage.transparency.views import bp

if TYPE_CHECKING:
    from engage.challenges.models import Challenge


@bp.get("/department/challenges/<ref>/notice/draft")
@signed_in
def draft(ref: str) -> ResponseReturnValue:
    """Show the notice made from the record: what it lacks, whether it is valid, and each field to copy."""
    found = challenges.challenge(db(), ref=ref, actor=actor())
    needed = policy.needs_notice(found)
    record = service.record_of(db(), challenge=found) if needed else None
    return render_template(
        "transparency/draft.html",
        challenge=found,
        record=record,
        lacking=service.missing(record) if record else [],
        sections=service.sections(record) if record else [],
        verdict=service.verdict(service.release(record)) if record else None,
        parties=queries.parties(db(), challenge_id=found.id),
        may_prepare=policy.can_prepare(actor(), found) and found.state not in policy.OVER,
        place=_place,
    )


@bp.get("/department/challenges/<ref>/notice/release.json")
@signed_in
def release_file(ref: str) -> ResponseReturnValue:
    """Give the notice as an OCDS release package."""
    found, record = _record(ref)
    made = service.package(record, uri=url_for("transparency.release_file", ref=found.ref, _external=True))
    body = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    return _file(body, "application/json", f"{found.ref}-uk2.json")


@bp.get("/department/challenges/<ref>/notice/notice.txt")
@signed_in
def text_file(ref: str) -> ResponseReturnValue:
    """Give the notice as plain text."""
    found, record = _record(ref)
    return _file(service.text(record), "text/plain; charset=utf-8", f"{found.ref}-uk2.txt")


def _record(ref: str) -> tuple[Challenge, service.NoticeRecord]:
    found = challenges.challenge(db(), ref=ref, actor=actor())
    if not policy.needs_notice(found):
        raise NotFound("This challenge needs no notice.")
    return found, service.record_of(db(), challenge=found)


def _file(body: str, mimetype: str, name: str) -> Response:
    response = Response(body, content_type=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _place(challenge: Challenge, item: service.Missing) -> str:
    """Return the address of the page on which ``item`` is given; empty where nobody can give it now."""
    if isinstance(item.where, Part):
        return url_for("transparency.details", ref=challenge.ref, part=item.where.value)
    pages: dict[service.Place, Sequence[str]] = {
        service.Place.AUTHORITY: ("transparency.buyer",),
        service.Place.PARTIES: ("transparency.draft", challenge.ref, "parties"),
    }
    endpoint, *more = pages.get(item.where, ("",))
    if not endpoint:
        return ""
    return url_for(endpoint, ref=more[0], _anchor=more[1]) if more else url_for(endpoint, back=challenge.ref)
