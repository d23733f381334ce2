"""Tables of questions, and of what was told outside engage."""

from __future__ import annotations

from engage.consultation.models.questions import Question
from engage.consultation.models.telling import Telling, ToldFact

__all__ = ["Question", "Telling", "ToldFact"]
