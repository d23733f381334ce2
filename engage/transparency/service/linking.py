"""Linking a challenge to the procurements that followed: engage proposes, a person decides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from engage.accounts.models import Organisation
from engage.audit import service as audit
from engage.challenges import service as challenges
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.clock import UK
from engage.kernel.errors import Conflict, Invalid, NotAllowed
from engage.transparency import policy, queries
from engage.transparency.enums import LinkState
from engage.transparency.models import BuyerDetails, Notice, NoticeLink
from engage.transparency.service.facts import OCID, buyer_key
from engage.transparency.service.likeness import ENOUGH, Engagement, Likeness, Published, likeness

MOST_COMPARED = 5_000
MOST_REASONS = 5
LONGEST_OCID = 200
NOT_YET = "Procurements can be linked once the challenge is approved and while it is not withdrawn."


def propose(session: Session, *, ocids: Sequence[str]) -> int:
    """Compare the notices of ``ocids`` with the challenges of the same buyers; return how many links were proposed.

    A pair that a person decided on, or that was proposed before, is left alone. Writes rows only.
    """
    notices = session.scalars(sa.select(Notice).where(Notice.ocid.in_(ocids)).order_by(Notice.date)).all()
    found = _challenges(session, notices)
    return sum(_propose(session, challenge, engagement, notices) for challenge, engagement in found)


def look(session: Session, *, actor: Actor, challenge: Challenge) -> int:
    """Compare ``challenge`` with the notices that were imported before it; return how many links were proposed.

    Side effects, in order: the proposals; an audit line when there are any. Raises ``NotAllowed``, ``Conflict``.
    """
    _may_link(actor, challenge)
    challenges.lock(session, challenge)
    _is_linkable(challenge)
    engagement = _engagement(challenge, _buyer_rows(session, [challenge.organisation_id]))
    same = [Notice.buyer_key == engagement.buyer_key, Notice.buyer_ids.overlap(list(engagement.buyer_ids))]
    if challenge.ocid:
        same.append(Notice.related.contains([challenge.ocid]))
    query = sa.select(Notice).where(sa.or_(*same)).order_by(Notice.date.desc()).limit(MOST_COMPARED)
    made = _propose(session, challenge, engagement, session.scalars(query).all())
    if made:
        _note(session, actor, challenge, "proposed", count=made)
    return made


def decide(
    session: Session, *, actor: Actor, challenge: Challenge, link_id: int, follows: bool
) -> NoticeLink:
    """Say that a procurement followed from ``challenge``, or that it did not; a decision can be changed.

    Side effects, in order: the row; an audit line. What is confirmed stands on the public page of the challenge.
    Raises ``NotAllowed``, ``NotFound``, ``Conflict`` when it is decided like this already.
    """
    _may_link(actor, challenge)
    challenges.lock(session, challenge)
    row = queries.link(session, link_id=link_id, challenge_id=challenge.id)
    session.refresh(row)
    state = LinkState.CONFIRMED if follows else LinkState.REJECTED
    if row.state is state:
        raise Conflict("This was decided already. Nothing was done a second time.")
    row.state, row.decided_at, row.decided_by_id = state, clock.now(), actor.person_id
    _note(session, actor, challenge, state.value, ocid=row.ocid)
    return row


def add_link(session: Session, *, actor: Actor, challenge: Challenge, ocid: str) -> NoticeLink:
    """Say that the procurement ``ocid`` followed from ``challenge``, whether or not its notices were imported.

    Side effects, in order: the row, confirmed; an audit line. Raises ``NotAllowed``, ``Conflict`` before the challenge
    is approved, ``Invalid`` for what is no ocid or is linked already.
    """
    _may_link(actor, challenge)
    challenges.lock(session, challenge)
    _is_linkable(challenge)
    text = ocid.strip()
    if not OCID.fullmatch(text) or len(text) > LONGEST_OCID:
        raise Invalid({"ocid": "Enter the identifier as the notice shows it, like ocds-h6vhtk-0a1b2c"})
    if text == challenge.ocid:
        raise Invalid({"ocid": "This is the engagement itself: its notices are shown already"})
    query = sa.select(NoticeLink).where(NoticeLink.challenge_id == challenge.id, NoticeLink.ocid == text)
    row = session.scalar(query)
    if row is not None and row.state is LinkState.CONFIRMED:
        raise Invalid({"ocid": "This procurement is linked already"})
    row = row or NoticeLink(
        challenge_id=challenge.id, ocid=text, proposed_at=clock.now(), score=0.0, reasons=[]
    )
    row.state, row.decided_at, row.decided_by_id = LinkState.CONFIRMED, clock.now(), actor.person_id
    session.add(row)
    _note(session, actor, challenge, LinkState.CONFIRMED.value, ocid=text)
    return row


def _may_link(actor: Actor, challenge: Challenge) -> None:
    if not policy.can_link(actor, challenge):
        raise NotAllowed(policy.NOT_ONE_OF_YOU)


def _is_linkable(challenge: Challenge) -> None:
    if challenge.state not in policy.LINKED_STATES:
        raise Conflict(NOT_YET)


def _note(session: Session, actor: Actor, challenge: Challenge, action: str, **details: str | int) -> None:
    session.flush()
    tag = f"transparency:link_to_procurement:{action}"
    audit.record(session, actor=actor, tag=tag, subject=f"challenge:{challenge.ref}", **details)


def _challenges(session: Session, notices: Sequence[Notice]) -> list[tuple[Challenge, Engagement]]:
    """Return the challenges whose department is a buyer of any of ``notices``, or whose ocid one of them names."""
    linkable = Challenge.state.in_(policy.LINKED_STATES)
    departments = session.scalars(
        sa.select(Organisation)
        .where(Organisation.id.in_(sa.select(Challenge.organisation_id).where(linkable)))
        .options(selectinload(Organisation.identifiers))
    ).all()
    buyers = _buyer_rows(session, [each.id for each in departments])
    keys = {notice.buyer_key for notice in notices if notice.buyer_key}
    ids = {each for notice in notices for each in notice.buyer_ids}
    buying = [
        each.id
        for each in departments
        if buyer_key(each.name) in keys or ids.intersection(_identifiers(each, buyers.get(each.id)))
    ]
    named = Challenge.ocid.in_({each for notice in notices for each in notice.related})
    query = (
        sa.select(Challenge)
        .where(linkable, sa.or_(Challenge.organisation_id.in_(buying), named))
        .options(selectinload(Challenge.organisation).selectinload(Organisation.identifiers))
    )
    return [(row, _engagement(row, buyers)) for row in session.scalars(query)]


def _buyer_rows(session: Session, organisation_ids: Iterable[int]) -> dict[int, BuyerDetails]:
    query = sa.select(BuyerDetails).where(BuyerDetails.organisation_id.in_(list(organisation_ids)))
    return {row.organisation_id: row for row in session.scalars(query)}


def _identifiers(organisation: Organisation, buyer: BuyerDetails | None) -> set[str]:
    """Return a department's identifiers in the form in which releases name parties."""
    found = {f"{each.scheme}-{each.value}" for each in organisation.identifiers}
    return found | ({f"GB-PPON-{buyer.ppon}"} if buyer is not None and buyer.ppon else set())


