"""The kept signing key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from engage.cli.secret import kept_secret


def test_first_calls_at_once_agree_and_leave_one_closed_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(lambda _: kept_secret(tmp_path / "data"), range(8)))
    assert len(said) == 1
    assert len(said.pop()) == 64
    assert [entry.name for entry in (tmp_path / "data").iterdir()] == ["secret_key"]
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_kept_key_is_used_again(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("kept before\n")
    assert kept_secret(tmp_path) == "kept before"
