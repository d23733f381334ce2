"""The address of a subscription's page: whoever has it may confirm, change and end the subscription."""

from __future__ import annotations

import hashlib
import hmac

from itsdangerous import BadSignature, URLSafeSerializer

from engage.kernel.errors import NotFound
from engage.kernel.settings import settings

INCOMPLETE = "This link is not complete. Copy the whole address from the email."


def token_for(subscription_id: int) -> str:
    """Return the signed token of a subscription. It is the same each time and does not expire."""
    token = _serializer().dumps(subscription_id)
    return token if isinstance(token, str) else token.decode()


def subscription_id(token: str) -> int:
    """Return the id in ``token``. Raises ``NotFound`` for a token that engage did not sign."""
    try:
        found = _serializer().loads(token)
    except BadSignature as error:
        raise NotFound(INCOMPLETE) from error
    # Base64 has several spellings of the same bytes; only the one that was sent counts.
    if not isinstance(found, int) or not hmac.compare_digest(token_for(found), token):
        raise NotFound(INCOMPLETE)
    return found


def page_address(subscription_id: int) -> str:
    """Return the full address of a subscription's page, for mails."""
    return f"{settings().base_url}/alerts/{token_for(subscription_id)}"


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(
        settings().secret_key, salt="engage.subscription", signer_kwargs={"digest_method": hashlib.sha256}
    )
