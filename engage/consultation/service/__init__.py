"""Asking, answering to everyone at once, and turning a question away."""

from __future__ import annotations

from engage.consultation.service.letters import tell
from engage.consultation.service.naming import traces
from engage.consultation.service.questions import ask, reject, release, traces_in

__all__ = ["ask", "reject", "release", "tell", "traces", "traces_in"]
