"""Attachments: what is kept, checked, listed in the approved text, public, and deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engage.audit import queries as audit
from engage.challenges import jobs, queries, service
from engage.challenges.enums import ChallengeState, RevisionState
from engage.challenges.enums.files import LARGEST_FILE, LARGEST_TOTAL, MOST_FILES, AttachmentState
from engage.challenges.models import Attachment, Challenge
from engage.kernel.actor import Role
from engage.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from engage.kernel.filetypes import FileKind
from engage.kernel.scanning import INFECTED
from engage.kernel.settings import configure, settings
from tests.db.challenges.trail import Team, deeds
from tests.factories import accounts
from tests.support import documents as make
from tests.support.clamd import FakeClamd
from tests.support.queue import run_waiting

_S = ChallengeState
PDF = make.pdf()
PDF_HASH = hashlib.sha256(PDF).hexdigest()


@pytest.fixture
def team(session: Session) -> Team:
    return Team(session)


@pytest.fixture
def scanned_by() -> Iterator[Callable[[str], None]]:
    before = settings()

    def use(setting: str) -> None:
        configure(replace(before, scanner=setting))

    yield use
    configure(before)


def checked(session: Session) -> int:
    return run_waiting(session, service.CHECK)


def state_of(session: Session, challenge: Challenge, sha256: str = PDF_HASH) -> AttachmentState:
    session.expire_all()
    return queries.attachments(session, challenge=challenge)[sha256].state


def attach(
    session: Session, team: Team, made: Challenge, name: str = "Annex A.pdf", data: bytes = PDF
) -> Attachment:
    return service.attach(session, actor=team.author, challenge=made, name=name, data=data)


class TestAttaching:
    def test_a_file_waits_in_quarantine_and_the_text_lists_it(self, session: Session, team: Team) -> None:
        made = team.draft()
        before = made.content_hash
        kept = attach(session, team, made, "C:\\papers\\Annex\u202e A.pdf")
        session.expire_all()
        entry = {"name": "Annex A.pdf", "sha256": PDF_HASH, "size": len(PDF), "kind": "pdf"}
        assert made.content["attachments"] == [entry]
        assert made.content_hash != before
        assert (kept.state, kept.kind, kept.checked_at) == (AttachmentState.QUARANTINED, FileKind.PDF, None)
        assert deeds(session, made) == ["drafted", "attached"]
        line = audit.history(session, subject=f"challenge:{made.ref}")[-1]
        assert line.details == {"sha256": PDF_HASH, "kind": "pdf", "size": len(PDF)}

    def test_a_text_without_attachments_is_hashed_as_before_there_were_any(
        self, session: Session, team: Team
    ) -> None:
        made = team.draft()
        before = made.content
        assert "attachments" not in before
        attach(session, team, made)
        service.detach(session, actor=team.author, challenge=made, sha256=PDF_HASH)
        session.expire_all()
        assert made.content == before

    def test_the_job_finds_it_clean(self, session: Session, team: Team) -> None:
        made = team.draft()
        attach(session, team, made)
        assert checked(session) == 1
        assert state_of(session, made) is AttachmentState.CLEAN
        assert deeds(session, made) == ["drafted", "attached", "attachment_clean"]
        found = queries.attachment(session, challenge=made, sha256=PDF_HASH)
        assert b"".join(queries.pieces(session, attachment=found)) == PDF

    def test_large_files_come_back_whole_piece_by_piece(self, session: Session, team: Team) -> None:
        made = team.draft()
        data = make.jpeg(behind=bytes(range(256)) * 12_000)
        kept = attach(session, team, made, "Photo.jpg", data)
        got = list(queries.pieces(session, attachment=kept))
        assert (len(got), b"".join(got) == data) == (3, True)

    @pytest.mark.parametrize(
        ("name", "data", "sentence"),
        [
            ("Annex.pdf", b"", "The file is empty."),
            ("", PDF, "Give the file a name, and attach it again."),
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
            (
                "Annex.pdf",
                PDF + bytes(LARGEST_FILE),
                "The file is larger than 10 MB. Make it smaller, or split it.",
            ),
        ],
    )
    def test_what_cannot_be_attached(
        self, session: Session, team: Team, name: str, data: bytes, sentence: str
    ) -> None:
        made = team.draft()
        with pytest.raises(Invalid) as refused:
            attach(session, team, made, name, data)
        assert refused.value.fields == {"file": sentence}
        assert (made.attachments, dict(queries.attachments(session, challenge=made))) == ([], {})

    def test_the_same_file_twice_too_many_and_too_much(self, session: Session, team: Team) -> None:
        made = team.draft()
        for number in range(MOST_FILES):
            attach(session, team, made, f"{number}.txt", f"{number}".encode())
        with pytest.raises(Invalid) as refused:
            attach(session, team, made, "again.txt", b"3")
        assert refused.value.fields == {"file": "This file is attached already, as “3.txt”."}
        with pytest.raises(Invalid) as refused:
            attach(session, team, made)
        assert refused.value.fields == {"file": "There are 10 attachments already. Remove one first."}
        service.detach(session, actor=team.author, challenge=made, sha256=made.attachments[0]["sha256"])
        made.attachments = [{**each, "size": LARGEST_TOTAL // 9} for each in made.attachments]
        with pytest.raises(Invalid) as refused:
            attach(session, team, made)
        assert refused.value.fields == {
            "file": "All attachments together may have 25 MB. Remove one, or make this one smaller."
        }

    def test_only_writers_of_the_department_while_it_is_written(self, session: Session, team: Team) -> None:
        made = team.draft()
        other = accounts.actor(session, Role.POLICY_AUTHOR)
        for stranger in (team.approver, other):
            with pytest.raises(NotAllowed):
                service.attach(session, actor=stranger, challenge=made, name="a.pdf", data=PDF)
        service.submit(session, actor=team.author, challenge=made)
        with pytest.raises(Conflict):
            attach(session, team, made)

    def test_who_attaches_becomes_a_writer_and_a_text_sent_back_a_draft(
        self, session: Session, team: Team
    ) -> None:
        made = team.submitted()
        service.request_changes(session, actor=team.approver, challenge=made, reasons="Add the annex.")
        second = team.join(Role.POLICY_AUTHOR)
        service.attach(session, actor=second, challenge=made, name="a.pdf", data=PDF)
        assert (made.state, second.person_id in made.writer_ids) == (_S.DRAFT, True)


class TestQuarantine:
    def test_a_text_is_not_submitted_before_its_files_are_clean(self, session: Session, team: Team) -> None:
        made = team.draft()
        attach(session, team, made)
        with pytest.raises(Invalid) as refused:
            service.submit(session, actor=team.author, challenge=made)
        assert refused.value.fields == {
            "attachments": "Wait until the attachment “Annex A.pdf” has been checked, or remove it"
        }
        checked(session)
        version = service.submit(session, actor=team.author, challenge=made)
        assert version.content["attachments"] == made.attachments

    def test_nobody_gets_a_file_that_is_not_clean(self, session: Session, team: Team) -> None:
        made = team.draft()
        attach(session, team, made)
        with pytest.raises(NotFound):
            queries.attachment(session, challenge=made, sha256=PDF_HASH)

    def test_what_the_virus_scanner_finds_is_not_kept(
        self, session: Session, team: Team, scanned_by: Callable[[str], None]
    ) -> None:
        made = team.draft()
        eicar = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
        bad = attach(session, team, made, "test.txt", eicar)
        attach(session, team, made)
        with FakeClamd() as clamd:
            scanned_by(clamd.setting)
            assert checked(session) == 2
        assert clamd.streams == [eicar, PDF]
        assert state_of(session, made) is AttachmentState.CLEAN
        assert state_of(session, made, bad.sha256) is AttachmentState.REFUSED
        row = session.execute(
            sa.select(Attachment.data, Attachment.refusal).where(Attachment.id == bad.id)
        ).one()
        assert (row.data, row.refusal) == (None, INFECTED.format("Win.Test.EICAR_HDB-1"))
        with pytest.raises(Invalid) as refused:
            service.submit(session, actor=team.author, challenge=made)
        assert refused.value.fields == {"attachments": "Remove the attachment “test.txt”: it was refused"}

    def test_a_scanner_that_is_away_leaves_it_there_and_is_asked_again(
        self, session: Session, team: Team, scanned_by: Callable[[str], None]
    ) -> None:
        made = team.draft()
        kept = attach(session, team, made)
        with FakeClamd() as clamd:
            setting = clamd.setting
        scanned_by(setting)
        checked(session)
        assert state_of(session, made) is AttachmentState.QUARANTINED
        assert kept.trouble == f"The virus scanner at {setting.removeprefix('clamd://')} does not answer."
        number, since = queries.waiting_since(session)
        assert (number, since) == (1, kept.added_at)
        scanned_by("structure")
        jobs.check_attachments()
        jobs.check_attachments()
        assert checked(session) == 1
        assert (state_of(session, made), kept.trouble) == (AttachmentState.CLEAN, "")

    def test_a_check_that_comes_late_does_nothing(self, session: Session, team: Team) -> None:
        made = team.draft()
        kept = attach(session, team, made)
        checked(session)
        service.settle(session, attachment_id=kept.id, refusal="Too late.")
        service.note_trouble(session, attachment_id=kept.id, trouble="Too late.")
        jobs.check_attachment(attachment_id=kept.id)
        jobs.check_attachment(attachment_id=0)
        assert state_of(session, made) is AttachmentState.CLEAN

    def test_the_database_keeps_no_other_bytes_than_those_hashed(self, session: Session, team: Team) -> None:
        kept = attach(session, team, team.draft())
        for values in (
            {"data": PDF + b" "},
            {"data": None},
            {"state": AttachmentState.REFUSED},
            {"sha256": "0"},
        ):
            with pytest.raises(IntegrityError), session.begin_nested():
                session.execute(sa.update(Attachment).where(Attachment.id == kept.id).values(**values))


class TestRemoving:
    def test_the_bytes_of_a_draft_are_deleted(self, session: Session, team: Team) -> None:
        made = team.draft()
        attach(session, team, made)
        assert service.detach(session, actor=team.author, challenge=made, sha256=PDF_HASH) == "Annex A.pdf"
        assert session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 0
        assert deeds(session, made) == ["drafted", "attached", "detached"]
        with pytest.raises(NotFound):
            service.detach(session, actor=team.author, challenge=made, sha256=PDF_HASH)
        jobs.check_attachment(attachment_id=1)  # its job finds nothing to do
        assert attach(session, team, made).name == "Annex A.pdf"

    def test_nothing_is_removed_from_what_was_submitted(self, session: Session, team: Team) -> None:
        made = team.draft()
        attach(session, team, made)
        checked(session)
        service.submit(session, actor=team.author, challenge=made)
        with pytest.raises(Conflict):
            service.detach(session, actor=team.author, challenge=made, sha256=PDF_HASH)


def published(session: Session, team: Team) -> Challenge:
    """A public challenge with one attachment."""
    made = team.draft()
    attach(session, team, made)
    checked(session)
    version = service.submit(session, actor=team.author, challenge=made)
    service.approve(session, actor=team.approver, challenge=made, content_hash=version.content_hash)
    service.publish(session, actor=team.author, challenge=made)
    return made


def change(session: Session, team: Team, made: Challenge) -> None:
    """Approve and publish the change that is being written."""
    version = service.submit_revision(
        session, actor=team.author, challenge=made, material=False, reason="Another annex."
    )
    service.approve_revision(
        session,
        actor=team.approver,
        challenge=made,
        content_hash=version.content_hash,
        version_read=version.number,
    )
    service.publish_revision(session, actor=team.author, challenge=made)


class TestPublic:
    def test_a_file_is_public_with_the_text_that_lists_it(self, session: Session, team: Team) -> None:
        made = team.draft()
        attach(session, team, made)
        checked(session)
        version = service.submit(session, actor=team.author, challenge=made)
        service.approve(session, actor=team.approver, challenge=made, content_hash=version.content_hash)
        with pytest.raises(NotFound):
            queries.public_attachment(session, ref=made.ref, sha256=PDF_HASH)
        service.publish(session, actor=team.author, challenge=made)
        assert queries.public_attachment(session, ref=made.ref, sha256=PDF_HASH).name == "Annex A.pdf"

    def test_a_change_shows_nothing_before_it_is_published_and_takes_nothing_back(
        self, session: Session, team: Team
    ) -> None:
        made = published(session, team)
        new = b"Figures of the year"
        service.open_revision(session, actor=team.author, challenge=made)
        added = attach(session, team, made, "Figures.txt", new)
        service.detach(session, actor=team.author, challenge=made, sha256=PDF_HASH)
        checked(session)
        session.expire_all()
        assert [each["name"] for each in made.content["attachments"]] == ["Annex A.pdf"]
        assert [each["name"] for each in made.writing.content["attachments"]] == ["Figures.txt"]
        with pytest.raises(NotFound):
            queries.public_attachment(session, ref=made.ref, sha256=added.sha256)
        change(session, team, made)
        session.expire_all()
        assert [each["name"] for each in made.content["attachments"]] == ["Figures.txt"]
        assert made.approved_hash == made.content_hash
        for sha256 in (added.sha256, PDF_HASH):  # the former text stays readable, with what belonged to it
            assert queries.public_attachment(session, ref=made.ref, sha256=sha256).sha256 == sha256

    def test_a_change_can_take_the_last_attachment_away(self, session: Session, team: Team) -> None:
        made = published(session, team)
        service.open_revision(session, actor=team.author, challenge=made)
        service.detach(session, actor=team.author, challenge=made, sha256=PDF_HASH)
        change(session, team, made)
        session.expire_all()
        assert "attachments" not in made.content
        assert made.approved_hash == made.content_hash

    def test_a_change_that_is_dropped_leaves_no_files(self, session: Session, team: Team) -> None:
        made = published(session, team)
        service.open_revision(session, actor=team.author, challenge=made)
        attach(session, team, made, "Figures.txt", b"Figures")
        service.detach(session, actor=team.author, challenge=made, sha256=PDF_HASH)
        service.drop_revision(session, actor=team.author, challenge=made)
        assert list(queries.attachments(session, challenge=made)) == [PDF_HASH]
        assert made.open_revision is None

    @pytest.mark.parametrize("end", [service.end_early, service.withdraw])
    def test_nor_does_one_that_ends_with_its_challenge(
        self, session: Session, team: Team, end: Callable[..., None]
    ) -> None:
        made = published(session, team)
        service.open_revision(session, actor=team.author, challenge=made)
        attach(session, team, made, "Figures.txt", b"Figures")
        end(session, actor=team.author, challenge=made, reason="We know enough.")
        assert list(queries.attachments(session, challenge=made)) == [PDF_HASH]
        assert queries.public_attachment(session, ref=made.ref, sha256=PDF_HASH).name == "Annex A.pdf"

    def test_a_change_waits_for_its_files(self, session: Session, team: Team) -> None:
        made = published(session, team)
        revision = service.open_revision(session, actor=team.author, challenge=made)
        attach(session, team, made, "Figures.txt", b"Figures")
        with pytest.raises(Invalid) as refused:
            change(session, team, made)
        assert list(refused.value.fields) == ["attachments"]
        assert revision.state is RevisionState.WRITING

    def test_what_is_withdrawn_unpublished_never_gets_out(self, session: Session, team: Team) -> None:
        made = team.draft()
        attach(session, team, made)
        checked(session)
        service.submit(session, actor=team.author, challenge=made)
        service.withdraw(session, actor=team.author, challenge=made, reason="Not needed.")
        with pytest.raises(NotFound):
            queries.public_attachment(session, ref=made.ref, sha256=PDF_HASH)

    def test_a_copy_of_a_challenge_has_none_of_its_files(self, session: Session, team: Team) -> None:
        made = published(session, team)
        copy = service.copy_challenge(session, actor=team.author, source=made)
        assert (copy.attachments, dict(queries.attachments(session, challenge=copy))) == ([], {})
        with pytest.raises(NotFound):
            queries.attachment(session, challenge=copy, sha256=PDF_HASH)
