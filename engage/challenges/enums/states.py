"""States, routes and purposes of challenges."""

from __future__ import annotations

from enum import StrEnum

from engage.kernel.states import Transitions


class ChallengeState(StrEnum):
    """Where a challenge stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    NOTICE_PENDING = "notice_pending"
    PUBLISHED = "published"
    ENGAGING = "engaging"
    FINDINGS_DUE = "findings_due"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


_S = ChallengeState

# An approval can be taken back until publication: otherwise a closing date that passes while a notice is
# awaited would leave withdrawing and writing everything again as the only way on. From publication straight to
# the findings lead the early end, which needs a reason, and the end of what nobody started before its closing date.
# What is public goes back to waiting for a notice, and what waits for one back to approved, only by a change of route.
TRANSITIONS: Transitions[ChallengeState] = {
    _S.DRAFT: frozenset({_S.IN_REVIEW}),
    _S.IN_REVIEW: frozenset({_S.CHANGES_REQUESTED, _S.APPROVED, _S.WITHDRAWN}),
    _S.CHANGES_REQUESTED: frozenset({_S.DRAFT, _S.WITHDRAWN}),
    _S.APPROVED: frozenset({_S.NOTICE_PENDING, _S.PUBLISHED, _S.CHANGES_REQUESTED, _S.WITHDRAWN}),
    _S.NOTICE_PENDING: frozenset({_S.PUBLISHED, _S.APPROVED, _S.CHANGES_REQUESTED, _S.WITHDRAWN}),
    _S.PUBLISHED: frozenset({_S.ENGAGING, _S.FINDINGS_DUE, _S.NOTICE_PENDING, _S.WITHDRAWN}),
    _S.ENGAGING: frozenset({_S.FINDINGS_DUE, _S.NOTICE_PENDING, _S.WITHDRAWN}),
    _S.FINDINGS_DUE: frozenset({_S.CLOSED, _S.NOTICE_PENDING, _S.WITHDRAWN}),
}

PUBLIC_STATES = (_S.PUBLISHED, _S.ENGAGING, _S.FINDINGS_DUE, _S.CLOSED)
OPEN_STATES = (_S.PUBLISHED, _S.ENGAGING)
OVER_STATES = (_S.CLOSED, _S.WITHDRAWN)


class RevisionState(StrEnum):
    """Where a change of the published text stands."""

    WRITING = "writing"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    DROPPED = "dropped"


_R = RevisionState

REVISION_TRANSITIONS: Transitions[RevisionState] = {
    _R.WRITING: frozenset({_R.IN_REVIEW, _R.DROPPED}),
    _R.IN_REVIEW: frozenset({_R.WRITING, _R.APPROVED, _R.DROPPED}),
    _R.APPROVED: frozenset({_R.PUBLISHED, _R.WRITING, _R.DROPPED}),
}

OPEN_REVISION = (_R.WRITING, _R.IN_REVIEW, _R.APPROVED)


class Route(StrEnum):
    """The legal route (Procurement Act 2023, ss.16-17)."""

    POLICY_EXPLORATION = "policy_exploration"
    PRELIMINARY_MARKET_ENGAGEMENT = "preliminary_market_engagement"


class EngagementPurpose(StrEnum):
    """The six permitted purposes of preliminary market engagement, s.16(1)(a) to (f)."""

    REQUIREMENTS = "requirements"
    PROCEDURE = "procedure"
    DOCUMENTS = "documents"
    SUPPLIERS = "suppliers"
    TERMS = "terms"
    CAPACITY = "capacity"


class Decision(StrEnum):
    """What a reviewer decided."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"


class Listed(StrEnum):
    """Which challenges the public list shows."""

    OPEN = "open"
    """Suppliers can take part: published or engaging, and the closing date has not passed."""
    FINDINGS_DUE = "findings_due"
    """Suppliers have been heard, or the closing date has passed; findings are to come."""
    CLOSED = "closed"
    """Closed, or withdrawn after it was published."""
    ALL = "all"


class Step(StrEnum):
    """What has to be done next with a challenge."""

    WRITE = "write"
    REVIEW = "review"
    NOTICE = "notice"
    PUBLISH = "publish"
    START = "start"
    END = "end"
    CLOSE = "close"
    NOTHING = "nothing"
