"""Delivery: each letter once, errors according to their kind, ours to mark only while we hold it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from engage.kernel import clock
from engage.ledger.models import Disclosure
from engage.outbox.enums import LetterState
from engage.outbox.errors import Later, Never
from engage.outbox.jobs import deliver
from engage.outbox.models import Letter, LetterStep, Suppression
from engage.outbox.service import delivery
from engage.outbox.service.circuit import MOST_REFUSED
from tests.factories import letters
from tests.support.smtp import Handler, MailServer, free_port

MailTo = Callable[[str], None]


def refuse_it(_recipient: str) -> str:
    return "554 5.7.1 not wanted"


def states(session: Session) -> list[str]:
    session.expire_all()
    return [state.value for state in session.scalars(sa.select(Letter.state).order_by(Letter.id))]


def make_due(session: Session) -> None:
    session.execute(sa.update(Letter).values(not_before=clock.now()))
    session.commit()


def test_what_is_due_is_sent_once(session: Session, mail_to: MailTo) -> None:
    for _ in range(3):
        letters.letter(session)
    session.commit()
    with MailServer() as server:
        mail_to(server.address)
        deliver()
        deliver()
    assert states(session) == ["sent", "sent", "sent"]
    written = session.scalars(sa.select(Letter.message_id).order_by(Letter.id)).all()
    assert [mail["Message-ID"] for mail in server.taken] == written
    assert session.scalars(sa.select(Letter.attempts)).all() == [1, 1, 1]


def test_a_mail_looks_as_it_should(session: Session, mail_to: MailTo) -> None:
    long_url = "http://engage.test/alerts/" + "x" * 120
    letters.letter(
        session,
        to=letters.Reader("Kim “Café” O'Neill", "kim@example.test"),
        subject="Alerts: gas & wärme, " + "long " * 20,
        dedupe_key="look",
        unsubscribe_url=long_url,
        calendar="BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n",
        calendar_method="REQUEST",
    )
    session.commit()
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    (mail,) = server.taken
    assert mail["To"] == "Kim “Café” O'Neill <kim@example.test>"
    assert mail["From"] == "engage <no-reply@engage.example>"
    assert mail["Subject"] == ("Alerts: gas & wärme, " + "long " * 20).strip()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == f"<{long_url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Precedence"] is None
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    text, html, calendar = mail.iter_parts()
    assert "You get this email because a test wrote it." in text.get_content()
    assert "<h1" in html.get_content()
    assert calendar.get_param("method") == "REQUEST"
    assert calendar.get_content().splitlines() == ["BEGIN:VCALENDAR", "METHOD:REQUEST", "END:VCALENDAR"]


def test_a_transactional_letter_has_no_list_headers(session: Session, mail_to: MailTo) -> None:
    letters.letter(session)
    session.commit()
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    (mail,) = server.taken
    assert [name for name in mail.keys() if name.startswith("List")] == []  # noqa: SIM118 - a message is no dict


def test_what_somebody_waits_for_goes_before_bulk_mail(session: Session, mail_to: MailTo) -> None:
    letters.letter(session, to="digest@example.test", unsubscribe_url="http://engage.test/alerts/1")
    letters.letter(session, to="reset@example.test")
    session.commit()
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    assert server.tries == ["reset@example.test", "digest@example.test"]


def test_a_letter_is_not_sent_before_its_time_or_while_held(session: Session, mail_to: MailTo) -> None:
    letters.letter(session, not_before=clock.now() + timedelta(hours=1))
    letters.letter(session, held=True)
    session.commit()
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    assert server.tries == []
    assert states(session) == ["queued", "held"]


def test_a_temporary_refusal_is_tried_again_later(session: Session, mail_to: MailTo) -> None:
    letters.letter(session)
    session.commit()
    answers = iter(["451 4.3.0 busy", "250 OK"])
    with MailServer(handler=Handler(at_recipient=lambda _: next(answers))) as server:
        mail_to(server.address)
        deliver()
        assert states(session) == ["queued"]
        waiting = session.scalars(sa.select(Letter)).one()
        assert waiting.last_error == f"The mail server 127.0.0.1:{server.port} answered 451: 4.3.0 busy"
        assert timedelta(seconds=50) < waiting.not_before - clock.now() <= timedelta(minutes=1)
        deliver()
        assert len(server.tries) == 1
        make_due(session)
        deliver()
    assert states(session) == ["sent"]
    assert [mail["Message-ID"] for mail in server.taken] == [waiting.message_id]
    assert [step.state.value for step in session.scalars(sa.select(LetterStep).order_by(LetterStep.id))] == [
        "queued",
        "queued",
        "sent",
    ]


@pytest.mark.parametrize("early", [True, False])
def test_a_final_refusal_is_never_tried_again(session: Session, mail_to: MailTo, early: bool) -> None:
    letters.letter(session)
    session.commit()
    refuse = Handler(at_recipient=refuse_it) if early else Handler(after_data=refuse_it)
    with MailServer(handler=refuse) as server:
        mail_to(server.address)
        deliver()
        make_due(session)
        deliver()
    assert states(session) == ["failed"]
    assert len(server.tries) == 1
    assert session.scalars(sa.select(Suppression)).all() == []


@pytest.mark.parametrize("answer", ["550 5.1.1 no such user", "550 user unknown"])
def test_an_address_that_does_not_exist_is_suppressed(session: Session, mail_to: MailTo, answer: str) -> None:
    letters.letter(session, to="Gone@example.test")
    session.commit()
    with MailServer(handler=Handler(at_recipient=lambda _: answer)) as server:
        mail_to(server.address)
        deliver()
        letters.letter(session, to="gone@EXAMPLE.test")
        letters.letter(session, to="gone@EXAMPLE.test")
        session.commit()
        deliver()
    assert states(session) == ["failed", "suppressed", "suppressed"]
    assert server.tries == ["Gone@example.test"]
    assert session.scalars(sa.select(Suppression.email)).all() == ["gone@example.test"]


def test_a_server_that_refuses_everybody_fails_few_letters_and_suppresses_nobody(
    session: Session, mail_to: MailTo
) -> None:
    for _ in range(MOST_REFUSED + 3):
        letters.letter(session)
    session.commit()
    answers = ["550 relay not permitted"]
    with MailServer(handler=Handler(at_recipient=lambda _: answers[-1])) as server:
        mail_to(server.address)
        with structlog.testing.capture_logs() as lines:
            deliver()
            deliver()
        assert len(server.tries) == MOST_REFUSED + 2  # the second delivery tries one more
        assert states(session) == ["failed"] * MOST_REFUSED + ["queued"] * 3
        assert [line["log_level"] for line in lines if "every recipient" in line["event"]] == ["error"]
        answers.append("250 OK")
        make_due(session)
        deliver()
    assert states(session) == ["failed"] * MOST_REFUSED + ["sent"] * 3
    assert session.scalars(sa.select(Suppression)).all() == []


def test_an_unreachable_server_costs_one_letter_one_try(session: Session, mail_to: MailTo) -> None:
    for _ in range(5):
        letters.letter(session)
    session.commit()
    port = free_port()
    mail_to(f"smtp://127.0.0.1:{port}")
    deliver()
    assert states(session) == ["queued"] * 5
    assert sorted(session.scalars(sa.select(Letter.attempts))) == [0, 0, 0, 0, 1]
    error = session.scalars(sa.select(Letter.last_error).where(Letter.last_error.is_not(None))).one()
    assert error == f"The mail server 127.0.0.1:{port} does not answer: connection refused."
    make_due(session)
    with MailServer(port=port):
        deliver()
    assert states(session) == ["sent"] * 5


def test_a_server_that_does_not_let_us_in_fails_no_letter(session: Session, mail_to: MailTo) -> None:
    letters.letter(session)
    session.commit()
    with MailServer(handler=Handler(at_recipient=lambda _: "530 5.7.0 Authentication required")) as server:
        mail_to(server.address)
        deliver()
    assert states(session) == ["queued"]


def test_a_password_stays_here_when_the_way_is_not_encrypted(session: Session, mail_to: MailTo) -> None:
    letters.letter(session)
    session.commit()
    with MailServer(host="127.0.0.2") as server:  # only 127.0.0.1 counts as this machine
        mail_to(f"smtp://user:secret@127.0.0.2:{server.port}")
        deliver()
    assert session.scalars(sa.select(Letter.last_error)).one() == (
        f"The mail server 127.0.0.2:{server.port} cannot be used: it offers no encryption, so the password was not "
        "sent."
    )
    assert server.tries == []


def test_the_line_cut_after_the_mail_was_taken_brings_the_same_mail_again(
    session: Session, mail_to: MailTo
) -> None:
    letters.letter(session)
    session.commit()
    answers = iter(["cut", "250 OK"])
    with MailServer(handler=Handler(after_data=lambda _: next(answers))) as server:
        mail_to(server.address)
        deliver()
        assert states(session) == ["queued"]
        make_due(session)
        deliver()
    assert states(session) == ["sent"]
    assert len(server.taken) == 2
    assert len({mail["Message-ID"] for mail in server.taken}) == 1


def test_the_waits_grow_and_end_after_three_days() -> None:
    waits = [delivery.WAITS[min(attempt, len(delivery.WAITS)) - 1] for attempt in range(1, delivery.LAST_TRY)]
    assert [wait.seconds // 60 for wait in waits[:6]] == [1, 5, 15, 30, 60, 60]
    assert timedelta(hours=70) < sum(waits, timedelta()) <= timedelta(hours=72)


def test_the_last_try_fails_the_letter(session: Session) -> None:
    letter = letters.letter(session)
    letter.attempts = delivery.LAST_TRY - 1
    session.flush()
    claimed = delivery.claim(session)
    assert claimed is not None
    assert delivery.not_sent(session, claimed, Later("still busy"))
    assert (letter.state, letter.last_error) == (LetterState.FAILED, "still busy")


def test_a_letter_that_kills_its_worker_is_given_up(session: Session) -> None:
    letter = letters.letter(session)
    letter.attempts = delivery.LAST_TRY
    session.flush()
    assert delivery.claim(session) is None
    assert letter.state == LetterState.FAILED


def test_a_lease_that_has_run_out_is_taken_over_and_the_first_holder_marks_nothing(session: Session) -> None:
    letters.letter(session)
    session.commit()
    first = delivery.claim(session)
    assert first is not None
    assert delivery.claim(session) is None
    session.execute(sa.update(Letter).values(lease_until=clock.now() - timedelta(seconds=1)))
    second = delivery.claim(session)
    assert second is not None
    assert (first.attempt, second.attempt) == (1, 2)
    assert not delivery.sent(session, first)
    assert not delivery.not_sent(session, first, Never("too late"))
    assert states(session) == ["sending"]
    assert delivery.sent(session, second)
    assert states(session) == ["sent"]


def test_a_worker_that_slept_past_its_lease_sends_nothing(
    session: Session, mail_to: MailTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters.letter(session)
    session.commit()
    monkeypatch.setattr(delivery, "LEASE", timedelta(0))
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    assert server.tries == []
    assert states(session) == ["queued"]


def test_the_ledger_names_a_letter_about_a_challenge_when_it_was_sent(
    session: Session, mail_to: MailTo
) -> None:
    told = letters.letter(
        session, challenge_ref="ENG-2026-0001", audience="supplier:SUP-1", fact="invitation:INV-1"
    )
    letters.letter(session)
    letters.letter(session, challenge_ref="ENG-2026-0001")  # to the department itself: nobody outside is told
    session.commit()
    assert session.scalars(sa.select(Disclosure)).all() == []
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    line = session.scalars(sa.select(Disclosure)).one()
    assert (line.fact, line.audience, line.channel.value) == ("invitation:INV-1", "supplier:SUP-1", "mail")
    assert (line.released, line.delivered) == (told.steps[0].at, line.at)
    assert line.released < line.delivered


def test_a_letter_with_an_audience_says_what_it_tells(session: Session) -> None:
    with pytest.raises(AssertionError, match="which fact"):
        letters.letter(session, challenge_ref="ENG-2026-0001", audience="supplier:SUP-1")


def test_many_letters_are_sent_by_more_than_one_job(
    session: Session, mail_to: MailTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engage.outbox.jobs.BATCH_SECONDS", 0.0)
    for _ in range(3):
        letters.letter(session, unsubscribe_url="http://engage.test/alerts/1")
    session.commit()
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    assert states(session) == ["sent", "queued", "queued"]
    waiting = sa.text("SELECT queueing_lock FROM procrastinate_jobs WHERE task_name = 'outbox.deliver'")
    assert session.scalars(waiting).all() == ["outbox.deliver"]


def test_a_letter_that_cannot_be_written_does_not_keep_the_others_waiting(
    session: Session, mail_to: MailTo
) -> None:
    broken = letters.letter(session)
    letters.letter(session)
    session.flush()
    session.execute(
        sa.update(Letter).where(Letter.id == broken.id).values(recipient=".dots..everywhere@example.test")
    )
    session.commit()
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    assert states(session) == ["failed", "sent"]
    assert len(server.taken) == 1
