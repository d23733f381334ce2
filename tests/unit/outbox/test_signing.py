"""Signing with DKIM: off unless asked for, said in one sentence when it cannot be, and true where it can."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import config
from engage.kernel.settings import SettingsError, configure
from engage.outbox.service import signing

MAIL = (
    b"From: engage <no-reply@engage.example>\r\nTo: sam@example.test\r\nSubject: Hello\r\n"
    b"List-Unsubscribe: <https://engage.test/alerts/x>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nThe words.\r\n"
)
Sign = Callable[[str], None]


@pytest.fixture
def signing_with(settings: config.Config) -> Iterator[Sign]:
    signing._key.cache_clear()
    signing._library.cache_clear()
    yield lambda dkim: configure(replace(settings, dkim=dkim))
    configure(settings)


def test_without_the_setting_a_mail_stays_as_it_is(signing_with: Sign) -> None:
    signing_with("")
    assert signing.sign(MAIL) is MAIL


def test_a_missing_library_is_said_in_one_sentence(
    signing_with: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_name: str) -> None:
        raise ImportError

    signing_with("2026@engage.example:/nowhere/key.pem")
    monkeypatch.setattr(signing, "import_module", missing)
    with pytest.raises(SettingsError, match="install engage with the extra dkim"):
        signing.sign(MAIL)


def test_a_key_that_cannot_be_read_is_said_in_one_sentence(signing_with: Sign, tmp_path: Path) -> None:
    pytest.importorskip("dkim", reason="needs the extra dkim")
    signing_with(f"2026@engage.example:{tmp_path / 'none.pem'}")
    with pytest.raises(SettingsError, match="cannot be read: No such file or directory"):
        signing.sign(MAIL)


def test_a_signature_is_true_and_covers_how_to_unsubscribe(signing_with: Sign, tmp_path: Path) -> None:
    dkim = pytest.importorskip("dkim", reason="needs the extra dkim")
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    public = subprocess.run(
        ["openssl", "rsa", "-in", str(key), "-pubout"], check=True, capture_output=True, text=True
    ).stdout
    record = "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])
    signing_with(f"2026@engage.example:{key}")
    signed = signing.sign(MAIL)

    def verify(mail: bytes) -> bool:
        return bool(dkim.verify(mail, dnsfunc=lambda *_args, **_kwargs: record.encode()))

    assert verify(signed)
    assert not verify(signed.replace(b"/alerts/x", b"/alerts/y"))
    assert not verify(signed.replace(b"The words.", b"Other words."))


@pytest.mark.parametrize("wrong", ["2026", "2026@engage.example", "@engage.example:/x", "a b@c:/x"])
def test_a_setting_that_is_not_one_stops_the_start(wrong: str) -> None:
    with pytest.raises(SettingsError, match="ENGAGE_DKIM must look like"):
        config.load({"ENGAGE_DKIM": wrong})
