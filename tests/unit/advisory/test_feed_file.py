"""The file of a person's own calendar, word for word, around both changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engage.accounts.models import Person
from engage.advisory.enums import SessionState
from engage.advisory.service import calendar
from engage.advisory.service.calendar import Standing
from engage.kernel.clock import UK
from engage.outbox.enums import CalendarMethod
from tests.support.calendars import understood
from tests.unit.advisory.test_calendar import GOLDEN, SECRET, base_url, meeting

__all__ = ["base_url"]  # the fixture of the file beside, for every test of this one too

BEFORE, AFTER = datetime(2027, 3, 26, 14, 0, tzinfo=UTC), datetime(2027, 3, 30, 13, 0, tzinfo=UTC)
AUTUMN, WINTER = datetime(2027, 10, 29, 13, 0, tzinfo=UTC), datetime(2027, 11, 2, 14, 0, tzinfo=UTC)


def entries() -> list[tuple[object, Standing]]:
    def one(ref: str, begin: datetime, **values: object) -> object:
        return meeting(ref=ref, starts_at=begin, ends_at=begin.replace(hour=begin.hour + 1), **values)

    return [
        (one("springa", BEFORE), Standing(joins=True)),
        (one("springb", AFTER, sequence=4), Standing(joins=False, note="Before you come, please confirm.")),
        (one("autumna", AUTUMN, state=SessionState.CANCELLED, sequence=5), Standing(joins=True)),
        (one("autumnb", WINTER), Standing(joins=True)),
    ]


def test_the_golden_file() -> None:
    made = calendar.feed_file(entries())  # type: ignore[arg-type]  # built above
    assert made == (GOLDEN / "own-calendar.ics").read_bytes()


def test_three_readers_understand_it_and_see_one_wall_time() -> None:
    file = understood(calendar.feed_file(entries()).decode())  # type: ignore[arg-type]  # built above
    found = {each.uid.partition("@")[0]: each for each in file.entries}
    assert {ref: each.starts_at.astimezone(UK).strftime("%H:%M") for ref, each in found.items()} == {
        "springa": "14:00",
        "springb": "14:00",
        "autumna": "14:00",
        "autumnb": "14:00",
    }
    assert {ref: (each.status, each.sequence) for ref, each in found.items()} == {
        "springa": ("CONFIRMED", 2),
        "springb": ("CONFIRMED", 4),
        "autumna": ("CANCELLED", 5),
        "autumnb": ("CONFIRMED", 2),
    }


def test_how_to_join_stands_only_where_one_is_let_in() -> None:
    said = [SECRET in part for part in unfolded(calendar.feed_file(entries())).split("BEGIN:VEVENT")[1:]]  # type: ignore[arg-type]
    assert said == [True, False, False, True]


@pytest.mark.parametrize("number", [0, 3])
def test_the_entry_is_that_of_the_letter(number: int) -> None:
    one = entries()[number][0]
    person = Person(name="Ada", email="ada@supplier.example")
    letter = calendar.mail_part(one, person=person, method=CalendarMethod.REQUEST)  # type: ignore[arg-type]
    own = calendar.feed_file([(one, Standing(joins=True))]).decode()  # type: ignore[list-item]
    (mailed,), (fed,) = understood(letter).entries, understood(own).entries
    assert (mailed.uid, mailed.sequence, mailed.starts_at) == (fed.uid, fed.sequence, fed.starts_at)


def unfolded(file: bytes) -> str:
    return file.decode().replace("\r\n ", "")
