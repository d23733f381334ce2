"""What a statement or a challenge says, cleaned: the form in which texts are compared and named."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from engage.matching.embedders import Kind
from engage.matching.prose import LONGEST_TEXT, LONGEST_TITLE, LeftOut, prose
from engage.matching.text import normalise
from engage.matching.types import ChallengeText, Document


class Wording(NamedTuple):
    """The cleaned title, and the cleaned title and text as one."""

    title: str
    full: str


class Compared(NamedTuple):
    """How a statement is read: what is compared, and what was left out of its title and text."""

    said: Wording
    left_out: tuple[LeftOut, ...]


def wording(item: Document | ChallengeText) -> Wording:
    """Clean the title and the text of a statement or a challenge.

    Of a statement repeated sentences and long lists are cut (``prose``); a
    challenge is taken as its department wrote it. Of both no more is read than
    ``LONGEST_TITLE`` and ``LONGEST_TEXT`` characters.
    """
    if isinstance(item, Document):
        return as_compared(item).said
    return _together(normalise(item.title[:LONGEST_TITLE]), normalise(item.text[:LONGEST_TEXT]))


def as_compared(document: Document) -> Compared:
    """Return what is compared of a statement and what is left out, to be shown to its supplier."""
    title, text = prose(document.title, longest=LONGEST_TITLE), prose(document.text)
    return Compared(_together(title.text, text.text), (*title.left_out, *text.left_out))


def _together(title: str, text: str) -> Wording:
    return Wording(title=title, full=f"{title}. {text}" if title and text else title or text)


def full_text(item: Document | ChallengeText) -> str:
    """Return title and text as the one cleaned text that is compared and embedded."""
    return wording(item).full


def content_hash(text: str, kind: Kind = "document") -> str:
    """Return the name under which the vector of a text is kept (SHA-256, hex).

    Two texts that read alike after cleaning have one name. The kind is part of
    it, because some models embed questions and statements differently.
    """
    return hashlib.sha256(f"{kind}\n{normalise(text)}".encode()).hexdigest()
