"""Who is admitted: a conflict of interest that counts on the day of a session stands in the way of its places.

A place that was taken before stays held; the person is not admitted until an approver has decided that steps against
the conflict are in place. And who attends has confirmed the words of ``interests.service.ATTESTED`` for this very
session, again after such a conflict was settled. Only who is admitted reads how to join.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from engage.accounts import queries as accounts
from engage.advisory.enums import TO_COME, Admission, SeatState, SessionState
from engage.advisory.models import AdvisorySession, Seat
from engage.challenges.models import Challenge
from engage.interests import queries as declared
from engage.interests import service as interests
from engage.interests.enums import CheckPoint
from engage.interests.models import Declaration
from engage.interests.service import Entry
from engage.kernel import clock
from engage.kernel.actor import Role, System
from engage.kernel.errors import Conflict
from engage.kernel.settings import settings
from engage.kernel.uktime import to_uk, uk_range, uk_time
from engage.outbox import service as outbox
from engage.suppliers.models import Supplier

NOT_NOW = (
    "Your place cannot be confirmed yet: the rules on conflicts of interest apply, and the department has to look at "
    "it first. It sees that on its own pages. This says nothing against you, and you can put everything in writing."
)
"""What a supplier reads: the same words whoever declared what, and whatever it is."""
ON_HOLD = "Not admitted: a conflict of interest stands in the way until steps against it are in place."
BEGINS_SOON = timedelta(hours=1)


def day_of(meeting: AdvisorySession) -> date:
    """Return the day of a session in the United Kingdom: conflicts are checked as at that day."""
    return to_uk(meeting.starts_at).date()


def check_admitted(
    session: Session, *, challenge: Challenge, supplier_id: int, meeting: AdvisorySession
) -> None:
    """Raise ``Conflict``, in words that tell nothing of who declared what, when a conflict stands in the way."""
    if interests.is_blocked(session, challenge=challenge, supplier_id=supplier_id, on=day_of(meeting)):
        raise Conflict(NOT_NOW)


def on_hold(session: Session, *, held: Iterable[Seat]) -> set[int]:
    """Return the ids of those seats to come whose people are not admitted as it stands now.

    Two statements, however many seats. The seats' sessions and challenges are loaded.
    """
    days = _by_day(held)
    asked = [(*key, {seat.supplier_id for seat in some}) for key, some in days.items()]
    torn = interests.blocked_in(session, asked=asked)
    return {
        seat.id
        for some, ids in zip(days.values(), torn, strict=True)
        for seat in some
        if seat.supplier_id in ids
    }


def entry_of(meeting: AdvisorySession, *, person_id: int, supplier_id: int) -> Entry:
    """Return what somebody confirms who attends ``meeting`` for a supplier."""
    return Entry(f"session:{meeting.ref}", person_id, supplier_id)


def unconfirmed(session: Session, *, held: Iterable[Seat]) -> set[int]:
    """Return the ids of those seats to come whose people have not confirmed, or have to do so again."""
    entries = _entries(held)
    confirmed = interests.confirmed(session, entries=set(entries.values()))
    return {number for number, entry in entries.items() if entry not in confirmed}


def standing(session: Session, *, held: Collection[Seat]) -> dict[int, Admission]:
    """Return for each of those seats that is to come, by its id, whether its person may read how to join.

    Nobody may by a place that is only offered.
    """
    waits, kept_out = unconfirmed(session, held=held), on_hold(session, held=held)
    return {
        seat.id: Admission.ON_HOLD
        if seat.id in kept_out
        else Admission.UNCONFIRMED
        if seat.id in waits or seat.state is SeatState.OFFERED
        else Admission.LET_IN
        for seat in held
        if seat.state in TO_COME
    }


def may_join(session: Session, *, held: Collection[Seat]) -> set[int]:
    """Return the ids of those seats whose people may read how to join: who is let in, and who was there.

    Nobody by a place that is over in another way: given up, or recorded as that of somebody who did not come.
    """
    let_in = {number for number, one in standing(session, held=held).items() if one is Admission.LET_IN}
    return let_in | {seat.id for seat in held if seat.state is SeatState.ATTENDED}


def note_blocked(session: Session, *, held: Collection[Seat], point: CheckPoint) -> list[Seat]:
    """Keep with its time which conflicts stand in the way of these seats now, and return the seats on hold.

    Side effects: what ``interests.service.note_findings`` writes, once for each conflict and seat.
    """
    blocked = []
    for (challenge, day), some in _by_day(held).items():
        for seat in some:
            accepted = f"the place in “{seat.session.title}”, taken on {uk_time(seat.created_at)}"
            found = interests.note_findings(
                session,
                challenge=challenge,
                supplier_ids=[seat.supplier_id],
                on=day,
                point=point,
                subject=f"session:{seat.session.ref}",
                words=accepted,
            )
            blocked += [seat] if found else []
    return blocked


def look_again(session: Session, *, declaration_id: int) -> list[Seat]:
    """After an interest has changed: keep which places to come it stands in the way of, and tell the department.

    Side effects, in order: findings with their time; for each place a letter to the approvers and to who runs the
    session, once for each declaration and place. Returns the other places, whose people have to confirm again.
    """
    declaration = declared.by_id(session, declaration_id)
    affected = _to_come(session, _concerns(declaration))
    blocked = note_blocked(session, held=affected, point=CheckPoint.SEAT)
    for seat in blocked:
        _tell_department(session, seat, key=f"seat_on_hold:{seat.id}:{declaration_id}")
    entries = _entries(seat for seat in affected if seat not in blocked)
    lapsed = interests.lapsed(session, entries=set(entries.values()))
    return [seat for seat in affected if entries.get(seat.id) in lapsed]


def check_starting(session: Session, *, now: datetime) -> int:
    """Check the places in sessions that begin within the hour once more; return how many are on hold.

    Finds also that somebody acts for both sides by now, which nobody declared. Side effects: findings.
    """
    soon = sa.and_(AdvisorySession.starts_at > now, AdvisorySession.starts_at <= now + BEGINS_SOON)
    return len(note_blocked(session, held=_to_come(session, soon), point=CheckPoint.SESSION))


def _tell_department(session: Session, seat: Seat, *, key: str) -> None:
    meeting, challenge = seat.session, seat.session.challenge
    readers = list(accounts.people_with(session, Role.APPROVER, organisation_id=challenge.organisation_id))
    runs_it = meeting.facilitator
    if runs_it is not None and accounts.is_active_member(
        session, person_id=runs_it.id, organisation_id=challenge.organisation_id
    ):
        readers.append(runs_it)
    for person in dict.fromkeys(readers):
        outbox.post(
            session,
            template="seat_on_hold",
            to=person,
            context={
                "title": meeting.title,
                "when": uk_range(meeting.starts_at, meeting.ends_at),
                "challenge": challenge.title,
                "supplier": seat.supplier.organisation.name,
                "link": f"{settings().base_url}/department/challenges/{challenge.ref}/interests",
            },
            dedupe_key=f"{key}:{person.id}",
            why=f"You get this email because you approve or run sessions for {challenge.organisation.name}.",
            sender=System(),
        )


def _entries(held: Iterable[Seat]) -> dict[int, Entry]:
    return {
        seat.id: entry_of(seat.session, person_id=seat.person_id, supplier_id=seat.supplier_id)
        for seat in held
        if seat.state in TO_COME
    }


def _by_day(held: Iterable[Seat]) -> dict[tuple[Challenge, date], list[Seat]]:
    found: dict[tuple[Challenge, date], list[Seat]] = defaultdict(list)
    for seat in held:
        if seat.state in TO_COME:
            found[seat.session.challenge, day_of(seat.session)].append(seat)
    return found


def _concerns(declaration: Declaration) -> sa.ColumnElement[bool]:
    about = sa.or_(
        Challenge.organisation_id == declaration.organisation_id,
        Supplier.organisation_id == declaration.organisation_id,
    )
    if declaration.challenge_id is not None:
        about = sa.and_(about, Challenge.id == declaration.challenge_id)
    return sa.and_(about, AdvisorySession.starts_at > clock.now())


def _to_come(session: Session, which: sa.ColumnElement[bool]) -> Sequence[Seat]:
    query = (
        sa.select(Seat)
        .join(Seat.session)
        .join(AdvisorySession.challenge)
        .join(Seat.supplier)
        .where(Seat.state.in_(TO_COME), AdvisorySession.state == SessionState.SCHEDULED, which)
        .options(
            joinedload(Seat.session).joinedload(AdvisorySession.challenge).joinedload(Challenge.organisation),
            joinedload(Seat.supplier),
        )
        .order_by(Seat.id)
    )
    return session.scalars(query).all()
