"""What is done about things told elsewhere when something happens to their challenge."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engage.challenges.events import ChallengePublished, RouteChanged
from engage.consultation import service


def on_challenge_published(session: Session, event: ChallengePublished) -> None:
    """Release what waited for the publication."""
    service.release_with_publication(session, challenge_id=event.challenge_id)


def on_route_changed(session: Session, event: RouteChanged) -> None:
    """Have everything told so far go to everyone with the publication: no challenge is public at that moment."""
    service.set_for_publication(session, challenge_id=event.challenge_id)
