"""Levels of evidence."""

from __future__ import annotations

from enum import StrEnum


class EvidenceLevel(StrEnum):
    """How well a statement is backed."""

    DECLARED = "declared"
    EVIDENCED = "evidenced"
    VERIFIED = "verified"
