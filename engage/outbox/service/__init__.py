"""Writing letters, sending them, what comes back, and what staff do with them."""

from __future__ import annotations

from engage.outbox.service.checking import ask_for_check, suppression_id, write_check
from engage.outbox.service.posted import read_posted
from engage.outbox.service.posting import checked_address, plain_name, post
from engage.outbox.service.rendering import compile_letters
from engage.outbox.service.reports import Report, read_reports
from engage.outbox.service.returns import take_report
from engage.outbox.service.staff import (
    Chosen,
    cancel,
    cancel_batch,
    cancel_waiting,
    release,
    release_batch,
    retry,
)
from engage.outbox.service.suppressing import is_suppressed, lift, suppress, works_again

__all__ = [
    "Chosen",
    "Report",
    "ask_for_check",
    "cancel",
    "cancel_batch",
    "cancel_waiting",
    "checked_address",
    "compile_letters",
    "is_suppressed",
    "lift",
    "plain_name",
    "post",
    "read_posted",
    "read_reports",
    "release",
    "release_batch",
    "retry",
    "suppress",
    "suppression_id",
    "take_report",
    "works_again",
    "write_check",
]
