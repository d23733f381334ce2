"""Attachments on pages: attaching, what is refused, and who gets a file when."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from engage.challenges import jobs, queries, service
from engage.challenges.enums import ChallengeState
from engage.challenges.enums.files import LARGEST_FILE, AttachmentState
from engage.challenges.models import Challenge
from engage.http.uploads import USUAL
from engage.kernel.actor import Role
from tests.db.challenges.trail import Team
from tests.factories import challenges
from tests.support import documents as make
from tests.support.client import DistrustfulClient
from tests.support.html import without_tokens
from tests.support.queue import run_waiting
from tests.support.statements import selects

PDF = make.pdf()
HASH = hashlib.sha256(PDF).hexdigest()
BrowserAs = Callable[..., DistrustfulClient]


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


@pytest.fixture
def draft(team: Team) -> Challenge:
    return team.draft()


@pytest.fixture
def author(browser_as: BrowserAs, team: Team) -> DistrustfulClient:
    return browser_as(Role.POLICY_AUTHOR, organisation=team.department)


def page(challenge: Challenge) -> str:
    return f"/department/challenges/{challenge.ref}/attachments"


def upload(browser: DistrustfulClient, challenge: Challenge, name: str, data: bytes) -> TestResponse:
    return browser.post(page(challenge), data={"file": (io.BytesIO(data), name)})


def publish(session: Session, team: Team, made: Challenge) -> None:
    run_waiting(session, jobs.check_attachment.name)
    version = service.submit(session, actor=team.author, challenge=made)
    service.approve(session, actor=team.approver, challenge=made, content_hash=version.content_hash)
    if made.state is ChallengeState.NOTICE_PENDING:
        return
    service.publish(session, actor=team.author, challenge=made)


def test_attach_check_download_remove(
    session: Session, team: Team, draft: Challenge, author: DistrustfulClient
) -> None:
    empty = author.get(page(draft)).get_data(as_text=True)
    assert "Up to 10 MB: PDF, PNG, JPEG, plain text, CSV, ODT, ODS, ODP, DOCX, XLSX or PPTX." in empty
    sent = upload(author, draft, "Annex A – coûts.pdf", PDF)
    assert (sent.status_code, sent.headers["Location"]) == (303, page(draft))
    waiting = author.get(page(draft)).get_data(as_text=True)
    assert "Being checked" in waiting
    assert f'{page(draft)}/{HASH}"' not in waiting
    assert author.get(f"{page(draft)}/{HASH}").status_code == 404
    check = author.get(f"/department/challenges/{draft.ref}/check").get_data(as_text=True)
    assert "Wait until the attachment “Annex A – coûts.pdf” has been checked, or remove it" in check
    assert "/submit" not in check
    run_waiting(session, jobs.check_attachment.name)
    assert f'{page(draft)}/{HASH}"' in author.get(page(draft)).get_data(as_text=True)
    got = author.get(f"{page(draft)}/{HASH}")
    assert (got.status_code, got.data) == (200, PDF)
    assert got.headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''Annex%20A%20%E2%80%93%20co%C3%BBts.pdf"
    )
    assert got.headers["Content-Type"] == "application/pdf"
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert got.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in got.headers
    assert "/submit" in author.get(f"/department/challenges/{draft.ref}/check").get_data(as_text=True)
    removed = author.post(f"{page(draft)}/{HASH}/remove", follow_redirects=True).get_data(as_text=True)
    assert "is removed." in removed
    again = author.post(f"{page(draft)}/{HASH}/remove", follow_redirects=True).get_data(as_text=True)
    assert "This attachment was removed before." in again
    assert dict(queries.attachments(session, challenge=draft)) == {}


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        (
            "Annex.pdf",
            make.docx(),
            "This file is named .pdf but is a Word document. Save it as a PDF, or let its name end in .docx.",
        ),
        (
            "Annex.docx",
            make.archive({**make.docx_members(), "word/vbaProject.bin": make.OLE}),
            "This file holds macros. Save it without them, as DOCX, XLSX or PPTX, or attach a PDF.",
        ),
        ("Annex.pdf", b"", "The file is empty."),
        ("drawing.svg", b"<svg onload=alert(1)>", "This file is a web page, an SVG picture or other markup."),
        (
            "big.txt",
            b"a" * (LARGEST_FILE + 1),
            "The file is larger than 10 MB. Make it smaller, or split it.",
        ),
    ],
)
def test_bad_files_come_back_with_the_one_sentence(
    draft: Challenge, author: DistrustfulClient, name: str, data: bytes, sentence: str
) -> None:
    answer = upload(author, draft, name, data)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert text.count(sentence) == 2  # in the summary and beside the field
    assert 'href="#file"' in text


def test_nothing_chosen(draft: Challenge, author: DistrustfulClient) -> None:
    for data in ({}, {"file": (io.BytesIO(b""), "")}, {"file": "not a file"}):
        answer = author.post(page(draft), data=data, content_type="multipart/form-data")
        assert (answer.status_code, "Choose a file" in answer.get_data(as_text=True)) == (422, True)


class TestSize:
    def test_a_request_that_is_too_large_is_told_the_limit(
        self, draft: Challenge, author: DistrustfulClient
    ) -> None:
        answer = upload(author, draft, "big.txt", b"a" * (LARGEST_FILE + USUAL))
        assert answer.status_code == 413
        assert "The file is larger than 10 MB, the most that this page takes." in answer.get_data(
            as_text=True
        )

    def test_other_pages_and_other_people_take_no_more_than_before(
        self, draft: Challenge, author: DistrustfulClient, browser_as: BrowserAs
    ) -> None:
        large = b"a" * (USUAL + 1)
        edit = f"/department/challenges/{draft.ref}/edit/problem"
        refused = author.post(edit, data={"problem": large})
        assert refused.status_code == 413
        assert "What you sent is larger than 2 MB" in refused.get_data(as_text=True)
        supplier = browser_as(Role.SUPPLIER_ADMIN)
        assert upload(supplier, draft, "a.txt", large).status_code == 403

    def test_the_limit_stands_before_the_token_is_looked_for(
        self, web_app: Flask, draft: Challenge, author: DistrustfulClient
    ) -> None:
        """The check against forged posts reads the form first of all: the raised limit must be there by then."""
        web_app.config["WTF_CSRF_ENABLED"] = True
        try:
            answer = upload(author, draft, "big.txt", b"a" * (USUAL + 1))
        finally:
            web_app.config["WTF_CSRF_ENABLED"] = False
        assert answer.status_code == 400
        assert "open for too long" in answer.get_data(as_text=True)


class TestWhoGetsAFile:
    @pytest.fixture
    def everyone(self, client: DistrustfulClient, browser_as: BrowserAs) -> list[DistrustfulClient]:
        """A visitor, a supplier, another department, an approver there."""
        return [
            client,
            browser_as(Role.SUPPLIER_ADMIN),
            browser_as(Role.POLICY_AUTHOR),
            browser_as(Role.APPROVER),
        ]

    def test_only_its_department_and_auditors_before_publication_everybody_after(
        self,
        session: Session,
        team: Team,
        draft: Challenge,
        browser_as: BrowserAs,
        everyone: list[DistrustfulClient],
    ) -> None:
        service.attach(session, actor=team.author, challenge=draft, name="Annex.pdf", data=PDF)
        run_waiting(session, jobs.check_attachment.name)
        inside, outside = f"{page(draft)}/{HASH}", f"/challenges/{draft.ref}/attachments/{HASH}"
        own = browser_as(Role.APPROVER, organisation=team.department)
        auditor = browser_as(Role.AUDITOR)
        assert [browser.get(inside).status_code for browser in (own, auditor)] == [200, 200]
        for browser in everyone:
            denied = browser.get(outside, headers={"If-None-Match": f'"{HASH}"'})
            nothing = browser.get(f"/challenges/ENG-2019-9999/attachments/{HASH}")
            assert (denied.status_code, "ETag" in denied.headers) == (404, False)
            assert without_tokens(denied.text) == without_tokens(nothing.text)
        assert [browser.get(inside).status_code for browser in everyone] == [302, 404, 404, 404]
        publish(session, team, draft)
        assert [browser.get(outside).status_code for browser in everyone] == [200] * 4
        assert [browser.get(inside).status_code for browser in everyone] == [302, 404, 404, 404]

    def test_a_notice_comes_first(
        self, session: Session, team: Team, everyone: list[DistrustfulClient]
    ) -> None:
        made = team.draft(**challenges.PME)
        service.attach(session, actor=team.author, challenge=made, name="Annex.pdf", data=PDF)
        publish(session, team, made)
        outside = f"/challenges/{made.ref}/attachments/{HASH}"
        assert made.state is ChallengeState.NOTICE_PENDING
        assert [browser.get(outside).status_code for browser in everyone] == [404] * 4
        service.record_notice(session, actor=team.author, challenge=made, **challenges.NOTICE)
        assert [browser.get(outside).status_code for browser in everyone] == [404] * 4
        service.publish(session, actor=team.author, challenge=made)
        assert [browser.get(outside).status_code for browser in everyone] == [200] * 4

    def test_a_file_of_another_challenge_is_not_found_under_this_one(
        self, session: Session, team: Team, draft: Challenge, client: DistrustfulClient
    ) -> None:
        hidden = team.draft(title="A secret one")
        secret = service.attach(
            session, actor=team.author, challenge=hidden, name="Secret.txt", data=b"Secret"
        )
        service.attach(session, actor=team.author, challenge=draft, name="Annex.pdf", data=PDF)
        publish(session, team, draft)
        assert client.get(f"/challenges/{draft.ref}/attachments/{secret.sha256}").status_code == 404
        assert client.get(f"/challenges/{hidden.ref}/attachments/{HASH}").status_code == 404

    def test_the_public_page_lists_what_is_public_and_not_what_is_prepared(
        self, session: Session, team: Team, draft: Challenge, client: DistrustfulClient
    ) -> None:
        service.attach(session, actor=team.author, challenge=draft, name="Annex <A>.pdf", data=PDF)
        publish(session, team, draft)
        service.open_revision(session, actor=team.author, challenge=draft)
        new = service.attach(
            session, actor=team.author, challenge=draft, name="Hidden figures.txt", data=b"1"
        )
        run_waiting(session, jobs.check_attachment.name)
        text = client.get(f"/challenges/{draft.ref}").get_data(as_text=True)
        assert f'href="/challenges/{draft.ref}/attachments/{HASH}"' in text
        assert "Annex _A_.pdf" in text
        assert f"PDF, {len(PDF)} bytes" in text
        assert "Hidden figures" not in text
        assert client.get(f"/challenges/{draft.ref}/attachments/{new.sha256}").status_code == 404
        assert "Hidden figures" not in client.get(f"/challenges/{draft.ref}/changes").get_data(as_text=True)
        assert client.get("/challenges?q=Hidden+figures").get_data(as_text=True).count(draft.ref) == 0

    def test_what_was_downloaded_is_not_sent_again(
        self, session: Session, team: Team, draft: Challenge, client: DistrustfulClient
    ) -> None:
        service.attach(session, actor=team.author, challenge=draft, name="Annex.pdf", data=PDF)
        publish(session, team, draft)
        address = f"/challenges/{draft.ref}/attachments/{HASH}"
        first, head = client.get(address), client.head(address)
        assert (first.headers["ETag"], first.headers["Cache-Control"]) == (f'"{HASH}"', "public, no-cache")
        assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(PDF)))
        again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_the_approver_sees_each_file_with_its_hash(
    session: Session, team: Team, draft: Challenge, browser_as: BrowserAs
) -> None:
    service.attach(session, actor=team.author, challenge=draft, name="Annex.pdf", data=PDF)
    run_waiting(session, jobs.check_attachment.name)
    service.submit(session, actor=team.author, challenge=draft)
    approver = browser_as(Role.APPROVER, organisation=team.department)
    text = approver.get(f"/department/challenges/{draft.ref}/review").get_data(as_text=True)
    assert f'href="{page(draft)}/{HASH}"' in text
    assert f"<code>{HASH}</code>" in text
    history = approver.get(f"/department/challenges/{draft.ref}/history").get_data(as_text=True)
    assert "Attachment checked, nothing found" in history


def test_a_refused_file_says_why(
    session: Session, team: Team, draft: Challenge, author: DistrustfulClient
) -> None:
    kept = service.attach(session, actor=team.author, challenge=draft, name="Annex.pdf", data=PDF)
    service.settle(session, attachment_id=kept.id, refusal="The virus scanner found something.")
    text = author.get(page(draft)).get_data(as_text=True)
    assert "The virus scanner found something." in text
    assert kept.state is AttachmentState.REFUSED
    assert author.get(f"{page(draft)}/{HASH}").status_code == 404


def test_the_list_asks_no_more_for_three_files_than_for_one(
    session: Session, engine: sa.Engine, team: Team, draft: Challenge, author: DistrustfulClient
) -> None:
    numbers = []
    for name in ("a.txt", "b.txt", "c.txt"):
        service.attach(session, actor=team.author, challenge=draft, name=name, data=name.encode())
        session.commit()
        with selects(engine) as statements:
            author.get(page(draft))
        numbers.append(len(statements))
    assert numbers[0] == numbers[2]


def test_a_submitted_text_takes_no_files(session: Session, team: Team, author: DistrustfulClient) -> None:
    made = team.submitted()
    assert upload(author, made, "Annex.pdf", PDF).status_code == 409
    assert author.get(page(made)).status_code == 409
