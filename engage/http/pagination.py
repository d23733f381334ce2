"""Page numbers in addresses."""

from __future__ import annotations

from typing import Any

from flask import request, url_for


def page_number() -> int:
    """Return the page asked for in the address, 1 when there is none or it is no number."""
    text = request.args.get("page", "1")
    return int(text) if text.isdecimal() and len(text) < 7 else 1


def page_url(number: int) -> str:
    """Return the address of page ``number`` of the present list, with the filters of this request."""
    arguments: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {})}
    arguments["page"] = number
    return url_for(request.endpoint or "", **arguments)
