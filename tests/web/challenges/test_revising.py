"""Changing a published text on the pages: what people see at each step, and what nobody else sees before the last."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from engage.challenges import queries
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind, Role
from tests.factories import accounts, advisory, challenges
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of
from tests.web.challenges.conftest import Department

MARK = "Quokkas doze everywhere nowadays!"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="[^"]*"')


@pytest.fixture
def made(session: Session, department: Department) -> Challenge:
    return challenges.challenge(session, state=ChallengeState.ENGAGING, organisation=department.organisation)


def at(made: Challenge, page: str = "") -> str:
    return f"/department/challenges/{made.ref}{page}"


def post(browser: DistrustfulClient, made: Challenge, page: str, **data: Any) -> str:
    response = browser.post(at(made, page), data=data, follow_redirects=True)
    assert response.status_code == 200, response.status
    return text_of(response.get_data(as_text=True))


def words(browser: DistrustfulClient, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200, f"{path}: {response.status}"
    return text_of(response.get_data(as_text=True))


def outside(app: Flask, browser: DistrustfulClient, made: Challenge) -> Mapping[str, tuple[int, str]]:
    """Everything that somebody outside the department gets by asking, without the tokens of forms."""
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.arguments <= {"ref"} and rule.rule != "/metrics"  # counts what was asked
    ]
    paths = [
        *(f"{page}?q={MARK}" for page in ("/challenges", "/search", "/suppliers")),
        *(rule.rule.replace("<ref>", made.ref) for rule in rules if "GET" in (rule.methods or ())),
    ]
    answers = {path: browser.get(path) for path in paths}
    return {
        path: (answer.status_code, TOKEN.sub("", answer.get_data(as_text=True)))
        for path, answer in answers.items()
    }


@pytest.fixture
def still() -> Iterator[None]:
    """The clock stands, so that pages that show the time can be compared."""
    with time_machine.travel(clock.now(), tick=False):
        yield


def test_a_change_goes_from_page_to_page_and_is_public_at_the_end(
    department: Department, made: Challenge, client: DistrustfulClient, session: Session
) -> None:
    first = post(department.author, made, "/revise")
    assert "Change the published text" in first
    assert "Nothing yet." in first
    question = words(department.author, at(made, "/edit/problem"))
    assert "You are changing the published text." in question
    saved = department.author.post(at(made, "/edit/problem"), data={"problem": MARK, "seen": "0"})
    assert (saved.status_code, saved.headers["Location"]) == (303, at(made, "/revision"))
    page = words(department.author, at(made, "/revision"))
    assert "[removed: One in five booked seats travels empty.]" in page
    assert "[added: Quokkas doze everywhere nowadays!]" in page
    assert "Told by email: Pat Approver." in page
    assert "Sent for approval." in post(
        department.author, made, "/revision", material="yes", reason="We looked again."
    )
    assert "A change waits for an approver" in words(department.author, at(made))

    review = words(department.approver, at(made, "/review"))
    assert "A material change of the published text" in review
    assert "[added: Quokkas doze everywhere nowadays!]" in review
    version = queries.latest_version(session, challenge_id=made.id)
    assert version
    read = {"content_hash": version.content_hash, "version": version.number}
    decided = post(department.approver, made, "/review", decision="approved", **read)
    assert "A material change is approved." in decided
    assert MARK not in words(client, f"/challenges/{made.ref}")

    assert "The change is public." in post(department.author, made, "/revision/publish")
    public = words(client, f"/challenges/{made.ref}")
    assert (MARK in public, "The text was last changed on" in public) == (True, True)
    changes = words(client, f"/challenges/{made.ref}/changes")
    for part in (
        "Version 2",
        "We looked again.",
        "A material change: everybody who was told the old text was told.",
    ):
        assert part in changes
    assert "[removed: One in five booked seats travels empty.]" in changes
    assert "Ann Author" not in changes


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("who", ["visitor", "supplier", "other department"])
def test_nobody_outside_sees_anything_of_it_before_it_is_public(
    department: Department,
    made: Challenge,
    client: DistrustfulClient,
    session: Session,
    web_app: Flask,
    browser_of: Callable[[Any], DistrustfulClient],
    who: str,
) -> None:
    if who == "supplier":
        client = browser_of(advisory.team(session).membership)
    elif who == "other department":
        other = accounts.new_organisation(session, kind=OrganisationKind.DEPARTMENT)
        client = browser_of(accounts.member(session, Role.POLICY_AUTHOR, Role.APPROVER, organisation=other))
    before = outside(web_app, client, made)
    post(department.author, made, "/revise")
    for page, data in (
        ("/edit/title", {"title": "Quokkas on buses", "seen": "0"}),
        ("/edit/problem", {"problem": MARK, "seen": "0"}),
    ):
        assert department.author.post(at(made, page), data=data).status_code == 303
    stages = [outside(web_app, client, made)]
    post(department.author, made, "/revision", material="no", reason="Quokkas.")
    stages.append(outside(web_app, client, made))
    version = queries.latest_version(session, challenge_id=made.id)
    assert version
    post(department.approver, made, "/review", decision="approved", content_hash=version.content_hash)
    stages.append(outside(web_app, client, made))
    for stage in stages:
        assert [path for path, answer in stage.items() if answer != before[path]] == []
    post(department.author, made, "/revision/publish")
    after = outside(web_app, client, made)
    assert "Quokkas on buses" in after[f"/challenges/{made.ref}"][1]
    assert len(before) > 20


def test_bad_input_is_shown_again_with_a_clear_sentence(
    department: Department, made: Challenge, session: Session
) -> None:
    post(department.author, made, "/revise")
    for page, data, said in (
        ("title", {"title": "Seats " * 34}, "Title must be 25 words or fewer"),
        ("title", {"title": "s" * 400}, "Title must be 375 characters or fewer"),
        ("problem", {"problem": "word " * 10_000}, "The problem must be 500 words or fewer"),
        (
            "when-and-where",
            {"closes_on-day": "1", "closes_on-month": "1", "closes_on-year": "2020"},
            "Closing date must be in the future",
        ),
    ):
        answer = department.author.post(at(made, f"/edit/{page}"), data={**data, "seen": "0"})
        assert (answer.status_code, said in text_of(answer.get_data(as_text=True))) == (422, True), page
    department.author.post(at(made, "/edit/problem"), data={"problem": MARK, "seen": "0"})
    answer = department.author.post(at(made, "/revision"), data={"reason": " "})
    said = text_of(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "Choose whether the change is material" in said
    assert "Say what changes and why" in said
    session.refresh(made)
    assert made.problem == "One in five booked seats travels empty."


def test_a_title_of_200_characters_is_fine(department: Department, made: Challenge) -> None:
    post(department.author, made, "/revise")
    title = ("Fewer seats that travel empty " * 7)[:200].strip()
    words_of = " ".join(title.split()[:25])
    saved = department.author.post(at(made, "/edit/title"), data={"title": words_of, "seen": "0"})
    assert saved.status_code == 303


def test_the_route_has_no_page_here(department: Department, made: Challenge) -> None:
    post(department.author, made, "/revise")
    answer = department.author.get(at(made, "/edit/route"))
    assert (answer.status_code, "changed on its own" in text_of(answer.get_data(as_text=True))) == (409, True)
    listed = links(department.author.get(at(made, "/revision")).get_data(as_text=True))
    assert at(made, "/edit/route") not in listed


def test_two_who_write_at_once_see_the_merge_page(
    department: Department, made: Challenge, session: Session, browser_of: Callable[[Any], DistrustfulClient]
) -> None:
    second = browser_of(
        accounts.member(session, Role.POLICY_AUTHOR, organisation=department.organisation, name="Sue Second")
    )
    post(department.author, made, "/revise")
    department.author.post(at(made, "/edit/problem"), data={"problem": "Ours.", "seen": "0"})
    late = second.post(at(made, "/edit/problem"), data={"problem": "Theirs.", "seen": "0"})
    assert late.headers["Location"] == at(made, "/merge/problem")
    merge = words(second, at(made, "/merge/problem"))
    assert "Saved by Ann Author" in merge
    assert "Sue Second" in words(department.author, at(made, "/revision"))


def test_a_change_is_dropped_at_the_press_of_a_button(department: Department, made: Challenge) -> None:
    post(department.author, made, "/revise")
    assert "The change is dropped." in post(department.author, made, "/revision/drop")
    assert "No change of this text is being prepared." in post(department.author, made, "/revision/drop")
    away = department.author.get(at(made, "/revision"))
    assert (away.status_code, away.headers["Location"]) == (303, at(made))


def test_a_second_beginning_leads_to_the_first(department: Department, made: Challenge) -> None:
    post(department.author, made, "/revise")
    assert "already being prepared" in post(department.author, made, "/revise")


@pytest.mark.parametrize("page", ["/revise", "/revision", "/revision/publish", "/revision/drop", "/copy"])
def test_another_department_finds_nothing_here(
    made: Challenge, session: Session, browser_of: Callable[[Any], DistrustfulClient], page: str
) -> None:
    other = browser_of(
        accounts.member(
            session, Role.POLICY_AUTHOR, Role.APPROVER, organisation=accounts.new_organisation(session)
        )
    )
    assert other.post(at(made, page)).status_code == 404


def test_an_auditor_reads_and_does_not_write(
    department: Department, made: Challenge, session: Session, browser_of: Callable[[Any], DistrustfulClient]
) -> None:
    post(department.author, made, "/revise")
    platform = accounts.new_organisation(session, kind=OrganisationKind.PLATFORM)
    auditor = browser_of(accounts.member(session, Role.AUDITOR, organisation=platform))
    assert "Send for approval" not in words(auditor, at(made, "/revision"))
    answer = auditor.post(at(made, "/revision"), data={"material": "no", "reason": "Because."})
    assert answer.status_code == 403


class TestCopying:
    def test_an_earlier_challenge_is_copied_from_the_page_of_new_ones(
        self, department: Department, made: Challenge, session: Session
    ) -> None:
        page = department.author.get("/department/challenges/new").get_data(as_text=True)
        assert "Or begin with an earlier challenge" in text_of(page)
        check = post(department.author, made, "/copy")
        assert f"Copied from {made.ref}." in check
        assert "Enter the closing date" in check
        newest = session.scalars(sa.select(Challenge).order_by(Challenge.id.desc()).limit(1)).one()
        assert (newest.title, newest.copied_from_id) == (made.title, made.id)
        assert f"Copied from {made.ref}" in words(department.author, at(newest)).replace(
            "Copied from\n", "Copied from "
        )

    def test_the_page_of_new_ones_offers_only_what_is_ones_own(
        self, made: Challenge, session: Session, browser_of: Callable[[Any], DistrustfulClient]
    ) -> None:
        other = browser_of(
            accounts.member(session, Role.POLICY_AUTHOR, organisation=accounts.new_organisation(session))
        )
        assert made.ref not in words(other, "/department/challenges/new")


class TestEndingEarly:
    def test_it_asks_for_the_reason_and_shows_it_to_everybody(
        self, department: Department, made: Challenge, client: DistrustfulClient
    ) -> None:
        assert "End the engagement early" in words(department.author, at(made, "/end-early"))
        empty = department.author.post(at(made, "/end-early"), data={"reason": " "})
        assert (empty.status_code, "Say why" in text_of(empty.get_data(as_text=True))) == (422, True)
        done = post(department.author, made, "/end-early", reason="Forty told us the same.")
        assert "The engagement is over." in done
        public = words(client, f"/challenges/{made.ref}")
        assert "The reason given: Forty told us the same." in public
        assert department.author.get(at(made, "/end-early")).status_code == 409
