"""Drawing the map."""

from __future__ import annotations

from engage.techmap.service.drawing import DRAW, draw_now, wants_drawing

__all__ = ["DRAW", "draw_now", "wants_drawing"]
