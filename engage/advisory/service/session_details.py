"""What a department says about a session, and whether it fits together: places, what is kept of them, until when."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from engage.advisory.enums import SessionFormat
from engage.advisory.models.sessions import GROUP_LIMIT
from engage.kernel import clock
from engage.kernel.clock import UK
from engage.kernel.errors import Invalid

if TYPE_CHECKING:
    from engage.advisory.models import AdvisorySession, SessionDraft


CHANGED_MEANWHILE = (
    "Somebody changed this since you opened the page. What you entered is below: "
    "save again to put it in place of theirs"
)


@dataclass(frozen=True, kw_only=True)
class SessionDetails:
    """What a department says about a session. Times are aware."""

    title: str
    format: SessionFormat
    starts_at: datetime
    ends_at: datetime
    places: int
    zone: str = UK.key
    closes_at: datetime | None = None
    """Until when places can be taken; until it begins when not said."""
    reserved: int = 0
    """So many places are for volunteers until ``reserved_until``."""
    reserved_until: datetime | None = None
    group_limit: int | None = GROUP_LIMIT
    """At most so many suppliers of one corporate group; any number when not said."""
    place: str = ""
    joining_details: str = ""
    agenda: str = ""
    facilitator_id: int | None = None


def details_of(found: AdvisorySession | SessionDraft) -> SessionDetails:
    """Return what a session, or a draft of one, says now."""
    return SessionDetails(**{field.name: getattr(found, field.name) for field in fields(SessionDetails)})


def differing(details: SessionDetails, found: AdvisorySession | SessionDraft) -> list[str]:
    """Return the names of what ``details`` says otherwise than a session, or a draft of one, does now."""
    return [name for name, value in asdict(details).items() if getattr(found, name) != value]


def check(details: SessionDetails, *, meeting: AdvisorySession | None = None) -> None:
    """Raise ``Invalid`` with what has to be mended; ``meeting`` is the session as it stands, its row locked."""
    found = wrong(details, meeting=meeting)
    if found:
        raise Invalid(found)


def wrong(details: SessionDetails, *, meeting: AdvisorySession | None = None) -> dict[str, str]:
    """Return what has to be mended, by the name of the field."""
    return {
        **_wrong_times(details, meeting),
        **_wrong_reserve(details, meeting),
        **_wrong_places(details, meeting),
    }


def check_seen(seen: int | None, *, now: int) -> None:
    """Raise ``Invalid`` about the form as a whole when ``seen``, what was on the page, is not how it stands now."""
    if seen is not None and seen != now:
        raise Invalid({"": CHANGED_MEANWHILE})


def held_back(details: SessionDetails) -> int:
    """Return how many places invited suppliers cannot take now."""
    until = details.reserved_until
    return 0 if until is None or until <= clock.now() else details.reserved


def fewest(meeting: AdvisorySession, details: SessionDetails) -> int:
    """Return the smallest number of places that the session can have: those taken, with those kept for volunteers."""
    return max(meeting.taken, meeting.taken_invited + held_back(details))


def _wrong_times(details: SessionDetails, meeting: AdvisorySession | None) -> dict[str, str]:
    now = clock.now()
    found: dict[str, str] = {}
    if details.zone not in available_timezones():
        found["zone"] = "Choose a time zone of the list"
    if details.starts_at <= now:
        found["starts_on"] = "The session must begin in the future"
    elif details.closes_at is not None and details.closes_at > details.starts_at:
        found["closes_at"] = (
            "Places can be taken until the session begins at the latest: choose an earlier time"
        )
    elif details.closes_at is not None and details.closes_at <= now and _new("closes_at", details, meeting):
        found["closes_at"] = "The last moment to take a place must be in the future"
    return found


def _wrong_reserve(details: SessionDetails, meeting: AdvisorySession | None) -> dict[str, str]:
    if not details.reserved:
        return {}
    if details.reserved > details.places:
        places = "is 1 place" if details.places == 1 else f"are {details.places} places"
        return {"reserved": f"There {places}: keep {details.places} or fewer for volunteers"}
    if details.reserved_until is None:
        return {"reserved_until": "Enter until when they are kept; from then on they are for everybody"}
    if details.reserved_until > (details.closes_at or details.starts_at):
        return {
            "reserved_until": "Keep them no longer than places can be taken: else nobody else could have them"
        }
    if details.reserved_until <= clock.now() and _new("reserved_until", details, meeting):
        return {"reserved_until": "The moment from which they are for everybody must be in the future"}
    return {}


def _wrong_places(details: SessionDetails, meeting: AdvisorySession | None) -> dict[str, str]:
    if meeting is None:
        return {}
    if details.places < meeting.taken:
        taken = meeting.taken
        return {"places": f"{taken} places are already taken: enter {taken} or more"}
    if details.reserved > details.places:
        return {}
    kept = held_back(details)
    if meeting.taken_invited > details.places - kept:
        most = max(details.places - meeting.taken_invited, 0)
        return {
            "reserved": f"{meeting.taken_invited} of {details.places} places are taken by invited suppliers: keep "
            f"{most} or fewer for volunteers, or give the session more places"
        }
    return {}


def _new(name: str, details: SessionDetails, meeting: AdvisorySession | None) -> bool:
    return meeting is None or getattr(details, name) != getattr(meeting, name)
