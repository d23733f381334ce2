"""Attachments: their states, how many, and how large."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class AttachmentState(StrEnum):
    """Where an attachment stands. Only what is clean can be downloaded."""

    QUARANTINED = "quarantined"
    CLEAN = "clean"
    REFUSED = "refused"


ATTACHMENT_TRANSITIONS: Transitions[AttachmentState] = {
    AttachmentState.QUARANTINED: frozenset({AttachmentState.CLEAN, AttachmentState.REFUSED}),
}

MOST_FILES = 10
LARGEST_FILE = 10 * 1024 * 1024
LARGEST_TOTAL = 25 * 1024 * 1024
