"""Reading back what a use case left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage import app
from engage.accounts.models import Organisation
from engage.audit import queries as audit
from engage.challenges import service
from engage.challenges.models import Challenge
from engage.kernel import clock, events
from engage.kernel.actor import Actor, Role
from engage.ledger import queries as ledger
from engage.outbox.models import Letter
from tests.factories import accounts
from tests.factories.challenges import ANSWERS

SOON = clock.uk_today() + timedelta(days=30)


def deeds(session: Session, challenge: Challenge) -> list[str]:
    """The actions in the audit trail of a challenge, oldest first."""
    lines = audit.history(session, subject=f"challenge:{challenge.ref}")
    return [line.tag.removeprefix("challenges:challenge:") for line in lines]


def told(session: Session, challenge: Challenge) -> list[tuple[str, str, str | None]]:
    """Fact, audience and hash of each ledger line of a challenge."""
    return [
        (line.fact, line.audience, line.body_hash)
        for line in ledger.disclosures(session, challenge_ref=challenge.ref)
    ]


def letters(session: Session) -> list[tuple[str, str]]:
    """Template and recipient of every letter, in order."""
    rows = session.execute(sa.select(Letter.template, Letter.recipient).order_by(Letter.id)).all()
    return [(row.template, row.recipient) for row in rows]


@contextmanager
def listening(*kinds: type[events.Event]) -> Iterator[list[events.Event]]:
    """Collect the events of some kinds, beside the usual reactions."""
    heard: list[events.Event] = []

    def hear(_session: Session, event: events.Event) -> None:
        heard.append(event)

    events.wire({**app.REACTIONS, **{kind: [*app.REACTIONS.get(kind, ()), hear] for kind in kinds}})
    try:
        yield heard
    finally:
        events.wire(app.REACTIONS)


class Team:
    """A department with an author and an approver."""

    def __init__(self, session: Session, *, department: Organisation | None = None) -> None:
        self.session = session
        self.department: Organisation = department or accounts.new_organisation(session)
        self.author = self.join(Role.POLICY_AUTHOR)
        self.approver = self.join(Role.APPROVER)

    def join(self, *roles: Role) -> Actor:
        """One more person of the department."""
        return accounts.actor(self.session, *roles, organisation=self.department)

    def draft(self, **answers: object) -> Challenge:
        """A draft with every question answered."""
        return service.create_draft(
            self.session,
            actor=self.author,
            title="Fewer empty seats",
            answers={**ANSWERS, "closes_on": SOON, **answers},
        )

    def submitted(self, **answers: object) -> Challenge:
        """A draft that was sent for approval."""
        made = self.draft(**answers)
        service.submit(self.session, actor=self.author, challenge=made)
        return made

    def approved(self, **answers: object) -> Challenge:
        """A text that was approved as it stands."""
        made = self.submitted(**answers)
        service.approve(self.session, actor=self.approver, challenge=made, content_hash=made.content_hash)
        return made

    def published(self, **answers: object) -> Challenge:
        """A challenge that everybody can read."""
        made = self.approved(**answers)
        service.publish(self.session, actor=self.author, challenge=made)
        return made
