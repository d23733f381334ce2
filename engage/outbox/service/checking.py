"""Letting somebody without an account show that mail to their address arrives again."""

from __future__ import annotations

import hashlib
import hmac

import sqlalchemy as sa
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from engage.kernel import clock, jobs
from engage.kernel.actor import System
from engage.kernel.errors import NotFound
from engage.kernel.settings import settings
from engage.outbox.models import Suppression
from engage.outbox.service.posting import post
from engage.outbox.service.suppressing import live

CHECK = "outbox.write_check"
INCOMPLETE = "This link is not complete. Copy the whole address from the email."


def ask_for_check(session: Session, *, email: str) -> None:
    """Have a letter written to ``email`` if it gets no mail, by a job: the page takes as long for every address."""
    found = session.scalar(live(email).with_only_columns(Suppression.id))
    jobs.defer(session, CHECK, suppression_id=found)


def write_check(session: Session, *, suppression_id: int | None) -> None:
    """Write the letter that lets a person lift a suppression, one a day; nothing where there is none any more."""
    holds = sa.select(Suppression).where(Suppression.id == suppression_id, Suppression.lifted_at.is_(None))
    found = session.scalar(holds)
    if found is None:
        return
    post(
        session,
        template="address_check",
        to=found.email,
        context={"since": found.at, "link": f"{settings().base_url}/mail/address/{check_token(found.id)}"},
        dedupe_key=f"address_check:{found.id}:{clock.uk_today()}",
        why="You get this email because somebody entered this address on engage, to get its emails again.",
        sender=System(),
    )


def check_token(suppression_id: int) -> str:
    """Return the signed token of a suppression: whoever has it reads mail to that address."""
    token = _serializer().dumps(suppression_id)
    return token if isinstance(token, str) else token.decode()


def suppression_id(token: str) -> int:
    """Return the id in ``token``. Raises ``NotFound`` for a token that engage did not sign."""
    try:
        found = _serializer().loads(token)
    except BadSignature as error:
        raise NotFound(INCOMPLETE) from error
    # Base64 has several spellings of the same bytes; only the one that was sent counts.
    if not isinstance(found, int) or not hmac.compare_digest(check_token(found), token):
        raise NotFound(INCOMPLETE)
    return found


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(
        settings().secret_key, salt="engage.suppression", signer_kwargs={"digest_method": hashlib.sha256}
    )
