"""Unit tests cannot reach the database."""

from __future__ import annotations

from typing import NoReturn

import psycopg
import pytest


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        raise AssertionError("a unit test tried to reach the database: move it to tests/db")

    monkeypatch.setattr(psycopg.Connection, "connect", refuse)
