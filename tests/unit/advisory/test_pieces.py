"""Marking the words that stand in both texts."""

from __future__ import annotations

import pytest

from engage.advisory.queries import Piece, pieces


@pytest.mark.parametrize(
    ("text", "words", "marked"),
    [
        ("Empty seats on buses", ["empty seats"], ["Empty seats"]),
        ("Seats, empty seats and seating", ["seats", "empty seats"], ["Seats", "empty seats"]),
        ("A+ rated (c++) tools", ["c++", "a+"], ["A+", "c++"]),
        ("Nothing here", ["bus"], []),
        ("Nothing here", [], []),
        ("<b>bus</b>", ["bus"], ["bus"]),
    ],
)
def test_whole_words_are_marked_longest_first(text: str, words: list[str], marked: list[str]) -> None:
    found = pieces(text, words)
    assert [piece.text for piece in found if piece.matches] == marked
    assert "".join(piece.text for piece in found) == text


def test_without_words_the_text_is_one_piece() -> None:
    assert pieces("All of it.", []) == [Piece("All of it.", matches=False)]
