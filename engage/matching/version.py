"""The version of the engine: a change that can change a score changes it."""

from __future__ import annotations

ENGINE_VERSION = "2"
