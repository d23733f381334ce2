"""Subscribing: nothing without a confirmation, one live subscription a topic, exactly one ended."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.challenges.enums import Listed
from engage.digests import queries, service
from engage.digests.enums import Cadence, SubscriptionState, Topic
from engage.digests.models import Subscription
from engage.digests.service import Wish
from engage.kernel import clock
from engage.kernel.actor import OrganisationKind, Role, System
from engage.kernel.errors import Conflict, Invalid, NotFound
from engage.outbox.models import Letter
from engage.suppliers import service as suppliers
from tests.factories import accounts, digests, letters
from tests.factories.taxonomy import taxonomy

EVERYTHING = Wish(Topic.EVERYTHING)


def ask(
    session: Session, *, email: str = "sam@example.test", wish: Wish = EVERYTHING, **options: Any
) -> None:
    service.subscribe(session, email=email, wish=wish, **options)


def only(session: Session) -> Subscription:
    return session.scalars(sa.select(Subscription)).one()


def test_asking_writes_a_letter_and_nothing_else_happens(session: Session) -> None:
    ask(session)
    found = only(session)
    assert (found.state, found.covered_until) == (SubscriptionState.PENDING, None)
    letter = session.scalars(sa.select(Letter)).one()
    assert letter.recipient == "sam@example.test"
    assert f"http://engage.test/alerts/{service.token_for(found.id)}" in letter.text
    assert letter.headers == {}
    assert service.count_due(session, now=clock.now() + timedelta(days=30)) == 0


def test_asking_again_changes_what_waits_and_writes_once_a_day(session: Session) -> None:
    ask(session)
    ask(session, email="SAM@example.test", wish=Wish(Topic.EVERYTHING, "", Cadence.DAILY, 3, 18))
    found = only(session)
    assert (found.cadence, found.weekday, found.hour) == (Cadence.DAILY, 3, 18)
    assert len(session.scalars(sa.select(Letter)).all()) == 1


def test_asking_for_what_one_has_leaves_it_and_sends_the_way_to_it(session: Session) -> None:
    found = digests.subscription(session, email="sam@example.test")
    ask(session, wish=Wish(Topic.EVERYTHING, "", Cadence.DAILY))
    assert (found.state, found.cadence) == (SubscriptionState.ACTIVE, Cadence.WEEKLY)
    letter = session.scalars(sa.select(Letter)).one()
    assert letter.template == "manage_subscription"
    assert service.token_for(found.id) in letter.text


def have(session: Session, number: int, **values: Any) -> list[Subscription]:
    """Subscriptions of Sam's to as many different words."""
    made = {"email": "sam@example.test", "topic": Topic.SEARCH, **values}
    return [digests.subscription(session, value=f"word{each}", **made) for each in range(number)]


def to_confirm(session: Session) -> int:
    query = sa.select(sa.func.count(Letter.id)).where(Letter.template == "confirm_subscription")
    return session.scalar(query) or 0


def test_an_address_has_at_most_fifty_and_is_told_so_once_a_day(session: Session) -> None:
    have(session, service.MOST_PER_ADDRESS)
    for number in range(2):
        ask(session, wish=Wish(Topic.SEARCH, f"more{number}"))
    assert len(session.scalars(sa.select(Subscription)).all()) == 50
    told = session.scalars(sa.select(Letter).where(Letter.template == "alerts_full")).one()
    assert "50 already" in told.text
    way = re.findall(r"http://engage\.test/alerts/all/(\S+)", told.text)
    assert {queries.subscription(session, service.managed_id(one)).email for one in way} == {
        "sam@example.test"
    }


def test_nor_can_it_begin_more_than_fifty_again(session: Session) -> None:
    ended = have(session, 51, state=SubscriptionState.ENDED, ended_at=clock.now())
    for one in ended[:50]:
        service.confirm(session, subscription_id=one.id)
    with pytest.raises(Conflict, match="You get 50 different alerts already"):
        service.confirm(session, subscription_id=ended[50].id)
    service.end(session, subscription_id=ended[0].id)
    assert service.confirm(session, subscription_id=ended[50].id).state is SubscriptionState.ACTIVE


def test_what_nobody_confirmed_fills_up_nothing(session: Session) -> None:
    """A stranger asks for sixty alerts to an address whose owner then asks for one."""
    owner = accounts.actor(session, Role.SUPPLIER_ADMIN)
    for number in range(60):
        ask(session, email=owner.email, wish=Wish(Topic.SEARCH, f"word{number}"))
    waiting = [one.value for one in queries.of_address(session, owner.email)]
    assert waiting == [f"word{number}" for number in range(50, 60)]
    ask(session, email=owner.email)
    ask(session, email=owner.email, wish=Wish(Topic.CPV, "72"), actor=owner)
    kept = {one.topic: one.state for one in queries.of_address(session, owner.email)}
    assert kept == {
        Topic.SEARCH: SubscriptionState.PENDING,
        Topic.EVERYTHING: SubscriptionState.PENDING,
        Topic.CPV: SubscriptionState.ACTIVE,
    }


