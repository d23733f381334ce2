"""What a run has to know before it tells anybody anything: what stands, and what is known already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.advisory.enums import OfferState
from engage.advisory.models import VolunteerOffer
from engage.challenges.enums import OPEN_STATES
from engage.challenges.models import Challenge, ChallengeVersion
from engage.consultation.models import Question
from engage.digests.enums import NUMBERED, Kind, SubscriptionState
from engage.digests.models import DigestEdition, DigestIssue, Subscription
from engage.digests.queries.happenings import happenings
from engage.digests.queries.sessions import published_of_sessions
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter

Told = Mapping[str, Any]
"""An item as an edition keeps it."""
Key = tuple[int, str, int]
"""What must not be told twice: a challenge, what became of it (``Kind``), and which one of several (``NUMBERED``)."""


def material_changes(session: Session, *, after: datetime, until: datetime) -> Sequence[ChallengeVersion]:
    """Return the materially changed texts of open challenges made public in (``after``, ``until``], oldest first."""
    query = (
        sa.select(ChallengeVersion)
        .join(Challenge, Challenge.id == ChallengeVersion.challenge_id)
        .where(
            ChallengeVersion.published_at > after,
            ChallengeVersion.published_at <= until,
            ChallengeVersion.published_at > Challenge.published_at,
            ChallengeVersion.material.is_(True),
            Challenge.state.in_(OPEN_STATES),
        )
        .order_by(ChallengeVersion.published_at, ChallengeVersion.id)
    )
    return session.scalars(query).all()


def last_news(session: Session, *, after: datetime, until: datetime) -> datetime | None:
    """Return when something last happened in (``after``, ``until``] that a digest can tell; ``None``: nothing did."""
    moments = [one.at for one in happenings(session, after=after, until=until)]
    moments += [
        one.published_at for one in material_changes(session, after=after, until=until) if one.published_at
    ]
    moments += [one.at for one in published_of_sessions(session, after=after, until=until)]
    return max(moments, default=None)


def public_versions(session: Session, challenge_ids: Collection[int]) -> Mapping[int, int]:
    """Return the number of the text that is public, by challenge."""
    query = (
        sa.select(ChallengeVersion.challenge_id, sa.func.max(ChallengeVersion.number))
        .where(ChallengeVersion.challenge_id.in_(challenge_ids), ChallengeVersion.published_at.is_not(None))
        .group_by(ChallengeVersion.challenge_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def stamps(session: Session, challenge_ids: Collection[int], *, hold: bool = False) -> Mapping[int, str]:
    """Return how each challenge stands, in a word that differs when anything did that a digest says.

    With ``hold`` nobody can change them before the transaction ends: who withdraws one waits for the letters
    that tell of it, and finds them.
    """
    query = (
        sa.select(Challenge.id, Challenge.state, Challenge.updated_at)
        .where(Challenge.id == sa.any_(sa.literal(sorted(challenge_ids), sa.ARRAY(sa.BigInteger))))
        .order_by(Challenge.id)
    )
    rows = session.execute(query.with_for_update(read=True) if hold else query)
    return {row.id: f"{row.state}@{row.updated_at.isoformat()}" for row in rows}


@dataclass(frozen=True)
class Known:
    """What addresses, in lower case, know already."""

    told: Mapping[str, frozenset[Key]] = field(default_factory=dict)
    """By digests."""
    read: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """By digests: the challenges, each with the newest version of its text that was told."""
    heard_of: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """By digests: the challenges of which anything was told."""
    written: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By letters: the facts they told."""
    taking_part: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Challenges in which the person at the address takes part, or about which engage wrote to them."""


def known(
    session: Session,
    *,
    people: Mapping[str, int | None],
    challenges: Mapping[str, int],
    several: Collection[str],
) -> Known:
    """Return what the addresses in ``people`` (with the person, where one is known) know of ``challenges``.

    ``challenges`` maps references to ids; ``several`` are the addresses of which more than one subscription may have
    told. Four statements at most. Nobody is watched while reading: what somebody knows is what was written to them,
    and what they did.
    """
    if not challenges:
        return Known()
    ids = list(challenges.values())
    written, taking_part = _letters(session, list(people), challenges)
    mine = {person: address for address, person in people.items() if person is not None}
    for person_id, challenge_id in _doings(session, list(mine), ids) if mine else ():
        taking_part[mine[person_id]].add(challenge_id)
    told = _told(session, several, ids) if several else {}
    return Known(
        {address: frozenset(map(_key, items)) for address, items in told.items()},
        {address: _versions(items) for address, items in told.items()},
        {address: frozenset(item["challenge"] for item in items) for address, items in told.items()},
        {address: frozenset(facts) for address, facts in written.items()},
        {address: frozenset(found) for address, found in taking_part.items()},
    )


def _letters(
    session: Session, addresses: Sequence[str], challenges: Mapping[str, int]
) -> tuple[dict[str, set[str]], dict[str, set[int]]]:
    query = sa.select(
        sa.func.lower(Letter.recipient).label("address"), Letter.challenge_ref, Letter.fact
    ).where(
        sa.func.lower(Letter.recipient) == sa.any_(sa.literal(list(addresses), sa.ARRAY(sa.Text))),
        Letter.challenge_ref == sa.any_(sa.literal(list(challenges), sa.ARRAY(sa.Text))),
        Letter.state.not_in((LetterState.CANCELLED, LetterState.HELD)),
    )
    facts, about = defaultdict[str, set[str]](set), defaultdict[str, set[int]](set)
    for row in session.execute(query):
        facts[row.address].add(row.fact or "")
        about[row.address].add(challenges[row.challenge_ref])
    return facts, about


def _doings(session: Session, person_ids: Sequence[int], ids: Sequence[int]) -> list[tuple[int, int]]:
    """Return who offered to help with which challenge, or asked about it."""
    people, about = sa.literal(person_ids, sa.ARRAY(sa.BigInteger)), sa.literal(ids, sa.ARRAY(sa.BigInteger))
    offered = sa.select(VolunteerOffer.person_id, VolunteerOffer.challenge_id).where(
        VolunteerOffer.person_id == sa.any_(people),
        VolunteerOffer.challenge_id == sa.any_(about),
        VolunteerOffer.state != OfferState.WITHDRAWN,
    )
    asked = sa.select(Question.asked_by_id, Question.challenge_id).where(
        Question.asked_by_id == sa.any_(people), Question.challenge_id == sa.any_(about)
    )
    return [(row[0], row[1]) for row in session.execute(sa.union(offered, asked))]


def _told(session: Session, addresses: Collection[str], ids: Sequence[int]) -> dict[str, list[Told]]:
    """Return what digests told; not what waited for a subscription that ended, for that was never sent."""
    address = sa.func.lower(Subscription.email)
    unsent = sa.and_(Letter.state == LetterState.CANCELLED, Subscription.state == SubscriptionState.ENDED)
    query = (
        sa.select(address.label("address"), DigestIssue.edition_id)
        .join(DigestIssue, DigestIssue.subscription_id == Subscription.id)
        .join(DigestEdition, DigestEdition.id == DigestIssue.edition_id)
        .outerjoin(Letter, Letter.id == DigestIssue.letter_id)
        .where(
            address == sa.any_(sa.literal(sorted(addresses), sa.ARRAY(sa.Text))),
            DigestEdition.challenge_ids.overlap(list(ids)),
            sa.func.coalesce(~unsent, sa.true()),
        )
    )
    rows = session.execute(query).all()
    editions = sa.select(DigestEdition.id, DigestEdition.items).where(
        DigestEdition.id.in_({row.edition_id for row in rows})
    )
    items = {row.id: row.items for row in session.execute(editions)}
    found = defaultdict[str, list[Told]](list)
    for row in rows:
        found[row.address] += items[row.edition_id]
    return found


def _key(item: Told) -> Key:
    return item["challenge"], item["kind"], item["version"] if item["kind"] in NUMBERED else 0


def _versions(items: Sequence[Told]) -> dict[int, int]:
    found: dict[int, int] = {}
    for item in items:
        if item["kind"] in {Kind.OPEN, Kind.CHANGED}:
            found[item["challenge"]] = max(item["version"], found.get(item["challenge"], 0))
    return found
