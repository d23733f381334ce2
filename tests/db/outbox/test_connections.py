"""Several connections at once: each letter once, never more than were allowed, and all stop when the server is gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa

import config
from engage.kernel.db import unit_of_work
from engage.kernel.settings import configure
from engage.outbox import jobs
from engage.outbox.models import Letter
from engage.outbox.service import delivery
from tests.factories import letters
from tests.support.smtp import Handler, MailServer

MANY, CONNECTIONS = 24, 3


def states() -> Counter[str]:
    with unit_of_work() as session:
        return Counter(state.value for state in session.scalars(sa.select(Letter.state)))


def write() -> set[str]:
    with unit_of_work() as session:
        return {letters.letter(session).message_id for _ in range(MANY)}


@pytest.mark.usefixtures("committed")
def test_each_letter_goes_once_however_many_connections_send(settings: config.Config) -> None:
    written = write()
    with MailServer(handler=Handler(delay=0.05)) as server:
        configure(replace(settings, mail=server.address, mail_connections=CONNECTIONS))
        jobs.deliver_everything()
        configure(settings)
    assert Counter(mail["Message-ID"] for mail in server.taken) == Counter(written)
    assert 1 < server.handler.most_at_once <= CONNECTIONS
    assert states() == Counter(sent=MANY)


@pytest.mark.usefixtures("committed")
def test_when_the_server_is_gone_every_connection_stops(settings: config.Config) -> None:
    write()
    answers = iter(["250 OK"] * 4)
    with MailServer(handler=Handler(at_recipient=lambda _: next(answers, "530 5.7.0 who are you"))) as server:
        configure(replace(settings, mail=server.address, mail_connections=CONNECTIONS))
        jobs.deliver_everything()
        configure(settings)
    assert states() == Counter(sent=4, queued=MANY - 4)
    assert len(server.tries) <= 4 + CONNECTIONS


@pytest.mark.usefixtures("committed")
def test_a_fault_of_ours_on_one_connection_is_not_lost(
    settings: config.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()

    def fail(*_: object) -> bool:
        raise RuntimeError("the disk is full")

    with MailServer() as server:
        configure(replace(settings, mail=server.address, mail_connections=CONNECTIONS))
        monkeypatch.setattr(delivery, "settle", fail)
        with pytest.raises(RuntimeError, match="the disk is full"):
            jobs.deliver_batch()
        configure(settings)
    assert states() == Counter(queued=MANY - 1, sending=1)
