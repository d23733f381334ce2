"""The pages of interests: what each person can do and read there, and what nobody else learns."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from engage.accounts.queries import actor_of
from engage.challenges.enums import ChallengeState
from engage.challenges.models import Challenge
from engage.interests import queries, service
from engage.interests.enums import CheckPoint, MitigationState
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.suppliers.models import Supplier
from tests.factories import accounts, suppliers
from tests.factories import interests as made
from tests.support.client import DistrustfulClient

Browsers = Callable[..., DistrustfulClient]

GIVEN: dict[str, Any] = {
    "kind": "relationship",
    "appearance": "perceived",
    "counterpart": "Riverbank Ltd",
    "description": made.SECRET_WORDS,
    "starts_on-day": "1",
    "starts_on-month": "March",
    "starts_on-year": "2024",
    "scope": "all",
}


@pytest.fixture
def challenge(session: Session) -> Challenge:
    return made.challenge(session)


@pytest.fixture
def firm(session: Session) -> Supplier:
    return suppliers.supplier(session, name="Riverbank Ltd", does="Booking of seats.")


def as_role(browser_as: Browsers, challenge: Challenge, role: Role) -> DistrustfulClient:
    return browser_as(role, organisation=challenge.organisation)


class TestDeclaring:
    def test_an_official_declares_about_one_challenge_and_comes_back(
        self, session: Session, browser_of: Browsers, challenge: Challenge, firm: Supplier
    ) -> None:
        member = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
        browser = browser_of(member)
        address = f"/account/interests/new?challenge={challenge.ref}"
        assert f"Only “{challenge.title}”" in browser.get(address).text
        answer = browser.post(address, data={**GIVEN, "scope": "one"})
        assert (answer.status_code, answer.location) == (
            303,
            f"/department/challenges/{challenge.ref}/interests",
        )
        (declared,) = queries.of_person(session, actor=actor_of(member.person, member))
        assert (declared.challenge_id, declared.counterpart_id) == (challenge.id, firm.organisation_id)
        assert made.SECRET_WORDS in browser.get("/account/interests").text

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"description": ""}, "Describe the interest in a sentence or two"),
            ({"counterpart": ""}, "Enter the name of the other organisation"),
            ({"kind": "bribe"}, "Choose one of the answers on the page"),
            ({"starts_on-year": ""}, "The start must include a year"),
            ({"ends_on-day": "1", "ends_on-month": "1", "ends_on-year": "2024"}, "The end must be the same day as the start, or later"),
            ({"starts_on-year": "2999"}, "The start must be"),
            ({"domain": "gmail.com"}, "Anybody can have an address at gmail.com"),
            ({"cooling_off": "1"}, "must be between 6 and 60 months"),
            ({"scope": "one"}, "Choose one of the answers on the page"),
        ],
    )  # fmt: skip
    def test_each_fault_is_told_in_a_sentence(
        self, browser_as: Browsers, wrong: dict[str, str], sentence: str
    ) -> None:
        answer = browser_as(Role.APPROVER).post("/account/interests/new", data={**GIVEN, **wrong})
        assert answer.status_code == 422
        assert sentence in answer.text.replace("&#39;", "'")

    def test_about_a_challenge_of_others_there_is_no_page(
        self, browser_as: Browsers, session: Session
    ) -> None:
        hidden = made.challenge(session, state=ChallengeState.APPROVED)
        for role in (Role.APPROVER, Role.SUPPLIER_ADMIN):
            assert browser_as(role).get(f"/account/interests/new?challenge={hidden.ref}").status_code == 404

    def test_correcting_and_ending_and_withdrawing(
        self, session: Session, browser_of: Browsers, challenge: Challenge
    ) -> None:
        member = accounts.member(session, Role.FACILITATOR, organisation=challenge.organisation)
        actor, browser = actor_of(member.person, member), browser_of(member)
        first = made.declared(session, actor)
        page = browser.get(f"/account/interests/{first.id}/correct")
        assert made.SECRET_WORDS in page.text
        assert browser.post(f"/account/interests/{first.id}/correct", data={**GIVEN, "description": "My cousin."}).status_code == 303  # fmt: skip
        second = queries.of_person(session, actor=actor)[0]
        assert (second.replaces_id, second.description) == (first.id, "My cousin.")
        assert browser.get(f"/account/interests/{first.id}/correct").status_code == 409
        end = f"/account/interests/{second.id}/end"
        assert "Enter its last day" in browser.post(end, data={"what": "ended"}).text
        assert "Say why it was a mistake" in browser.post(end, data={"what": "mistake"}).text
        today = clock.uk_today()
        day = {"ended_on-day": today.day, "ended_on-month": today.month, "ended_on-year": today.year}
        assert browser.post(end, data={"what": "ended", **day}).status_code == 303
        assert browser.post(end, data={"what": "mistake", "reason": "Another Riverbank."}).status_code == 303
        page = browser.get("/account/interests")
        assert ("Another Riverbank." in page.text, "Corrected." in page.text) == (True, True)

    def test_nobody_else_finds_it(self, session: Session, browser_as: Browsers, challenge: Challenge) -> None:
        declared = made.declared(session, made.official(session, challenge))
        for role in (Role.APPROVER, Role.POLICY_AUTHOR):
            browser = as_role(browser_as, challenge, role)
            assert browser.get(f"/account/interests/{declared.id}/correct").status_code == 404
            assert browser.get(f"/account/interests/{declared.id}/end").status_code == 404
            assert made.SECRET_WORDS not in browser.get("/account/interests").text

    def test_the_administrator_sees_what_people_of_the_supplier_declared(
        self, session: Session, browser_as: Browsers, firm: Supplier
    ) -> None:
        expert = suppliers.member(session, firm, role=Role.SUPPLIER_EXPERT)
        made.declared(session, actor_of(expert.person, expert), counterpart="Lake Office")
        admin = browser_as(Role.SUPPLIER_ADMIN, organisation=firm.organisation)
        assert made.SECRET_WORDS in admin.get("/supplier/interests").text
        assert made.SECRET_WORDS not in browser_as(Role.SUPPLIER_ADMIN).get("/supplier/interests").text
        assert browser_as(Role.SUPPLIER_EXPERT, organisation=firm.organisation).get("/supplier/interests").status_code == 403  # fmt: skip


class TestTheTab:
    def test_saying_that_there_is_nothing(self, browser_as: Browsers, challenge: Challenge) -> None:
        browser = as_role(browser_as, challenge, Role.FACILITATOR)
        address = f"/department/challenges/{challenge.ref}/interests"
        assert "I have nothing to declare" in browser.get(address).text
        assert browser.post(f"{address}/none").status_code == 303
        page = browser.get(address).text
        assert ("You said on" in page, "I have nothing to declare" in page) == (True, False)

    def test_those_who_may_read_it_see_the_supplier_and_the_words_and_others_do_not(
        self,
        session: Session,
        browser_as: Browsers,
        browser_of: Browsers,
        challenge: Challenge,
        firm: Supplier,
    ) -> None:
        made.declared(session, made.official(session, challenge), counterpart=firm.organisation)
        address = f"/department/challenges/{challenge.ref}/interests"
        author = made.author(session, challenge)
        readers = [
            as_role(browser_as, challenge, Role.APPROVER),
            browser_as(Role.AUDITOR),
            browser_of(author),
        ]
        for browser in readers:
            page = browser.get(address).text
            assert (made.SECRET_WORDS in page, "Stands in the way" in page) == (True, True)
            assert made.SECRET_WORDS in browser.get(f"{address}/assessment").text
        for role in (Role.FACILITATOR, Role.POLICY_AUTHOR):
            browser = as_role(browser_as, challenge, role)
            page = browser.get(address).text
            assert (made.SECRET_WORDS in page, "Riverbank" in page) == (False, False)
            assert browser.get(f"{address}/assessment").status_code == 403
            assert browser.get(f"{address}/assessment.json").status_code == 403
        stranger = browser_as(Role.APPROVER)
        assert [
            stranger.get(address + end).status_code for end in ("", "/assessment", "/assessment.json")
        ] == [404] * 3

    def test_suppliers_are_not_named_before_the_text_is_approved(
        self, session: Session, browser_as: Browsers, firm: Supplier
    ) -> None:
        draft = made.challenge(session, state=ChallengeState.IN_REVIEW)
        expert = suppliers.member(session, firm, role=Role.SUPPLIER_EXPERT)
        theirs = made.declared(session, actor_of(expert.person, expert), counterpart=draft.organisation)
        # The match begins while the text is in review, and keeps what stands in its way.
        service.note_findings(
            session, challenge=draft, on=clock.uk_today(), point=CheckPoint.MATCH, subject="run:m-1"
        )
        assert len(queries.findings(session, challenge_id=draft.id)) == 1
        browser = as_role(browser_as, draft, Role.APPROVER)
        address = f"/department/challenges/{draft.ref}/interests"
        for end in ("", "/assessment", "/assessment.json"):
            page = browser.get(address + end).text
            assert ("Riverbank" in page, made.SECRET_WORDS in page) == (False, False)
        assert browser.get(f"{address}/{theirs.id}/steps").status_code == 404

    def test_steps_are_proposed_and_decided_by_another(
        self, session: Session, browser_of: Browsers, challenge: Challenge, firm: Supplier
    ) -> None:
        declared = made.declared(session, made.official(session, challenge), counterpart=firm.organisation)
        one, other = (
            accounts.member(session, Role.APPROVER, organisation=challenge.organisation) for _ in range(2)
        )
        address = f"/department/challenges/{challenge.ref}/interests"
        due, again = made.days(7), made.days(60)
        steps = {
            "steps": "She leaves the room.",
            "owner": one.person_id,
            **{f"due_on-{part}": getattr(due, part) for part in ("day", "month", "year")},
            **{f"review_on-{part}": getattr(again, part) for part in ("day", "month", "year")},
        }
        browser = browser_of(one)
        empty = browser.post(f"{address}/{declared.id}/steps", data={})
        assert (empty.status_code, "Choose who sees to it" in empty.text) == (422, True)
        assert browser.post(f"{address}/{declared.id}/steps", data=steps).status_code == 303
        assert browser.post(f"{address}/{declared.id}/steps", data=steps).status_code == 409
        (proposed,) = queries.mitigations(session, challenge_id=challenge.id)
        own = browser.get(f"{address}/steps/{proposed.id}")
        assert (own.status_code, "proposed these steps" in own.text) == (403, True)
        decider = browser_of(other)
        assert "She leaves the room." in decider.get(f"{address}/steps/{proposed.id}").text
        assert decider.post(f"{address}/steps/{proposed.id}", data={"state": "in_place"}).status_code == 422
        given = {"state": "in_place", "reason": "Seen."}
        assert decider.post(f"{address}/steps/{proposed.id}", data=given).status_code == 303
        session.refresh(proposed)
        assert proposed.state is MitigationState.IN_PLACE
        assert "Steps in place" in browser.get(address).text
        after = decider.get(f"{address}/steps/{proposed.id}").text
        assert ("The steps are in place" in after, "The steps are not enough" in after) == (False, True)
        assert decider.post(f"{address}/steps/{proposed.id}", data=given).status_code == 422

    def test_who_declared_it_has_no_page_to_decide(
        self, session: Session, browser_of: Browsers, challenge: Challenge
    ) -> None:
        approver = accounts.member(session, Role.APPROVER, organisation=challenge.organisation)
        steps = made.proposed(session, challenge, made.declared(session, actor_of(approver.person, approver)))
        answer = browser_of(approver).get(
            f"/department/challenges/{challenge.ref}/interests/steps/{steps.id}"
        )
        assert (answer.status_code, "You declared this interest" in answer.text) == (403, True)

    def test_who_is_missing_is_said_before_publication(self, session: Session, browser_as: Browsers) -> None:
        ready = made.challenge(session, state=ChallengeState.APPROVED)
        made.official(session, ready)
        browser = as_role(browser_as, ready, Role.APPROVER)
        page = browser.get(f"/department/challenges/{ready.ref}").text
        assert "3 people who wrote, approved or will run this have not said" in page
        tab = browser.get(f"/department/challenges/{ready.ref}/interests").text
        assert "3 people still have to say whether there is anything to declare, before the challenge is published." in tab  # fmt: skip


class TestTheAssessment:
    def test_it_is_confirmed_as_it_was_read_and_not_otherwise(
        self, session: Session, browser_as: Browsers, challenge: Challenge, firm: Supplier
    ) -> None:
        browser = as_role(browser_as, challenge, Role.APPROVER)
        address = f"/department/challenges/{challenge.ref}/interests/assessment"
        read = service.assess(session, challenge=challenge).content_hash
        assert f'value="{read}"' in browser.get(address).text
        made.declared(session, made.official(session, challenge), counterpart=firm.organisation)
        assert browser.post(f"{address}/review", data={"content_hash": read}).status_code == 303
        assert "has changed since you opened the page" in browser.get(address).text
        assert list(queries.reviews(session, challenge_id=challenge.id)) == []
        now = service.assess(session, challenge=challenge).content_hash
        assert browser.post(f"{address}/review", data={"content_hash": now}).status_code == 303
        assert "has confirmed this assessment as it stands" in browser.get(address).text

    def test_the_file_says_what_the_page_says(
        self, session: Session, browser_as: Browsers, challenge: Challenge, firm: Supplier
    ) -> None:
        declared = made.declared(session, made.official(session, challenge), counterpart=firm.organisation)
        made.in_place(session, challenge, declared)
        browser = as_role(browser_as, challenge, Role.APPROVER)
        answer = browser.get(f"/department/challenges/{challenge.ref}/interests/assessment.json")
        told = json.loads(answer.data)
        (conflict,) = told["conflicts_assessment"]["conflicts"]
        assert (conflict["supplier_ref"], conflict["blocks"]) == (firm.ref, False)
        assert conflict["declaration"]["description"] == made.SECRET_WORDS
        assert conflict["steps"]["state"] == "in_place"
        assert told["sha256"] == service.assess(session, challenge=challenge).content_hash
        assert "attachment" in answer.headers["Content-Disposition"]


def test_a_get_of_each_page_asks_a_constant_number_of_things(
    session: Session, browser_as: Browsers, challenge: Challenge
) -> None:
    browser = as_role(browser_as, challenge, Role.APPROVER)
    official = made.official(session, challenge)
    for number in range(3):
        firm = suppliers.supplier(session, name=f"Firm {number}")
        made.declared(session, official, counterpart=firm.organisation)
    page = browser.get(f"/department/challenges/{challenge.ref}/interests")
    assert page.text.count("Stands in the way") == 3
