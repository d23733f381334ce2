"""Signing mail with DKIM (RFC 6376) where the mail server does not. Needs the extra ``dkim``."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from engage.kernel.settings import SettingsError, settings

SIGNED = (
    b"From",
    b"To",
    b"Subject",
    b"Date",
    b"Message-ID",
    b"MIME-Version",
    b"Content-Type",
    b"Auto-Submitted",
    b"List-Id",
    b"List-Unsubscribe",
    b"List-Unsubscribe-Post",
)
"""Header fields that the signature covers; RFC 8058 asks for the last two."""


def sign(data: bytes) -> bytes:
    """Return the mail ``data`` with a signature in front when ``ENGAGE_DKIM`` is set, else as it is.

    Raises ``SettingsError`` when the key cannot be read or the extra is not installed.
    """
    signing = settings().signing
    if signing is None:
        return data
    selector, domain, file = signing
    header: bytes = _library().sign(
        data,
        selector.encode(),
        domain.encode(),
        _key(file),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[*SIGNED, b"From"],  # once more than there is: no second one can be added on the way
    )
    return header + data


@cache
def _library() -> Any:
    try:
        return import_module("dkim")
    except ImportError as error:
        raise SettingsError("ENGAGE_DKIM needs dkimpy: install engage with the extra dkim.") from error


@cache
def _key(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"The key of ENGAGE_DKIM cannot be read: {error.strerror}.") from error