def _engagement(challenge: Challenge, buyers: dict[int, BuyerDetails]) -> Engagement:
    organisation = challenge.organisation
    return Engagement(
        title=challenge.title,
        buyer_key=buyer_key(organisation.name),
        buyer_ids=_identifiers(organisation, buyers.get(organisation.id)),
        cpv=challenge.cpv,
        ocid=challenge.ocid or "",
        since=(challenge.published_at or challenge.created_at).astimezone(UK).date(),
    )


def _propose(
    session: Session, challenge: Challenge, engagement: Engagement, notices: Iterable[Notice]
) -> int:
    best: dict[str, Likeness] = {}
    for notice in notices:
        found = likeness(engagement, _published(notice))
        if (
            found.score >= ENOUGH
            and notice.ocid != challenge.ocid
            and (notice.ocid not in best or found.score > best[notice.ocid].score)
        ):
            best[notice.ocid] = found
    if not best:
        return 0
    rows = [
        {
            "challenge_id": challenge.id,
            "ocid": ocid,
            "state": LinkState.PROPOSED,
            "score": found.score,
            "reasons": list(found.reasons)[:MOST_REASONS],
            "proposed_at": clock.now(),
        }
        for ocid, found in best.items()
    ]
    added = insert(NoticeLink).values(rows).on_conflict_do_nothing().returning(NoticeLink.id)
    return len(session.scalars(added).all())


def _published(notice: Notice) -> Published:
    return Published(
        title=notice.title,
        buyer_name=notice.buyer_name,
        buyer_key=notice.buyer_key,
        buyer_ids=notice.buyer_ids,
        cpv=notice.cpv,
        related=notice.related,
        day=notice.date.astimezone(UK).date(),
    )
