"""A letter in the format of mail (RFC 5322, MIME)."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

from engage.kernel import clock
from engage.kernel.settings import settings
from engage.outbox.models import Letter
from engage.outbox.service.returning import mark, return_address
from engage.outbox.service.signing import sign

_UNFOLDED = frozenset({"message-id", "list-id", "list-unsubscribe", "list-unsubscribe-post"})


@dataclass(frozen=True)
class Mail:
    """What a transport needs: the envelope and the message as bytes."""

    sender: str
    """The envelope sender: where it comes back to when it cannot be delivered."""
    recipient: str
    message_id: str
    subject: str
    text: str
    data: bytes
    reference: str = ""
    """The letter's mark, for a provider that reports by reference."""
    again: bool = False
    """Whether it has been handed over before, and nobody knows what became of that."""
    unsubscribe_url: str | None = None


class _Policy(EmailPolicy):
    """SMTP's format, but long addresses of pages stay whole: encoded words in them would break them."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return one header line, or several."""
        if name.lower() in _UNFOLDED:
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", cte_type="7bit")


def compose(letter: Letter) -> Mail:
    """Return ``letter`` as a mail from ``ENGAGE_MAIL_FROM``: text and HTML, and its calendar file if it has
    one.

    The Message-ID is the letter's, at each try. ``Auto-Submitted`` keeps answering machines quiet (RFC 3834).
    With ``ENGAGE_MAIL_RETURNS`` the envelope sender carries the letter's mark, so that what comes back names it. With
    ``ENGAGE_DKIM`` the mail is signed. A calendar file stands as a third alternative with its method, as RFC 6047 asks.
    """
    message = EmailMessage(policy=_POLICY)
    name, address = parseaddr(settings().mail_from)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(display_name=letter.recipient_name, addr_spec=letter.recipient)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    for header, value in letter.headers.items():
        message[header] = value
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if letter.calendar is not None and letter.calendar_method is not None:
        message.add_alternative(
            letter.calendar,
            subtype="calendar",
            cte="quoted-printable",
            params={"method": letter.calendar_method.value, "name": "invitation.ics"},
        )
    return Mail(
        sender=return_address(letter.id),
        recipient=letter.recipient,
        message_id=letter.message_id,
        subject=letter.subject,
        text=letter.text,
        data=sign(message.as_bytes()),
        reference=mark(letter.id),
        again=letter.tries > 1,
        unsubscribe_url=letter.headers.get("List-Unsubscribe", "").strip("<>") or None,
    )
