"""Protection of every POST against cross-site forgery; a view is exempt only where a mail client must post."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect

protect = CSRFProtect()


def init_app(app: Flask) -> None:
    """Check the token of every form."""
    protect.init_app(app)
