"""Work done later: places that were kept and not taken, reminders, conflicts just before a session."""

from __future__ import annotations

from engage.advisory import queries, service
from engage.advisory.service import admission, waiting
from engage.kernel import clock
from engage.kernel.db import reading, unit_of_work
from engage.kernel.jobs import every, task


@every("*/5 * * * *")
@task("advisory.end_kept_places", lock="advisory.end_kept_places")
def end_kept_places(**_due: int) -> None:
    """Give up the places that were kept until now, one in each transaction, and offer them to the next in line."""
    with reading() as session:
        ids = queries.lapsed_seats(session, moment=clock.now())
    for seat_id in ids:
        with unit_of_work() as session:
            service.end_kept_place(session, seat_id=seat_id)


@every("*/5 * * * *")
@task("advisory.see_to_places", lock="advisory.see_to_places")
def see_to_places(**_due: int) -> None:
    """Open to everybody what was kept for volunteers until now; end waiting lists for which it is too late.

    Then offer what is free to who waits, whatever left it free: should a change forget them, they wait five minutes.
    """
    with reading() as session:
        reserved = queries.reserved_to_open(session, moment=clock.now())
        late = queries.late_lists(session, moment=clock.now())
    for meeting_id in reserved:
        with unit_of_work() as session:
            waiting.open_reserved(session, meeting_id=meeting_id)
    for meeting_id in late:
        with unit_of_work() as session:
            waiting.end_late(session, meeting_id=meeting_id)
    with reading() as session:
        left = queries.lists_to_serve(session)
    for meeting_id in left:
        with unit_of_work() as session:
            waiting.serve(session, meeting_id=meeting_id)


@every("5 * * * *")
@task("advisory.remind", lock="advisory.remind")
def remind(**_due: int) -> None:
    """Write the reminders that are due."""
    with unit_of_work() as session:
        service.remind(session, now=clock.now())


@every("20 3 * * *")
@task("advisory.forget", lock="advisory.forget")
def forget(**_due: int) -> None:
    """Delete access needs that nobody has to know any more, and take people out of answers whose time is over."""
    with unit_of_work() as session:
        service.forget_needs(session, now=clock.now())
        service.forget_people(session, now=clock.now())


@every("*/15 * * * *")
@task("advisory.check_interests", lock="advisory.check_interests")
def check_interests(**_due: int) -> None:
    """Check the places in sessions that are about to begin for conflicts of interest once more."""
    with unit_of_work() as session:
        admission.check_starting(session, now=clock.now())
