"""Addresses that need no account: the page of one subscription, and the page of everything an address gets.

Whoever has the first may confirm, change and end that subscription, for good: mail programs use it years later. The
second reaches further, so it ends after 90 days and says how to get a new one.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from engage.digests.errors import LinkExpired
from engage.kernel import clock
from engage.kernel.errors import NotFound
from engage.kernel.settings import settings

INCOMPLETE = "This link is not complete. Copy the whole address from the email."
MANAGING = timedelta(days=90)
"""How long the link to everything an address gets can be used."""


def token_for(subscription_id: int) -> str:
    """Return the signed token of a subscription. It is the same each time and does not expire."""
    return _signed("engage.subscription", subscription_id)


def subscription_id(token: str) -> int:
    """Return the id in ``token``. Raises ``NotFound`` for a token that engage did not sign."""
    found = _checked("engage.subscription", token)
    if not isinstance(found, int):
        raise NotFound(INCOMPLETE)
    return found


def page_address(subscription_id: int) -> str:
    """Return the full address of a subscription's page, for mails."""
    return f"{settings().base_url}/alerts/{token_for(subscription_id)}"


def managing_token(subscription_id: int) -> str:
    """Return the signed token of everything that the address of this subscription gets, good for 90 days.

    It names the subscription and the day, not the address: links end up in logs. The same all day.
    """
    return _signed("engage.subscriptions", [subscription_id, clock.uk_today().toordinal()])


def managed_id(token: str) -> int:
    """Return the id of the subscription whose address ``token`` opens.

    Raises ``NotFound`` for a token that engage did not sign, ``LinkExpired`` for one that is too old.
    """
    found = _checked("engage.subscriptions", token)
    if not isinstance(found, list):
        raise NotFound(INCOMPLETE)
    number, day = found
    if clock.uk_today() - date.fromordinal(day) > MANAGING:
        raise LinkExpired(number)
    return int(number)


def manage_address(subscription_id: int) -> str:
    """Return the full address of the page of everything that a subscription's address gets, for mails."""
    return f"{settings().base_url}/alerts/all/{managing_token(subscription_id)}"


def mute_address(subscription_id: int, ref: str) -> str:
    """Return the full address of the page that mutes a challenge for a subscription's address, for mails."""
    return f"{page_address(subscription_id)}/mute/{ref}"


def _signed(salt: str, value: object) -> str:
    token = _serializer(salt).dumps(value)
    return token if isinstance(token, str) else token.decode()


def _checked(salt: str, token: str) -> Any:
    try:
        found = _serializer(salt).loads(token)
    except BadSignature as error:
        raise NotFound(INCOMPLETE) from error
    # Base64 has several spellings of the same bytes; only the one that was sent counts.
    if not hmac.compare_digest(_signed(salt, found), token):
        raise NotFound(INCOMPLETE)
    return found


def _serializer(salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        settings().secret_key, salt=salt, signer_kwargs={"digest_method": hashlib.sha256}
    )
