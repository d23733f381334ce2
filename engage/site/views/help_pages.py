"""Pages that explain engage."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from engage.http.access import public
from engage.kernel.settings import settings
from engage.matching import ENGINE_VERSION, Parameters
from engage.site import quality
from engage.site.views import bp


@bp.get("/how-matching-works")
@public
def how_matching_works() -> ResponseReturnValue:
    """Explain in plain words how suppliers are found, and with what weights."""
    return render_template(
        "site/how_matching_works.html",
        parameters=Parameters(),
        weights=_weights(Parameters()),
        engine_version=ENGINE_VERSION,
        words_only=settings().embedder == "none",
    )


@bp.get("/how-matching-works/model-card")
@public
def model_card() -> ResponseReturnValue:
    """Say what the matcher uses and does not use, how well it was measured to work, its limits, how to complain."""
    return render_template(
        "site/model_card.html",
        parameters=Parameters(),
        engine_version=ENGINE_VERSION,
        embedder=settings().embedder,
        measured=quality.measured(),
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


def _weights(parameters: Parameters) -> list[tuple[str, float, str]]:
    """Return the parts of a score with their weights and what they are, in words."""
    years = round(parameters.half_life_days / 365.25, 1)
    often = f"shared words and pairs of words; each counts at most {parameters.term_cap} times in a text"
    return [
        (
            "Meaning",
            parameters.semantic,
            "how near the statement and the challenge are for the language model",
        ),
        ("Words", parameters.lexical, often),
        ("CPV codes", parameters.cpv, "at most: a shared code of the Common Procurement Vocabulary"),
        (
            "Evidence",
            parameters.evidence,
            "at most: for a statement that was verified; half for a link to evidence",
        ),
        ("How recent", parameters.freshness, f"at most: for work of today; half of it after {years:g} years"),
    ]
