"""Subscriptions of every kind as people keep them: one address pauses, one has muted a challenge, some wait."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from sqlalchemy.orm import Session

from engage.accounts import queries as accounts
from engage.challenges import queries as challenges
from engage.challenges.enums import Listed
from engage.demo.script import Diary, Step
from engage.demo.stories.alerts import FIRST_DAY, asks, confirms
from engage.demo.world import World
from engage.digests import queries, service
from engage.digests.enums import Cadence, Topic
from engage.digests.service import Wish
from engage.kernel import clock

SCOUT = "scout@trade-association.example"
LAWYER = "team@procurement-law.example"
RESEARCHER = "alerts@policy-institute.example"
AWAY = "jo@independent-adviser.example"
WISHES: tuple[tuple[str, int, Wish], ...] = (
    (SCOUT, 1, Wish(Topic.EVERYTHING, "", Cadence.DAILY, 0, 7)),
    (SCOUT, 1, Wish(Topic.REGION, "TLM", Cadence.WEEKLY, 0, 9)),
    (SCOUT, 2, Wish(Topic.CPV, "72", Cadence.WEEKLY, 4, 8)),
    (LAWYER, 3, Wish(Topic.EVERYTHING, "", Cadence.DAILY, 0, 8, Listed.CLOSED)),
    (LAWYER, 3, Wish(Topic.SEARCH, "legal or regulatory", Cadence.IMMEDIATE)),
    (RESEARCHER, 5, Wish(Topic.CAPABILITY, "research-development", Cadence.WEEKLY, 2, 10)),
    (RESEARCHER, 5, Wish(Topic.EVERYTHING, "", Cadence.WEEKLY, 2, 10, Listed.FINDINGS_DUE)),
    (AWAY, 7, Wish(Topic.CAPABILITY, "security", Cadence.DAILY, 0, 8)),
    (AWAY, 7, Wish(Topic.EVERYTHING, "", Cadence.WEEKLY, 1, 8)),
)


def steps(today: date) -> list[Step]:
    """Return the steps of subscribers who use all there is."""
    diary = Diary(today)
    for number, (address, day, wish) in enumerate(WISHES):
        title = f"{address} asks for alerts ({number})"
        diary.note(FIRST_DAY + day, f"14:{number:02}", title, partial(asks, address, wish))
    for address, day in {address: day for address, day, _ in WISHES}.items():
        diary.note(FIRST_DAY + day, "15:30", f"{address} confirms", partial(confirms, address))
    diary.note(FIRST_DAY + 9, "16:00", f"{SCOUT} follows one department closely", _follows_a_department)
    diary.note(-6, "16:20", f"{SCOUT} mutes a challenge", _mutes)
    diary.note(-3, "17:30", f"{AWAY} goes on holiday", _goes_away)
    return diary.steps()


def _follows_a_department(session: Session, _world: World) -> None:
    office = next(iter(challenges.departments(session)), None) or accounts.departments(session)[0]
    asks(SCOUT, Wish(Topic.DEPARTMENT, str(office.id), Cadence.IMMEDIATE), session, _world)
    confirms(SCOUT, session, _world)


def _mutes(session: Session, _world: World) -> None:
    """Mute the challenge that was published last: somebody else in the association looks after it."""
    mine = queries.of_address(session, SCOUT)[0]
    told = service.preview(session, mine)
    if told:
        service.mute(session, email=SCOUT, ref=told[0].ref)


def _goes_away(session: Session, _world: World) -> None:
    today = clock.uk_today()
    service.pause(session, email=AWAY, from_on=today, until_on=today + timedelta(days=16))
