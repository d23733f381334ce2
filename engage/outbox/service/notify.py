"""Handing mail to GOV.UK Notify over its API.

Notify sends what its template says: a subject of ``((subject))`` and a message of ``((body))``, filled with the plain
text of the letter. It writes the HTML and signs the mail itself; calendar files stay behind. Its interface is one POST
and one GET, so engage speaks it directly: see https://docs.notifications.service.gov.uk/rest-api.html.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from engage.kernel.settings import settings
from engage.kernel.text import excerpt
from engage.outbox.errors import DeadAddress, Later, Never, SendError, Unreachable
from engage.outbox.service.mime import Mail

TIMEOUT = 10.0
UUID_LENGTH = 36
TAKEN = (200, 201)
BAD_REQUEST, TOO_MANY, BROKEN = 400, 429, 500
NOT_US = frozenset({401, 403})
GIVEN_UP = frozenset({"permanent-failure", "temporary-failure", "technical-failure"})
"""States in which an earlier handing over came to nothing."""


class NotifyTransport:
    """Hands mail to the service of ``ENGAGE_NOTIFY_URL`` with ``ENGAGE_NOTIFY_KEY``, over one connection."""

    def __init__(self) -> None:
        parts = urlsplit(settings().notify_url)
        self.secure = parts.scheme == "https"
        self.place = parts.netloc
        self.prefix = parts.path.rstrip("/")
        # A key of Notify is NAME-SERVICE-SECRET; service and secret are UUIDs.
        key = settings().notify_key
        self.service, self.secret = key[-2 * UUID_LENGTH - 1 : -UUID_LENGTH - 1], key[-UUID_LENGTH:]
        self._connection: http.client.HTTPConnection | None = None

    def send(self, mail: Mail) -> str:
        """Hand over ``mail`` and return Notify's id of it. See ``Transport.send``.

        A letter that was handed over before, with an unknown end, is looked up by its reference first: Notify itself
        would take it twice.
        """
        if mail.again and (known := self._known(mail.reference)):
            return known
        body: dict[str, Any] = {
            "email_address": mail.recipient,
            "template_id": settings().notify_template,
            "personalisation": {"subject": mail.subject, "body": mail.text},
            "reference": mail.reference,
        }
        if mail.unsubscribe_url:
            body["one_click_unsubscribe_url"] = mail.unsubscribe_url
        return f"GOV.UK Notify {self._ask('POST', '/v2/notifications/email', body)['id']}"

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _known(self, reference: str) -> str | None:
        found = self._ask("GET", f"/v2/notifications?template_type=email&reference={quote(reference)}")
        for one in found.get("notifications", []):
            if one.get("status") not in GIVEN_UP:
                return f"GOV.UK Notify {one['id']}"
        return None

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {self._token()}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        try:
            connection = self._connection = self._connection or self._connect()
            connection.request(method, self.prefix + path, body=data, headers=headers)
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            reason = excerpt(str(error) or type(error).__name__, length=200)
            raise Unreachable(
                f"GOV.UK Notify does not answer: {reason}.", in_doubt=method == "POST"
            ) from error
        found = _document(text)
        if status not in TAKEN:
            raise _meaning(status, found)
        return found

    def _connect(self) -> http.client.HTTPConnection:
        if self.secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self.place, timeout=TIMEOUT, context=context)
        return http.client.HTTPConnection(self.place, timeout=TIMEOUT)

    def _token(self) -> str:
        """Return a token of this moment: JWT with HMAC-SHA256 (RFC 7519), as Notify asks; it lasts 30 seconds."""
        claims = {"iss": self.service, "iat": int(time.time())}
        parts = [_base64(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "HS256"}, claims)]
        seal = hmac.new(self.secret.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
        return ".".join([*parts, _base64(seal)])


def _meaning(status: int, found: Mapping[str, Any]) -> SendError:
    """Return what a refusal means for the letter, by Notify's table of errors."""
    errors = [one for one in found.get("errors", []) if isinstance(one, dict)]
    words = "; ".join(str(one.get("message", "")) for one in errors)
    said = f"GOV.UK Notify answered {status}: {excerpt(words, length=300) or 'nothing'}"
    if (
        status in NOT_US or status == TOO_MANY
    ):  # a key that is not right, a limit: no other letter would fare better
        return Unreachable(said)
    if status >= BROKEN:
        return Later(said, in_doubt=True)
    about_address = status == BAD_REQUEST and any(
        "email_address" in str(one.get("message")) for one in errors
    )
    return DeadAddress(said) if about_address else Never(said, by_recipient=False)


def _document(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
