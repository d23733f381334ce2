"""The digest of a department: what needs the reader, as the board says it. It repeats what still waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.audit import service as audit
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.digests.models import DigestIssue, DigestRun, Subscription
from engage.digests.service.schedule import in_words
from engage.digests.service.tokens import page_address
from engage.kernel import clock
from engage.kernel.actor import Actor, OrganisationKind, System
from engage.kernel.due import Due, everything
from engage.kernel.errors import NotAllowed
from engage.kernel.uktime import uk_date
from engage.outbox.service.bulk import Addressed, Sheet, post_all, prepare

MOST = 30
EIGHT = 8


def ask_for_needs(session: Session, *, actor: Actor) -> Subscription:
    """Have what needs ``actor`` at the department they act for sent to them every morning; twice is as good as once.

    Side effects: the subscription, active at once (the address is their own and known), an audit line. Raises
    ``NotAllowed`` for who acts for no department.
    """
    if actor.organisation_kind is not OrganisationKind.DEPARTMENT:
        raise NotAllowed("Only people who act for a department can have this.")
    now = clock.now()
    insert = postgresql.insert(Subscription).values(
        email=actor.email,
        person_id=actor.person_id,
        topic=Topic.NEEDS,
        value=str(actor.organisation_id),
        cadence=Cadence.DAILY,
        weekday=0,
        hour=EIGHT,
        state=SubscriptionState.ACTIVE,
        created_at=now,
        confirmed_at=now,
        covered_until=now,
    )
    added: Subscription | None = session.scalar(insert.on_conflict_do_nothing().returning(Subscription))
    if added is None:
        return session.scalars(
            sa.select(Subscription).where(
                sa.func.lower(Subscription.email) == actor.email.lower(),
                Subscription.topic == Topic.NEEDS,
                Subscription.value == str(actor.organisation_id),
                Subscription.state != SubscriptionState.ENDED,
            )
        ).one()
    audit.record(
        session,
        actor=actor,
        tag="digests:subscription:confirmed",
        subject=f"subscription:{added.id}",
        topic=added.topic.value,
    )
    return added


def write_needs(session: Session, *, run: DigestRun, subscriptions: Sequence[Subscription]) -> int:
    """Write what needs each reader, where anything does; return how many letters.

    Who no longer acts for the department gets nothing. A board is read once for all its readers, and rendered once for
    those who read the same. Side effects: letters, issues.
    """
    boards, sheets = _Boards(session), _Sheets(session)
    telling = [(one, items) for one in subscriptions if (items := _needs(session, one, boards=boards))]
    letters = [_letter(run, one, sheets.sheet(int(one.value), items)) for one, items in telling]
    ids = post_all(session, letters, sender=System())
    for (one, _), number in zip(telling, ids, strict=True):
        session.add(
            DigestIssue(
                run_id=run.id,
                subscription_id=one.id,
                window_start=one.covered_until,
                window_end=run.window_end,
                letter_id=number,
                created_at=clock.now(),
            )
        )
    session.flush()
    return sum(number is not None for number in ids)


class _Boards(dict[int, Sequence[Due]]):
    """What is due, by the id of the organisation; read when it is first asked for."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __missing__(self, organisation_id: int) -> Sequence[Due]:
        found = self[organisation_id] = everything(self._session, organisation_id=organisation_id)
        return found


class _Sheets:
    """The mails of a batch, each distinct one rendered once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sheets: dict[tuple[int, tuple[Due, ...]], tuple[str, Sheet]] = {}

    def sheet(self, organisation_id: int, items: Sequence[Due]) -> tuple[str, Sheet]:
        """Return the department's name and what its readers are told."""
        key = organisation_id, tuple(items)
        if key not in self._sheets:
            organisation = accounts.organisation(self._session, organisation_id)
            assert organisation is not None
            rest = max(0, len(items) - MOST)
            context = {"items": items[:MOST], "rest": rest, "department": organisation.name}
            self._sheets[key] = organisation.name, prepare("due_digest", context)
        return self._sheets[key]


def _needs(session: Session, found: Subscription, *, boards: Mapping[int, Sequence[Due]]) -> list[Due]:
    """Return what the reader of a subscription can do now for the department it is about, of what is due in
    ``boards``.
    """
    organisation_id = int(found.value)
    membership = (
        accounts.member(session, person_id=found.person_id, organisation_id=organisation_id)
        if found.person_id is not None
        else None
    )
    if membership is None:
        return []
    actor = accounts.actor_of(membership.person, membership)
    return [item for item in boards[organisation_id] if item.who.includes(actor)]


def _letter(run: DigestRun, found: Subscription, said: tuple[str, Sheet]) -> Addressed:
    department, sheet = said
    assert found.confirmed_at is not None
    when = in_words(cadence=found.cadence, weekday=found.weekday, hour=found.hour)
    return Addressed(
        sheet=sheet,
        to=found.email,
        dedupe_key=f"needs:{found.id}:{run.window_end.isoformat()}",
        why=f"You get this email because you asked engage on {uk_date(found.confirmed_at)} to tell you what needs you "
        f"at {department} {when}.",
        unsubscribe_url=page_address(found.id),
        person_id=found.person_id,
    )
