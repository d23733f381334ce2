"""Mailboxes to which letters come back: each mail is given once, and stays there for people."""

from __future__ import annotations

import imaplib
from pathlib import Path

import pytest

from engage.kernel.settings import SettingsError
from engage.outbox.service.mailbox import MaildirMailbox, open_mailbox
from tests.support.imap import ImapServer

MAILS = [b"Subject: One\r\n\r\nWords\r\n", b"Subject: Two\r\n\r\nMore\r\n"]


def test_a_folder_on_an_imap_server_is_read_once() -> None:
    with ImapServer(MAILS) as server:
        with open_mailbox(server.address) as mailbox:
            first, second = mailbox.unread()
            mailbox.mark_read(first[0])
        assert [first[1], second[1]] == MAILS
        assert server.seen == {1}
        with open_mailbox(server.address) as mailbox:
            assert [data for _, data in mailbox.unread()] == MAILS[1:]


@pytest.mark.parametrize("wrong", ["Elsewhere", "p%40ss:p%40s"])
def test_a_wrong_password_or_folder_is_an_error_that_is_tried_again(wrong: str) -> None:
    with ImapServer(MAILS) as server:
        address = (
            server.address.replace("Bounces", wrong)
            if wrong.isalpha()
            else server.address.replace("p%40ss", "x")
        )
        with pytest.raises(imaplib.IMAP4.error), open_mailbox(address):
            pass


def test_a_password_does_not_go_to_another_machine_in_the_open() -> None:
    with (
        pytest.raises(SettingsError, match="use imaps"),
        open_mailbox("imap://reader:secret@mail.test/INBOX"),
    ):
        pass


def test_a_maildir_is_read_once_and_keeps_its_mails(tmp_path: Path) -> None:
    folder = tmp_path / "Maildir"
    with open_mailbox(f"maildir:{folder}") as mailbox:
        assert list(mailbox.unread()) == []
    (folder / "new" / "1.host").write_bytes(MAILS[0].replace(b"\r\n", b"\n"))
    with open_mailbox(f"maildir:{folder}") as mailbox:
        ((key, data),) = mailbox.unread()
        mailbox.mark_read(key)
    assert data == MAILS[0].replace(b"\r\n", b"\n")
    assert list(MaildirMailbox(str(folder)).unread()) == []
    assert [path.name for path in (folder / "cur").iterdir()] == ["1.host:2,S"]


def test_the_mails_that_were_read_keep_no_new_one_from_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engage.outbox.service.mailbox.MOST_AT_ONCE", 2)
    mailbox = MaildirMailbox(str(tmp_path))
    for number in range(4):
        (tmp_path / "new" / f"{number}.host").write_bytes(MAILS[0])
    assert [key for key, _ in mailbox.unread()] == ["new/0.host", "new/1.host"]
    for key in ("new/0.host", "new/1.host"):
        mailbox.mark_read(key)
    assert [key for key, _ in mailbox.unread()] == ["new/2.host", "new/3.host"]


def test_a_maildir_keeps_the_flags_that_people_set(tmp_path: Path) -> None:
    mailbox = MaildirMailbox(str(tmp_path))
    (tmp_path / "cur" / "1.host:2,FR").write_bytes(MAILS[0])
    ((key, _),) = mailbox.unread()
    mailbox.mark_read(key)
    mailbox.mark_read(key)
    assert [path.name for path in (tmp_path / "cur").iterdir()] == ["1.host:2,FRS"]
