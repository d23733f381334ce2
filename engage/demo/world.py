"""What the steps of the demo know of one another: plain ids and actors, no rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.accounts.models import Membership
from engage.advisory import queries as advisory
from engage.advisory.models import AdvisorySession
from engage.challenges import queries as challenges
from engage.challenges.models import Challenge
from engage.kernel.actor import Actor
from engage.matchmaking import queries as matchmaking
from engage.matchmaking.models import Invitation
from engage.suppliers import queries as suppliers
from engage.suppliers.models import Supplier


@dataclass
class World:
    """Who and what there is so far, by the names that the demo's files use."""

    today: date
    people: dict[str, int] = field(default_factory=dict)
    """Membership ids by ``address`` or, for people of several organisations, ``address @ organisation``."""
    suppliers: dict[str, str] = field(default_factory=dict)
    """Supplier references by the key of a made-up supplier."""
    challenges: dict[str, int] = field(default_factory=dict)
    matchable: set[int] = field(default_factory=set)
    """Ids of the challenges whose story goes on from a match."""
    meetings: dict[tuple[str, str], str] = field(default_factory=dict)
    questions: dict[tuple[str, int], int] = field(default_factory=dict)
    offers: dict[tuple[str, str], int] = field(default_factory=dict)
    matched: dict[str, list[str]] = field(default_factory=dict)
    """References of the real suppliers that were invited to a challenge and have an account, best first."""
    experts: dict[str, str] = field(default_factory=dict)
    """Addresses of the people who act for real suppliers in the demo, by supplier reference."""

    def actor(self, session: Session, who: str) -> Actor:
        """Return the actor called ``who`` as things stand now."""
        membership = session.get_one(Membership, self.people[who])
        return accounts.actor_of(membership.person, membership)

    def challenge(self, session: Session, name: str) -> Challenge:
        """Return a challenge by its id in the demo's files."""
        return challenges.by_id(session, self.challenges[name])

    def meeting(self, session: Session, name: str, key: str) -> AdvisorySession:
        """Return a session of a challenge by its key."""
        return advisory.session_by_ref(session, ref=self.meetings[name, key])

    def supplier(self, session: Session, ref: str) -> Supplier:
        """Return a supplier by its reference."""
        return suppliers.by_ref(session, ref=ref)

    def invited(self, name: str, who: str) -> str | None:
        """Return the reference of the supplier called ``who`` ("quillfen", "matched 2"); ``None``: no such match."""
        if not who.startswith("matched "):
            return self.suppliers[who]
        place, found = int(who.removeprefix("matched ")) - 1, self.matched.get(name, [])
        return found[place] if place < len(found) else None

    def speaker(self, session: Session, ref: str) -> Actor:
        """Return somebody who acts for the supplier with ``ref``: its expert."""
        return self.actor(session, self.experts[ref])

    def invitation(self, session: Session, name: str, ref: str) -> Invitation | None:
        """Return the invitation of a supplier to a challenge, if there is one."""
        found = self.supplier(session, ref)
        return matchmaking.invitation_of(session, challenge_id=self.challenges[name], supplier_id=found.id)
