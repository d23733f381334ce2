"""What a statement or a challenge says, cleaned: the form in which texts are compared and named."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from engage.matching.embedders import Kind
from engage.matching.text import normalise
from engage.matching.types import ChallengeText, Document


class Wording(NamedTuple):
    """The cleaned title, and the cleaned title and text as one."""

    title: str
    full: str


def wording(item: Document | ChallengeText) -> Wording:
    """Clean the title and the text of a statement or a challenge."""
    title, text = normalise(item.title), normalise(item.text)
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
