"""Everything that goes to an address on one page; muting; links that end; what is asked for the wrong way."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.accounts.models import Person
from engage.audit.models import AuditEvent
from engage.challenges.enums import ChallengeState
from engage.digests import service
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.digests.models import Mute, Pause, Subscription
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.outbox import service as outbox
from engage.outbox.models import Letter
from tests.factories import challenges, digests
from tests.support.client import DistrustfulClient
from tests.support.html import text_of

BrowserAs = Callable[..., DistrustfulClient]
SAM = "sam@example.test"


def everything_of(found: Subscription) -> str:
    return f"/alerts/all/{service.managing_token(found.id)}"


def parts(name: str, day: date) -> dict[str, str]:
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def pause(first: date, last: date) -> dict[str, str]:
    return {"action": "pause", **parts("from_on", first), **parts("until_on", last)}


def live(session: Session, email: str = SAM) -> list[Topic]:
    session.expire_all()
    query = sa.select(Subscription.topic).where(
        Subscription.email == email, Subscription.state == SubscriptionState.ACTIVE
    )
    return sorted(session.scalars(query))


def test_by_the_link_of_a_mail_one_sees_everything_of_that_address_and_nothing_else(
    session: Session, client: DistrustfulClient
) -> None:
    mine = digests.subscription(session, email=SAM)
    digests.subscription(session, email=SAM.upper(), topic=Topic.REGION, value="TLM", cadence=Cadence.DAILY)
    digests.subscription(session, email="other@example.test", topic=Topic.SEARCH, value="their secret")
    session.commit()
    answer = client.get(everything_of(mine))
    page = text_of(answer.get_data(as_text=True))
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert ("All new challenges" in page, "New challenges in Scotland" in page) == (True, True)
    assert "their secret" not in page


@pytest.mark.parametrize(
    ("deed", "mailed"),
    [
        ({"action": "confirm"}, True),
        ({"action": "change", "cadence": "daily", "weekday": "1", "hour": "8"}, True),
        ({"action": "end"}, False),
        ({"List-Unsubscribe": "One-Click"}, False),
        ({"action": "gossip"}, False),
    ],
)
def test_who_wants_alerts_by_the_link_of_a_mail_shows_that_the_address_works(
    session: Session, client: DistrustfulClient, deed: dict[str, str], mailed: bool
) -> None:
    confirms = deed == {"action": "confirm"}
    state = SubscriptionState.PENDING if confirms else SubscriptionState.ACTIVE
    found = digests.subscription(session, email=SAM, state=state, created_at=clock.now())
    outbox.suppress(session, email=SAM, reason="550")
    session.commit()
    here = f"/alerts/{service.token_for(found.id)}"
    client.get(here)
    assert outbox.is_suppressed(session, SAM)
    client.post(here, data=deed)
    assert outbox.is_suppressed(session, SAM) is not mailed


@pytest.mark.parametrize(("deed", "mailed"), [("resume", True), ("end_all", False), ("gossip", False)])
def test_so_does_who_arranges_something_on_the_page_of_everything(
    session: Session, client: DistrustfulClient, deed: str, mailed: bool
) -> None:
    found = digests.subscription(session, email=SAM)
    outbox.suppress(session, email=SAM, reason="550")
    session.commit()
    client.post(everything_of(found), data={"action": deed})
    assert outbox.is_suppressed(session, SAM) is not mailed


def test_the_page_of_everything_says_that_nothing_is_sent_and_lets_it_go_again(
    session: Session, browser_as: BrowserAs
) -> None:
    browser = browser_as(Role.SUPPLIER_ADMIN)
    email = session.scalars(sa.select(Person.email)).one()
    digests.subscription(session, email=email)
    outbox.suppress(session, email=email, reason="550")
    session.commit()
    page = text_of(browser.get("/account/alerts").get_data(as_text=True))
    assert "Nothing of it is sent at the moment." in page
    assert browser.post("/account/alerts", data={"action": "mail"}).status_code == 303
    page = text_of(browser.get("/account/alerts").get_data(as_text=True))
    assert ("Emails to this address go out again." in page, "Nothing of it is sent" in page) == (True, False)
    assert outbox.is_suppressed(session, email) is False


def test_links_of_an_address_that_was_forgotten_still_end_and_say_so(
    session: Session, client: DistrustfulClient
) -> None:
    old = digests.subscription(
        session, state=SubscriptionState.ENDED, ended_at=clock.now() - timedelta(days=29), topic=Topic.CPV
    )
    service.forget(session)
    known = challenges.challenge(session, state=ChallengeState.PUBLISHED)
    session.commit()
    here = f"/alerts/{service.token_for(old.id)}"
    assert "engage has forgotten it" in text_of(client.get(here).get_data(as_text=True))
    assert client.get(f"{here}/told").status_code == 200
    assert client.post(here, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    for address, deed in (
        (here, "confirm"),
        (here, "all"),
        (f"{here}/mute/{known.ref}", ""),
        (everything_of(old), "end_all"),
    ):
        assert client.post(address, data={"action": deed}).status_code == 409
    assert session.scalars(sa.select(Mute)).all() == []


def test_stopping_one_and_stopping_all(session: Session, client: DistrustfulClient) -> None:
    rows = [
        digests.subscription(session, email=SAM, topic=topic, value=value)
        for topic, value in ((Topic.EVERYTHING, ""), (Topic.REGION, "TLM"), (Topic.CPV, "72000000"))
    ]
    other = digests.subscription(session, email="other@example.test")
    session.commit()
    here = everything_of(rows[0])
    assert client.post(here, data={"action": "end", "subscription": rows[1].id}).status_code == 303
    assert live(session) == [Topic.CPV, Topic.EVERYTHING]
    assert client.post(here, data={"action": "end", "subscription": other.id}).status_code == 409
    assert live(session, "other@example.test") == [Topic.EVERYTHING]
    assert client.post(here, data={"action": "end_all"}).status_code == 303
    assert live(session) == []
    assert live(session, "other@example.test") == [Topic.EVERYTHING]
    assert "You get no alerts" in client.get(here).get_data(as_text=True)


def test_a_pause_is_set_seen_everywhere_and_ended(session: Session, client: DistrustfulClient) -> None:
    mine = digests.subscription(session, email=SAM)
    session.commit()
    today = clock.uk_today()
    last = today + timedelta(days=10)
    assert client.post(everything_of(mine), data=pause(today, last)).status_code == 303
    kept = session.scalars(sa.select(Pause)).one()
    assert (kept.email, kept.from_on, kept.until_on) == (SAM, today, last)
    assert "No alerts up to and including" in text_of(client.get(everything_of(mine)).get_data(as_text=True))
    one = text_of(client.get(f"/alerts/{service.token_for(mine.id)}").get_data(as_text=True))
    assert "You paused all your alerts, up to and including" in one
    longer = pause(today + timedelta(days=2), last + timedelta(days=5))
    assert client.post(everything_of(mine), data=longer).status_code == 303
    session.expire_all()
    assert session.scalars(sa.select(Pause.until_on)).all() == [last + timedelta(days=5)]
    assert client.post(everything_of(mine), data={"action": "resume"}).status_code == 303
    assert session.scalars(sa.select(Pause)).all() == []
    tags = session.scalars(
        sa.select(AuditEvent.tag)
        .where(AuditEvent.subject == f"subscription:{mine.id}")
        .order_by(AuditEvent.id)
    ).all()
    assert [tag.rpartition(":")[2] for tag in tags] == ["paused", "paused", "resumed"]


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (-3, -1, "The last day must be today"),
        (5, 4, "must not be before the first day"),
        (0, 400, "A pause can last a year"),
    ],
)
def test_a_pause_that_makes_no_sense_is_explained(
    session: Session, client: DistrustfulClient, first: int, last: int, message: str
) -> None:
    mine = digests.subscription(session, email=SAM)
    session.commit()
    today = clock.uk_today()
    asked = pause(today + timedelta(days=first), today + timedelta(days=last))
    answer = client.post(everything_of(mine), data=asked)
    assert answer.status_code == 422
    assert message in text_of(answer.get_data(as_text=True))
    assert session.scalars(sa.select(Pause)).all() == []
    empty = client.post(everything_of(mine), data={"action": "pause"})
    assert empty.status_code == 422
    assert "Enter the last day of the pause" in text_of(empty.get_data(as_text=True))


def test_a_challenge_is_muted_by_a_post_from_a_mail_and_told_again(
    session: Session, client: DistrustfulClient
) -> None:
    shown = challenges.challenge(session, state=ChallengeState.PUBLISHED, title="Quiet railways")
    hidden = challenges.challenge(session, state=ChallengeState.APPROVED)
    mine = digests.subscription(session, email=SAM)
    session.commit()
    here = f"/alerts/{service.token_for(mine.id)}"
    for method in (client.get, client.head):
        assert method(f"{here}/mute/{shown.ref}").status_code == 200
        assert method(f"{here}/mute/{hidden.ref}").status_code == 404
    assert session.scalars(sa.select(Mute)).all() == []
    assert client.post(f"{here}/mute/{hidden.ref}").status_code == 404
    for _ in range(2):
        assert client.post(f"{here}/mute/{shown.ref}").status_code == 303
    assert session.scalars(sa.select(Mute.challenge_id)).all() == [shown.id]
    client.get(here)  # which says that it is done
    assert "Quiet railways" not in client.get(here).get_data(as_text=True)
    assert "Quiet railways" in client.get(everything_of(mine)).get_data(as_text=True)
    again = client.post(everything_of(mine), data={"action": "unmute", "ref": shown.ref})
    assert again.status_code == 303
    assert "Quiet railways" in client.get(here).get_data(as_text=True)


def test_what_was_muted_and_is_hidden_since_is_not_named(session: Session, client: DistrustfulClient) -> None:
    gone = challenges.challenge(session, state=ChallengeState.APPROVED, title="Secret railways")
    mine = digests.subscription(session, email=SAM)
    session.add(Mute(email=SAM, challenge_id=gone.id, created_at=clock.now()))
    session.commit()
    assert "Secret railways" not in client.get(everything_of(mine)).get_data(as_text=True)


def test_a_link_that_is_too_old_says_so_and_sends_a_new_one(
    session: Session, client: DistrustfulClient
) -> None:
    mine = digests.subscription(session, email=SAM)
    session.commit()
    now = clock.now().astimezone(clock.UK)  # days are counted on UK clocks, also across a change of them
    with clock.as_of(now - timedelta(days=91)):
        old = everything_of(mine)
    with clock.as_of(now - timedelta(days=90)):
        oldest = everything_of(mine)
    assert client.get(oldest).status_code == 200
    answer = client.get(old)
    assert answer.status_code == 410
    assert "Send me a new link" in answer.get_data(as_text=True)
    assert client.post(old, data={"action": "end_all"}).status_code == 303
    assert live(session) == [Topic.EVERYTHING]
    letter = session.scalars(sa.select(Letter)).one()
    assert (letter.template, letter.recipient) == ("find_alerts", SAM)
    (path,) = set(re.findall(r"http://engage\.test(/alerts/all/\S+)", letter.text))
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: token[::-1], lambda _: "x"])
def test_a_changed_link_opens_nothing(
    session: Session, client: DistrustfulClient, change: Callable[[str], str]
) -> None:
    mine = digests.subscription(session, email=SAM)
    session.commit()
    answer = client.get(f"/alerts/all/{change(service.managing_token(mine.id))}")
    assert answer.status_code == 404
    assert "Copy the whole address" in answer.get_data(as_text=True)
    # the token of one subscription opens one subscription
    assert client.get(f"/alerts/all/{service.token_for(mine.id)}").status_code == 404
    assert client.get(f"/alerts/{service.managing_token(mine.id)}").status_code == 404


def test_the_link_is_sent_to_addresses_that_get_something_and_the_answer_never_tells(
    session: Session, client: DistrustfulClient
) -> None:
    digests.subscription(session, email=SAM)
    session.commit()
    answers = [client.post("/alerts/find", data={"email": email}) for email in (SAM, "new@example.test", SAM)]
    assert {(one.status_code, one.location, one.data) for one in answers} == {
        (303, "/alerts/find/check-your-email", answers[0].data)
    }
    assert [letter.recipient for letter in session.scalars(sa.select(Letter))] == [SAM]
    assert client.post("/alerts/find", data={"email": "nobody"}).status_code == 422


def test_from_the_page_of_one_the_way_to_all_goes_through_the_mailbox(
    session: Session, client: DistrustfulClient
) -> None:
    """Who was forwarded a mail has the link in it: it must not open what else its owner follows."""
    mine = digests.subscription(session, email=SAM)
    session.commit()
    here = f"/alerts/{service.token_for(mine.id)}"
    assert "/alerts/all/" not in client.get(here).get_data(as_text=True)
    assert client.post(here, data={"action": "all"}).location == "/alerts/find/check-your-email"
    letter = session.scalars(sa.select(Letter)).one()
    assert (letter.recipient, letter.template) == (SAM, "find_alerts")
    assert f"http://engage.test{everything_of(mine)}" in letter.text


def test_ones_own_page_pauses_too(session: Session, browser_as: BrowserAs) -> None:
    browser = browser_as(Role.SUPPLIER_ADMIN)
    email = session.scalars(sa.select(Person.email)).one()
    digests.subscription(session, email=email)
    session.commit()
    today = clock.uk_today()
    assert browser.post("/account/alerts", data=pause(today, today)).status_code == 303
    assert session.scalars(sa.select(Pause.email)).all() == [email.lower()]
    assert browser.post("/account/alerts", data={"action": "explode"}).status_code == 400


ASK: dict[str, Any] = {"email": SAM, "topic": "everything", "cadence": "immediate", "stage": "open"}


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({}, "All new challenges"),
        ({"stage": "all"}, "All challenges at every stage"),
        ({"topic": "cpv", "cpv": "72"}, "New challenges with CPV code 72000000"),
        ({"topic": "region", "region": "TLL"}, "New challenges in Wales"),
        ({"topic": "search", "words": "kelp", "stage": "closed"}, "Challenges that are closed about “kelp”"),
    ],
)
def test_what_is_asked_for_is_previewed_and_subscribed_to(
    session: Session, client: DistrustfulClient, asked: dict[str, str], what: str
) -> None:
    shown = client.post("/alerts", data={**ASK, **asked, "email": "", "action": "preview"})
    assert shown.status_code == 303
    assert what in text_of(client.get(shown.location).get_data(as_text=True))
    assert session.scalars(sa.select(Subscription)).all() == []
    assert client.post("/alerts", data={**ASK, **asked}).status_code == 303
    found = session.scalars(sa.select(Subscription)).one()
    page = text_of(client.get(f"/alerts/{service.token_for(found.id)}").get_data(as_text=True))
    assert what in page
    assert "As soon as there is news" in page


def test_the_list_leads_to_alerts_for_the_same_search(session: Session, client: DistrustfulClient) -> None:
    found = challenges.challenge(
        session, state=ChallengeState.CLOSED, title="Kelp forests", closed_at=clock.now()
    )
    session.commit()
    asked = f"q=kelp&department={found.organisation_id}&state=closed"
    page = client.get(f"/challenges?{asked}").get_data(as_text=True)
    (link,) = re.findall(r'href="(/alerts\?[^"]+)"', page)
    form = client.get(link.replace("&amp;", "&")).get_data(as_text=True)
    assert 'value="kelp"' in form
    assert re.search(r'value="closed"[^>]* checked', form)
    assert f'<option value="{found.organisation_id}" selected>' in form


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("topic=cpv&cpv=99", "99000000 is not in the CPV 2008 list."),
        ("topic=search&words=the", "add another word"),
        (f"topic=search&words={'x' * 201}", "at most 200 characters"),
        ("topic=capability&capability=", "Choose a capability from the list"),
        ("topic=gossip", "Choose"),
    ],
)
def test_a_preview_of_what_cannot_be_asked_says_why(
    client: DistrustfulClient, query: str, message: str
) -> None:
    answer = client.get(f"/alerts/preview?{query}")
    assert answer.status_code == 422
    assert message in text_of(answer.get_data(as_text=True))


def test_one_who_has_the_most_is_told_on_their_own_page(session: Session, browser_as: BrowserAs) -> None:
    browser = browser_as(Role.SUPPLIER_ADMIN)
    email = session.scalars(sa.select(Person.email)).one()
    for number in range(service.MOST_PER_ADDRESS):
        digests.subscription(session, email=email, topic=Topic.SEARCH, value=f"word{number}")
    session.commit()
    answer = browser.post("/alerts", data={**ASK, "email": email})
    assert answer.status_code == 422
    assert "You get 50 different alerts already" in text_of(answer.get_data(as_text=True))
    assert "can have 50 different alerts" in text_of(browser.get("/account/alerts").get_data(as_text=True))


def test_a_link_to_confirm_that_is_too_old_leads_to_the_form(
    session: Session, client: DistrustfulClient
) -> None:
    old = digests.subscription(
        session,
        state=SubscriptionState.PENDING,
        confirmed_at=None,
        topic=Topic.SEARCH,
        value="kelp",
        created_at=clock.now() - timedelta(days=8),
    )
    session.commit()
    here = f"/alerts/{service.token_for(old.id)}"
    answer = client.get(here)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 410
    assert "This link has expired" in text_of(page)
    assert "topic=search&amp;words=kelp" in page
    assert client.post(here, data={"action": "confirm"}).status_code == 409


@pytest.mark.parametrize(
    ("address", "asked", "most"), [("/alerts", ASK, 10), ("/alerts/find", {"email": SAM}, 5)]
)
def test_asking_for_letters_is_limited(
    client: DistrustfulClient, address: str, asked: dict[str, Any], most: int
) -> None:
    statuses = [client.post(address, data=asked).status_code for _ in range(most + 1)]
    assert statuses == [303] * most + [429]
    assert client.post(address, data={**asked, "email": "other@example.test"}).status_code == 303
    assert client.get(address).status_code == 200


def test_what_needs_one_is_described_and_not_previewed_as_challenges(
    session: Session, client: DistrustfulClient, browser_as: BrowserAs
) -> None:
    browser = browser_as(Role.POLICY_AUTHOR)
    challenges.challenge(session, state=ChallengeState.PUBLISHED)
    assert browser.post("/department/needs-by-email").status_code == 303
    here = f"/alerts/{service.token_for(session.scalars(sa.select(Subscription.id)).one())}"
    page = browser.get(here).get_data(as_text=True)
    assert "What needs you at " in text_of(page)
    assert "if anything needs you" in text_of(page)
    assert ("last 30 days" in page, "What is in these emails" in page) == (False, True)
    assert 'href="/department"' in page.partition("<main")[2]
    assert 'href="/department"' not in client.get(here).get_data(as_text=True)
