"""Files of a session: adding, removing, releasing; and what everybody downloads."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.advisory import queries, service
from engage.advisory.policy import AdvisoryPermission
from engage.advisory.views import bp
from engage.advisory.views.running import session_to_run
from engage.challenges.enums.files import LARGEST_FILE
from engage.challenges.forms import AttachmentForm
from engage.challenges.views.attachments import STANDING, send_file
from engage.http.access import actor, public, requires
from engage.http.filters import plural
from engage.http.limits import limited, person_key
from engage.http.session import db, writes
from engage.http.uploads import MEGABYTE, takes_upload
from engage.kernel.errors import Conflict, Invalid
from engage.kernel.filetypes import ACCEPTED


@bp.route("/department/sessions/<ref>/materials", methods=["GET", "POST"])
@takes_upload(LARGEST_FILE)
@requires(AdvisoryPermission.RUN)
@limited("100 per hour", by=person_key)
@writes
def materials(ref: str) -> ResponseReturnValue:
    """List the files of a session; add one."""
    meeting, form = session_to_run(ref), AttachmentForm()
    if form.validate_on_submit():
        sent = form.file.data
        assert sent is not None, "the form requires a file"
        try:
            data = sent.stream.read(LARGEST_FILE + 1)
            name = sent.filename or ""
            kept = service.add_material(db(), actor=actor(), meeting=meeting, name=name, data=data)
        except Invalid as problem:
            form.add_errors(problem.fields)
        else:
            flash(f"“{kept.name}” is added. It is being checked now.", "success")
            return redirect(url_for("advisory.materials", ref=ref), 303)
    page = render_template(
        "advisory/materials.html",
        form=form,
        meeting=meeting,
        files=queries.materials_of(db(), session_id=meeting.id),
        standing=STANDING,
        largest=LARGEST_FILE // MEGABYTE,
        accepted=ACCEPTED,
    )
    return page, 422 if form.errors else 200


@bp.post("/department/sessions/<ref>/materials/<int:material_id>/remove")
@requires(AdvisoryPermission.RUN)
@writes
def remove_material(ref: str, material_id: int) -> ResponseReturnValue:
    """Remove a file that was not released."""
    name = service.remove_material(db(), actor=actor(), meeting=session_to_run(ref), material_id=material_id)
    flash(f"“{name}” is removed.", "success")
    return redirect(url_for("advisory.materials", ref=ref), 303)


@bp.post("/department/sessions/<ref>/materials/release")
@requires(AdvisoryPermission.RUN)
@writes
def release_materials(ref: str) -> ResponseReturnValue:
    """Release every file of a session to everyone."""
    try:
        with db().begin_nested():
            names = service.release_materials(db(), actor=actor(), meeting=session_to_run(ref))
    except Conflict as refusal:
        flash(refusal.message)
    else:
        flash(f"Everyone has {plural(len(names), 'file')} more.", "success")
    return redirect(url_for("advisory.materials", ref=ref), 303)


@bp.get("/challenges/<ref>/sessions/<session_ref>/materials/<sha256>")
@public
def material(ref: str, session_ref: str, sha256: str) -> ResponseReturnValue:
    """Give a released file of a session to everybody."""
    found = queries.public_material(db(), ref=ref, session_ref=session_ref, sha256=sha256)
    return send_file(found.attachment, everybody=True, name=found.name)
