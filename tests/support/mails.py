"""What each mail can look like: values for every template, each branch of it at least once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from engage.outbox.service.rendering import TEMPLATES, Rendered, render
from tests.support.mail_values import (
    ABOUT,
    ANSWER_BY,
    BASE,
    BULK,
    DEPARTMENT,
    DIFFERENCES,
    DIGEST,
    INVITATION,
    NEEDS,
    OF_ORGANISATION,
    PUBLIC,
    QUESTION,
    QUIET_DIGEST,
    REASON,
    SESSION,
    STANDINGS,
    STOP,
    SUPPLIER,
    TITLE,
    TOKEN,
    UNCONFIRMED,
    UNTIL,
    WHY,
    WORDS,
    link,
)

SAMPLES: Mapping[str, list[Mapping[str, Any]]] = {
    "account_exists": [{"sign_in": link("sign-in"), "forgot": link("forgot-password")}],
    "address_check": [{"since": datetime(2026, 11, 2, 9, tzinfo=UTC), "link": link(f"mail/address/{TOKEN}")}],
    "alerts_full": [{"most": 20, "link": link(f"alerts/all/{TOKEN}")}],
    "announcement": [
        {
            "heading": "How minutes are published from next month",
            "words": "Within five working days.\n\nNothing else changes.",
            "link": link("how-matching-works"),
            "link_text": "Read how engage works",
        }
    ],
    "answers_sent": [
        {
            "challenge": TITLE,
            "department": DEPARTMENT,
            "supplier": SUPPLIER,
            "changed": changed,
            "sent_at": datetime(2026, 11, 24, 9, 15, tzinfo=UTC),
            "asked": 3,
            "answered": 2,
            "last_day": last_day,
            "link": link("challenges/ENG-2026-0007/write"),
        }
        for changed, last_day in ((False, date(2026, 12, 14)), (True, None))
    ],
    "attendee_changed": [SESSION],
    "challenge_changed": [
        {
            **ABOUT,
            "reason": REASON,
            "asked_anew": asked,
            "invitation_link": invitation,
            "changes_link": f"{PUBLIC}/changes",
            "differences": DIFFERENCES,
            **stop,
        }
        for asked, invitation, stop in ((True, INVITATION, {}), (False, INVITATION, {}), (False, "", STOP))
    ],
    "challenge_ended_early": [{**ABOUT, "reason": REASON}],
    "challenge_withdrawn": [
        {**ABOUT, "reason": REASON},
        {**ABOUT, "reason": REASON, "public_link": "", **STOP},
    ],
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
    "entry_asked": [UNCONFIRMED, {**UNCONFIRMED, "left": "Ines Marrow"}],
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
    "seat_confirmed": STANDINGS,
    "seat_on_hold": [{**SESSION, "supplier": SUPPLIER, "link": link("department/sessions/SES-2026-0003")}],
    "seat_released": [{**SESSION, "invitation_link": INVITATION}],
    "session_cancelled": [
        {**SESSION, "reason": "The room flooded.", "goes_on": goes_on, "invitation_link": INVITATION}
        for goes_on in (True, False)
    ],
    "session_changed": [
        {**one, "changes": changes, "reason": reason}
        for one in STANDINGS
        for changes, reason in ((["the time", "the place"], "The room is too small."), (["the agenda"], ""))
    ],
    "session_reminder": [{**one, "soon": "Tomorrow"} for one in STANDINGS],
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
    return render(template, {**shown, **sample})


def rendered() -> Iterator[tuple[str, Rendered]]:
    """Give every mail that can be made of the samples, with its template."""
    for template in templates():
        for sample in SAMPLES.get(template, []):
            yield template, written(template, sample)
