"""Handing mail to an SMTP server over one connection for many mails."""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from engage.kernel.settings import settings
from engage.kernel.text import excerpt
from engage.outbox.errors import DeadAddress, Later, Never, SendError, Unreachable
from engage.outbox.service.mime import Mail
from engage.outbox.service.reports import speaks_of_address

TIMEOUT = 10.0
"""Seconds that connecting, and each answer of the server, may take."""
PORTS = {"smtp": 25, "smtps": 465}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ACCEPTED = 250
RECIPIENT_ACCEPTED = (250, 251)
ENHANCED_DOTS = 2
REFUSED = 500
SERVICE_ENDS = 421
NO_MAILBOX = frozenset({550, 551, 553})
"""Answers to a recipient that may mean that there is none (RFC 5321)."""
_AN_ADDRESS = re.compile(r"\S+@\S+")
_WHO = re.compile(r"\b(user|mailbox|recipient|address|account)\b", re.IGNORECASE)
_IS_NOT = re.compile(
    r"\b(no such|unknown|invalid|not exist|not known|not found|no longer|disabled|inactive|no mailbox|not a valid)\b",
    re.IGNORECASE,
)
_SOMETHING_ELSE = re.compile(
    r"\b(relay\w*|polic\w+|block\w*|spam|senders?|clients?|ip|dns|helo|hosts?|hostname|auth\w*|quota|full|reputation)\b",
    re.IGNORECASE,
)
NOT_US = frozenset({454, 530, 534, 535, 538})
"""Answers about who we are (authentication, encryption), not about a letter: mend the settings, then it
works.
"""


class SmtpTransport:
    """Hands mail to the server of an address like ``smtp://user:password@host:587``; ``smtps://`` is TLS at
    once.

    With ``smtp://`` TLS begins with STARTTLS when the server offers it, except on this machine. A password is
    never sent without TLS to another machine. Connects at the first mail and again after any trouble.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.secure = parts.scheme == "smtps"
        self.host = parts.hostname or "localhost"
        self.port = parts.port or PORTS[parts.scheme]
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")
        self._connection: smtplib.SMTP | None = None

    @property
    def name(self) -> str:
        """The server in words."""
        return f"the mail server {self.host}:{self.port}"

    def send(self, mail: Mail) -> str:
        """Hand over ``mail`` and return the server's answer. See ``Transport.send``."""
        connection = self._connected()
        with self._translating():
            return _converse(connection, mail)

    def close(self) -> None:
        """Say goodbye, as far as the server listens."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.quit()
            connection.close()

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._connect()
            except smtplib.SMTPResponseException as error:
                raise Unreachable(f"{_begin(self.name)} does not let engage in: {_words(error)}.") from error
            except OSError as error:  # smtplib's own errors are among these
                raise Unreachable(f"{_begin(self.name)} {_trouble(error)}: {_reason(error)}.") from error
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        greeting = urlsplit(settings().base_url).hostname or "localhost"
        connection: smtplib.SMTP
        if self.secure:
            connection = smtplib.SMTP_SSL(
                self.host, self.port, local_hostname=greeting, timeout=TIMEOUT, context=context
            )
        else:
            connection = smtplib.SMTP(self.host, self.port, local_hostname=greeting, timeout=TIMEOUT)
        try:
            self._greet(connection, context)
        except BaseException:
            connection.close()
            raise
        return connection

    def _greet(self, connection: smtplib.SMTP, context: ssl.SSLContext) -> None:
        connection.ehlo_or_helo_if_needed()
        away = self.host not in LOOPBACK
        encrypted = self.secure
        if not encrypted and away and connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
            encrypted = True
        if self.user:
            if away and not encrypted:
                raise smtplib.SMTPException("it offers no encryption, so the password was not sent")
            connection.login(self.user, self.password)

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Turn what smtplib raises into what it means for the letter."""
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise self._meaning(code, words, recipient=True) from error
        except smtplib.SMTPResponseException as error:
            ours = isinstance(error, smtplib.SMTPSenderRefused)
            raise self._meaning(error.smtp_code, error.smtp_error, sender=ours) from error
        except OSError as error:
            self._drop()
            raise Later(
                f"The connection to {self.name} broke ({_reason(error)}): it is unknown whether it took the "
                "letter. A second copy would have the same Message-ID.",
                in_doubt=True,
            ) from error

    def _meaning(
        self, code: int, answer: bytes | str, *, recipient: bool = False, sender: bool = False
    ) -> SendError:
        said = f"{_begin(self.name)} answered {code}: {_text(answer)}"
        if code in NOT_US:
            self._drop()
            return Unreachable(said)
        if code < REFUSED:
            if code == SERVICE_ENDS:
                self._drop()
            return Later(said)
        if recipient and _no_such_address(code, _text(answer)):
            return DeadAddress(said)
        return Never(said, by_recipient=not sender)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _converse(connection: smtplib.SMTP, mail: Mail) -> str:
    """Hand over one mail in the open conversation; returns what the server said to it.

    As ``smtplib``'s own ``sendmail``, which keeps that answer to itself. The server's number for the letter is in it:
    those who look after the server find the letter by it.
    """
    options = [f"size={len(mail.data)}"] if connection.has_extn("size") else []
    code, answer = connection.mail(mail.sender, options)
    if code != ACCEPTED:
        _start_over(connection)
        raise smtplib.SMTPSenderRefused(code, answer, mail.sender)
    code, answer = connection.rcpt(mail.recipient)
    if code not in RECIPIENT_ACCEPTED:
        _start_over(connection)
        raise smtplib.SMTPRecipientsRefused({mail.recipient: (code, answer)})
    code, answer = connection.data(mail.data)
    if code != ACCEPTED:
        _start_over(connection)
        raise smtplib.SMTPDataError(code, answer)
    return f"{code} {_text(answer)}"


def _start_over(connection: smtplib.SMTP) -> None:
    """Make the connection ready for the next letter; one that has broken is noticed then."""
    with contextlib.suppress(OSError):
        connection.rset()


def _no_such_address(code: int, answer: str) -> bool:
    """Tell whether a refused recipient does not exist: by the enhanced code (RFC 3463), or else by plain words.

    A server without enhanced codes may mean anything by 550: a relay that is closed to us, a filter, a full mailbox.
    It is believed only where it speaks of the user and of nothing else.
    """
    status = answer.split(" ", 1)[0]
    if status.count(".") == ENHANCED_DOTS and status.replace(".", "").isdecimal():
        return speaks_of_address(status)
    words = _AN_ADDRESS.sub("", answer)
    plain = _WHO.search(words) and _IS_NOT.search(words) and not _SOMETHING_ELSE.search(words)
    return code in NO_MAILBOX and bool(plain)


def _text(answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return excerpt(words, length=300)


def _words(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}".rstrip(".")


def _trouble(error: OSError) -> str:
    answered = isinstance(error, smtplib.SMTPException | ssl.SSLError)
    if answered and not isinstance(error, smtplib.SMTPServerDisconnected):
        return "cannot be used"
    return "does not answer"


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    words = excerpt(error.strerror or str(error) or type(error).__name__, length=200).rstrip(".")
    return words[:1].lower() + words[1:]


def _begin(words: str) -> str:
    return words[:1].upper() + words[1:]
