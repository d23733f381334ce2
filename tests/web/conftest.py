"""The web tier: real requests against the real app, in one rolled-back transaction."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from engage.accounts.models import Membership
from engage.app import create_app
from engage.http.limits import PostgresStorage
from engage.kernel.actor import Role
from tests.factories import accounts
from tests.support.client import DistrustfulClient, prepare


@pytest.fixture(scope="session")
def web_app(settings: config.Config) -> object:
    return prepare(create_app(settings))


@pytest.fixture(autouse=True)
def no_tries_yet(engine: sa.Engine) -> None:
    """Forget what the rate limiter counted: it counts on a connection of its own, outside the test's transaction."""
    PostgresStorage(engine=lambda: engine).reset()


@pytest.fixture
def client(web_app: object, session: Session) -> DistrustfulClient:
    """A visitor's browser."""
    made = web_app.test_client()  # type: ignore[attr-defined]  # Flask types the class loosely
    assert isinstance(made, DistrustfulClient)
    return made


@pytest.fixture
def browser_as(web_app: object, session: Session) -> Callable[..., DistrustfulClient]:
    """A maker of browsers signed in with roles, in a given organisation or a new verified one."""

    def make(*roles: Role, **options: object) -> DistrustfulClient:
        made = web_app.test_client()  # type: ignore[attr-defined]  # Flask types the class loosely
        member = accounts.member(session, *roles, **options)  # type: ignore[arg-type]  # passed through
        return made.sign_in(member)  # type: ignore[no-any-return]  # a DistrustfulClient

    return make


@pytest.fixture
def browser_of(web_app: object, session: Session) -> Callable[[Membership], DistrustfulClient]:
    """A maker of browsers for members who exist already."""

    def make(member: Membership) -> DistrustfulClient:
        made: DistrustfulClient = web_app.test_client()  # type: ignore[attr-defined]  # Flask types it loosely
        return made.sign_in(member)

    return make
