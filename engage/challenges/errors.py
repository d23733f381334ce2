"""What can go wrong with challenges beyond the errors of the kernel."""

from __future__ import annotations

from engage.kernel.errors import Conflict


class AnswerChanged(Conflict):
    """Somebody else saved this answer after the page was opened."""
