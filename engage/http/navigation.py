"""The links of the header and the footer, for a visitor and for each kind of organisation."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, has_request_context, request, url_for

from engage.kernel.actor import Actor

EVERYBODY = (
    ("challenges.index", "Challenges"),
    ("suppliers.index", "Suppliers"),
    ("techmap.index", "Techmap"),
    ("site.how_matching_works", "How matching works"),
)
FOOTER = (
    ("digests.alerts", "Email alerts"),
    ("site.how_matching_works", "How matching works"),
    ("site.open_data", "Open data"),
    ("site.accessibility", "Accessibility"),
    ("site.privacy", "Privacy"),
)


@dataclass(frozen=True)
class Link:
    """One entry; ``current`` is true on the page itself, ``active`` on every page of the same part."""

    text: str
    href: str
    endpoint: str
    current: bool = False
    active: bool = False


def links(entries: tuple[tuple[str, str], ...]) -> list[Link]:
    """Return links to the endpoints that this application has, so that a part can be left out."""
    here = (request.endpoint or "") if has_request_context() else ""
    part = here.partition(".")[0]
    return [
        Link(
            text,
            url_for(endpoint),
            endpoint,
            current=endpoint == here,
            active=part == endpoint.partition(".")[0] and part != "site",
        )
        for endpoint, text in entries
        if endpoint in current_app.view_functions
    ]


def main_links(actor: Actor | None) -> list[Link]:
    """Return the entries on the left of the navigation bar."""
    if actor is None:
        return links(EVERYBODY)
    own = "Admin" if actor.organisation_kind == "platform" else "Dashboard"
    return links((("site.dashboard", own), *EVERYBODY))


def account_links(actor: Actor | None) -> list[Link]:
    """Return the entries on the right: the account, or the way in."""
    if actor is None:
        return links((("accounts.sign_in", "Sign in"),))
    return links((("accounts.account", actor.person_name),))


def footer_links() -> list[Link]:
    """Return the entries of the footer."""
    return links(FOOTER)


def address(endpoint: str) -> str | None:
    """Return the address of ``endpoint``, or ``None`` when this application does not have it."""
    return url_for(endpoint) if endpoint in current_app.view_functions else None
