"""Tables of advisory sessions, of places in them, and of offers to help."""

from __future__ import annotations

from engage.advisory.models.offers import VolunteerOffer
from engage.advisory.models.seats import Seat, WaitingPlace
from engage.advisory.models.sessions import AdvisorySession

__all__ = ["AdvisorySession", "Seat", "VolunteerOffer", "WaitingPlace"]