def test_nobody_fills_the_mailbox_of_somebody_else(session: Session) -> None:
    begin = clock.now()
    for day, most in ((0, 5), (1, 10), (2, 10), (27, 10), (30, 15)):
        with clock.as_of(begin + timedelta(days=day)):
            for number in range(8):
                ask(session, wish=Wish(Topic.SEARCH, f"word{day} {number}"))
            assert to_confirm(session) == most


def test_who_confirms_is_asked_again(session: Session) -> None:
    begin = clock.now()
    for day in (0, 2, 4):
        with clock.as_of(begin + timedelta(days=day)):
            for number in range(6):
                ask(session, wish=Wish(Topic.SEARCH, f"word{day} {number}"))
            newest = queries.of_address(session, "sam@example.test")[-1]
            service.confirm(session, subscription_id=newest.id)
    assert to_confirm(session) == 15


def test_the_way_to_everything_does_not_end_with_what_was_never_confirmed(session: Session) -> None:
    ask(session, wish=Wish(Topic.REGION, "TLM"))
    lasting = digests.subscription(session, email="sam@example.test")
    service.send_way(session, email="sam@example.test")
    letter = session.scalars(sa.select(Letter).where(Letter.template == "find_alerts")).one()
    (token,) = set(re.findall(r"/alerts/all/([\w.-]+)", letter.text))
    assert service.managed_id(token) == lasting.id


def test_asking_again_buys_no_time(session: Session) -> None:
    begin = clock.now()
    ask(session)
    with clock.as_of(begin + timedelta(days=6)):
        ask(session)
    with clock.as_of(begin + timedelta(days=7, hours=1)):
        assert queries.of_address(session, "sam@example.test") == []
        with pytest.raises(Conflict, match="Ask for the alerts again"):
            service.confirm(session, subscription_id=only(session).id)


