"""What each mail can look like: values for every template, each branch of it at least once.

Every value is a phrase of its own, so that a test can look for it in the text and in the HTML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from engage.outbox.service.rendering import TEMPLATES, Rendered, render

BASE = "http://engage.test"
WHY = "You get this email because a picture of every mail was asked for."
BULK = {"digest", "due_digest"}
"""Mails that carry a link to stop them."""

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
TOKEN = "eyJhbGciOiJIUzI1NiJ9.c2Vzc2lvbi0xMjM0NTY3ODkw.4kq9ZlN0c2Vzc2lvbg"


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
}
UNCONFIRMED = {**ATTENDING, "joining_details": "", "standing": "unconfirmed", "place": "", "agenda": ""}
ON_HOLD = {**ATTENDING, "joining_details": "", "standing": "on_hold"}
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
    item("open", title="Quieter heat pumps for terraces", url=link("challenges/ENG-2026-0009")),
]
CHANGED = [
    item("changed", reason="We learnt that heat decides.", differences=[DIFFERENCE]),
    item("changed", reason="Dates moved.", differing=["Closing date", "Where it applies"]),
    item("withdrawn", reason="The money went elsewhere."),
    item("findings_due"),
    item("closed"),
]
DIGEST = {
    "items": OPEN,
    "sections": [("New challenges", OPEN), ("What changed", CHANGED)],
    "headline": "2 new challenges",
    "first": TITLE,
    "count": 7,
    "rest": 12,
    "edition": 31,
    "all_url": link("challenges"),
    "what": "every new challenge",
    "when": "every Tuesday at 8am",
    "link": link(f"alerts/{TOKEN}"),
}
QUIET_DIGEST = {**DIGEST, "items": OPEN[:1], "sections": [("New", OPEN[:1])], "count": 1, "rest": 0}

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

SAMPLES: Mapping[str, list[Mapping[str, Any]]] = {
    "account_exists": [{"sign_in": link("sign-in"), "forgot": link("forgot-password")}],
    "address_check": [{"since": datetime(2026, 11, 2, 9, tzinfo=UTC), "link": link(f"mail/address/{TOKEN}")}],
    "alerts_full": [{"most": 20, "link": link(f"alerts/all/{TOKEN}")}],
    "announcement": [
        {
            "heading": "How minutes are published from next month",
            "words": "Within five working days.\n\nNothing else changes.",
            "link": link("how-matching-works"),
            "link_text": "How engage works",
        }
    ],
    "attendee_changed": [SESSION],
    "challenge_changed": [
        {
            **ABOUT,
            "reason": REASON,
            "asked_anew": asked,
            "invitation_link": invitation,
            "changes_link": f"{PUBLIC}/changes",
            "differences": [DIFFERENCE],
        }
        for asked, invitation in ((True, INVITATION), (False, INVITATION), (False, ""))
    ],
    "challenge_ended_early": [{**ABOUT, "reason": REASON}],
    "challenge_withdrawn": [{**ABOUT, "reason": REASON}],
    "confirm_subscription": [
        {"what": "Every new challenge", "when": "Every Tuesday at 8am", "link": link(f"alerts/{TOKEN}")}
    ],
    "digest": [DIGEST, QUIET_DIGEST],
    "due_digest": [
        {"department": DEPARTMENT, "items": NEEDS, "rest": 4},
        {"department": DEPARTMENT, "items": NEEDS[:1], "rest": 0},
    ],
    "engagement_paused": [ABOUT],
    "engagement_resumed": [
        {**ABOUT, "notice_number": number, "link": link("supplier/invitations")}
        for number in ("012345-2026", "")
    ],
    "entry_asked": [{**SESSION, "confirm_link": CONFIRM}],
    "fact_shared": [{**ABOUT, "title": "Who pays for heat", "wording": REASON, "link": f"{PUBLIC}#shared"}],
    "feedback_asked": [
        {
            **SESSION,
            "closes": "Tuesday 22 December 2026",
            "link": link("supplier/sessions/SES-2026-0003/feedback"),
        }
    ],
    "find_alerts": [{"link": link(f"alerts/all/{TOKEN}")}],
    "invitation": [
        {
            **ABOUT,
            "supplier": SUPPLIER,
            "challenge_ref": "ENG-2026-0007",
            "reasons": [
                "Your statement “Forty homes that lasted” is close to the problem.",
                "You work in Leeds.",
            ],
            "answer_by": ANSWER_BY,
            "link": INVITATION,
        }
    ],
    "invitation_more_time": [
        {
            **ABOUT,
            "supplier": SUPPLIER,
            "challenge_ref": "ENG-2026-0007",
            "answer_by": ANSWER_BY,
            "link": INVITATION,
        }
    ],
    "invitation_reminder": [
        {
            **ABOUT,
            "supplier": SUPPLIER,
            "challenge_ref": "ENG-2026-0007",
            "answer_by": ANSWER_BY,
            "link": INVITATION,
        }
    ],
    "invitation_withdrawn": [{**ABOUT, "supplier": SUPPLIER, "reason": "The session is full."}],
    "join_asked": [
        {
            "who": "Owen Fennar",
            "email": "owen@fennarby.example",
            "organisation": SUPPLIER,
            "words": words,
            "link": link("account/people/asked/4"),
        }
        for words in ("I look after our bids.", "")
    ],
    "join_organisation": [
        {
            "inviter": "Leila Marrow",
            "organisation": SUPPLIER,
            "roles": ["supplier admin", "supplier expert"],
            "lasts": "7 days",
            "link": link(f"join/{TOKEN}"),
        }
    ],
    "manage_subscription": [
        {"what": "Every new challenge", "when": "Every Tuesday at 8am", "link": link(f"alerts/{TOKEN}")}
    ],
    "need_answered": [{**SESSION, "link": link("supplier/sessions/SES-2026-0003/needs")}],
    "need_asked": [{**SESSION, "link": link("department/sessions/SES-2026-0003/needs")}],
    "offer_declined": [{**ABOUT, "supplier": SUPPLIER, "reason": REASON, "link": PUBLIC}],
    "offer_received": [{**ABOUT, "supplier": SUPPLIER, "pitch": WORDS, "link": link("department/offers")}],
    "organisation_refused": [{**OF_ORGANISATION, "reason": "The number is that of another company."}],
    "organisation_restored": [OF_ORGANISATION],
    "organisation_suspended": [{**OF_ORGANISATION, "reason": "Two people claim to be its director."}],
    "organisation_verified": [{**OF_ORGANISATION, "kind": kind} for kind in ("supplier", "department")],
    "place_offered": [{**SESSION, "until": UNTIL, "invitation_link": INVITATION}],
    "publication_failed": [
        {
            "title": TITLE,
            "ref": "ENG-2026-0007",
            "because": "Its notice has no number yet.",
            "link": link("department/challenges/ENG-2026-0007"),
        }
    ],
    "question_answered": [{**ABOUT, "question": QUESTION, "answer": REASON, "link": f"{PUBLIC}#questions"}],
    "question_received": [{**ABOUT, "question": QUESTION, "link": link("department/questions/9")}],
    "question_rejected": [{**ABOUT, "question": QUESTION, "reason": REASON, "link": f"{PUBLIC}/ask"}],
    "reset_password": [{"link": link(f"reset-password/{TOKEN}"), "lasts": "2 hours"}],
    "review_decided": [
        {
            "title": TITLE,
            "ref": "ENG-2026-0007",
            "reviewer": "Ruth Approver",
            "approved": approved,
            "needs_notice": notice,
            "reasons": "Say who lives there.\n\nAnd name the boiler.",
            "link": link("department/challenges/ENG-2026-0007"),
        }
        for approved, notice in ((True, True), (True, False), (False, False))
    ],
    "review_requested": [
        {
            "title": TITLE,
            "ref": "ENG-2026-0007",
            "version": 2,
            "author": "Alex Author",
            "link": link("department/challenges/ENG-2026-0007/review"),
        }
    ],
    "route_decided": [
        {
            "title": TITLE,
            "who": "Ruth Approver",
            "made": made,
            "route": "preliminary market engagement",
            "answer": "No purchase is in sight.",
            "link": link("department/challenges/ENG-2026-0007/route"),
        }
        for made in (True, False)
    ],
    "route_proposed": [
        {
            "title": TITLE,
            "who": "Alex Author",
            "route": "preliminary market engagement",
            "reason": REASON,
            "link": link("department/challenges/ENG-2026-0007/route"),
        }
    ],
    "seat_confirmed": [ATTENDING, UNCONFIRMED, ON_HOLD],
    "seat_on_hold": [{**SESSION, "supplier": SUPPLIER, "link": link("department/sessions/SES-2026-0003")}],
    "seat_released": [{**SESSION, "invitation_link": INVITATION}],
    "session_cancelled": [
        {**SESSION, "reason": "The room flooded.", "goes_on": goes_on, "invitation_link": INVITATION}
        for goes_on in (True, False)
    ],
    "session_changed": [
        {**one, "changes": ["the time", "the place"], "reason": "The room is too small."}
        for one in (ATTENDING, UNCONFIRMED, ON_HOLD)
    ],
    "session_reminder": [{**one, "soon": "Tomorrow"} for one in (ATTENDING, UNCONFIRMED, ON_HOLD)],
    "session_published": [
        {**SESSION, "minutes": minutes, "materials": materials, "link": PUBLIC}
        for minutes, materials in ((True, []), (False, ["Slides of the roundtable.pdf"]))
    ],
    "statements_expiring": [
        {
            "supplier": SUPPLIER,
            "statements": statements,
            "link": link("supplier/profile"),
        }
        for statements in (
            [("Forty homes that lasted", date(2026, 12, 20)), ("Heat in old terraces", date(2027, 1, 4))],
            [("Forty homes that lasted", date(2026, 12, 20))],
        )
    ],
    "talk_offered": [
        {
            **ABOUT,
            "minutes": 30,
            "answer_by": answer_by,
            "questions": "What makes a tenancy last?\nWhat would you not do again?",
            "link": INVITATION,
        }
        for answer_by in (ANSWER_BY, None)
    ],
    "verify_email": [{"link": link(f"verify-email/{TOKEN}"), "lasts": "24 hours"}],
    "waiting_ended": [
        {
            **SESSION,
            "reason": "The session begins within a day, so no place is given any more.",
            "invitation_link": INVITATION,
        }
    ],
}


def templates() -> list[str]:
    """Return the names of all templates of mails."""
    return sorted(path.name for path in (TEMPLATES / "mail").iterdir() if path.is_dir())


def written(template: str, sample: Mapping[str, Any]) -> Rendered:
    """Return the mail that a template makes of a sample."""
    shown = {
        "why": WHY,
        "to_name": "Leila Marrow",
        "base_url": BASE,
        "unsubscribe_url": link(f"alerts/{TOKEN}") if template in BULK else None,
    }
    return render(template, {**sample, **shown})


def rendered() -> Iterator[tuple[str, Rendered]]:
    """Give every mail that can be made of the samples, with its template."""
    for template in templates():
        for sample in SAMPLES.get(template, []):
            yield template, written(template, sample)
