"""What crawlers and security researchers read: sitemap, robots, security.txt."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from engage.challenges import queries as challenges
from engage.http.access import public
from engage.http.session import db
from engage.kernel import clock
from engage.kernel.settings import settings
from engage.site.views import bp


@bp.get("/sitemap.xml")
@public
def sitemap() -> ResponseReturnValue:
    """List the public pages; only challenges that everyone may see."""
    found = challenges.public_references(db())
    text = render_template("site/sitemap.xml", base=settings().base_url, references=found)
    return Response(text, mimetype="application/xml")


@bp.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """Let crawlers read what is public."""
    lines = (
        "User-agent: *",
        "Disallow: /department",
        "Disallow: /supplier/",
        "Disallow: /admin",
        "Disallow: /account",
    )
    return Response(
        "\n".join((*lines, f"Sitemap: {settings().base_url}/sitemap.xml", "")), mimetype="text/plain"
    )


@bp.get("/.well-known/security.txt")
@public
def security_txt() -> ResponseReturnValue:
    """Say how to report a vulnerability (RFC 9116)."""
    expires = (clock.now() + timedelta(days=180)).replace(microsecond=0).isoformat()
    text = f"Contact: {settings().base_url}/privacy#security\nExpires: {expires}\nPreferred-Languages: en\n"
    return Response(text, mimetype="text/plain")
