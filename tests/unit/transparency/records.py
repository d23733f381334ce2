"""Notices' records by the thousand: each thing given, said to be unknown, or left out, by a seeded die."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from engage.challenges.enums import EngagementPurpose
from engage.kernel.codes import REGIONS
from engage.transparency.enums import AuthorityType, Category, Devolved, PartyPart, Subject
from engage.transparency.service.record import Address, Authority, Contact, Event, NoticeRecord, Party

TEXTS = (
    "Fewer empty seats",
    "A title of many words " * 9,
    "Ystâd drafnidiaeth: “cludiant” — 50% llai…",
    "שלום 🚑 \u202ecilbup\u202c",
    "Line one\nLine two\n\n- a list\n=SUM(A1)",
    "<script>alert('x')</script> & \"quotes\" \\ / {}",
)
CPV = ("60130000", "72000000", "85000000", "38421100")
WHOLE = Address(street="1 High Street", locality="Leeds", postal_code="LS1 1AA", region="TLE")
NOW = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
TODAY = date(2026, 10, 25)
FULL: dict[str, Any] = {
    "ref": "ENG-2026-0001",
    "title": "Fewer empty seats",
    "problem": "One in five booked seats travels empty.",
    "purposes": [EngagementPurpose.REQUIREMENTS.value],
    "authority": Authority(
        name="Department for Seats",
        ppon="PABC-1234-DEFG",
        address=WHOLE,
        email="buying@seats.example",
        kind=AuthorityType.CENTRAL,
    ),
    "contact": Contact(name="Ann Author", email="ann@seats.example"),
    "category": Category.SERVICES,
    "kinds": "Software and services for booking.",
    "how": "As a service over the internet.",
    "starts_on": date(2027, 4, 1),
    "ends_on": date(2029, 3, 31),
    "value_net": 1_000_000,
    "value_gross": 1_200_000,
    "above_threshold": True,
    "cpv": ["60130000"],
    "regions": ["TLC"],
    "closes_on": date(2026, 12, 11),
    "process": "Two sessions online and a form for answers in writing.",
    "tender_notice_on": date(2027, 1, 15),
    "changed_at": NOW,
    "today": TODAY,
}
NOTICE: dict[str, Any] = {
    "notice_number": "012345-2026",
    "ocid": "ocds-h6vhtk-0a1b2c",
    "recorded_at": NOW + timedelta(hours=1),
}


def full(**changes: Any) -> NoticeRecord:
    """A record with nothing missing but the ocid; ``changes`` replace fields."""
    return NoticeRecord(**{**FULL, **changes})


@dataclass
class Dealt:
    """A record and the codes of what it lacks, known from how it was dealt."""

    record: NoticeRecord
    lacking: list[str]


class Dealer:
    """Deals records; ``given`` notes what was left out."""

    def __init__(self, seed: int) -> None:
        self.die = Random(seed)
        self.lacking: list[str] = []

    def text(self) -> str:
        return self.die.choice(TEXTS)

    def coin(self) -> bool:
        return self.die.random() < 0.5

    def maybe(self, code: str, value: Any, nothing: Any) -> Any:
        """``value`` three times in four; otherwise ``nothing``, and ``code`` is lacking."""
        if self.die.random() < 0.75:
            return value
        self.lacking.append(code)
        return nothing

    def day(self, first: date, span: int) -> date:
        return first + timedelta(days=self.die.randrange(span))

    def deal(self, number: int) -> Dealt:
        self.lacking = []
        starts = self.day(date(2027, 6, 1), 400)
        values = {
            **self.who(),
            **self.subject(starts),
            "ref": f"ENG-2026-{number:04}",
            "title": self.text(),
            "problem": self.die.choice(["", self.text()]),
            "purposes": self.die.sample([each.value for each in EngagementPurpose], self.die.randrange(1, 6)),
            "closes_on": self.maybe("closes_on", self.day(date(2026, 9, 1), 200), None),
            "opens_on": self.die.choice([None, date(2026, 8, 30)]),
            "process": self.maybe("process", self.text(), self.die.choice(["", "  \n"])),
            "events": self.events(),
            "languages": self.die.choice([["en"], ["en", "cy"], []]),
            "above_threshold": self.maybe("above_threshold", self.coin(), None),
            "tender_notice_on": self.maybe("tender_notice_on", self.day(date(2027, 1, 1), 150), None),
            "sme": self.die.choice([None, True, False]),
            "vcse": self.die.choice([None, True, False]),
            **self.notice(),
        }
        return Dealt(NoticeRecord(**values), sorted(self.lacking))

    def who(self) -> dict[str, Any]:
        address = self.maybe(
            "authority_address", WHOLE, self.die.choice([Address(), Address(street="1 High Street")])
        )
        own = self.die.choice(["", "2 Low Street\nYork\nYO1 1AA"])
        if not address.complete and not own:
            self.lacking.append("contact_address")
        return {
            "authority": Authority(
                name=self.text(),
                address=address,
                email=self.maybe("authority_email", "buying@seats.example", ""),
                ppon=self.maybe("authority_ppon", "PABC-1234-DEFG", ""),
                other_ids=self.die.choice(
                    [[], [("GB-COH", "01234567")], [("GB-GOR", "D2"), ("GB-COH", "7")]]
                ),
                website=self.die.choice(["", "https://seats.example/"]),
                kind=self.maybe("authority_type", self.die.choice(list(AuthorityType)), None),
                devolved=self.die.choice([None, *Devolved]),
            ),
            "parties": [self.party(number) for number in range(1, self.die.choice([1, 1, 2, 3]))],
            "contact": Contact(
                name=self.maybe("contact_name", self.text(), ""),
                email=self.maybe("contact_email", "ann@seats.example", ""),
                telephone=self.die.choice(["", "+44 113 496 0000"]),
                address=own,
            ),
        }

    def party(self, number: int) -> Party:
        part = self.die.choice(list(PartyPart))
        role = self.die.choice(["", "Runs the sessions"])
        if part is PartyPart.AGENT and not role:
            self.lacking.append(f"party_{number}_role")
        return Party(
            name=self.text(),
            part=part,
            role=role,
            address=self.maybe(f"party_{number}_address", WHOLE, Address()),
            email=self.maybe(f"party_{number}_email", "other@seats.example", ""),
            ppon=self.maybe(
                f"party_{number}_ppon", self.die.choice(["PABC-1234-DEFG", "PXYZ-9999-AAAA"]), ""
            ),
        )

    def subject(self, starts: date) -> dict[str, Any]:
        """The contract subject-matter: each part given, said to be unknown, or lacking."""
        given: dict[Subject, dict[str, Any]] = {
            Subject.CATEGORY: {"category": self.die.choice(list(Category))},
            Subject.KINDS: {"kinds": self.text()},
            Subject.HOW: {"how": self.text()},
            Subject.WHEN: {"starts_on": starts, "ends_on": self.die.choice([None, self.day(starts, 900)])},
            Subject.AMOUNT: self.die.choice(
                [{"quantity": "About 300 vehicles"}, {"value_net": 0}, {"value_net": 10, "value_gross": 12}]
            ),
            Subject.CPV: {"cpv": self.die.sample(CPV, self.die.randrange(1, 4))},
            Subject.PLACE: self.die.choice(
                [{"regions": list(REGIONS)}, {"regions": ["TLC", "TLN"]}, {"abroad": "France, Calais"}]
            ),
        }
        values: dict[str, Any] = {}
        unknown: set[Subject] = set()
        for subject, answer in given.items():
            throw = self.die.random()
            if throw < 0.6:
                values |= answer
            elif throw < 0.8:
                unknown.add(subject)
            else:
                self.lacking.append(subject.value)
        return {**values, "not_known": frozenset(unknown)}

    def events(self) -> list[Event]:
        start = NOW + timedelta(days=self.die.randrange(1, 40))
        made = Event(
            title=self.text(),
            place=self.die.choice(["", "Online", "Leeds"]),
            starts_at=start,
            ends_at=start + timedelta(hours=2),
        )
        return [made] * self.die.randrange(3)

    def notice(self) -> dict[str, Any]:
        times = {
            "changed_at": NOW + timedelta(seconds=self.die.randrange(-(10**6), 10**6), microseconds=7),
            "today": TODAY + timedelta(days=self.die.randrange(-30, 200)),
        }
        if self.coin():
            return {**NOTICE, **times}
        self.lacking.append("ocid")
        return times
