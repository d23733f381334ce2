"""What comes back: whom a report is believed about, what becomes of the letter and the address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import config
from engage.audit.models import AuditEvent
from engage.kernel import clock
from engage.kernel.settings import configure
from engage.outbox import queries, service
from engage.outbox.enums import LetterState, Outcome, SuppressionKind
from engage.outbox.jobs import deliver, read_reports
from engage.outbox.models import Letter, LetterReport, Suppression
from engage.outbox.service import delivery
from engage.outbox.service.mailbox import MaildirMailbox
from engage.outbox.service.reports import Report
from engage.outbox.service.returning import letter_of, mark, return_address
from engage.outbox.service.returns import MOST_IN_A_ROW, take_report
from tests.factories import letters
from tests.support.reports import bounce, complaint, nested, out_of_office
from tests.support.smtp import Handler, MailServer

TRIPS = "5.9.9"
"""The status of a report that engage trips over in a test."""


@pytest.fixture
def returns(settings: config.Config) -> object:
    """An address to which letters come back."""
    configure(replace(settings, mail_returns="bounces@mail.test"))
    yield
    configure(settings)


def sent(session: Session, **changes: object) -> Letter:
    letter = letters.letter(session, **changes)
    letter.state, letter.sent_at = LetterState.SENT, clock.now()
    session.flush()
    return letter


def take(session: Session, data: bytes) -> list[Letter | None]:
    return [service.take_report(session, report) for report in service.read_reports(data)]


def suppressed(session: Session) -> list[tuple[str, SuppressionKind]]:
    rows = session.execute(sa.select(Suppression.email, Suppression.kind).order_by(Suppression.id))
    return [(row.email, row.kind) for row in rows]


@pytest.mark.usefixtures("returns")
def test_a_mark_names_its_letter_and_cannot_be_made_up() -> None:
    address = return_address(12)
    assert address == f"bounces+{mark(12)}@mail.test"
    assert letter_of(f"x@y.test, <{address}>") == 12
    assert letter_of(address.replace("+12-", "+13-")) is None
    assert letter_of("bounces+12-0000000000000000@mail.test") is None
    assert letter_of("bounces@mail.test") is None


def test_without_an_address_for_it_mail_comes_back_to_the_sender(settings: config.Config) -> None:
    assert return_address(12) == "no-reply@engage.example"


@pytest.mark.usefixtures("returns")
def test_letters_leave_with_their_mark(session: Session, settings: config.Config) -> None:
    letter = letters.letter(session)
    session.commit()
    with MailServer(handler=Handler(after_data=lambda _: "250 2.0.0 queued as 4F1")) as server:
        configure(replace(settings, mail=server.address, mail_returns="bounces@mail.test"))
        deliver()
    session.refresh(letter)
    assert letter.receipt == "250 2.0.0 queued as 4F1"
    assert server.senders == [return_address(letter.id)]


@pytest.mark.usefixtures("returns")
def test_no_such_address_is_suppressed_at_once(session: Session) -> None:
    letter = sent(session, to="Sam@example.test")
    assert take(session, bounce(to=return_address(letter.id), message_id="<other@x.test>")) == [letter]
    assert (letter.state, letter.outcome) == (LetterState.SENT, Outcome.NO_ADDRESS)
    assert suppressed(session) == [("sam@example.test", SuppressionKind.ADDRESS)]
    found = queries.suppression_of(session, "sam@example.test")
    assert found is not None
    assert (found.letter_id, found.reason) == (letter.id, "550 5.1.1 no such user here")
    assert session.scalars(sa.select(AuditEvent.tag)).all() == ["outbox:suppression:added"]


def test_the_message_id_and_the_recipient_name_a_letter_too(session: Session) -> None:
    letter = sent(session, to="sam@example.test")
    other = sent(session, to="kim@example.test")
    assert take(session, bounce(message_id=letter.message_id, recipient="Sam@Example.test")) == [letter]
    assert take(session, bounce(message_id=other.message_id, recipient="sam@example.test")) == [None]
    assert suppressed(session) == [("sam@example.test", SuppressionKind.ADDRESS)]


@pytest.mark.usefixtures("returns")
def test_forged_reports_change_nothing(session: Session) -> None:
    letter, waiting = sent(session, to="sam@example.test"), letters.letter(session, to="sam@example.test")
    forged = f"bounces+{letter.id}-{'0' * 16}@mail.test"
    assert take(session, bounce(to=forged)) == [None]
    assert take(session, bounce(to="bounces@mail.test", message_id="<made-up@engage.test>")) == [None]
    assert take(session, complaint(came_from=forged, message_id="<made-up@engage.test>")) == [None]
    assert take(session, bounce(to=return_address(waiting.id))) == [None]
    assert take(session, bounce(to=return_address(10**9))) == [None]
    assert take(session, out_of_office(to=return_address(letter.id))) == []
    assert (letter.outcome, suppressed(session), session.scalars(sa.select(LetterReport)).all()) == (
        None,
        [],
        [],
    )


@pytest.mark.usefixtures("returns")
def test_the_same_report_twice_counts_once(session: Session) -> None:
    letter = sent(session)
    for _ in range(3):
        take(session, bounce(to=return_address(letter.id)))
    assert len(session.scalars(sa.select(LetterReport)).all()) == 1


@pytest.mark.usefixtures("returns")
def test_a_complaint_is_suppressed_at_once_and_for_good(session: Session) -> None:
    letter = sent(session)
    take(session, complaint(came_from=return_address(letter.id)))
    take(session, bounce(to=return_address(letter.id), action="delivered", status="2.0.0"))
    assert letter.outcome is Outcome.COMPLAINT
    assert suppressed(session) == [(letter.recipient, SuppressionKind.COMPLAINT)]


def soft(session: Session, number: int) -> None:
    for _ in range(number):
        letter = sent(session, to="full@example.test")
        report = Report(Outcome.UNDELIVERED, letter_id=letter.id, status="5.2.2", words=f"full {letter.id}")
        assert service.take_report(session, report) is letter


def test_more_than_five_that_come_back_in_a_row_are_too_many(session: Session) -> None:
    soft(session, MOST_IN_A_ROW)
    assert suppressed(session) == []
    soft(session, 1)
    assert suppressed(session) == [("full@example.test", SuppressionKind.UNDELIVERED)]


@pytest.mark.parametrize("how", ["reported", "silence"])
def test_one_that_arrives_ends_the_row(session: Session, how: str) -> None:
    soft(session, MOST_IN_A_ROW)
    arrived = sent(session, to="full@example.test")
    if how == "reported":
        service.take_report(session, Report(Outcome.DELIVERED, letter_id=arrived.id))
    else:
        arrived.sent_at = clock.now() - timedelta(hours=73)
        session.flush()
    soft(session, MOST_IN_A_ROW)
    assert suppressed(session) == []
    soft(session, 1)
    assert len(suppressed(session)) == 1


def test_one_that_may_still_come_back_does_not_end_the_row(session: Session) -> None:
    soft(session, MOST_IN_A_ROW)
    sent(session, to="full@example.test")
    soft(session, 1)
    assert len(suppressed(session)) == 1


def test_the_row_begins_anew_when_a_suppression_is_lifted(session: Session) -> None:
    soft(session, MOST_IN_A_ROW + 1)
    assert service.works_again(session, email="FULL@example.test")
    assert not service.works_again(session, email="full@example.test")
    soft(session, MOST_IN_A_ROW)
    assert not service.is_suppressed(session, "full@example.test")
    soft(session, 1)
    assert service.is_suppressed(session, "full@example.test")
    lifted = session.scalars(sa.select(Suppression).order_by(Suppression.id)).first()
    assert lifted is not None
    assert lifted.lifted_by == "the person at this address"


def test_refusals_by_the_server_count_in_the_row(session: Session, mail_to: Callable[[str], None]) -> None:
    with MailServer(handler=Handler(at_recipient=lambda _: "554 5.7.1 not wanted")) as server:
        mail_to(server.address)
        for number in range(MOST_IN_A_ROW + 2):
            letters.letter(session, to="strict@example.test", dedupe_key=f"strict:{number}")
        session.commit()
        deliver()
    assert len(server.tries) == MOST_IN_A_ROW + 1
    assert suppressed(session) == [("strict@example.test", SuppressionKind.UNDELIVERED)]
    states = session.scalars(sa.select(Letter.state).order_by(Letter.id)).all()
    assert states == [*[LetterState.FAILED] * (MOST_IN_A_ROW + 1), LetterState.SUPPRESSED]


def test_a_sender_that_is_refused_says_nothing_about_the_recipients(
    session: Session, mail_to: Callable[[str], None]
) -> None:
    with MailServer(handler=Handler(at_sender="553 5.7.1 we do not know you")) as server:
        mail_to(server.address)
        letter = letters.letter(session)
        session.commit()
        deliver()
    session.refresh(letter)
    assert (letter.state, letter.outcome) == (LetterState.FAILED, None)


@pytest.mark.parametrize("kind", ["reset_password", "confirm_subscription"])
def test_what_a_person_asked_for_goes_to_a_suppressed_address_once_a_day(
    session: Session, mail_to: Callable[[str], None], kind: str
) -> None:
    context = {"link": "http://engage.test/x", "lasts": "2 hours", "what": "all", "when": "weekly"}
    service.suppress(session, email="sam@example.test", reason="gone")
    for key in "ab":
        letters.letter(session, to="sam@example.test", template=kind, context=context, dedupe_key=key)
    letters.letter(session, to="sam@example.test", template="announcement", context={**ANNOUNCED})
    session.commit()
    with MailServer() as server:
        mail_to(server.address)
        deliver()
    assert [state.value for state in session.scalars(sa.select(Letter.state).order_by(Letter.id))] == [
        "sent",
        "suppressed",
        "suppressed",
    ]
    assert service.is_suppressed(session, "sam@example.test")


def test_what_a_stranger_asks_for_keeps_nobody_from_a_new_password(session: Session) -> None:
    context = {"link": "http://engage.test/x", "lasts": "2 hours", "what": "all", "when": "weekly"}
    service.suppress(session, email="sam@example.test", reason="gone")
    letters.letter(session, to="sam@example.test", template="confirm_subscription", context=context)
    claimed = delivery.claim(session)
    assert claimed is not None
    delivery.sent(session, claimed)
    wanted = letters.letter(session, to="sam@example.test", template="reset_password", context=context)
    claimed = delivery.claim(session)
    assert claimed is not None
    assert claimed.letter.id == wanted.id


@pytest.mark.usefixtures("returns")
@pytest.mark.parametrize("kind", ["bounce", "complaint"])
def test_a_late_report_undoes_no_lift(session: Session, kind: str) -> None:
    old = sent(session, to="sam@example.test")
    service.suppress(session, email="sam@example.test", reason="gone")
    service.works_again(session, email="sam@example.test")

    def report(letter: Letter) -> bytes:
        address = return_address(letter.id)
        return bounce(to=address) if kind == "bounce" else complaint(came_from=address)

    assert take(session, report(old)) == [old]
    assert old.outcome is (Outcome.NO_ADDRESS if kind == "bounce" else Outcome.COMPLAINT)
    assert not service.is_suppressed(session, "sam@example.test")
    assert take(session, report(sent(session, to="sam@example.test"))) != [None]
    assert service.is_suppressed(session, "sam@example.test")


ANNOUNCED = {"heading": "Hello", "words": "Words.", "link": "http://engage.test/", "link_text": "Home"}


def test_the_mailbox_is_read_and_each_mail_marked(
    session: Session, settings: config.Config, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mailbox") / "Maildir"
    configure(replace(settings, mail_returns="bounces@mail.test", mail_reports=f"maildir:{folder}"))
    letter = sent(session)
    session.commit()
    mails = (
        nested(1500),
        b"",
        out_of_office(to=return_address(letter.id)),
        bounce(to=return_address(letter.id)),
    )
    put(folder, *mails)
    read_reports()
    read_reports()
    configure(settings)
    session.refresh(letter)
    assert letter.outcome is Outcome.NO_ADDRESS
    assert list(MaildirMailbox(str(folder)).unread()) == []
    assert len(list((folder / "cur").iterdir())) == len(mails)


def test_a_mail_that_cannot_be_digested_keeps_no_other_from_being_read(
    session: Session,
    settings: config.Config,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("mailbox") / "Maildir"
    configure(replace(settings, mail_returns="bounces@mail.test", mail_reports=f"maildir:{folder}"))
    bad, good = sent(session, to="kim@example.test"), sent(session, to="sam@example.test")
    session.commit()
    put(folder, bounce(to=return_address(bad.id), status=TRIPS), bounce(to=return_address(good.id)))

    def trip(given: Session, report: Report) -> Letter | None:
        if report.status == TRIPS:
            given.execute(sa.text("SELECT 1 / 0"))
        return take_report(given, report)

    monkeypatch.setattr(service, "take_report", trip)
    read_reports()
    configure(settings)
    assert suppressed(session) == [("sam@example.test", SuppressionKind.ADDRESS)]
    assert list(MaildirMailbox(str(folder)).unread()) == []


def test_a_database_that_is_away_leaves_the_mail_to_be_read_again(
    settings: config.Config, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mailbox") / "Maildir"
    configure(replace(settings, mail_reports=f"maildir:{folder}"))
    put(folder, bounce())

    def away(_session: Session, _report: Report) -> None:
        raise OperationalError("SELECT 1", {}, Exception("the connection is closed"))

    monkeypatch.setattr(service, "take_report", away)
    with pytest.raises(OperationalError):
        read_reports()
    configure(settings)
    assert len(list(MaildirMailbox(str(folder)).unread())) == 1


def put(folder: Path, *mails: bytes) -> None:
    """Have mails arrive in a Maildir, in order."""
    MaildirMailbox(str(folder))
    for number, data in enumerate(mails):
        (folder / "new" / f"{number}.host").write_bytes(data)


def test_a_retry_raises_no_old_claim_from_the_dead(session: Session) -> None:
    """What a worker of before claimed stays passed, though a person gave the letter new tries."""
    letter = letters.letter(session)
    old = delivery.claim(session)
    assert old is not None
    session.execute(sa.update(Letter).values(lease_until=clock.now() - timedelta(seconds=1)))
    taken_over = delivery.claim(session)
    assert taken_over is not None
    letter.state, letter.lease_until = LetterState.FAILED, None
    session.flush()
    service.retry(session, actor=letters.someone(), letter_id=letter.id)
    again = delivery.claim(session)
    assert again is not None
    assert again.letter.tries == 1
    assert not delivery.sent(session, old)
    assert not delivery.sent(session, taken_over)
    assert delivery.sent(session, again)
