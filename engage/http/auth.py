"""The thin layer over Flask-Login: a cookie holds a random token, everything else is looked up on the server."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.orm import Session

from engage.http.session import db
from engage.kernel.actor import Actor

FindActor = Callable[[Session, str], Actor | None]


class SignedIn(UserMixin):
    """What Flask-Login sees of a signed-in person: the token of the session, and the actor behind it."""

    def __init__(self, actor: Actor, token: str) -> None:
        self.actor = actor
        self.token = token

    def get_id(self) -> str:
        """Return the token that the cookie keeps."""
        return self.token


def init_app(app: Flask, find_actor: FindActor) -> None:
    """Install the loader. ``find_actor`` maps a token to the actor, or ``None`` when revoked, expired or unknown."""
    manager = LoginManager()
    manager.session_protection = None  # sessions live on the server and are revocable; an address may change
    manager.init_app(app)

    def load(token: str) -> SignedIn | None:
        actor = find_actor(db(), token)
        return SignedIn(actor, token) if actor else None

    manager.user_loader(load)


def remember(actor: Actor, token: str) -> None:
    """Put ``token`` into a fresh cookie: nothing of the cookie before survives."""
    cookie.clear()
    login_user(SignedIn(actor, token))


def forget() -> None:
    """Empty the cookie."""
    logout_user()
    cookie.clear()


def current_token() -> str | None:
    """Return the token of the signed-in session this request came with, ``None`` for a visitor."""
    token: str | None = current_user.get_id() if current_user.is_authenticated else None
    return token
