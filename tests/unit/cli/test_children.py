"""Children of the supervisor: their logs, their ends, what is told of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from engage.cli import children
from engage.cli.children import Child, make_log
from tests.support.processes import gone, until


def child(log: Path, code: str) -> Child:
    return Child(
        name="helper",
        command=[sys.executable, "-c", code],
        environment=dict(os.environ),
        folder=log.parent,
        log=log,
    )


def test_a_large_log_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LARGEST_LOG", 10)
    make_log(tmp_path / "log", "web").write_text("0123456789")
    assert make_log(tmp_path / "log", "web").read_text() == "0123456789"
    make_log(tmp_path / "log", "web").write_text("0123456789x")
    assert make_log(tmp_path / "log", "web").read_text() == ""
    assert (tmp_path / "log" / "web.log.1").read_text() == "0123456789x"
    assert (tmp_path / "log" / "web.log").stat().st_mode & 0o777 == 0o600


def test_an_end_is_told_once_and_the_pause_doubles(tmp_path: Path) -> None:
    log = make_log(tmp_path, "helper")
    helper = child(log, "print('no luck'); raise SystemExit(3)")
    told = []
    for pause in ("0.5", "1"):
        helper.start()
        assert until(lambda: not helper.running)
        told.append(helper.tend())
        assert told[-1] == f"The helper ended (exit code 3) and starts again in {pause} s; see {log}."
        assert helper.tend() is None
        assert not helper.running
    assert helper.last_words() == "no luck"


def test_stopping_ends_what_does_not_listen_and_what_it_started(tmp_path: Path) -> None:
    log = make_log(tmp_path, "helper")
    deaf = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "child = os.fork(); print(os.getpid(), child, flush=True) if child else None; time.sleep(600)"
    )
    helper = child(log, deaf)
    helper.start()
    assert until(lambda: log.read_text().endswith("\n"))
    pids = [int(word) for word in log.read_text().split()]
    helper.ask_to_stop()
    helper.end(600.0, hurry=lambda: True)
    assert until(lambda: all(gone(pid) for pid in pids))
