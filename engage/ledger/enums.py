"""What a ledger line can say: by which channel, to whom, about what kind of fact."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Channel(StrEnum):
    """How something was disclosed."""

    PAGE = "page"
    """On a page that everybody can read."""
    MAIL = "mail"
    """By a letter of engage; its line is written when the letter has been sent."""
    SESSION = "session"
    """Said in an advisory session to who was there."""
    QUESTION = "question"
    """As the answer to a question, on the page of the challenge."""
    PHONE = "phone"
    EMAIL = "email"
    """By an email that did not go through engage."""
    MEETING = "meeting"
    ONE_TO_ONE = "one_to_one"
    EVENT = "event"
    DOCUMENT = "document"


EVERYONE = "everyone"

OWN_AFFAIRS: Mapping[str, str] = {
    "invitation": "That a supplier is invited, why, and until when it can answer, concerns that supplier alone; "
    "the text it points to is public.",
    "seat": "That a place was given, moved or lost, and how to join, concerns who attends; title, time, place and "
    "agenda are on the public page.",
    "waiting": "That a place is kept, or that there is nothing to wait for any more, concerns who waits.",
    "offer": "The answer to an offer to help concerns who made the offer.",
    "rejection": "Why a question is not answered concerns who asked it; nothing is said about the problem.",
    "letter": "Lines written before letters named their fact: invitations, places and answers about the reader's own "
    "affairs. What such letters told everyone has a line of its own.",
}
"""Kinds of facts that are told to one supplier only and give it no advantage, each with the reason.

The kind of a fact is what stands before its colon. A kind that is not in this table counts: told to somebody before
everyone, it is on the asymmetry report.
"""


def counts(fact: str) -> bool:
    """Tell whether ``fact`` has to reach everyone."""
    return fact.partition(":")[0] not in OWN_AFFAIRS
