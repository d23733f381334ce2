"""An application that has the kit and nothing else: layout, components, forms; no rooms, no database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from engage.http import assets
from engage.http.templates import configure_templates

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"


@pytest.fixture
def app() -> Flask:
    made = Flask("kit", template_folder=str(TEMPLATES), static_folder=None)
    made.config.update(SECRET_KEY="only for tests", WTF_CSRF_ENABLED=False)
    assets.init_app(made)
    configure_templates(made)
    return made


@pytest.fixture
def page(app: Flask) -> Iterator[Flask]:
    """The application inside a GET request."""
    with app.test_request_context("/"):
        yield app
