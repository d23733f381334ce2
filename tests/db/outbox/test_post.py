"""Posting: the letter is written with the change, once, and nothing a person typed can bend it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from engage.kernel.actor import System
from engage.kernel.errors import Invalid
from engage.outbox.enums import LetterState
from engage.outbox.errors import DeadAddress
from engage.outbox.models import Letter, LetterStep
from engage.outbox.service import delivery, post
from engage.outbox.service.bulk import Addressed, post_all, prepare
from tests.factories.letters import Reader

SENDER = System("tests")


def write(session: Session, **changes: Any) -> Letter | None:
    given: dict[str, Any] = {
        "template": "confirm_subscription",
        "to": "sam@example.com",
        "context": {"what": "Everything", "when": "Weekly", "link": "http://engage.test/alerts/x"},
        "dedupe_key": "test:1",
        "why": "You asked for it.",
        "sender": SENDER,
    }
    return post(session, **{**given, **changes})


def jobs(session: Session) -> int:
    count = sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'outbox.deliver'")
    return session.scalar(count) or 0


def test_a_letter_is_rendered_when_it_is_written(session: Session) -> None:
    letter = write(session)
    assert letter is not None
    assert letter.subject == "Confirm your email alerts from engage"
    assert letter.state == LetterState.QUEUED
    assert "http://engage.test/alerts/x" in letter.text
    assert "You asked for it." in letter.html
    assert letter.message_id.endswith("@engage.test>")
    assert [step.state for step in session.scalars(sa.select(LetterStep))] == [LetterState.QUEUED]


def test_the_same_key_writes_once(session: Session) -> None:
    assert write(session) is not None
    assert write(session, to="other@example.com") is None
    assert session.scalars(sa.select(Letter.recipient)).all() == ["sam@example.com"]


def test_the_commit_defers_one_delivery_for_many_letters(session: Session) -> None:
    for number in range(3):
        write(session, dedupe_key=f"test:{number}")
    assert jobs(session) == 0
    session.commit()
    assert jobs(session) == 1
    session.commit()
    assert jobs(session) == 1


def test_held_and_bulk_letters_wake_nobody(session: Session) -> None:
    held = write(session, held=True)
    bulk = write(session, dedupe_key="test:2", unsubscribe_url="http://engage.test/alerts/x")
    session.commit()
    assert held is not None
    assert bulk is not None
    assert (held.state, bulk.state, bulk.bulk) == (LetterState.HELD, LetterState.QUEUED, True)
    assert jobs(session) == 0


def test_a_rolled_back_letter_wakes_nobody(session: Session) -> None:
    write(session)
    session.rollback()
    session.commit()
    assert jobs(session) == 0


def test_what_people_typed_is_escaped_in_html_only(session: Session) -> None:
    letter = write(session, context={"what": "<b>Gas</b> & water", "when": "Weekly", "link": "http://x.test"})
    assert letter is not None
    assert "&lt;b&gt;Gas&lt;/b&gt; &amp; water" in letter.html
    assert "<b>Gas</b> & water" in letter.text


@pytest.mark.parametrize(
    "address",
    [
        "sam@example.com\nBcc: all@example.com",
        "sam@example.com, kim@example.com",
        "sam kim@example.com",
        "Sam <sam@example.com>",
        "sam",
        "@example.com",
        "sam@",
        "sam@host",
        "säm@example.com",
        ".sam@example.com",
        "sam.@example.com",
        "sam..kim@example.com",
        "a" * 65 + "@example.com",
        "",
    ],
)
def test_only_one_plain_address_is_taken(session: Session, address: str) -> None:
    with pytest.raises(Invalid) as caught:
        write(session, to=address)
    assert list(caught.value.fields) == ["email"]


def test_an_international_domain_is_written_in_ascii(session: Session) -> None:
    letter = write(session, to="sam@bücher.example")
    assert letter is not None
    assert letter.recipient == "sam@xn--bcher-kva.example"


def test_a_subject_and_a_name_stay_on_one_line(session: Session) -> None:
    reader = Reader("Sam\nReply-To: y\u202e", "sam@example.com")
    letter = write(session, subject="Hello\r\nBcc: x@example.com\x00", to=reader)
    assert letter is not None
    assert letter.subject == "Hello Bcc: x@example.com"
    assert letter.recipient_name == "Sam Reply-To: y"


def test_a_value_nobody_gave_is_an_error(session: Session) -> None:
    with pytest.raises(Exception, match="'link' is undefined"):
        write(session, context={"what": "x", "when": "y"})


def test_bulk_mail_carries_the_one_click_headers_and_others_do_not(session: Session) -> None:
    plain = write(session)
    bulk = write(session, dedupe_key="test:2", unsubscribe_url="http://engage.test/alerts/x")
    assert plain is not None
    assert bulk is not None
    assert plain.headers == {}
    assert bulk.headers == {
        "List-Id": "engage confirm_subscription <confirm-subscription.engage.test>",
        "List-Unsubscribe": "<http://engage.test/alerts/x>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_no_log_names_whom_a_letter_was_for(session: Session) -> None:
    words = {"heading": "Hello", "words": "Words.", "link": "http://engage.test/", "link_text": "Home"}
    sheet = prepare("announcement", words)
    wrong = Addressed(
        sheet=sheet,
        to="sam smith@example.test",
        dedupe_key="digest:1:sam smith@example.test",
        why="You asked for it.",
        unsubscribe_url="http://engage.test/alerts/x",
        person_id=7,
    )
    with structlog.testing.capture_logs() as lines:
        assert post_all(session, [wrong], sender=SENDER) == [None]
        write(session)
        claimed = delivery.claim(session)
        assert claimed is not None
        delivery.not_sent(session, claimed, DeadAddress("550 no such user sam@example.com"))
    assert [(line["event"], line.get("person"), line.get("kind")) for line in lines] == [
        ("a letter has no usable address", 7, "announcement"),
        ("letter failed", None, "DeadAddress"),
    ]
    assert "sam" not in str(lines)
