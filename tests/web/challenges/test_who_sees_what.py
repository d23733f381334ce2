"""What is not public looks, to everybody outside, like what does not exist."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.challenges.enums import PUBLIC_STATES, ChallengeState
from engage.challenges.models import Challenge
from engage.kernel.actor import OrganisationKind, Role
from tests.factories import accounts
from tests.factories.challenges import NOTICE, PME, challenge
from tests.support.client import DistrustfulClient
from tests.support.html import text_of
from tests.web.challenges.conftest import Department

HIDDEN = [state for state in ChallengeState if state not in PUBLIC_STATES]
SECRET = "Zeppelinmoorings"
ABSENT = "ENG-2019-9999"


def hidden_one(session: Session, state: ChallengeState, **values: object) -> Challenge:
    kept = {**PME, **NOTICE} if state is ChallengeState.NOTICE_PENDING else {}
    return challenge(session, state=state, title=f"{SECRET} title", problem=SECRET, **{**kept, **values})


def same_answer(browser: DistrustfulClient, path: str, ref: str, method: str = "GET") -> int:
    """The status of a path for a hidden and for an absent reference, which must not differ in anything."""
    first, second = (
        browser.open(path.format(ref), method=method),
        browser.open(path.format(ABSENT), method=method),
    )
    bodies = [
        text_of(each.get_data(as_text=True)) if each.data and each.mimetype == "text/html" else ""
        for each in (first, second)
    ]
    assert (first.status_code, bodies[0]) == (second.status_code, bodies[1])
    assert ref not in bodies[0]
    assert SECRET not in bodies[0]
    return first.status_code


@pytest.mark.parametrize("state", HIDDEN)
def test_a_visitor_finds_no_trace(session: Session, client: DistrustfulClient, state: ChallengeState) -> None:
    secret = hidden_one(session, state)
    shown = challenge(session, state=ChallengeState.PUBLISHED)
    assert same_answer(client, "/challenges/{}/changes", secret.ref) == 404
    for query in ("", "?state=all", f"?state=all&q={SECRET}", f"?state=all&q={secret.ref}"):
        page = client.get(f"/challenges{query}").get_data(as_text=True)
        assert f"{SECRET} title" not in page
        assert f"/challenges/{secret.ref}" not in page
    assert secret.organisation.name not in client.get("/challenges?state=all").get_data(as_text=True)
    assert "1 challenge" in text_of(client.get("/challenges?state=all").get_data(as_text=True))
    own = client.get(f"/challenges?state=all&department={secret.organisation_id}").get_data(as_text=True)
    other = client.get("/challenges?state=all&department=999999").get_data(as_text=True)
    assert text_of(own) == text_of(other)
    assert shown.title in text_of(own)


READING = (
    "/department/challenges/{}",
    "/department/challenges/{}/history",
    "/department/challenges/{}/notice",
)


@pytest.mark.parametrize("state", [*HIDDEN, ChallengeState.PUBLISHED])
def test_other_organisations_get_the_page_of_what_does_not_exist(
    session: Session, browser_as: Callable[..., DistrustfulClient], state: ChallengeState
) -> None:
    secret = hidden_one(session, state)
    supplier = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER)
    strangers = [
        browser_as(Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR),
        browser_as(Role.SUPPLIER_ADMIN, Role.SUPPLIER_EXPERT, organisation=supplier),
        browser_as(Role.PLATFORM_ADMIN),
    ]
    assert [same_answer(browser, path, secret.ref) for browser in strangers for path in READING] == [404] * 9


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/department/challenges/{}/edit/problem", "GET"),
        ("/department/challenges/{}/edit/problem", "POST"),
        ("/department/challenges/{}/check", "GET"),
        ("/department/challenges/{}/submit", "POST"),
        ("/department/challenges/{}/review", "GET"),
        ("/department/challenges/{}/review", "POST"),
        ("/department/challenges/{}/notice", "POST"),
        ("/department/challenges/{}/publish", "POST"),
        ("/department/challenges/{}/start", "POST"),
        ("/department/challenges/{}/end", "POST"),
        ("/department/challenges/{}/close", "POST"),
        ("/department/challenges/{}/withdraw", "GET"),
        ("/department/challenges/{}/withdraw", "POST"),
    ],
)
def test_nobody_outside_the_department_can_act_or_learn_of_it(
    session: Session, browser_as: Callable[..., DistrustfulClient], path: str, method: str
) -> None:
    secret = hidden_one(session, ChallengeState.NOTICE_PENDING)
    before = secret.updated_at
    stranger = browser_as(Role.POLICY_AUTHOR, Role.APPROVER)
    supplier = browser_as(Role.SUPPLIER_ADMIN)
    assert same_answer(stranger, path, secret.ref, method) == 404
    assert same_answer(supplier, path, secret.ref, method) == (404 if path.endswith("/notice") else 403)
    session.refresh(secret)
    assert (secret.state, secret.updated_at) == (ChallengeState.NOTICE_PENDING, before)


def test_a_visitor_is_sent_to_sign_in(session: Session, client: DistrustfulClient) -> None:
    secret = hidden_one(session, ChallengeState.DRAFT)
    for path in (*READING, "/department/challenges/{}/check"):
        answer = client.get(path.format(secret.ref))
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/sign-in")


def test_facilitators_and_auditors_read_and_change_nothing(
    session: Session,
    browser_of: Callable[[Membership], DistrustfulClient],
    browser_as: Callable[..., DistrustfulClient],
    department: Department,
) -> None:
    secret = hidden_one(session, ChallengeState.NOTICE_PENDING, organisation=department.organisation)
    facilitator = browser_of(accounts.member(session, Role.FACILITATOR, organisation=department.organisation))
    for browser in (facilitator, browser_as(Role.AUDITOR)):
        for path in READING:
            page = browser.get(path.format(secret.ref))
            assert page.status_code == 200
            assert SECRET in page.get_data(as_text=True)
            assert "/publish" not in page.get_data(as_text=True)
            assert "/withdraw" not in page.get_data(as_text=True)
        for path in ("publish", "withdraw", "submit", "review", "edit/problem"):
            assert browser.post(f"/department/challenges/{secret.ref}/{path}").status_code == 403
        notice = {"notice_number": "999999-2026", "ocid": "ocds-h6vhtk-0a1b2c"}
        assert browser.post(f"/department/challenges/{secret.ref}/notice", data=notice).status_code == 403
    session.refresh(secret)
    assert (secret.state, secret.notice_number) == (ChallengeState.NOTICE_PENDING, NOTICE["notice_number"])


def test_who_wrote_it_sees_the_review_but_cannot_decide(
    session: Session, browser_of: Callable[[Membership], DistrustfulClient], department: Department
) -> None:
    both = accounts.member(session, Role.POLICY_AUTHOR, Role.APPROVER, organisation=department.organisation)
    own = challenge(
        session, organisation=department.organisation, author=both.person, state=ChallengeState.IN_REVIEW
    )
    browser = browser_of(both)
    page = browser.get(f"/department/challenges/{own.ref}/review")
    assert "somebody else has to decide on it" in text_of(page.get_data(as_text=True))
    decision = {"decision": "approved", "content_hash": own.content_hash}
    assert browser.post(f"/department/challenges/{own.ref}/review", data=decision).status_code == 403
    session.refresh(own)
    assert own.state is ChallengeState.IN_REVIEW
