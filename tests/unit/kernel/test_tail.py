"""The last words of a log."""

from __future__ import annotations

from pathlib import Path

from engage.kernel.tail import end_of, last_line


def test_the_last_line_with_a_mark_is_preferred() -> None:
    text = "FATAL: no room\nHINT: make some\nLOG: shut down\n\n"
    assert last_line(text) == "LOG: shut down"
    assert last_line(text, marked=("FATAL:", "PANIC:")) == "FATAL: no room"
    assert last_line(text, marked=("PANIC:",)) == "LOG: shut down"
    assert last_line("\n") == "it wrote nothing"


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("old\n" * 10_000 + "new\n")
    assert len(end_of(log)) == 16_384
    assert end_of(log).endswith("old\nnew\n")
    assert end_of(tmp_path / "none.log") == ""
