"""Domain errors: plain exceptions with a sentence for the person. HTTP codes are assigned in ``engage.http.errors``."""

from __future__ import annotations

from collections.abc import Mapping


class DomainError(Exception):
    """Something a person asked for cannot be done; ``message`` says why and what would mend it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(DomainError):
    """The thing does not exist, or this actor must not learn that it does."""

    def __init__(self, message: str = "There is nothing here.") -> None:
        super().__init__(message)


class NotAllowed(DomainError):
    """The actor may not do this."""


class Conflict(DomainError):
    """The thing is not in a state that allows this, or someone else was faster."""


class Invalid(DomainError):
    """Input is wrong; ``fields`` maps a field's name to its message."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)
