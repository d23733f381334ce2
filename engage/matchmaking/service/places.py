"""How many places of a challenge are given and how many are left: counted over all its matches, not for each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.matchmaking.enums import InvitationState, Origin
from engage.matchmaking.models import Invitation, MatchCandidate, MatchRun, SelectionRules

STANDING = (InvitationState.HELD, InvitationState.SENT, InvitationState.ACCEPTED)


@dataclass(frozen=True)
class Room:
    """The places of a challenge: what the rules give, and what its matches have given already."""

    places: int
    given: int = 0
    tags: Counter[str] = field(default_factory=Counter)
    """How many of those given have a tag that rules can ask for, as it was when they were chosen."""

    @property
    def left(self) -> int:
        """How many places a plan can still give."""
        return max(self.places - self.given, 0)

    @property
    def words(self) -> str:
        """The three numbers, for people."""
        return f"{self.places} place{'' if self.places == 1 else 's'}, {self.given} given, {self.left} left"

    def floors(self, rules: SelectionRules) -> dict[str, int]:
        """Return what the rules ask for at least and is not given yet; nothing for what is."""
        left = {tag: number - self.tags[tag] for tag, number in rules.floors.items()}
        return {tag: number for tag, number in left.items() if number > 0}

    def caps(self, rules: SelectionRules) -> dict[str, int]:
        """Return how many more of each kind the rules take; 0 leaves those suppliers out."""
        return {tag: max(number - self.tags[tag], 0) for tag, number in rules.caps.items()}


def room(session: Session, *, challenge_id: int, places: int, but_for: MatchRun | None = None) -> Room:
    """Return the room that ``places`` places leave in a challenge. One statement; nothing is locked.

    A place is given by a match and taken while the invitation is held, sent or accepted; what is declined, expired
    or withdrawn is free again. Volunteers take none: whoever offers help can be invited however full a plan is. The
    invitations of the match ``but_for`` are not counted.
    """
    query = (
        sa.select(MatchCandidate.tags)
        .select_from(Invitation)
        .outerjoin(
            MatchCandidate,
            sa.and_(
                MatchCandidate.run_id == Invitation.run_id,
                MatchCandidate.supplier_id == Invitation.supplier_id,
            ),
        )
        .where(
            Invitation.challenge_id == challenge_id,
            Invitation.origin == Origin.MATCHED,
            Invitation.state.in_(STANDING),
        )
    )
    if but_for is not None:
        query = query.where(Invitation.run_id != but_for.id)
    found = session.scalars(query).all()
    return Room(places, len(found), Counter(tag for tags in found for tag in tags or ()))
