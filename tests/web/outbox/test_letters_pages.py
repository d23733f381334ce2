"""The pages of letters: who sees them, what they hide, what a platform admin does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from engage.audit.models import AuditEvent
from engage.kernel import clock
from engage.kernel.actor import Role
from engage.outbox import service
from engage.outbox.enums import LetterState
from engage.outbox.models import Letter, LetterStep
from tests.factories import letters
from tests.support.client import DistrustfulClient
from tests.support.html import text_of

BrowserAs = Callable[..., DistrustfulClient]
KEY = "eyJhbGciOiJIUzI1NiJ9.abcdefgh"


def state_of(session: Session, letter: Letter) -> str:
    session.refresh(letter)
    return letter.state.value


def put(session: Session, letter: Letter, state: LetterState) -> None:
    letter.state = state
    session.commit()


def test_the_list_is_narrowed_by_state_and_words(session: Session, browser_as: BrowserAs) -> None:
    letters.letter(session, to="ann@example.test", subject="Alpha")
    letters.letter(session, to="ben@example.test", subject="Beta", held=True)
    session.commit()
    admin = browser_as(Role.AUDITOR)
    everything = admin.get("/admin/letters").get_data(as_text=True)
    assert ("Alpha" in everything, "Beta" in everything) == (True, True)
    held = admin.get("/admin/letters?state=held").get_data(as_text=True)
    assert ("Alpha" in held, "Beta" in held) == (False, True)
    found = text_of(admin.get("/admin/letters?q=ANN@").get_data(as_text=True))
    assert ("Alpha" in found, "Beta" in found) == (True, False)
    assert "No letter fits" in admin.get("/admin/letters?q=%25").get_data(as_text=True)
    assert admin.get("/admin/letters?state=nonsense").status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_the_database_as_often_for_one_as_for_three(
    session: Session, browser_as: BrowserAs, number: int
) -> None:
    for _ in range(number):
        letters.letter(session)
    session.commit()
    admin = browser_as(Role.PLATFORM_ADMIN)
    seen: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert admin.get("/admin/letters").status_code == 200
    assert len([statement for statement in seen if "FROM letter" in statement]) == 5


def test_a_letter_shows_its_words_but_not_the_keys_in_them(session: Session, browser_as: BrowserAs) -> None:
    link = f"http://engage.test/reset-password/{KEY}"
    letter = letters.letter(session, context={"what": "All", "when": "Weekly", "link": link})
    session.commit()
    auditor = browser_as(Role.AUDITOR)
    page = auditor.get(f"/admin/letters/{letter.id}").get_data(as_text=True)
    assert "Nothing is sent before you confirm." in page
    assert "http://engage.test/reset-password/[hidden]" in page
    assert KEY not in page
    assert letter.message_id.strip("<>") in page
    mail = auditor.get(f"/admin/letters/{letter.id}/mail")
    body = mail.get_data(as_text=True)
    assert "Confirm your email alerts" in body
    assert KEY not in body
    assert mail.headers["Content-Security-Policy"].split("; ") == [
        "sandbox",
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]


@pytest.mark.parametrize("path", ["/admin/letters", "/admin/letters/{id}", "/admin/letters/{id}/mail"])
def test_other_people_see_no_letters(session: Session, browser_as: BrowserAs, path: str) -> None:
    letter = letters.letter(session)
    session.commit()
    for role in (Role.POLICY_AUTHOR, Role.APPROVER, Role.FACILITATOR, Role.SUPPLIER_ADMIN):
        assert browser_as(role).get(path.format(id=letter.id)).status_code == 403


@pytest.mark.parametrize("deed", ["release", "cancel", "retry"])
def test_an_auditor_only_reads(session: Session, browser_as: BrowserAs, deed: str) -> None:
    letter = letters.letter(session, held=True)
    session.commit()
    auditor = browser_as(Role.AUDITOR)
    assert auditor.post(f"/admin/letters/{letter.id}/{deed}").status_code == 403
    assert (
        auditor.post("/admin/letters/release", data={"template": letter.template, "up_to": 9}).status_code
        == 403
    )
    assert "Release this letter" not in auditor.get(f"/admin/letters/{letter.id}").get_data(as_text=True)
    assert state_of(session, letter) == "held"


def test_a_held_letter_is_released_in_somebodys_name(session: Session, browser_as: BrowserAs) -> None:
    letter = letters.letter(session, held=True)
    session.commit()
    admin = browser_as(Role.PLATFORM_ADMIN)
    answer = admin.post(f"/admin/letters/{letter.id}/release")
    assert (answer.status_code, answer.location) == (303, f"/admin/letters/{letter.id}")
    assert state_of(session, letter) == "queued"
    line = session.scalars(sa.select(AuditEvent).where(AuditEvent.subject == f"letter:{letter.id}")).one()
    assert line.tag == "outbox:letter:released"
    assert letter.released_by == line.actor_name
    assert (
        session.scalar(sa.text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'outbox.deliver'"))
        == 1
    )
    assert admin.post(f"/admin/letters/{letter.id}/release").status_code == 409
    assert [step.note for step in session.scalars(sa.select(LetterStep).order_by(LetterStep.id))] == [
        "",
        f"Released by {line.actor_name}.",
    ]


def test_a_warning_says_which_letters_its_link_leads_to(session: Session, browser_as: BrowserAs) -> None:
    put(session, letters.letter(session), LetterState.FAILED)
    two_days_ago = clock.now() - timedelta(days=2)
    for _ in range(2):
        letters.letter(session, held=True).created_at = two_days_ago
    session.commit()
    page = browser_as(Role.PLATFORM_ADMIN).get("/admin/letters").get_data(as_text=True)
    links = re.findall(r'href="([^"]+)">(See th[^<]+)<span class="govuk-visually-hidden">([^<]+)<', page)
    assert links == [
        ("/admin/letters?state=failed", "See this letter", " (failed)"),
        ("/admin/letters?state=held", "See these letters", " (held)"),
    ]


def test_a_batch_is_released_up_to_what_was_seen(session: Session, browser_as: BrowserAs) -> None:
    first = letters.letter(session, held=True, challenge_ref="ENG-2026-0001")
    other = letters.letter(session, held=True, challenge_ref="ENG-2026-0002")
    second = letters.letter(session, held=True, challenge_ref="ENG-2026-0001")
    session.commit()
    admin = browser_as(Role.PLATFORM_ADMIN)
    page = text_of(admin.get("/admin/letters?state=held").get_data(as_text=True))
    assert "2 letters “confirm subscription” about ENG-2026-0001" in page
    late = letters.letter(session, held=True, challenge_ref="ENG-2026-0001")
    session.commit()
    fields = {"template": first.template, "challenge_ref": "ENG-2026-0001", "up_to": second.id}
    assert admin.post("/admin/letters/release", data=fields).status_code == 303
    assert [state_of(session, letter) for letter in (first, second, other, late)] == [
        "queued",
        "queued",
        "held",
        "held",
    ]


def test_a_waiting_letter_is_cancelled_and_a_sent_one_is_not(session: Session, browser_as: BrowserAs) -> None:
    waiting, gone = letters.letter(session), letters.letter(session)
    gone.sent_at = gone.created_at
    put(session, gone, LetterState.SENT)
    admin = browser_as(Role.PLATFORM_ADMIN)
    assert admin.post(f"/admin/letters/{waiting.id}/cancel").status_code == 303
    assert admin.post(f"/admin/letters/{gone.id}/cancel").status_code == 409
    assert (state_of(session, waiting), state_of(session, gone)) == ("cancelled", "sent")


def test_a_failed_letter_is_tried_again_and_its_address_trusted_again(
    session: Session, browser_as: BrowserAs
) -> None:
    letter = letters.letter(session, to="Gone@example.test")
    letter.attempts, letter.last_error = 75, "no such user"
    service.suppress(session, email="gone@example.test", reason="no such user")
    put(session, letter, LetterState.FAILED)
    admin = browser_as(Role.PLATFORM_ADMIN)
    assert "no such user" in admin.get(f"/admin/letters/{letter.id}").get_data(as_text=True)
    assert admin.post(f"/admin/letters/{letter.id}/retry").status_code == 303
    assert (state_of(session, letter), letter.attempts, letter.tries) == ("queued", 75, 0)
    assert not service.is_suppressed(session, "gone@example.test")
    assert admin.post(f"/admin/letters/{letter.id}/retry").status_code == 409


def test_a_letter_that_is_not_there(browser_as: BrowserAs) -> None:
    admin = browser_as(Role.PLATFORM_ADMIN)
    assert admin.get("/admin/letters/999").status_code == 404
    assert admin.post("/admin/letters/999/cancel").status_code == 404