def test_the_letter_that_asks_can_be_answered_for_a_week(session: Session) -> None:
    asked = clock.now()
    ask(session)
    found = only(session)
    with clock.as_of(asked + timedelta(days=8)):
        with pytest.raises(Conflict, match="Ask for the alerts again"):
            service.confirm(session, subscription_id=found.id)
        ask(session)  # the same row, and a letter that can be answered again
        assert service.confirm(session, subscription_id=only(session).id).state is SubscriptionState.ACTIVE


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish(Topic.SEARCH, "  "), "words"),
        (Wish(Topic.SEARCH, "x" * 201), "words"),
        (Wish(Topic.DEPARTMENT, ""), "department"),
        (Wish(Topic.DEPARTMENT, "99999"), "department"),
        (Wish(Topic.SEARCH, "the and of"), "words"),
        (Wish(Topic.SEARCH, "hydrogen", department_id=99999), "within"),
        (Wish(Topic.CAPABILITY, "no-such-thing"), "capability"),
        (Wish(Topic.CPV, ""), "cpv"),
        (Wish(Topic.CPV, "7"), "cpv"),
        (Wish(Topic.CPV, "01"), "cpv"),
        (Wish(Topic.CPV, "72000000-9"), "cpv"),
        (Wish(Topic.REGION, "London"), "region"),
    ],
)
def test_a_topic_needs_its_value(session: Session, wish: Wish, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        ask(session, wish=wish)
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("written", ["72", "720", "72000000", " 72000000-5 "])
def test_a_code_is_kept_in_one_form(session: Session, written: str) -> None:
    ask(session, wish=Wish(Topic.CPV, written))
    assert only(session).value == "72000000"


def test_a_merged_capability_is_kept_as_what_it_became(session: Session) -> None:
    taxonomy(session)
    suppliers.merge_capability(session, actor=System(), slug="roofs", into="lifts")
    ask(session, wish=Wish(Topic.CAPABILITY, "roofs"))
    assert only(session).value == "lifts"
    suppliers.retire_capability(session, actor=System(), slug="flood-warning")
    with pytest.raises(Invalid, match="no longer in use"):
        ask(session, wish=Wish(Topic.CAPABILITY, "flood-warning"))


def test_stages_and_departments_make_subscriptions_of_their_own(session: Session) -> None:
    office = accounts.new_organisation(session, kind=OrganisationKind.DEPARTMENT)
    words = Wish(Topic.SEARCH, "hydrogen")
    for wish in (words, replace(words, stage=Listed.CLOSED), replace(words, department_id=office.id), words):
        ask(session, wish=wish)
    kept = [(one.stage, one.department_id) for one in queries.of_address(session, "sam@example.test")]
    assert kept == [(Listed.OPEN, None), (Listed.CLOSED, None), (Listed.OPEN, office.id)]


def test_a_supplier_is_no_department(session: Session) -> None:
    supplier = accounts.new_organisation(session, kind=OrganisationKind.SUPPLIER)
    with pytest.raises(Invalid):
        ask(session, wish=Wish(Topic.DEPARTMENT, str(supplier.id)))


def test_confirming_begins_now_and_twice_is_once(session: Session) -> None:
    ask(session)
    found = only(session)
    service.confirm(session, subscription_id=found.id)
    first = found.covered_until
    assert found.state is SubscriptionState.ACTIVE
    assert first is not None
    assert abs(clock.now() - first) < timedelta(minutes=3)
    service.confirm(session, subscription_id=found.id)
    assert found.covered_until == first
    tags = session.scalars(sa.select(AuditEvent.tag).order_by(AuditEvent.id)).all()
    assert tags == ["digests:subscription:asked_for", "digests:subscription:confirmed"]


def test_ones_own_verified_address_needs_no_confirmation(session: Session) -> None:
    actor = accounts.actor(session, Role.SUPPLIER_ADMIN)
    ask(session, email=actor.email, actor=actor)
    assert (only(session).state, only(session).person_id) == (SubscriptionState.ACTIVE, actor.person_id)
    assert session.scalars(sa.select(Letter)).all() == []


def test_somebody_elses_address_does(session: Session) -> None:
    actor = accounts.actor(session, Role.SUPPLIER_ADMIN)
    ask(session, email="other@example.test", actor=actor)
    assert (only(session).state, only(session).person_id) == (SubscriptionState.PENDING, None)


def test_ending_ends_one_and_stops_its_waiting_digest(session: Session) -> None:
    mine = digests.subscription(session, email="sam@example.test")
    other = digests.subscription(session, email="sam@example.test", topic=Topic.SEARCH, value="rail")
    waiting, foreign = letters.letter(session), letters.letter(session)
    for found, letter in ((mine, waiting), (other, foreign)):
        digests.issue(session, found, letter=letter)
    service.end(session, subscription_id=mine.id)
    service.end(session, subscription_id=mine.id)
    assert (mine.state, other.state) == (SubscriptionState.ENDED, SubscriptionState.ACTIVE)
    assert (waiting.state, foreign.state) == ("cancelled", "queued")
    ended = sa.select(AuditEvent).where(AuditEvent.tag == "digests:subscription:ended")
    assert [line.subject for line in session.scalars(ended)] == [f"subscription:{mine.id}"]


def test_an_ended_one_can_begin_again_unless_it_was_asked_for_anew(session: Session) -> None:
    found = digests.subscription(session, email="sam@example.test")
    service.end(session, subscription_id=found.id)
    service.confirm(session, subscription_id=found.id)
    assert (found.state, found.ended_at) == (SubscriptionState.ACTIVE, None)
    service.end(session, subscription_id=found.id)
    ask(session)
    with pytest.raises(Conflict):
        service.confirm(session, subscription_id=found.id)


def test_an_ended_one_cannot_be_changed(session: Session) -> None:
    found = digests.subscription(session, state=SubscriptionState.ENDED)
    with pytest.raises(Conflict):
        service.change(session, subscription_id=found.id, cadence=Cadence.DAILY, weekday=0, hour=9)


def test_a_token_opens_its_own_subscription_only(session: Session) -> None:
    found = digests.subscription(session)
    token = service.token_for(found.id)
    assert service.subscription_id(token) == found.id
    for wrong in (token[:-1], token[1:], token.swapcase(), "", "x", f"{found.id}", token + "=", token + "\n"):
        with pytest.raises(NotFound):
            service.subscription_id(wrong)


def test_what_a_subscription_is_about(session: Session) -> None:
    office = accounts.new_organisation(session, name="Home Office")
    about = [
        queries.about(session, digests.subscription(session, topic=topic, value=value))
        for topic, value in (
            (Topic.EVERYTHING, ""),
            (Topic.DEPARTMENT, str(office.id)),
            (Topic.SEARCH, "gas network"),
        )
    ]
    assert about == [
        "all new challenges",
        "new challenges from Home Office",
        "new challenges about “gas network”",
    ]


def test_the_letter_to_confirm_does_not_repeat_the_words_of_a_stranger(session: Session) -> None:
    words = "visit http://bad.example now"
    ask(session, wish=Wish(Topic.SEARCH, words))
    letter = session.scalars(sa.select(Letter)).one()
    assert "certain words" in letter.text
    assert "bad.example" not in letter.text + letter.html + letter.subject
