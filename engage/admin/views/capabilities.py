"""The taxonomy of capabilities: renaming, merging and retiring without breaking claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engage.admin.forms import MergeForm, RenameForm
from engage.admin.policy import AdminPermission
from engage.admin.views import bp
from engage.http.access import actor, requires
from engage.http.filters import plural
from engage.http.forms import Form
from engage.http.session import db, writes
from engage.kernel import codes
from engage.kernel.errors import Invalid
from engage.suppliers import queries, service

if TYPE_CHECKING:
    from engage.suppliers.models import Capability


@bp.get("/capabilities")
@requires(AdminPermission.READ)
def capabilities() -> ResponseReturnValue:
    """List the taxonomy with the number of suppliers, what was retired, and its versions."""
    session = db()
    return render_template(
        "admin/capabilities.html",
        areas=queries.areas(session),
        retired=queries.retired(session),
        versions=queries.versions(session),
    )


@bp.get("/capabilities/<slug>")
@requires(AdminPermission.READ)
def capability(slug: str) -> ResponseReturnValue:
    """Show a capability, and what may be done with it."""
    return _page(queries.capability(db(), slug=slug))


@bp.post("/capabilities/<slug>/rename")
@requires(AdminPermission.MANAGE)
@writes
def capability_rename(slug: str) -> ResponseReturnValue:
    """Give a capability another name and other synonyms."""
    form = RenameForm()

    def act() -> str:
        found = service.rename_capability(
            db(), actor=actor(), slug=slug, name=form.name.data, synonyms="\n".join(form.synonyms.data)
        )
        return f"It is called “{found.name}” now."

    return _act(slug, act, rename=form)


@bp.post("/capabilities/<slug>/merge")
@requires(AdminPermission.MANAGE)
@writes
def capability_merge(slug: str) -> ResponseReturnValue:
    """Merge a capability into another, with its claims."""
    form = _merge_form(queries.capability(db(), slug=slug))

    def act() -> str:
        moved = service.merge_capability(db(), actor=actor(), slug=slug, into=form.into.data or "")
        return f"Merged. {plural(moved, 'claim')} went with it."

    return _act(slug, act, merge=form)


@bp.post("/capabilities/<slug>/retire")
@requires(AdminPermission.MANAGE)
@writes
def capability_retire(slug: str) -> ResponseReturnValue:
    """Retire a capability: no statement can name it anew."""
    service.retire_capability(db(), actor=actor(), slug=slug)
    flash("It is retired. Statements that name it keep it.", "success")
    return redirect(url_for("admin.capability", slug=slug), 303)


@bp.post("/capabilities/<slug>/restore")
@requires(AdminPermission.MANAGE)
@writes
def capability_restore(slug: str) -> ResponseReturnValue:
    """Take a retired capability into use again."""
    service.restore_capability(db(), actor=actor(), slug=slug)
    flash("It is in use again.", "success")
    return redirect(url_for("admin.capability", slug=slug), 303)


def _act(slug: str, act: Callable[[], str], **forms: Form) -> ResponseReturnValue:
    """Do what one of the forms asks, or show it again with what is wrong."""
    (form,) = forms.values()
    if form.validate():
        try:
            told = act()
        except Invalid as wrong:
            form.add_errors(wrong.fields)
        else:
            flash(told, "success")
            return redirect(url_for("admin.capability", slug=slug), 303)
    return _page(queries.capability(db(), slug=slug), **forms)


def _page(found: Capability, **forms: Form) -> ResponseReturnValue:
    rename = forms.get("rename") or RenameForm(data={"name": found.name, "synonyms": found.synonyms})
    merge = forms.get("merge") or _merge_form(found)
    wrong = next((form for form in forms.values() if form.errors), None)
    page = render_template(
        "admin/capability.html",
        capability=found,
        rename=rename,
        merge=merge,
        form=wrong or rename,
        may=AdminPermission.MANAGE.allows(actor()),
        codes=codes,
    )
    return page, 422 if wrong else 200


def _merge_form(found: Capability) -> MergeForm:
    form = MergeForm()
    others = [
        (slug, f"{area}: {name}")
        for area, below in queries.choices(db())
        for slug, name in below
        if slug != found.slug
    ]
    form.into.choices = [("", "Choose one"), *others]
    return form
