"""GOV.UK Notify as a way out: what it is given, what its refusals mean, and that it is never given a letter twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

import config
from engage.kernel.settings import configure
from engage.outbox.errors import DeadAddress, Later, Never, SendError, Unreachable
from engage.outbox.service.mime import Mail
from engage.outbox.service.transports import open_transport
from tests.support.notify import KEY, NotifyServer

MAIL = Mail(
    sender="no-reply@engage.example",
    recipient="sam@example.test",
    message_id="<1@engage.test>",
    subject="Hello",
    text="The words.\n",
    data=b"",
    reference="12-0123456789abcdef",
)


@pytest.fixture
def server(settings: config.Config) -> Iterator[NotifyServer]:
    with NotifyServer() as running:
        configure(replace(settings, notify_url=running.url, notify_key=KEY, notify_template="words"))
        yield running
    configure(settings)


def test_the_words_go_into_the_template_and_the_id_is_the_receipt(server: NotifyServer) -> None:
    transport = open_transport("notify")
    receipts = [transport.send(MAIL), transport.send(replace(MAIL, reference="13-00"))]
    transport.close()
    assert receipts == [f"GOV.UK Notify {one['id']}" for one in server.taken]
    first = {name: value for name, value in server.taken[0].items() if name != "id"}
    assert first == {
        "email_address": "sam@example.test",
        "template_id": "words",
        "personalisation": {"subject": "Hello", "body": "The words.\n"},
        "reference": "12-0123456789abcdef",
    }


def test_bulk_mail_brings_its_one_click_address(server: NotifyServer) -> None:
    open_transport("notify").send(replace(MAIL, unsubscribe_url="https://engage.test/alerts/x"))
    assert server.taken[0]["one_click_unsubscribe_url"] == "https://engage.test/alerts/x"


@pytest.mark.parametrize(
    ("status", "words", "meaning"),
    [
        (400, "email_address Not a valid email address", DeadAddress),
        (400, "Missing personalisation: body", Never),
        (403, "Error: Your system clock must be accurate to within 30 seconds", Unreachable),
        (429, "Exceeded rate limit for key type live of 3000 requests per 60 seconds", Unreachable),
        (429, "Exceeded send limits (250,000) for today", Unreachable),
        (500, "Internal server error", Later),
    ],
)
def test_what_a_refusal_means(
    server: NotifyServer, status: int, words: str, meaning: type[SendError]
) -> None:
    server.answer = lambda _: (status, words)
    with pytest.raises(SendError) as caught:
        open_transport("notify").send(MAIL)
    assert type(caught.value) is meaning
    assert str(caught.value) == f"GOV.UK Notify answered {status}: {words}"
    assert getattr(caught.value, "by_recipient", False) == (meaning is DeadAddress)


def test_a_letter_of_which_nobody_knows_the_end_is_looked_up_before_it_is_given_again(
    server: NotifyServer,
) -> None:
    server.cut_after = 1
    with pytest.raises(Unreachable, match=r"^GOV\.UK Notify does not answer: "):
        open_transport("notify").send(MAIL)
    receipt = open_transport("notify").send(replace(MAIL, again=True))
    assert [receipt] == [f"GOV.UK Notify {one['id']}" for one in server.taken]


def test_nobody_there_is_said_in_one_sentence(settings: config.Config) -> None:
    configure(replace(settings, notify_url="http://127.0.0.1:9", notify_key=KEY, notify_template="words"))
    with pytest.raises(Unreachable, match="refused"):
        open_transport("notify").send(MAIL)
    configure(settings)


def test_another_key_is_noticed(server: NotifyServer, settings: config.Config) -> None:
    other = KEY[:-1] + "9"
    configure(replace(settings, notify_url=server.url, notify_key=other, notify_template="words"))
    with pytest.raises(Unreachable, match="Invalid token"):
        open_transport("notify").send(MAIL)
