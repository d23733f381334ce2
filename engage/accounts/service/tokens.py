"""Signed links in mails: who they are for, what for, and until when. Nothing about them is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from engage.accounts.models import Person
from engage.kernel.settings import SettingsError, settings
from engage.kernel.text import sha256

VERIFICATION_LASTS = timedelta(hours=24)
RESET_LASTS = timedelta(hours=2)
JOIN_LASTS = timedelta(days=7)
_VERIFY, _RESET, _JOIN = "accounts.verify-email", "accounts.reset-password", "accounts.join"


@dataclass(frozen=True)
class Joining:
    """What a link to join an organisation says."""

    organisation_id: int
    email: str
    roles: tuple[str, ...]
    inviter_id: int
    issued_at: datetime


def verification_token(person: Person) -> str:
    """Return the token of the link by which ``person`` confirms the present address."""
    return str(_serializer(_VERIFY).dumps([person.id, _of_address(person)]))


def person_to_verify(session: Session, token: str) -> Person | None:
    """Return whose address ``token`` confirms; ``None`` when it is forged, too old or for an earlier
    address.
    """
    return _person(session, _VERIFY, token, lasts=VERIFICATION_LASTS, bound_to=_of_address)


def reset_token(person: Person) -> str:
    """Return the token of the link by which ``person`` sets a new password: it dies when that is done."""
    return str(_serializer(_RESET).dumps([person.id, _of_password(person)]))


def person_to_reset(session: Session, token: str) -> Person | None:
    """Return whose password ``token`` may set; ``None`` when it is forged, too old or used."""
    return _person(session, _RESET, token, lasts=RESET_LASTS, bound_to=_of_password)


def join_token(*, organisation_id: int, email: str, roles: Sequence[str], inviter_id: int) -> str:
    """Return the token of the link by which whoever has ``email`` joins an organisation."""
    return str(_serializer(_JOIN).dumps([organisation_id, email, list(roles), inviter_id]))


def read_join_token(token: str) -> Joining | None:
    """Return what ``token`` says; ``None`` when it is forged or too old."""
    try:
        said, issued_at = _serializer(_JOIN).loads(
            token, max_age=int(JOIN_LASTS.total_seconds()), return_timestamp=True
        )
        organisation_id, email, roles, inviter_id = said
    except (BadSignature, ValueError, TypeError):
        return None
    return Joining(organisation_id, email, tuple(roles), inviter_id, issued_at)


def _person(session: Session, purpose: str, token: str, *, lasts: timedelta, bound_to: Any) -> Person | None:
    try:
        person_id, mark = _serializer(purpose).loads(token, max_age=int(lasts.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return None
    person = session.get(Person, person_id)
    if person is None or person.disabled_at or bound_to(person) != mark:
        return None
    return person


def _of_address(person: Person) -> str:
    return sha256(person.email.lower())[:32]


def _of_password(person: Person) -> str:
    # The hash holds a random salt, so its digest tells nothing about the password.
    return sha256(f"{person.password_hash} {person.email.lower()}")[:32]


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    secret = settings().secret_key
    if not secret:
        raise SettingsError("SECRET_KEY is missing: links in mails cannot be signed without it.")
    return URLSafeTimedSerializer(secret, salt=purpose, signer_kwargs={"digest_method": hashlib.sha256})
