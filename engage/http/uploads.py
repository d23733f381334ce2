"""How much a request may bring: little everywhere, more on the pages that take files, from those who may send them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from engage.http.access import current_actor
from engage.kernel.permissions import Permission

F = TypeVar("F", bound=Callable[..., object])

MEGABYTE = 1024 * 1024
USUAL = 2 * MEGABYTE
AROUND = MEGABYTE
"""What a form takes beside its file."""


def takes_upload(most: int) -> Callable[[F], F]:
    """Let requests of a view bring a file of ``most`` bytes. It stands above the view's access decorator."""

    def decorate(view: F) -> F:
        view.engage_upload = most  # type: ignore[attr-defined]  # the mark that is read below
        return view

    return decorate


def init_app(app: Flask) -> None:
    """Set the limits. It has to come before whatever reads forms: until then, a limit can still be raised."""
    app.config["MAX_CONTENT_LENGTH"] = USUAL

    @app.url_value_preprocessor
    def allow(endpoint: str | None, _values: dict[str, Any] | None) -> None:
        view = current_app.view_functions.get(endpoint or "")
        most = largest_file()
        if most and request.method == "POST" and _may_call(getattr(view, "engage_access", None)):
            request.max_content_length = most + AROUND


def largest_file() -> int:
    """Return how many bytes a file may have on the page that is asked for; 0 where it takes none."""
    view = current_app.view_functions.get(request.endpoint or "")
    most: int = getattr(view, "engage_upload", 0)
    return most


def _may_call(access: object) -> bool:
    """Tell whether the person may call the view: a stranger sends no more than anywhere else."""
    who = current_actor()
    return who is not None and isinstance(access, Permission) and access.allows(who)
