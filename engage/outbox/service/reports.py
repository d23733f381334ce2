"""Reading what mail systems send back: delivery status notifications (RFC 3464) and spam complaints (RFC 5965).

Only reports in these two formats count. An out-of-office note, a reply by a person or a bounce in free words says
nothing that a machine could rely on: it is left in the mailbox for a person.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage, Message

from engage.kernel.text import excerpt, sha256
from engage.outbox.enums import Outcome

ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
"""Headers in which mail systems leave the address that the report was sent to."""
COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out"})
LONGEST_WORDS = 500
MOST_RECIPIENTS = 20
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ANGLES = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True)
class Report:
    """What one report says about one letter."""

    outcome: Outcome
    addressed_to: str = ""
    """Where the report went, or whence the letter came: text with the letter's mark in it, if it has one."""
    message_id: str = ""
    """The Message-ID of the letter, with its angle brackets, where the report quotes it."""
    recipient: str = ""
    status: str = ""
    words: str = ""
    letter_id: int | None = None
    """Where the reporter is trusted and names the letter by number."""

    def __post_init__(self) -> None:
        """Take out what no database keeps and no page shows: control characters, halves of characters."""
        for name in ("addressed_to", "message_id", "recipient", "status", "words"):
            object.__setattr__(self, name, _UNPRINTABLE.sub("", getattr(self, name)))

    @property
    def fingerprint(self) -> str:
        """The same report read twice has the same."""
        return sha256(f"{self.outcome}\n{self.recipient.lower()}\n{self.status}\n{self.words}")[:32]


def read_reports(data: bytes) -> list[Report]:
    """Return what the mail ``data`` reports; nothing when it is no report, however badly it is made."""
    try:
        return list(_reports(email.message_from_bytes(data, policy=email.policy.default)))
    except (
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ):  # what the parser says of mail that is not well made, or has a thousand parts within parts
        return []


def outcome_of(action: str, status: str) -> Outcome | None:
    """Return what an action of RFC 3464 with a status of RFC 3463 means; ``None`` when it is not the end yet.

    ``5.1.*`` and ``5.2.1`` speak of the address. Everything else may pass: a full mailbox, a message that was not
    liked, a server that could not be reached for days.
    """
    if action in {"delivered", "relayed", "expanded"}:
        return Outcome.DELIVERED if action == "delivered" else None
    if action != "failed":
        return None
    return Outcome.NO_ADDRESS if speaks_of_address(status) else Outcome.UNDELIVERED


def speaks_of_address(status: str) -> bool:
    """Tell whether an enhanced status code says that the address takes no mail: does not exist, or is disabled."""
    return status.startswith(("5.1.", "5.2.1")) and status not in {
        "5.1.7",
        "5.1.8",
    }  # those two: the sender's


def _reports(message: EmailMessage) -> Iterator[Report]:
    if message.get_content_type() != "multipart/report":
        return
    addressed_to = " ".join(str(value) for name in ENVELOPE for value in message.get_all(name, []))
    parts = list(message.iter_parts())
    quoted = _quoted_id(parts)
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            yield from _statuses(part, addressed_to, quoted)
        elif kind == "message/feedback-report":
            yield from _complaint(part, addressed_to, quoted)


def _statuses(part: Message, addressed_to: str, quoted: str) -> Iterator[Report]:
    """Give a report for each recipient: the blocks after the first, which is about the message."""
    blocks = [block for block in part.get_payload() if isinstance(block, Message)]
    for block in blocks[1 : MOST_RECIPIENTS + 1]:
        found = _STATUS.search(_field(block, "Status"))
        status = found.group() if found else ""
        outcome = outcome_of(_field(block, "Action").lower(), status)
        if outcome is not None:
            recipient = _address(block, "Original-Recipient") or _address(block, "Final-Recipient")
            words = excerpt(_field(block, "Diagnostic-Code").partition(";")[2], length=LONGEST_WORDS)
            yield Report(outcome, addressed_to, quoted, recipient, status, words)


def _complaint(part: Message, addressed_to: str, quoted: str) -> Iterator[Report]:
    fields = _feedback(part)
    if fields.get("feedback-type", "").lower() in COMPLAINTS:
        came_from = f"{addressed_to} {fields.get('original-mail-from', '')}"
        recipient = fields.get("original-rcpt-to", "").strip("<> ")
        words = f"{fields['feedback-type']}, reported by {fields.get('user-agent', 'a mail provider')}"
        yield Report(
            Outcome.COMPLAINT, came_from, quoted, recipient, "", excerpt(words, length=LONGEST_WORDS)
        )


def _feedback(part: Message) -> Mapping[str, str]:
    payload = part.get_payload()
    if isinstance(payload, list) and isinstance(payload[0], Message):
        # The parser takes every message/* for a mail within the mail: the fields are its headers.
        return {name.lower(): str(value).strip() for name, value in payload[0].items()}
    lines = (line.partition(":") for line in _text(part).splitlines() if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _quoted_id(parts: Sequence[Message]) -> str:
    """Return the Message-ID of the mail that the report brings back, whole or its headers only."""
    for part in parts:
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind == "message/rfc822" and isinstance(payload, list) and isinstance(payload[0], Message):
            return _angles(str(payload[0].get("Message-ID", "")))
        if kind == "text/rfc822-headers":
            return _angles(str(email.message_from_string(_text(part)).get("Message-ID", "")))
    return ""


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _angles(text: str) -> str:
    found = _ANGLES.search(text)
    return found.group() if found else ""


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _address(block: Message, name: str) -> str:
    return _field(block, name).partition(";")[2].strip().strip("<>")
