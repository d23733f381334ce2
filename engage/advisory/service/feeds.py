"""A person's own calendar at a secret address: made, shown again, renewed, ended, read by calendar programs.

The address is a handle, which the database knows, and a signature of it by the site's key, which it does not: so it
can be shown again, and a copy of the database opens nobody's calendar.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from engage.advisory import queries
from engage.advisory.enums import Admission, SeatState
from engage.advisory.models import CalendarFeed, Seat
from engage.advisory.service import admission
from engage.advisory.service.calendar import Standing, feed_file
from engage.audit import service as audit
from engage.kernel import clock
from engage.kernel.actor import Actor
from engage.kernel.errors import NotFound
from engage.kernel.ids import short_id
from engage.kernel.settings import settings

HANDLE, SIGNATURE = 12, 40
"""How many characters of the address are the handle (about 60 bits), and how many the signature (160 bits)."""


def feed_address(feed: CalendarFeed) -> str:
    """Return the whole address, for the person it belongs to and nobody else."""
    return f"{settings().base_url}/calendar/mine/{_secret(feed.handle)}.ics"


def make_feed(session: Session, *, actor: Actor) -> CalendarFeed:
    """Give ``actor`` a calendar address, or a new one: the former opens nothing from the same moment on.

    Side effects: the row, an audit line without the address.
    """
    values = {"handle": short_id(HANDLE), "made_at": clock.now()}
    insert = postgresql.insert(CalendarFeed).values(person_id=actor.person_id, **values)
    written = insert.on_conflict_do_update(index_elements=["person_id"], set_=values).returning(CalendarFeed)
    feed = session.scalars(written, execution_options={"populate_existing": True}).one()
    _record(session, actor, "made")
    return feed


def end_feed(session: Session, *, actor: Actor) -> None:
    """Take the calendar address of ``actor`` away, if there is one. Side effects: the row, an audit line."""
    feed = queries.feed_of(session, person_id=actor.person_id)
    if feed is not None:
        session.delete(feed)
        session.flush()
        _record(session, actor, "ended")


def read_feed(session: Session, *, secret: str) -> bytes:
    """Return the calendar behind an address: the sessions its person attends or runs, with how to join.

    How to join is left out where the person is not let in. Writes nothing. Raises ``NotFound``, in the same words,
    for an address that was never made, was renewed or ended, and when the account is closed.
    """
    feed = None
    if hmac.compare_digest(_secret(secret[:HANDLE]).encode(), secret.encode()):
        feed = queries.feed_by_handle(session, handle=secret[:HANDLE])
    if feed is None or feed.person.disabled_at is not None:
        raise NotFound("There is no calendar at this address.")
    found = queries.sessions_of_person(session, person_id=feed.person_id)
    standing = admission.standing(session, held=found.places)
    entries = [(seat.session, _words(standing.get(seat.id), seat)) for seat in found.places]
    return feed_file(entries + [(meeting, Standing(joins=True)) for meeting in found.runs])


def _words(standing: Admission | None, seat: Seat) -> Standing:
    if standing is Admission.UNCONFIRMED:
        link = f"{settings().base_url}/supplier/seats/{seat.id}/confirm"
        return Standing(
            joins=False, note=f"Before you come, please confirm. How to join is shown after that:\n{link}"
        )
    if standing is Admission.ON_HOLD:
        return Standing(joins=False, note="Your place is on hold: see your sessions on engage.")
    return Standing(joins=standing is Admission.LET_IN or seat.state is SeatState.ATTENDED)


def _secret(handle: str) -> str:
    key, message = settings().secret_key.encode(), f"engage.calendar-feed:{handle}".encode()
    return handle + hmac.new(key, message, hashlib.sha256).hexdigest()[:SIGNATURE]


def _record(session: Session, actor: Actor, deed: str) -> None:
    subject = f"person:{actor.person_id}"
    audit.record(session, actor=actor, tag=f"advisory:calendar_feed:{deed}", subject=subject)
