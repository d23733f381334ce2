"""What can go wrong in matching, each with a sentence for people."""

from __future__ import annotations


class MatchingError(Exception):
    """Something the matching library cannot do; the message says what to mend."""


class EmbedderError(MatchingError):
    """The embedder is missing, unknown, or not the one that was pinned."""


class InputError(MatchingError):
    """The data handed in cannot be matched as it is."""


class MissingVectorsError(MatchingError):
    """Vectors are needed that nobody has computed yet."""


class SegmentError(MatchingError):
    """A stored segment is damaged, or belongs to other snapshots: make it anew."""
