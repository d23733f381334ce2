"""Going on to an address that came with the request."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Browsers drop tabs and line ends inside an address and take a backslash for a slash: none may stand in it.
_PLAIN = re.compile(r"/[\x21-\x5b\x5d-\x7e]*")


def local_path(text: str | None) -> str | None:
    """Return ``text`` when it is a path on this site with nothing a browser could take for another one."""
    if not text or not _PLAIN.fullmatch(text) or text.startswith("//"):
        return None
    parts = urlsplit(text)
    return None if parts.scheme or parts.netloc else text
