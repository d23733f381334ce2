"""What can go wrong when a letter is handed to the mail server. The sentence is for the people who look after
it.
"""

from __future__ import annotations


class SendError(Exception):
    """A letter was not sent; ``str(error)`` says why."""

    in_doubt = False
    """Whether the other side may have taken the letter all the same: nobody heard how the conversation ended."""


class Later(SendError):
    """It did not work now and may work later: the letter is tried again."""

    def __init__(self, words: str, *, in_doubt: bool = False) -> None:
        super().__init__(words)
        self.in_doubt = in_doubt


class Unreachable(Later):
    """There is no working connection to the mail server: no other letter would fare better now."""


class Never(SendError):
    """The mail server refused for good: the letter is not tried again.

    ``by_recipient`` says whether the refusal has to do with the recipient: too many of those in a row, and the
    address gets no more mail.
    """

    def __init__(self, words: str, *, by_recipient: bool = True) -> None:
        super().__init__(words)
        self.by_recipient = by_recipient


class DeadAddress(Never):
    """The mail server says that the recipient's address does not exist: nothing more is sent there."""
