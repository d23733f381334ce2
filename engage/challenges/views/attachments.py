"""Attachments: adding and removing them while a text is written, and downloading them. Nothing is ever shown inline."""

from __future__ import annotations

from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wsgi import wrap_file

from engage.challenges import queries, service
from engage.challenges.enums.files import LARGEST_FILE, LARGEST_TOTAL, MOST_FILES, AttachmentState
from engage.challenges.enums.questions import FILES, QUESTIONS
from engage.challenges.forms import AttachmentForm
from engage.challenges.policy import ChallengePermission
from engage.challenges.views import bp
from engage.challenges.views.drafting import coming_from, editable
from engage.http.access import actor, public, requires, signed_in
from engage.http.limits import limited, person_key
from engage.http.session import db, writes
from engage.http.uploads import MEGABYTE, takes_upload
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.kernel.filetypes import ACCEPTED, FileKind
from engage.kernel.settings import settings
from engage.kernel.text import size_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engage.challenges.models import Attachment, Challenge

IN_MEMORY = MEGABYTE
STANDING = {
    AttachmentState.QUARANTINED: ("Being checked", "yellow"),
    AttachmentState.CLEAN: ("Checked", "green"),
    AttachmentState.REFUSED: ("Refused", "red"),
}


@dataclass(frozen=True)
class File:
    """One attachment as a page shows it."""

    name: str
    sha256: str
    kind: str
    size: str
    state: AttachmentState
    inside: bool
    """Whether the page is one of the department."""
    href: str = ""
    """Where it is downloaded; empty while nobody may."""
    refusal: str = ""
    trouble: str = ""

    @property
    def standing(self) -> tuple[str, str]:
        """Its state in words, and a colour for them."""
        return STANDING[self.state]


@bp.route("/department/challenges/<ref>/attachments", methods=["GET", "POST"])
@takes_upload(LARGEST_FILE)
@requires(ChallengePermission.DRAFT)
@limited("100 per hour", by=person_key)
@writes
def attachments(ref: str) -> ResponseReturnValue:
    """List the files of the text that is being written; attach one."""
    found, form = editable(ref), AttachmentForm()
    if FILES in service.fixed(db(), challenge=found):
        raise Conflict(service.why_fixed(found))
    here = url_for("challenges.attachments", ref=ref, **coming_from())
    if form.validate_on_submit():
        try:
            kept = _attach(found, form)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash(f"“{kept.name}” is attached. It is being checked now.", "success")
            return redirect(here, 303)
    return _page(found, form, here), 422 if form.errors else 200


@bp.post("/department/challenges/<ref>/attachments/<sha256>/remove")
@requires(ChallengePermission.DRAFT)
@writes
def remove_attachment(ref: str, sha256: str) -> ResponseReturnValue:
    """Take a file out of the text that is being written."""
    found = editable(ref)
    try:
        name = service.detach(db(), actor=actor(), challenge=found, sha256=sha256)
    except NotFound:
        flash("This attachment was removed before.")
    else:
        flash(f"“{name}” is removed.", "success")
    return redirect(url_for("challenges.attachments", ref=ref), 303)


@bp.get("/department/challenges/<ref>/attachments/<sha256>")
@signed_in
def department_attachment(ref: str, sha256: str) -> ResponseReturnValue:
    """Give a checked file to the people of the department and to auditors."""
    found = queries.challenge(db(), ref=ref, actor=actor())
    return send_file(queries.attachment(db(), challenge=found, sha256=sha256), everybody=False)


@bp.get("/challenges/<ref>/attachments/<sha256>")
@public
def public_attachment(ref: str, sha256: str) -> ResponseReturnValue:
    """Give a file of a published text to everybody."""
    return send_file(queries.public_attachment(db(), ref=ref, sha256=sha256), everybody=True)


@bp.app_template_global()
def attached_files(challenge: Challenge, content: Mapping[str, Any]) -> list[File]:
    """Return the files that ``content`` lists: for its department with where each stands, for others to download."""
    listed = content.get(FILES, [])
    inside = request.path.startswith("/department/")
    if not listed or not inside:
        return [_file(challenge, each, None) for each in listed]
    kept = queries.attachments(db(), challenge=challenge)
    return [_file(challenge, each, kept[each["sha256"]]) for each in listed if each["sha256"] in kept]


def _file(challenge: Challenge, entry: Mapping[str, Any], kept: Attachment | None) -> File:
    state = kept.state if kept else AttachmentState.CLEAN
    page = "challenges.department_attachment" if kept else "challenges.public_attachment"
    clean = state is AttachmentState.CLEAN
    return File(
        name=entry["name"],
        sha256=entry["sha256"],
        kind=FileKind(entry["kind"]).about.short,
        size=size_words(entry["size"]),
        state=state,
        inside=kept is not None,
        href=url_for(page, ref=challenge.ref, sha256=entry["sha256"]) if clean else "",
        refusal=kept.refusal if kept else "",
        trouble=kept.trouble if kept else "",
    )


def _attach(found: Challenge, form: AttachmentForm) -> Attachment:
    sent = form.file.data
    assert sent is not None, "the form requires a file"
    data = sent.stream.read(LARGEST_FILE + 1)
    return service.attach(db(), actor=actor(), challenge=found, name=sent.filename or "", data=data)


def _page(found: Challenge, form: AttachmentForm, here: str) -> str:
    before = url_for("challenges.question", ref=found.ref, question=QUESTIONS[-1].slug)
    onward = url_for("challenges.check", ref=found.ref)
    if found.open_revision:
        before = onward = url_for("challenges.revision", ref=found.ref)
    return render_template(
        "challenges/attachments.html",
        challenge=found,
        form=form,
        files=attached_files(found, found.writing.content),
        most=MOST_FILES,
        largest=LARGEST_FILE // MEGABYTE,
        total=LARGEST_TOTAL // MEGABYTE,
        accepted=ACCEPTED,
        viruses=settings().scanner != "structure",
        back=onward if coming_from() else before,
        onward=onward,
        here=here,
    )


def send_file(found: Attachment, *, everybody: bool, name: str = "") -> Response:
    """Answer with the bytes of a file, to be saved, never to be shown by the browser in this site's name."""
    known = everybody and found.sha256 in request.if_none_match
    response = current_app.response_class(status=200, direct_passthrough=True)
    if request.method == "GET" and not known:
        spool = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with the response
        for piece in queries.pieces(db(), attachment=found):
            spool.write(piece)
        spool.seek(0)
        response.response = wrap_file(request.environ, spool)
        response.call_on_close(spool.close)
    headers = response.headers
    headers["Content-Type"] = found.kind.about.mime
    headers["Content-Length"] = str(found.size)
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name or found.name, safe='')}"
    headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cache-Control"] = "public, no-cache" if everybody else "private, no-store"
    if everybody:
        response.set_etag(found.sha256)
        response.make_conditional(request)
    return response
