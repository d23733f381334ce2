"""What the samples of mails are made of: one challenge, one session, one supplier, and what a digest tells.

Every value is a phrase of its own, so that a test can look for it in the text and in the HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

BASE = "http://engage.test"
WHY = "You get this email because a picture of every mail was asked for."
TOKEN = "eyJhbGciOiJIUzI1NiJ9.c2Vzc2lvbi0xMjM0NTY3ODkw.4kq9ZlN0c2Vzc2lvbg"
STOP = {"unsubscribe_url": f"{BASE}/alerts/{TOKEN}"}
BULK = {"digest", "due_digest"}
"""Mails that always carry a link to stop them; others do, with ``STOP``, when a subscriber gets them."""

TITLE = "Safe first homes for young people who leave care"
DEPARTMENT = "Department for Levelling Homes"
SUPPLIER = "Marrowmere Housing Co-operative"
REASON = (
    "The pilot showed that heat, not rent, decides whether a tenancy lasts.\n\nSo we ask about heat first."
)
WHEN = "Tuesday 8 December 2026, 10am to 11:30am (UK time)"
UNTIL = "Thursday 3 December 2026 at 5pm (UK time)"
JOINING = "https://meet.engage.test/room-seven\nMeeting code 114 772"
AGENDA = "10:00 What the pilot showed\n10:30 What a first home needs\n11:15 Your questions"
QUESTION = "Do the six flats have a shared boiler, and who pays for it?"
WORDS = "We run forty such homes in three counties and would gladly tell you what made them last."
ANSWER_BY = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


def link(path: str) -> str:
    return f"{BASE}/{path}"


PUBLIC, INVITATION = link("challenges/ENG-2026-0007"), link("supplier/invitations/INV-7K2M")
ABOUT = {"challenge": TITLE, "department": DEPARTMENT, "public_link": PUBLIC}
SESSION = {"title": "Roundtable on heat and rent", "when": WHEN, **ABOUT}
CONFIRM = link("supplier/sessions/SES-2026-0003/confirm")
ATTENDING = {
    **SESSION,
    "place": "Room 4, 10 Example Street, Leeds LS1 1AA",
    "joining_details": JOINING,
    "agenda": AGENDA,
    "link": link("supplier/sessions"),
    "confirm_link": CONFIRM,
    "standing": "let_in",
    "left": "",
    "attendee_link": link("supplier/seats/31/attendee"),
}
NOT_TOLD = {**ATTENDING, "joining_details": ""}
UNCONFIRMED = {**NOT_TOLD, "standing": "unconfirmed", "place": "", "agenda": ""}
STANDINGS: list[Mapping[str, Any]] = [
    ATTENDING,
    UNCONFIRMED,
    {**NOT_TOLD, "standing": "on_hold"},
    NOT_TOLD,
    {**NOT_TOLD, "place": ""},
    {**NOT_TOLD, "left": "Ines Marrow"},
]
"""A place, with everything known; to be confirmed first; on hold; at an address; how to join not settled yet; of
somebody who left."""
OF_ORGANISATION = {"name": "Leila Marrow", "organisation": SUPPLIER, "link": link("dashboard")}


def piece(change: str, text: str) -> SimpleNamespace:
    return SimpleNamespace(change=change, text=text)


DIFFERENCE = SimpleNamespace(
    name="What is the problem?",
    before="Six flats stand ready in Leeds. Nobody knows why tenancies end.",
    after="Six flats stand ready in Leeds. Heat decides whether tenancies last.",
    pieces=[
        piece("kept", "Six flats stand ready in Leeds. "),
        piece("removed", "Nobody knows why tenancies end."),
        piece("added", "Heat decides whether tenancies last."),
    ],
)
ADDED = SimpleNamespace(
    name="Who is it for?", before="", after="Tenants under 25.", pieces=[piece("added", "Tenants under 25.")]
)
REMOVED = SimpleNamespace(
    name="Limits", before="None after 2027.", after="", pieces=[piece("removed", "None after 2027.")]
)
DIFFERENCES = [DIFFERENCE, ADDED, REMOVED]


def item(kind: str, **changes: Any) -> SimpleNamespace:
    given: dict[str, Any] = {
        "kind": kind,
        "ref": "ENG-2026-0007",
        "title": TITLE,
        "department": DEPARTMENT,
        "excerpt": "Every fourth young person who leaves care has no fixed address within two years.",
        "closes_on": date(2026, 12, 14),
        "url": PUBLIC,
        "changes_url": f"{PUBLIC}/changes",
        "reason": "",
        "differences": [],
        "differing": [],
        "why": "",
        "fits": "",
    }
    return SimpleNamespace(**{**given, **changes})


OPEN = [
    item("open", fits="your statement “Forty homes that lasted”"),
    item(
        "open", title="Quieter heat pumps for terraces", url=link("challenges/ENG-2026-0009"), closes_on=None
    ),
]
CHANGED = [
    item("changed", reason="We learnt that heat decides.", differences=[DIFFERENCE]),
    item("changed", reason="Dates moved.", differing=["Closing date", "Where it applies"], closes_on=None),
]
ENDED = [
    item("withdrawn", reason="The money went elsewhere."),
    item("withdrawn"),
    item("ended_early", reason="The pilot answered all questions."),
]
PUBLISHED = [
    item(
        "minutes", detail="The minutes of “Roundtable on heat and rent” on 8 December 2026 are with everyone."
    ),
    item(
        "files",
        detail="Files of “Roundtable on heat and rent” on 8 December 2026 are with everyone: heat.pdf.",
    ),
]
SECTIONS = [
    ("New", OPEN),
    ("Changed since we told you", CHANGED),
    ("Published from sessions", PUBLISHED),
    ("Ended", ENDED),
    ("Heard: findings are to come", [item("findings_due")]),
    ("Closed", [item("closed")]),
]
DIGEST = {
    "sections": SECTIONS,
    "headline": "2 new challenges, 18 changed or ended",
    "first": TITLE,
    "count": 20,
    "rest": 12,
    "edition": 31,
    "all_url": link("challenges"),
}
QUIET_DIGEST = {
    **DIGEST,
    "sections": [("New", OPEN[:1])],
    "headline": "New challenge",
    "count": 1,
    "rest": 0,
}

NEEDS = [
    SimpleNamespace(
        what="Answer a question",
        title=TITLE,
        ref="ENG-2026-0007",
        path="/department/questions/9",
        late=late,
        by=by,
    )
    for late, by in (("It has waited for 6 working days.", None), ("", date(2026, 12, 4)), ("", None))
]
