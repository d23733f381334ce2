"""Who may call a view: every endpoint carries exactly one of ``@public``, ``@signed_in``, ``@requires(permission)``.

The mark stays on the view function, where the access-matrix test reads it. What depends on the thing at hand (one's own
challenge, another's text) is decided inside the view by the room's ``policy`` with ``authorise``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from engage.kernel.actor import Actor
from engage.kernel.errors import NotAllowed
from engage.kernel.permissions import Permission

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., object])
View = Callable[P, ResponseReturnValue]


def current_actor() -> Actor | None:
    """Return who is signed in and as which organisation, or ``None`` for a visitor."""
    if not current_user or not current_user.is_authenticated:
        return None
    return cast("Actor", current_user.actor)


def actor() -> Actor:
    """Return who is signed in. Call it only behind ``@signed_in`` or ``@requires``."""
    found = current_actor()
    if found is None:
        raise NotAllowed("Sign in first.")
    return found


def public(view: F) -> F:
    """Mark a view that anybody may call."""
    view.engage_access = "public"  # type: ignore[attr-defined]  # the mark the access-matrix test reads
    return view


def signed_in(view: View[P]) -> View[P]:
    """Let only signed-in people through; a visitor is sent to sign in and comes back."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if current_actor() is None:
            return to_sign_in()
        return view(*args, **kwargs)

    wrapped.engage_access = "signed in"  # type: ignore[attr-defined]  # the mark the access-matrix test reads
    return wrapped


def requires(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Let only actors with ``permission`` through; a visitor is sent to sign in, others get a 403 that says why."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            who = current_actor()
            if who is None:
                return to_sign_in()
            if not permission.allows(who):
                raise NotAllowed(permission.refusal)
            return view(*args, **kwargs)

        wrapped.engage_access = permission  # type: ignore[attr-defined]  # the mark the access-matrix test reads
        return wrapped

    return decorate


def authorise(allowed: bool, otherwise: str) -> None:
    """Raise ``NotAllowed`` with the sentence ``otherwise`` unless ``allowed``."""
    if not allowed:
        raise NotAllowed(otherwise)


def for_signed_in() -> bool:
    """Tell whether the view that was asked for lets only signed-in people through."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "engage_access", "public") != "public"


def to_sign_in() -> ResponseReturnValue:
    """Send a visitor to sign in, and from there to where they were: the page asked for, or the one that sent a form."""
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    flash("You were signed out, so nothing was sent or saved. Sign in, then send it again.")
    return redirect(url_for("accounts.sign_in", next=_page_of_form()))


def _page_of_form() -> str | None:
    """Return the page of this site that sent the form, as the browser names it; ``None`` when it does not.

    A form that came back with mistakes stands at an address that only takes forms: then it is the page above it.
    """
    if not request.referrer or not request.referrer.startswith(request.host_url):
        return None
    path, mark, query = ("/" + request.referrer.removeprefix(request.host_url)).partition("?")
    while path and not _can_be_opened(path):
        path, mark, query = path.rpartition("/")[0], "", ""
    return path + mark + query or None


def _can_be_opened(path: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    return adapter is not None and adapter.test(path, "GET")
