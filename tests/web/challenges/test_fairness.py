"""The pages of the legal route, the steps taken, and the reasons for a difference."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from engage.accounts.models import Membership
from engage.challenges import queries
from engage.challenges.enums import ChallengeState, Route
from engage.challenges.models import Challenge
from engage.kernel.actor import Role
from engage.ledger import service as ledger
from engage.ledger.enums import Channel
from tests.factories import accounts, advisory, challenges
from tests.support.client import DistrustfulClient
from tests.support.html import links, text_of

Browser = Callable[[Membership], DistrustfulClient]
REASON = "A procurement is planned now."
PROPOSAL = {"purposes": ["requirements", "terms"], "reason": REASON}


def member(session: Session, challenge: Challenge, role: Role) -> Membership:
    return accounts.member(session, role, organisation=challenge.organisation)


def test_a_route_changes_by_two_people_and_the_page_leaves_the_view(
    session: Session, browser_of: Browser, client: DistrustfulClient
) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING)
    writes = browser_of(member(session, challenge, Role.POLICY_AUTHOR))
    agrees = browser_of(member(session, challenge, Role.APPROVER))
    own, public = f"/department/challenges/{challenge.ref}", f"/challenges/{challenge.ref}"
    assert f"{own}/route" in links(writes.get(own).text)
    for data, words in (
        ({**PROPOSAL, "reason": " "}, "Say why the route changes"),
        ({"reason": "Because."}, "Choose at least one purpose"),
        ({**PROPOSAL, "purposes": ["magic"]}, "Choose one of the answers"),
    ):
        refused = writes.post(f"{own}/route", data=data)
        assert (refused.status_code, words in text_of(refused.text)) == (422, True)
    assert writes.post(f"{own}/route", data=PROPOSAL).status_code == 303
    waiting = queries.waiting_route_change(session, challenge_id=challenge.id)
    assert waiting is not None
    decide = f"{own}/route/{waiting.id}"
    assert "Save the decision" not in text_of(writes.get(f"{own}/route").text)
    assert writes.post(decide, data={"decision": "approved"}).status_code == 403
    assert "waits for an approver" in text_of(agrees.get(own).text)
    assert "Save the decision" in text_of(agrees.get(f"{own}/route").text)
    silent = agrees.post(decide, data={})
    assert (silent.status_code, "Choose your decision" in text_of(silent.text)) == (422, True)
    without = agrees.post(decide, data={"decision": "changes_requested", "answer": " "})
    assert (without.status_code, "Say why the route stays" in text_of(without.text)) == (422, True)

    assert client.get(public).status_code == 200
    assert agrees.post(decide, data={"decision": "approved"}).status_code == 303
    session.refresh(challenge)
    assert challenge.state is ChallengeState.NOTICE_PENDING
    gone, never = client.get(public), client.get("/challenges/ENG-1999-0001")
    assert (gone.status_code, gone.text) == (404, never.text)
    assert challenge.title not in client.get("/challenges").text
    assert agrees.post(decide, data={"decision": "approved"}).status_code == 409

    notice = {"notice_number": "012345-2026", "ocid": "ocds-h6vhtk-0a1b2c"}
    assert writes.post(f"{own}/notice", data=notice).status_code == 303
    assert writes.post(f"{own}/publish").status_code == 303
    session.refresh(challenge)
    assert (challenge.state, challenge.route) == (
        ChallengeState.ENGAGING,
        Route.PRELIMINARY_MARKET_ENGAGEMENT,
    )
    history = text_of(client.get(f"{public}/changes").text)
    assert ["Legal route changed" in history, "Goes on after the notice" in history] == [True, True]
    shown = text_of(client.get(f"{public}/ledger").text)
    assert "It became preliminary market engagement." in shown
    assert REASON in shown
    for name in ("Person", challenge.author.name):
        assert name not in shown


def test_a_route_that_cannot_change_says_why(session: Session, browser_of: Browser) -> None:
    closed = challenges.challenge(session, state=ChallengeState.CLOSED)
    browser = browser_of(member(session, closed, Role.POLICY_AUTHOR))
    address = f"/department/challenges/{closed.ref}/route"
    assert "This challenge is closed, so its route can no longer change." in text_of(
        browser.get(address).text
    )
    assert browser.post(address, data=PROPOSAL).status_code == 409


def test_steps_are_listed_in_public_in_the_notice_tab_and_can_be_taken_off(
    session: Session, browser_of: Browser, client: DistrustfulClient
) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING, **challenges.PME)
    browser = browser_of(member(session, challenge, Role.POLICY_AUTHOR))
    address = f"/department/challenges/{challenge.ref}/steps"
    day = {"taken_on-day": "5", "taken_on-month": "1", "taken_on-year": "2026"}
    assert address in links(browser.get(f"/department/challenges/{challenge.ref}/notice").text)
    for data, words in (
        ({"text": "", **day}, "Say what was done"),
        ({"text": "x" * 501, **day}, "500 characters"),
        ({"text": "Same time.", **day, "taken_on-year": "2999"}, "The day must be"),
        ({"text": "Same time.", **day, "taken_on-month": ""}, "must include a month"),
    ):
        refused = browser.post(address, data=data)
        assert (refused.status_code, words in text_of(refused.text)) == (422, True)
    assert browser.post(address, data={"text": "Same time for all.", **day}).status_code == 303
    (step,) = queries.engagement_steps(session, challenge_id=challenge.id)
    for page in (f"/challenges/{challenge.ref}", f"/challenges/{challenge.ref}/ledger"):
        shown = text_of(client.get(page).text)
        assert "Same time for all. (5 January 2026)" in shown
        assert step.recorded_by.name not in shown
    assert browser.post(f"{address}/{step.id}/remove").status_code == 303
    assert "Same time for all." not in client.get(f"/challenges/{challenge.ref}").text


@pytest.mark.parametrize("missing", ["facts", "difference", "steps"])
def test_reasons_for_a_difference_are_public_and_let_the_challenge_close(
    session: Session, browser_of: Browser, client: DistrustfulClient, missing: str
) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.FINDINGS_DUE)
    ledger.disclose(
        session,
        challenge_ref=challenge.ref,
        fact="told:7",
        summary="The old system",
        channel=Channel.PHONE,
        audience="supplier:A",
    )
    session.flush()
    browser = browser_of(member(session, challenge, Role.POLICY_AUTHOR))
    own, address = (
        f"/department/challenges/{challenge.ref}",
        f"/department/challenges/{challenge.ref}/justify",
    )
    texts = {"difference": "It runs the old system.", "steps": "Its notes are public."}
    given = {"facts": ["told:7"], **texts}
    refused = browser.post(address, data={**given, missing: ""})
    assert refused.status_code == 422
    assert browser.post(address, data={**given, "difference": "word " * 10_000}).status_code == 422
    assert browser.post(address, data=given).status_code == 303
    assert browser.get(address).status_code == 409, "nothing is left to be justified"
    shown = text_of(client.get(f"/challenges/{challenge.ref}/ledger").text)
    assert [text in shown for text in texts.values()] == [True, True]
    assert "The old system" not in shown
    browser.post(f"{own}/close")
    session.refresh(challenge)
    assert challenge.state is ChallengeState.CLOSED


def test_out_of_view_nothing_of_it_is_left_on_any_public_page_or_with_who_was_invited(
    session: Session, browser_of: Browser, client: DistrustfulClient
) -> None:
    challenge = challenges.challenge(session, state=ChallengeState.ENGAGING, title="Zymurgy of seats")
    meeting = advisory.meeting(session, challenge=challenge, title="Zymurgy roundtable")
    invited, rival = advisory.team(session), advisory.team(session)
    advisory.seat(session, meeting=meeting, team=invited)
    writes = browser_of(member(session, challenge, Role.POLICY_AUTHOR))
    agrees = browser_of(member(session, challenge, Role.APPROVER))
    guest, stranger = browser_of(invited.membership), browser_of(rival.membership)
    own = f"/department/challenges/{challenge.ref}"
    pages = public_pages(client, ref=challenge.ref, session_ref=meeting.ref)
    before = [page for page in pages if "Zymurgy" in client.get(page).get_data(as_text=True)]
    assert before == [
        "/",
        "/alerts/preview",
        "/calendar/sessions.ics",
        "/challenges",
        f"/challenges/{challenge.ref}",
        f"/challenges/{challenge.ref}/changes",
        f"/challenges/{challenge.ref}/ledger",
    ]
    writes.post(f"{own}/route", data=PROPOSAL)
    waiting = queries.waiting_route_change(session, challenge_id=challenge.id)
    assert waiting is not None
    agrees.post(f"{own}/route/{waiting.id}", data={"decision": "approved"})

    for page in pages:
        for who in (client, stranger):
            answer = who.get(page)
            assert ("Zymurgy" in answer.get_data(as_text=True), challenge.ref in answer.text) == (
                False,
                False,
            ), page
        if challenge.ref in page:
            assert client.get(page).status_code == 404, page
    for page in (
        "/dashboard",
        "/supplier",
        "/supplier/opportunities",
        "/supplier/invitations",
        "/supplier/sessions",
    ):
        assert "Zymurgy" not in stranger.get(page, follow_redirects=True).text
        shown = guest.get(page, follow_redirects=True).text
        assert [words in shown for words in (REASON, "reliminary market engagement")] == [False, False], page


def public_pages(client: DistrustfulClient, **known: str) -> list[str]:
    """The address of every public page that needs nothing but what is ``known``."""
    app = client.application
    adapter = app.url_map.bind("engage.test")
    return sorted(
        adapter.build(rule.endpoint, {name: known[name] for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "engage_access", "") == "public"
        and "GET" in (rule.methods or ())
        and rule.arguments <= set(known)
    )
