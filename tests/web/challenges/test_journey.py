"""From an empty page to a public challenge, as people do it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.challenges.enums import ChallengeState
from engage.challenges.enums.questions import QUESTIONS
from engage.challenges.models import Challenge, ChallengeReview
from engage.kernel import clock
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.web.challenges.conftest import Department

IN_A_MONTH = clock.uk_today() + timedelta(days=30)
DATE = {
    "closes_on-day": IN_A_MONTH.day,
    "closes_on-month": IN_A_MONTH.month,
    "closes_on-year": IN_A_MONTH.year,
}
FILLED: dict[str, dict[str, Any]] = {
    "problem": {"problem": "One in five booked seats travels empty."},
    "why-now": {"why_now": "The contract ends in 2028."},
    "affected": {"affected": "About 40,000 patients a year."},
    "done-so-far": {"done_so_far": ""},
    "undecided": {"undecided": "Whether this is a service or software."},
    "constraints": {"constraints": ""},
    "questions": {"questions": "What makes people not travel?\r\nWhat has worked elsewhere?"},
    "expertise": {"expertise": "No-show prediction.", "cpv": "60130000-8\n\n72000000"},
    "when-and-where": {"region": "TLC", **DATE},
    "route": {"route": "policy_exploration", "route_reason": "No procurement is planned."},
}
PME = {
    "route": "preliminary_market_engagement",
    "purposes": ["requirements", "terms"],
    "route_reason": "We prepare a contract.",
}


def written(department: Department, session: Session, **replaced: dict[str, Any]) -> Challenge:
    """A draft made page by page."""
    started = department.author.post("/department/challenges/new", data={"title": "Fewer empty seats"})
    assert started.status_code == 303
    answers = {**FILLED, **{slug.replace("_", "-"): data for slug, data in replaced.items()}}
    at = started.headers["Location"]
    visited = []
    while "/edit/" in at:
        slug = at.rsplit("/", 1)[1]
        visited.append(slug)
        page = department.author.get(at)
        assert page.status_code == 200
        saved = department.author.post(at, data=answers[slug])
        assert saved.status_code == 303, text_of(saved.get_data(as_text=True))
        at = saved.headers["Location"]
    assert visited == [question.slug for question in QUESTIONS[1:]]
    made = session.scalars(sa.select(Challenge).order_by(Challenge.id.desc())).first()
    assert made
    assert at == f"/department/challenges/{made.ref}/attachments"
    return made


def post(browser: DistrustfulClient, challenge: Challenge, page: str, **data: Any) -> str:
    """Send a form, follow the redirect and return the words of the page that comes."""
    response = browser.post(
        f"/department/challenges/{challenge.ref}/{page}", data=data, follow_redirects=True
    )
    assert response.status_code == 200, response.status
    return text_of(response.get_data(as_text=True))


def look(browser: DistrustfulClient, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200, f"{path}: {response.status}"
    return text_of(response.get_data(as_text=True))


def test_a_policy_exploration_is_written_approved_and_published(
    department: Department, session: Session, client: DistrustfulClient
) -> None:
    made = written(department, session)
    assert (made.cpv, made.region, made.closes_on) == (["60130000", "72000000"], "TLC", IN_A_MONTH)
    assert made.questions == "What makes people not travel?\nWhat has worked elsewhere?"
    check = look(department.author, f"/department/challenges/{made.ref}/check")
    assert "Told by email: Pat Approver." in check
    assert "still missing" not in check

    sent = post(department.author, made, "submit")
    assert "Sent for approval." in sent
    assert "Asked by email: Pat Approver." in sent

    review = look(department.approver, f"/department/challenges/{made.ref}/review")
    assert made.content_hash in review
    assert "One in five booked seats travels empty." in review
    decided = post(department.approver, made, "review", decision="approved", content_hash=made.content_hash)
    assert "You approved the text." in decided

    assert client.get(f"/challenges/{made.ref}/changes").status_code == 404
    published = post(department.author, made, "publish")
    assert "Published. Everybody can read the challenge now." in published
    listed = client.get("/challenges").get_data(as_text=True)
    assert f"/challenges/{made.ref}" in links(listed)
    assert "Department for Seats" in text_of(listed)
    assert "Version 1, fingerprint" in look(client, f"/challenges/{made.ref}/changes")

    assert "The engagement has started." in post(department.author, made, "start")
    running = post(department.author, made, "end")
    assert "Suppliers can take part until" in running
    assert ["What happens next" in running, "Your turn" in running] == [True, False]
    made.closes_on = clock.uk_today() - timedelta(days=1)
    session.flush()
    assert "Your turn" in look(department.author, f"/department/challenges/{made.ref}")
    assert "The engagement is over." in post(department.author, made, "end")
    assert "The challenge is closed." in post(department.author, made, "close")
    history = look(department.author, f"/department/challenges/{made.ref}/history")
    assert "Ann Author" in history
    told = look(department.author, f"/department/challenges/{made.ref}/ledger")
    assert "The challenge “Fewer empty seats”, version 1" in told
    public = look(client, f"/challenges/{made.ref}/changes")
    assert "Ann Author" not in public
    assert [title for title in ("Closed", "Engagement started", "Published") if title in public] == [
        "Closed",
        "Engagement started",
        "Published",
    ]


def test_a_preliminary_market_engagement_waits_for_its_notice(
    department: Department, session: Session, client: DistrustfulClient
) -> None:
    made = written(department, session, route=PME)
    assert made.purposes == ["requirements", "terms"]
    post(department.author, made, "submit")
    waiting = post(department.approver, made, "review", decision="approved", content_hash=made.content_hash)
    assert "Record the notice" in waiting
    early = post(department.author, made, "publish")
    assert "Record the notice from Find a Tender first" in early
    assert made.ref not in client.get("/challenges?state=all").get_data(as_text=True)

    wrong = department.author.post(
        f"/department/challenges/{made.ref}/notice", data={"notice_number": "12-26", "ocid": "ocds-xyz-1"}
    )
    assert wrong.status_code == 422
    assert "like 012345-2026" in text_of(wrong.get_data(as_text=True))
    recorded = post(department.author, made, "notice", notice_number="012345-2026", ocid="ocds-h6vhtk-0a1b2c")
    assert "Notice 012345-2026 is recorded." in recorded
    post(department.author, made, "publish")
    session.refresh(made)
    assert made.state is ChallengeState.PUBLISHED
    assert made.ref in client.get("/challenges").get_data(as_text=True)


def test_changes_are_asked_for_with_reasons_and_made(department: Department, session: Session) -> None:
    made = written(department, session)
    post(department.author, made, "submit")
    bare = department.approver.post(
        f"/department/challenges/{made.ref}/review",
        data={"decision": "changes_requested", "content_hash": made.content_hash},
    )
    assert bare.status_code == 422
    assert "Say what should change, and why" in text_of(bare.get_data(as_text=True))
    assert session.scalar(sa.select(sa.func.count(ChallengeReview.id))) == 0
    post(department.approver, made, "review", decision="changes_requested", reasons="Name <the> contract.")
    page = look(department.author, f"/department/challenges/{made.ref}")
    assert "Pat Approver asks for changes" in page
    assert "Name <the> contract." in page
    saved = post(department.author, made, "edit/why-now?from=check", why_now="Contract 12 ends in 2028.")
    assert "Check your answers" in saved
    post(department.author, made, "submit")
    again = look(department.approver, f"/department/challenges/{made.ref}/review")
    assert "version 2" in again
    assert "Contract 12 ends in 2028." in again


def test_questions_can_be_skipped_and_come_back(department: Department, session: Session) -> None:
    started = department.author.post("/department/challenges/new", data={"title": "Only a title"})
    first = started.headers["Location"]
    page = department.author.get(first).get_data(as_text=True)
    assert "You can enter up to 500 words" in text_of(page)
    skip = next(link for link in links(page) if link.endswith("/edit/why-now"))
    assert department.author.get(skip).status_code == 200
    empty = department.author.post(first, data={"problem": "  "})
    assert empty.headers["Location"] == skip
    ref = first.split("/")[3]
    check = department.author.get(f"/department/challenges/{ref}/check").get_data(as_text=True)
    assert "9 answers are still missing" in text_of(check)
    assert f"/department/challenges/{ref}/edit/undecided?from=check" in links(check)
    refused = department.author.post(f"/department/challenges/{ref}/submit", follow_redirects=True)
    assert "Some answers are still missing" in text_of(refused.get_data(as_text=True))
    assert session.scalar(sa.select(Challenge.state).where(Challenge.ref == ref)) is ChallengeState.DRAFT


class TestSaving:
    @pytest.fixture
    def made(self, department: Department, session: Session) -> Challenge:
        return written(department, session)

    def test_too_many_words_are_shown_again_and_not_kept(
        self, department: Department, made: Challenge, session: Session
    ) -> None:
        long = "word " * 501
        page = department.author.post(
            f"/department/challenges/{made.ref}/edit/problem", data={"problem": long}
        )
        assert page.status_code == 422
        assert "The problem must be 500 words or fewer" in text_of(page.get_data(as_text=True))
        assert long.strip() in page.get_data(as_text=True)
        session.refresh(made)
        assert made.problem == "One in five booked seats travels empty."

    def test_a_code_that_does_not_exist_is_explained(self, department: Department, made: Challenge) -> None:
        page = department.author.post(
            f"/department/challenges/{made.ref}/edit/expertise", data={"expertise": "x", "cpv": "99999999"}
        )
        assert page.status_code == 422
        assert "99999999 is not in the CPV 2008 list." in text_of(page.get_data(as_text=True))

    def test_a_past_date_is_refused(self, department: Department, made: Challenge) -> None:
        past = {"closes_on-day": 1, "closes_on-month": 1, "closes_on-year": 2020}
        page = department.author.post(f"/department/challenges/{made.ref}/edit/when-and-where", data=past)
        assert page.status_code == 422
        assert "Closing date must be in the future" in text_of(page.get_data(as_text=True))

    def test_control_characters_and_markup_are_harmless(
        self, department: Department, made: Challenge, session: Session
    ) -> None:
        text = "<script>alert(1)</script>\x00\x1b & more"
        department.author.post(f"/department/challenges/{made.ref}/edit/problem", data={"problem": text})
        session.refresh(made)
        assert made.problem == "<script>alert(1)</script> & more"
        page = department.author.get(f"/department/challenges/{made.ref}").get_data(as_text=True)
        assert "<script>alert" not in page

    def test_a_second_click_lands_on_the_page_and_says_so(
        self, department: Department, made: Challenge
    ) -> None:
        post(department.author, made, "submit")
        assert "This challenge is already in review. Nothing was done a second time." in post(
            department.author, made, "submit"
        )
        post(department.approver, made, "review", decision="approved", content_hash=made.content_hash)
        post(department.author, made, "publish")
        assert "This challenge is already published. Nothing was done a second time." in post(
            department.author, made, "publish"
        )

    def test_nothing_of_a_submitted_text_can_be_changed(
        self, department: Department, made: Challenge, session: Session
    ) -> None:
        post(department.author, made, "submit")
        path = f"/department/challenges/{made.ref}"
        assert department.author.get(f"{path}/edit/problem").status_code == 409
        assert department.author.post(f"{path}/edit/problem", data={"problem": "Late."}).status_code == 409
        assert department.author.get(f"{path}/check").status_code == 409
        session.refresh(made)
        assert made.problem == "One in five booked seats travels empty."

    def test_an_approval_of_what_was_not_read_is_refused(
        self, department: Department, made: Challenge, session: Session
    ) -> None:
        post(department.author, made, "submit")
        answer = department.approver.post(
            f"/department/challenges/{made.ref}/review",
            data={"decision": "approved", "content_hash": "0" * 64},
        )
        assert answer.status_code == 409
        session.refresh(made)
        assert made.state is ChallengeState.IN_REVIEW

    def test_an_approval_can_be_taken_back(
        self, department: Department, made: Challenge, session: Session
    ) -> None:
        post(department.author, made, "submit")
        post(department.approver, made, "review", decision="approved", content_hash=made.content_hash)
        page = look(department.approver, f"/department/challenges/{made.ref}/review")
        assert "Take the approval back" in page
        post(department.approver, made, "review", reasons="The date is too early.")
        session.refresh(made)
        assert (made.state, made.approved_hash) == (ChallengeState.CHANGES_REQUESTED, None)

    def test_withdrawing_needs_a_reason(self, department: Department, made: Challenge) -> None:
        path = f"/department/challenges/{made.ref}/withdraw"
        assert department.author.get(path).status_code == 409
        post(department.author, made, "submit")
        assert department.author.get(path).status_code == 200
        assert department.author.post(path, data={"reason": " "}).status_code == 422
        assert "The challenge is withdrawn." in post(
            department.author, made, "withdraw", reason="Ministers decided."
        )
        assert "The reason: Ministers decided." in look(
            department.author, f"/department/challenges/{made.ref}"
        )
