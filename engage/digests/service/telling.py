"""One letter to each who was told of a challenge: that its text changed, that it was withdrawn, or ended early."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engage.challenges import queries as challenges
from engage.challenges import service as texts
from engage.challenges.models import Challenge
from engage.digests import queries
from engage.digests.enums import Kind, Matter
from engage.digests.models import Subscription
from engage.digests.service.concerned import Reader, people
from engage.digests.service.effective import Settings, settings_of
from engage.digests.service.planning import take_turn
from engage.digests.service.tokens import page_address
from engage.kernel import clock, jobs
from engage.kernel.actor import System
from engage.kernel.settings import settings
from engage.outbox import queries as letters
from engage.outbox import service as outbox
from engage.outbox.service.bulk import Addressed, post_all, prepare

TELL = "digests.tell"
CHUNK = 200
SENDER = System()
_KINDS = {Matter.WITHDRAWN: Kind.WITHDRAWN, Matter.ENDED_EARLY: Kind.ENDED_EARLY}
SAYING_IT = ("invitation_withdrawn", "offer_declined", "session_cancelled", "waiting_ended")
"""Letters about a reader's own affairs that give the reason too: who got one needs no second letter."""
OF_DIGESTS = "You get this email because a digest that you asked for told you about this challenge."


@dataclass(frozen=True)
class Notice:
    """What everyone concerned is told, and since when it is so."""

    matter: Matter
    challenge: Challenge
    fact: str
    """As the ledger calls it: its line to everyone was written with the same."""
    since: datetime
    context: Mapping[str, Any]
    version: int | None = None
    """Of the text, when that is what changed."""

    def key_for(self, email: str) -> str:
        """The key of the one letter that an address gets."""
        return f"{self.matter}:{self.fact}:{email.lower()}"


def tell_everyone_concerned(
    session: Session,
    *,
    matter: Matter,
    challenge: Challenge,
    version: int | None = None,
    unheard: Collection[str] = (),
) -> int:
    """Tell everyone who was told of ``challenge`` by other means than its page; return how many letters were written.

    Side effects, in order: a letter to each person of the suppliers concerned, now; jobs that write to the
    subscribers whose digest told of it, so many at a time. The key of each letter is its address, so nobody gets two,
    whatever the roles they have. ``unheard`` are addresses whose invitation never left: they hear nothing.
    """
    notice = _notice(session, matter, challenge, version)
    already = {*_already(session, notice), *unheard}
    written = [
        _tell_person(session, notice, reader)
        for reader in people(session, challenge=challenge)
        if reader.person.email.lower() not in already
    ]
    ids = queries.told_of(session, challenge_id=challenge.id, before=notice.since)
    for first in range(0, len(ids), CHUNK):
        jobs.defer(
            session,
            TELL,
            matter=matter.value,
            challenge_id=challenge.id,
            version=version,
            subscription_ids=list(ids[first : first + CHUNK]),
        )
    return sum(written)


def tell_subscribers(
    session: Session,
    *,
    matter: Matter,
    challenge_id: int,
    version: int | None,
    subscription_ids: Sequence[int],
) -> int:
    """Write to subscribers whose digest told of a challenge, unless their address got the letter already.

    A subscription that ended meanwhile is left alone, and so is an address that muted the challenge, or that a digest
    told the same while this waited to be done. Who is on holiday hears of it in the digest that follows. Returns how
    many letters were written. Side effects, in order: ``take_turn``; the letters.
    """
    take_turn(session)
    notice = _notice(session, matter, challenges.by_id(session, challenge_id), version)
    if not notice.challenge.is_public and matter is not Matter.WITHDRAWN:
        return 0  # taken from view meanwhile
    already = _already(session, notice)
    readers = [one for one in queries.active(session, subscription_ids) if one.email.lower() not in already]
    readers = _not_told(session, notice, readers)
    arranged = queries.arranged(session, [one.email for one in readers])
    context = {**notice.context, "invitation_link": "", "asked_anew": False}
    sheet = prepare(matter.value, context)
    letters = [
        Addressed(
            sheet=sheet,
            to=found.email,
            person_id=found.person_id,
            dedupe_key=notice.key_for(found.email),
            why=OF_DIGESTS,
            unsubscribe_url=page_address(found.id),
            challenge_ref=notice.challenge.ref,
            audience=f"subscriber:{found.id}",
            fact=notice.fact,
        )
        for found in readers
        if _may_write(settings_of(found, arranged, day=clock.uk_today()), challenge_id)
    ]
    return sum(number is not None for number in post_all(session, letters, sender=SENDER))


