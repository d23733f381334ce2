"""Answers and history in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from engage.challenges.enums import OPEN_REVISION, OPEN_STATES, ChallengeState
from engage.challenges.enums.questions import QUESTIONS, missing, neighbour
from engage.challenges.policy import next_step
from engage.challenges.service import differences, told
from engage.challenges.views import words


@dataclass
class Event:
    tag: str
    details: dict[str, Any] = field(default_factory=dict)
    actor_name: str | None = "Ann"
    at: datetime = datetime(2026, 3, 3, 14, 30, tzinfo=UTC)


def test_every_kind_of_answer_has_words() -> None:
    content = {
        "title": "A title",
        "problem": "It goes wrong.",
        "cpv": ["60130000"],
        "region": None,
        "closes_on": "2027-09-30",
        "route": "preliminary_market_engagement",
        "purposes": ["terms", "capacity"],
        "route_reason": "",
    }
    found = {each.answer.field: each.text for each in told(content)}
    assert {name: text for name, text in found.items() if text} == {
        "title": "A title",
        "problem": "It goes wrong.",
        "cpv": "60130000 Special-purpose road passenger-transport services",
        "region": "Anywhere in the United Kingdom",
        "closes_on": "30 September 2027",
        "route": "Preliminary market engagement",
        "purposes": "Find out which contract terms are likely\nBuild capacity among suppliers for the contract",
    }


def test_purposes_are_not_spoken_of_on_the_other_route() -> None:
    fields = [each.answer.field for each in told({"route": "policy_exploration"})]
    assert "purposes" not in fields
    assert "purposes" not in [answer.field for _, answer in missing({"route": "policy_exploration"})]


def test_edits_of_one_person_in_a_row_are_one_entry() -> None:
    own = words.OWN
    events = [
        Event(f"{own}drafted"),
        Event(f"{own}edited", {"answers": ["problem"]}),
        Event(f"{own}edited", {"answers": ["problem", "why_now"]}),
        Event(f"{own}edited", {"answers": ["cpv"]}, actor_name="Bob"),
        Event("matchmaking:run:released"),
        Event(f"{own}submitted", {"version": 2, "hash": "0123456789abcdef"}, actor_name=None),
    ]
    lines = words.history(events, [])  # type: ignore[arg-type]  # stand-ins with the same columns
    assert [(line.title, line.who, line.text) for line in lines] == [
        ("Sent for approval", "Name removed", "Version 2, fingerprint 0123456789ab"),
        ("Run released", "Ann", ""),
        ("Text changed", "Bob", "CPV codes"),
        ("Text changed", "Ann", "The problem, Why now"),
        ("Draft started", "Ann", ""),
    ]


def test_the_public_history_begins_at_publication_and_has_no_names() -> None:
    own = words.OWN
    events = [
        Event(f"{own}drafted"),
        Event(f"{own}changes_requested"),
        Event(f"{own}notice_recorded", {"notice_number": "012345-2026"}),
        Event(f"{own}published", {"version": 1, "hash": "0123456789abcdef"}),
        Event("matchmaking:run:released"),
        Event(f"{own}withdrawn", {"was_public": True}),
    ]
    lines = words.public_history(events, reason="Ministers decided.")  # type: ignore[arg-type]  # as above
    assert [(line.title, line.who, line.text) for line in lines] == [
        ("Withdrawn", "", "Ministers decided."),
        ("Published", "", "Version 1, fingerprint 0123456789ab"),
    ]


def test_questions_lead_to_one_another() -> None:
    assert neighbour(QUESTIONS[0], step=-1) is None
    assert neighbour(QUESTIONS[0], step=1) is QUESTIONS[1]
    assert neighbour(QUESTIONS[-1], step=1) is None


@dataclass
class Thing:
    """Stands in for a challenge: what the next step is made of."""

    state: ChallengeState
    route: str = "preliminary_market_engagement"
    content: dict[str, Any] = field(default_factory=dict)
    is_past: bool = False
    closes_on: None = None
    notice_number: None = None
    ocid: None = None
    publish_at: datetime | None = None
    open_revision: Any = None


def test_every_state_has_a_next_step() -> None:
    steps = {state: next_step(Thing(state)).step.value for state in ChallengeState}  # type: ignore[arg-type]  # stand-in
    assert steps == {
        "draft": "write",
        "in_review": "review",
        "changes_requested": "write",
        "approved": "publish",
        "notice_pending": "notice",
        "published": "start",
        "engaging": "end",
        "findings_due": "close",
        "closed": "nothing",
        "withdrawn": "nothing",
    }


def test_after_the_closing_date_what_is_open_is_to_be_ended() -> None:
    steps = {state: next_step(Thing(state, is_past=True)).step.value for state in OPEN_STATES}  # type: ignore[arg-type]  # as above
    assert steps == {"published": "end", "engaging": "end"}


def test_a_card_says_when_it_goes_public_and_that_its_text_is_being_changed() -> None:
    approved = Thing(ChallengeState.APPROVED, publish_at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC))
    assert next_step(approved).short == "Goes public on Monday 2 November 2026 at 9:30am (UK time)"  # type: ignore[arg-type]  # as above
    shorts = [
        next_step(Thing(ChallengeState.ENGAGING, open_revision=SimpleNamespace(state=state))).short  # type: ignore[arg-type]  # as above
        for state in OPEN_REVISION
    ]
    assert shorts == [
        "A change of the text is being written",
        "A change of the text waits for an approver",
        "A change of the text is ready to publish",
    ]


def test_differences_are_in_words_and_in_the_order_of_the_questions() -> None:
    before = {
        "title": "Seats",
        "region": None,
        "cpv": ["60130000"],
        "closes_on": "2026-11-02",
        "problem": "Same.",
    }
    after = {
        **before,
        "title": "Empty seats",
        "region": "TLC",
        "cpv": [],
        "closes_on": "2026-12-01",
        "attachments": [{"name": "Plan.pdf", "sha256": "0", "size": 1, "kind": "pdf"}],
    }
    found = differences(before, after)
    assert [(each.name, each.before, each.after) for each in found] == [
        ("Title", "Seats", "Empty seats"),
        ("CPV codes", "60130000 Special-purpose road passenger-transport services", ""),
        ("Region", "Anywhere in the United Kingdom", "North East"),
        ("Closing date", "2 November 2026", "1 December 2026"),
        ("Attachments", "", "Plan.pdf (0)"),
    ]
    assert [(piece.change.value, piece.text) for piece in found[0].pieces] == [
        ("removed", "Seats"),
        ("added", "Empty seats"),
    ]
    assert differences(before, before) == []
