"""Reading reports: what each says, and that whatever is no report says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.outbox.enums import Outcome
from engage.outbox.service.reports import Report, read_reports
from tests.support.reports import bounce, complaint, nested, out_of_office


@pytest.mark.parametrize("headers_only", [True, False])
def test_a_notification_says_who_why_and_which_letter(headers_only: bool) -> None:
    assert read_reports(bounce(headers_only=headers_only)) == [
        Report(
            Outcome.NO_ADDRESS,
            addressed_to="bounces@mail.test",
            message_id="<1@engage.test>",
            recipient="sam@example.test",
            status="5.1.1",
            words="550 5.1.1 no such user here",
        )
    ]


@pytest.mark.parametrize(
    ("action", "status", "outcome"),
    [
        ("failed", "5.1.1", Outcome.NO_ADDRESS),
        ("failed", "5.1.10", Outcome.NO_ADDRESS),
        ("failed", "5.2.1", Outcome.NO_ADDRESS),
        ("failed", "5.1.8", Outcome.UNDELIVERED),  # about the sender
        ("failed", "5.2.2", Outcome.UNDELIVERED),  # a full mailbox
        ("failed", "5.7.1", Outcome.UNDELIVERED),
        ("failed", "4.4.7", Outcome.UNDELIVERED),  # given up after days
        ("failed", "", Outcome.UNDELIVERED),
        ("delivered", "2.0.0", Outcome.DELIVERED),
        ("Failed", "5.1.1", Outcome.NO_ADDRESS),
    ],
)
def test_what_a_status_means(action: str, status: str, outcome: Outcome) -> None:
    (found,) = read_reports(bounce(action=action, status=status))
    assert found.outcome is outcome


@pytest.mark.parametrize("action", ["delayed", "relayed", "expanded", "nonsense"])
def test_what_is_not_the_end_says_nothing(action: str) -> None:
    assert read_reports(bounce(action=action, status="4.4.1")) == []


def test_a_complaint_says_who_complained_of_which_letter() -> None:
    (found,) = read_reports(complaint(came_from="bounces+12-ab@mail.test"))
    assert (found.outcome, found.recipient) == (Outcome.COMPLAINT, "sam@example.test")
    assert found.message_id == "<1@engage.test>"
    assert found.addressed_to == "bounces@mail.test <bounces+12-ab@mail.test>"
    assert found.words == "abuse, reported by BigMail/1.0"


def test_who_says_that_a_mail_is_not_spam_does_not_complain() -> None:
    assert read_reports(complaint(kind="not-spam")) == []


def test_an_answering_machine_is_no_report() -> None:
    assert read_reports(out_of_office(to="bounces@mail.test")) == []


@pytest.mark.parametrize("cut", range(0, 700, 25))
def test_half_a_report_does_no_harm(cut: int) -> None:
    assert len(read_reports(bounce()[:cut])) <= 1


def test_parts_within_parts_without_end_do_no_harm() -> None:
    assert read_reports(nested(1500)) == []


def test_what_a_database_cannot_keep_is_taken_out() -> None:
    odd = bounce(
        recipient="sam@exa\0mple.test", words="550 no \x1b[1msuch\x85 user", message_id="<a\0b@engage.test>"
    )
    (found,) = read_reports(odd)
    assert (found.recipient, found.words) == ("sam@example.test", "550 no [1msuch user")
    assert found.message_id == "<ab@engage.test>"
    assert Report(Outcome.COMPLAINT, words="half \ud800 a character").words == "half  a character"


@given(st.binary(max_size=400))
def test_anything_at_all_can_be_read(data: bytes) -> None:
    assert read_reports(data) == []
    read_reports(bounce()[:300] + data)
    read_reports(complaint()[:400] + data)