def _not_told(session: Session, notice: Notice, readers: Sequence[Subscription]) -> list[Subscription]:
    """Return those of the readers whom no digest told the same: of a change, this text or a newer one."""
    people = {one.email.lower(): one.person_id for one in readers}
    number = notice.challenge.id
    known = queries.known(session, people=people, challenges={notice.challenge.ref: number}, several=people)

    def heard(address: str) -> bool:
        if notice.matter is Matter.CHANGED:
            return known.read.get(address, {}).get(number, 0) >= (notice.version or 0)
        return (number, _KINDS[notice.matter].value, 0) in known.told.get(address, ())

    return [one for one in readers if not heard(one.email.lower())]


def _may_write(arranged: Settings, challenge_id: int) -> bool:
    return arranged.tells and challenge_id not in arranged.muted


def _tell_person(session: Session, notice: Notice, reader: Reader) -> bool:
    invitation = reader.invitation
    asked_anew = notice.matter is Matter.CHANGED and invitation is not None and invitation.reopened
    page = "/confirm" if asked_anew else ""
    link = f"{settings().base_url}/supplier/invitations/{invitation.ref}{page}" if invitation else ""
    letter = outbox.post(
        session,
        template=notice.matter.value,
        to=reader.person,
        context={**notice.context, "invitation_link": link, "asked_anew": asked_anew},
        dedupe_key=notice.key_for(reader.person.email),
        why=reader.why,
        sender=SENDER,
        challenge_ref=notice.challenge.ref,
        audience=f"supplier:{reader.supplier.ref}",
        fact=notice.fact,
    )
    return letter is not None


def _already(session: Session, notice: Notice) -> set[str]:
    """Return the addresses that other letters told with the same event, in lower case."""
    if notice.matter is Matter.CHANGED:
        return set()
    return letters.recipients(
        session, challenge_ref=notice.challenge.ref, templates=SAYING_IT, since=notice.since
    )


def _notice(session: Session, matter: Matter, challenge: Challenge, version: int | None) -> Notice:
    page = f"{settings().base_url}/challenges/{challenge.ref}"
    common = {"challenge": challenge.title, "department": challenge.organisation.name, "public_link": page}
    if matter is Matter.WITHDRAWN:
        assert challenge.withdrawn_at is not None
        context = {**common, "reason": challenge.withdrawn_reason}
        if not challenge.is_public:
            context["public_link"] = ""  # withdrawn out of view: there is no page any more
        return Notice(matter, challenge, f"withdrawal:{challenge.ref}", challenge.withdrawn_at, context)
    if matter is Matter.ENDED_EARLY:
        assert challenge.ended_early_at is not None
        context = {**common, "reason": challenge.ended_early_reason}
        return Notice(matter, challenge, f"early-end:{challenge.ref}", challenge.ended_early_at, context)
    return _changed(session, challenge, version, common, page)


def _changed(
    session: Session, challenge: Challenge, version: int | None, common: Mapping[str, Any], page: str
) -> Notice:
    published = challenges.published_versions(session, challenge_id=challenge.id)
    place = next(place for place, each in enumerate(published) if each.number == version)
    new, old = published[place], published[place - 1]
    assert new.published_at is not None
    context = {
        **common,
        "challenge": new.content["title"],
        "reason": new.reason,
        "differences": texts.differences(old.content, new.content),
        "changes_link": f"{page}/changes",
    }
    return Notice(
        Matter.CHANGED,
        challenge,
        f"version:{challenge.ref}/{new.number}",
        new.published_at,
        context,
        new.number,
    )
