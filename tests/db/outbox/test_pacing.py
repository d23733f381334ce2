"""Turns among the letters to a domain, and how long words are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from engage.kernel import clock
from engage.kernel.settings import configure
from engage.kernel.text import sha256
from engage.ledger.models import Disclosure
from engage.outbox.enums import LetterState
from engage.outbox.errors import DeadAddress
from engage.outbox.jobs import deliver, empty
from engage.outbox.models import Letter, Suppression
from engage.outbox.service import delivery
from tests.factories import letters
from tests.support.smtp import MailServer


def write(session: Session, number: int, *, to: str, bulk: bool) -> None:
    url = "http://engage.test/alerts/x" if bulk else None
    for _ in range(number):
        letters.letter(session, to=to, unsubscribe_url=url)


def test_a_domain_gets_no_more_than_its_share_and_what_is_waited_for_goes_first(
    session: Session, settings: config.Config
) -> None:
    now = clock.now()
    with clock.as_of(now), MailServer() as server:
        configure(replace(settings, mail=server.address, mail_per_minute=6))
        write(session, 4, to="digest@BIG.test", bulk=True)
        write(session, 1, to="digest@small.test", bulk=True)
        write(session, 1, to="reset@big.test", bulk=False)
        session.commit()
        deliver()
        assert server.tries == ["reset@big.test", "digest@BIG.test", "digest@small.test"]
        waiting = sa.select(Letter.not_before).where(Letter.state == LetterState.QUEUED).order_by(Letter.id)
        turns = [moment - now for moment in session.scalars(waiting)]
        assert turns == [timedelta(seconds=seconds) for seconds in (10, 20, 30)]
    with clock.as_of(now + timedelta(seconds=25)), MailServer() as server:
        configure(replace(settings, mail=server.address, mail_per_minute=6))
        deliver()
        assert server.tries == ["digest@BIG.test"] * 2
    configure(settings)
    tries = sa.select(Letter.attempts - Letter.forgiven).where(Letter.state == LetterState.SENT)
    assert set(session.scalars(tries)) == {1}


def test_a_long_queue_is_given_its_turns_in_many_transactions(
    session: Session, settings: config.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "PASSED_OVER", 2)
    configure(replace(settings, mail_per_minute=1))
    with clock.as_of(clock.now()):
        write(session, 6, to="digest@big.test", bulk=True)
        session.commit()
        assert delivery.claim(session) is not None
        rounds = 0
        while delivery.is_due(session):
            assert delivery.claim(session) is None
            rounds += 1
    configure(settings)
    assert rounds == 3


def old(session: Session, days: int, **changes: object) -> Letter:
    letter = letters.letter(session, **changes)
    letter.created_at = clock.now() - timedelta(days=days)
    letter.state, letter.sent_at = LetterState.SENT, letter.created_at
    session.flush()
    return letter


def test_words_are_removed_when_their_time_is_over_and_the_hash_stays(session: Session) -> None:
    plain, young = old(session, 91), old(session, 89)
    record, ancient = (old(session, days, challenge_ref="ENG-2026-0001") for days in (1000, 1101))
    waiting = old(session, 91)
    waiting.state, waiting.sent_at = LetterState.HELD, None
    words = plain.text
    session.commit()
    empty()
    session.expire_all()
    assert [bool(letter.text) for letter in (plain, young, record, ancient, waiting)] == [
        False,
        True,
        True,
        False,
        True,
    ]
    assert (plain.html, plain.body_hash) == ("", sha256(words))
    assert plain.emptied_at is not None


def test_what_a_mail_server_said_is_removed_with_the_words_wherever_it_stands(session: Session) -> None:
    said = "550 5.1.1 <sam@example.test> is no user here"
    letter = letters.letter(session, to="sam@example.test")
    claimed = delivery.claim(session)
    assert claimed is not None
    delivery.not_sent(session, claimed, DeadAddress(said))
    letter.created_at = clock.now() - timedelta(days=91)
    session.commit()

    def quoted() -> list[bool]:
        session.expire_all()
        (found,) = session.scalars(sa.select(Suppression)).all()
        return [said in (letter.last_error or ""), said in letter.steps[-1].note, said in found.reason]

    assert quoted() == [True, True, True]
    empty()
    assert quoted() == [False, False, False]
    assert [step.state for step in letter.steps] == [LetterState.QUEUED, LetterState.FAILED]


def test_a_letter_leaves_its_hash_in_the_ledger_and_beside_itself(
    session: Session, mail_to: Callable[[str], None]
) -> None:
    letter = letters.letter(
        session, challenge_ref="ENG-2026-0001", audience="supplier:SUP-1", fact="answer:1"
    )
    session.commit()
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    assert session.scalars(sa.select(Disclosure.body_hash)).all() == [letter.body_hash]
