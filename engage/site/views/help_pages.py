"""Pages that explain engage."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.http.access import public
from engage.kernel.settings import settings
from engage.matching import ENGINE_VERSION, Parameters
from engage.site.views import bp


@bp.get("/how-matching-works")
@public
def how_matching_works() -> ResponseReturnValue:
    """Explain in plain words how suppliers are found, and with what weights."""
    return render_template(
        "site/how_matching_works.html",
        parameters=Parameters(),
        engine_version=ENGINE_VERSION,
        words_only=settings().embedder == "none",
    )


@bp.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """Show the accessibility statement."""
    return render_template("site/accessibility.html")


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """Show the privacy notice."""
    return render_template("site/privacy.html")
