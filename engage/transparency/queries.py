"""Reading what notices are made from, the notices published elsewhere, and what belongs together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.challenges.models import Challenge
from engage.kernel.due import Due, Who, until, waited
from engage.kernel.errors import NotFound
from engage.transparency.enums import DOCUMENT_WORDS, NOTICE_WORDS, TAG_WORDS, LinkState
from engage.transparency.models import BuyerDetails, Notice, NoticeDetails, NoticeLink, NoticeParty
from engage.transparency.policy import TransparencyPermission

PROCUREMENT_PAGE = "https://www.find-tender.service.gov.uk/procurement/"
FIND_A_TENDER = "ocds-h6vhtk-"
MOST_NOTICES = 200


def buyer_details(session: Session, *, organisation_id: int) -> BuyerDetails | None:
    """Return what a department says about itself, if it has."""
    return session.get(BuyerDetails, organisation_id)


def details(session: Session, *, challenge_id: int) -> NoticeDetails | None:
    """Return what was written for the notice of a challenge, if anything was."""
    return session.get(NoticeDetails, challenge_id)


def parties(session: Session, *, challenge_id: int) -> Sequence[NoticeParty]:
    """Return the other organisations in the notice of a challenge, in the order they were added."""
    query = sa.select(NoticeParty).where(NoticeParty.challenge_id == challenge_id).order_by(NoticeParty.id)
    return session.scalars(query).all()


def party(session: Session, *, party_id: int, challenge_id: int) -> NoticeParty:
    """Return one of them. Raises ``NotFound``, also for one in the notice of another challenge."""
    found = session.get(NoticeParty, party_id)
    if found is None or found.challenge_id != challenge_id:
        raise NotFound
    return found


def link(session: Session, *, link_id: int, challenge_id: int) -> NoticeLink:
    """Return a link of a challenge. Raises ``NotFound``, also for one of another challenge."""
    found = session.get(NoticeLink, link_id)
    if found is None or found.challenge_id != challenge_id:
        raise NotFound
    return found


def due(session: Session, *, organisation_id: int) -> list[Due]:
    """Return the procurements that may have followed from a department's challenges and wait for a person to say.

    One statement.
    """
    query = (
        sa.select(Challenge.ref, Challenge.title, sa.func.count(), sa.func.min(NoticeLink.proposed_at))
        .join(NoticeLink.challenge)
        .where(Challenge.organisation_id == organisation_id, NoticeLink.state == LinkState.PROPOSED)
        .group_by(Challenge.id)
        .order_by(Challenge.id)
    )
    who = Who(TransparencyPermission.LINK.roles)
    return [
        Due(
            ref,
            title,
            f"Say whether {'a procurement' if number == 1 else f'{number} procurements'} followed from it",
            f"/department/challenges/{ref}/notices",
            who,
            until(since),
            waited(since, "A procurement that may have followed has waited"),
        )
        for ref, title, number, since in session.execute(query)
    ]


@dataclass(frozen=True)
class Step:
    """One notice as people read it."""

    kind: str
    number: str
    notice: Notice


@dataclass(frozen=True)
class Procurement:
    """One procurement by its ocid, with its notices in order of time; none when none was imported."""

    ocid: str
    steps: Sequence[Step]
    link: NoticeLink | None = None

    @property
    def title(self) -> str:
        """What it is called: the title of its last notice that has one."""
        return next((step.notice.title for step in reversed(self.steps) if step.notice.title), self.ocid)

    @property
    def buyer(self) -> str:
        """Who buys, as the last notice says."""
        return next((each.notice.buyer_name for each in reversed(self.steps) if each.notice.buyer_name), "")

    @property
    def address(self) -> str:
        """Where it can be read: its page on Find a Tender, or the page of its last notice; may be empty."""
        if self.ocid.startswith(FIND_A_TENDER):
            return f"{PROCUREMENT_PAGE}{self.ocid}"
        return next((step.notice.url for step in reversed(self.steps) if step.notice.url), "")


def links(session: Session, *, challenge_id: int) -> Sequence[Procurement]:
    """Return every procurement that is linked to a challenge, or may be: what waits for a decision first.

    Two statements, whatever the number; at most ``MOST_NOTICES`` notices are loaded.
    """
    waiting = sa.case(
        (NoticeLink.state == LinkState.PROPOSED, 0), (NoticeLink.state == LinkState.CONFIRMED, 1)
    )
    query = (
        sa.select(NoticeLink)
        .where(NoticeLink.challenge_id == challenge_id)
        .options(joinedload(NoticeLink.decided_by))
        .order_by(waiting.nulls_last(), NoticeLink.score.desc(), NoticeLink.id)
    )
    rows = session.scalars(query).all()
    steps = _steps(session, [row.ocid for row in rows])
    return [Procurement(row.ocid, steps.get(row.ocid, []), row) for row in rows]


def what_followed(session: Session, *, challenge: Challenge) -> Sequence[Procurement]:
    """Return the procurements that followed from ``challenge``, as everybody may know them, the first in front.

    They are the one whose ocid is recorded with the notice of the engagement, and those that a person confirmed.
    Two statements.
    """
    query = sa.select(NoticeLink.ocid).where(
        NoticeLink.challenge_id == challenge.id, NoticeLink.state == LinkState.CONFIRMED
    )
    confirmed = session.scalars(query.order_by(NoticeLink.decided_at, NoticeLink.id)).all()
    ocids = list(dict.fromkeys([*([challenge.ocid] if challenge.ocid else []), *confirmed]))
    steps = _steps(session, ocids)
    found = [Procurement(ocid, steps.get(ocid, [])) for ocid in ocids]
    return [each for each in found if each.steps or each.ocid in confirmed]


def has_notices(session: Session) -> bool:
    """Tell whether any notice was imported."""
    return session.scalar(sa.select(sa.exists().where(Notice.id.is_not(None)))) or False


def _steps(session: Session, ocids: Collection[str]) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    if not ocids:
        return found
    query = (
        sa.select(Notice).where(Notice.ocid.in_(ocids)).order_by(Notice.date, Notice.id).limit(MOST_NOTICES)
    )
    for notice in session.scalars(query):
        number = notice.release_id if notice.ocid.startswith(FIND_A_TENDER) else ""
        found.setdefault(notice.ocid, []).append(Step(kind_of(notice), number, notice))
    return found


def kind_of(notice: Notice) -> str:
    """Return what kind of notice it is, in words: "Tender notice (UK4)", "Award notice"."""
    if notice.notice_type in NOTICE_WORDS:
        return f"{NOTICE_WORDS[notice.notice_type]} ({notice.notice_type})"
    if notice.document_type in DOCUMENT_WORDS:
        return DOCUMENT_WORDS[notice.document_type]
    named = [TAG_WORDS[tag] for tag in notice.tags if tag in TAG_WORDS]
    return named[-1] if named else "Notice"
