"""Only paths on this site are gone on to."""

from __future__ import annotations

import pytest

from engage.http.redirects import local_path


@pytest.mark.parametrize("path", ["/", "/challenges/ENG-2026-0001", "/challenges?q=tide&page=2", "/a//b"])
def test_a_path_here_is_taken(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "challenges",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " /challenges",
        "/challenges ",
        "/ünsafe",
    ],
)
def test_anything_else_is_not(text: str | None) -> None:
    assert local_path(text) is None
