"""Scanners: by structure, by a ClamAV daemon, by a package that somebody installed."""

from __future__ import annotations

import socket
from importlib.metadata import EntryPoint

import pytest

import config
from engage.kernel import scanning
from engage.kernel.scanning import INFECTED, Clamd, ScannerUnavailable, Structure, scanner_named
from engage.kernel.settings import SettingsError
from tests.support import documents as make
from tests.support.clamd import FakeClamd


def test_structure_knows_no_viruses_but_macros() -> None:
    macros = make.archive({**make.docx_members(), "word/vbaProject.bin": make.OLE})
    assert Structure().check(make.pdf(), name="Annex.pdf") == ""
    assert Structure().check(macros, name="Annex.docx").startswith("This file holds macros.")
    assert Structure().ready() == "structure: looks for macros, scripts and hidden files, not for viruses"


def test_clamd_is_sent_the_whole_file_in_pieces() -> None:
    large = (
        make.png(behind=b"")[:-12] + b"\x00\x03\x0d\x40tEXt" + bytes(200_000) + bytes(4) + make.png()[-12:]
    )
    with FakeClamd() as clamd:
        scanner = scanner_named(clamd.setting)
        assert scanner.check(large, name="Map.png") == ""
        assert clamd.streams == [large]
        assert scanner.ready() == "ClamAV 1.4.3/27700"


def test_clamd_finds_something() -> None:
    text = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    with FakeClamd() as clamd:
        assert scanner_named(clamd.setting).check(text, name="a.txt") == INFECTED.format(
            "Win.Test.EICAR_HDB-1"
        )


def test_clamd_is_not_asked_about_what_its_structure_refuses() -> None:
    with FakeClamd() as clamd:
        assert scanner_named(clamd.setting).check(b"", name="a.txt") == "The file is empty."
        assert clamd.streams == []


@pytest.mark.parametrize("answer", [b"", b"stream: Something ERROR", b"OK then", b"stream: OK FOUND?"])
def test_an_answer_that_is_none_leaves_the_file_in_quarantine(answer: bytes) -> None:
    with FakeClamd(answer=answer) as clamd, pytest.raises(ScannerUnavailable) as trouble:
        scanner_named(clamd.setting).check(b"Hello", name="a.txt")
    assert str(trouble.value).startswith("The virus scanner could not check the file: ")


def test_a_stream_that_is_too_long_for_the_daemon() -> None:
    with FakeClamd(limit=10) as clamd, pytest.raises(ScannerUnavailable) as trouble:
        scanner_named(clamd.setting).check(b"Hello, everybody", name="a.txt")
    assert str(trouble.value) == (
        "The virus scanner could not check the file: INSTREAM size limit exceeded. ERROR."
    )


def test_a_daemon_that_hangs_is_given_up() -> None:
    with FakeClamd(silent=True) as clamd, pytest.raises(ScannerUnavailable) as trouble:
        Clamd(*clamd.address, answer=0.3).check(b"Hello", name="a.txt")
    host, port = clamd.address
    assert str(trouble.value) == f"The virus scanner at {host}:{port} does not answer."


def test_a_daemon_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host, port = taken.getsockname()
        with pytest.raises(ScannerUnavailable):
            Clamd(host, port, connect=1.0).ready()


def test_something_else_that_listens_there() -> None:
    with FakeClamd(answer=b"") as clamd:
        assert Clamd(*clamd.address).ready() == "ClamAV 1.4.3/27700"


@pytest.mark.parametrize(
    "setting",
    ["clamd", "clamd://", "clamd://host", "clamd://host:port", "clamd://host:99999", "clamd://h:1/x"],
)
def test_an_address_that_is_none_stops_the_start(setting: str) -> None:
    with pytest.raises(SettingsError) as refused:
        config.load({"ENGAGE_SCANNER": setting})
    assert str(refused.value) == (
        "ENGAGE_SCANNER must name the daemon as clamd://host:port, like clamd://127.0.0.1:3310."
    )


def test_a_scanner_that_is_not_installed() -> None:
    with pytest.raises(SettingsError) as refused:
        config.load({"ENGAGE_SCANNER": "other://x"})
    assert str(refused.value) == (
        "ENGAGE_SCANNER is “other://x”: use structure, clamd://host:port, or the name of an installed scanner."
    )


class Suspicious(Structure):
    """A scanner of somebody else."""

    def __init__(self, setting: str) -> None:
        self.setting = setting


def test_a_package_can_bring_a_scanner(monkeypatch: pytest.MonkeyPatch) -> None:
    brought = EntryPoint("other", f"{__name__}:Suspicious", "engage.scanners")
    monkeypatch.setattr(EntryPoint, "load", lambda _self: Suspicious)
    monkeypatch.setattr(
        scanning, "entry_points", lambda **wanted: [brought] if wanted["name"] == "other" else []
    )
    found = scanner_named("other://x")
    assert isinstance(found, Suspicious)
    assert found.setting == "other://x"
