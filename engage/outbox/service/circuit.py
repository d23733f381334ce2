"""Noticing that the mail server refuses engage, not the recipients: a relay that does not know us refuses everybody."""

from __future__ import annotations

import threading

import structlog

from engage.outbox.errors import Never, SendError, Unreachable

log = structlog.get_logger()

MOST_REFUSED = 10
"""So many different recipients in a row may be refused; with one more the fault is more likely ours."""


class Circuit:
    """What a mail server said of different recipients one after the other, over all connections of this process.

    After more than ``MOST_REFUSED`` in a row a refusal fails no letter and speaks of no address any more: it counts as
    a mail server that cannot be used. Each delivery then tries one letter; the first that is taken ends that.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._way = ""
        self._refused: set[str] = set()

    def judge(self, result: str | SendError, *, recipient: str, way: str) -> str | SendError:
        """Return what ``result`` means, heard of ``recipient`` over ``way``, the address of a mail server.

        Side effect: when the row becomes too long, that is logged as an error, without any address.
        """
        with self._lock:
            if way != self._way:
                self._way, self._refused = way, set()
            if isinstance(result, str):
                self._refused.clear()
            if not isinstance(result, Never) or not result.by_recipient:
                return result
            if len(self._refused) <= MOST_REFUSED:
                self._refused.add(recipient.lower())
                if len(self._refused) <= MOST_REFUSED:
                    return result
                log.error("the mail server refuses every recipient", in_a_row=len(self._refused))
            return Unreachable(
                f"More than {MOST_REFUSED} different recipients in a row were refused, so the fault is likely ours. "
                "Letters that failed before this one say with which words. One letter is tried at a time until one "
                "is taken."
            )
