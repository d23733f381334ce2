"""Ways out for mail that need no server, and the sentences about servers that do not answer."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from pathlib import Path

import pytest

from engage.outbox.errors import Unreachable
from engage.outbox.service.mime import Mail
from engage.outbox.service.smtp import SmtpTransport
from engage.outbox.service.transports import ConsoleTransport, FileTransport, open_transport

MAIL = Mail(
    sender="no-reply@engage.example",
    recipient="sam@example.test",
    message_id="<1@engage.test>",
    subject="Hello / you",
    text="The words.\n",
    data=b"Subject: Hello / you\r\n\r\nThe words.\r\n",
)


def test_the_setting_chooses_the_transport(tmp_path: Path) -> None:
    assert isinstance(open_transport("smtp://mail.test"), SmtpTransport)
    assert isinstance(open_transport("smtps://mail.test"), SmtpTransport)
    assert isinstance(open_transport(f"file:{tmp_path}"), FileTransport)
    assert isinstance(open_transport("console"), ConsoleTransport)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://mail.test", ("mail.test", 25, False, "", "")),
        ("smtps://mail.test", ("mail.test", 465, True, "", "")),
        ("smtp://sam:p%40ss@mail.test:587", ("mail.test", 587, False, "sam", "p@ss")),
    ],
)
def test_an_address_names_host_port_user_and_password(
    address: str, expected: tuple[str, int, bool, str, str]
) -> None:
    found = SmtpTransport(address)
    assert (found.host, found.port, found.secure, found.user, found.password) == expected


def test_a_file_is_a_mail_and_the_same_mail_is_the_same_file(tmp_path: Path) -> None:
    transport = FileTransport(tmp_path / "new" / "outbox")
    transport.send(MAIL)
    transport.send(MAIL)
    transport.close()
    (file,) = (tmp_path / "new" / "outbox").iterdir()
    assert file.name.startswith("hello-you-")
    assert file.stat().st_mode & 0o777 == 0o600
    assert (
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)["Subject"] == "Hello / you"
    )


def test_a_folder_that_cannot_be_written_to_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands here")
    with pytest.raises(Unreachable, match=r"^Mail cannot be written to .*/outbox: File exists\.$"):
        FileTransport(tmp_path / "outbox").send(MAIL)


def test_the_console_shows_the_words(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleTransport().send(MAIL)
    assert capsys.readouterr().out == "To: sam@example.test\nSubject: Hello / you\n\nThe words.\n\n"


@pytest.mark.usefixtures("settings")
def test_a_server_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engage.outbox.service.smtp.TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        with pytest.raises(
            Unreachable, match=f"^The mail server 127.0.0.1:{port} does not answer: .*timed out\\.$"
        ):
            SmtpTransport(f"smtp://127.0.0.1:{port}").send(MAIL)


@pytest.mark.usefixtures("settings")
def test_a_server_that_turns_us_away_is_said_with_its_words() -> None:
    with socket.socket() as rude:
        rude.bind(("127.0.0.1", 0))
        rude.listen()
        port = rude.getsockname()[1]

        def answer() -> None:
            connection, _ = rude.accept()
            with connection:
                connection.sendall(b"554 5.3.2 closed for today\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(
            Unreachable, match=f"^The mail server 127.0.0.1:{port} does not let engage in: 554 5"
        ):
            SmtpTransport(f"smtp://127.0.0.1:{port}").send(MAIL)
        thread.join()
