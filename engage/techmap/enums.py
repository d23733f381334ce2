"""States of a drawing, and ways to order its table."""

from __future__ import annotations

from enum import StrEnum


class DrawingState(StrEnum):
    """How far a drawing of the map is."""

    DRAWING = "drawing"
    READY = "ready"
    LEFT = "left"
    """Given up: its worker died or was stopped, and another drawing took over."""
