"""Texts compared and put together word by word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.kernel.wording import Change, Merged, Piece, compare, merge

TEXTS = st.lists(st.sampled_from(["one", "two", "three.", "four", "five.", "\n\n", "six"]), max_size=14).map(
    " ".join
)


def read(pieces: list[Piece], *left_out: Change) -> list[str]:
    """The words of the pieces, without some."""
    return " ".join(piece.text for piece in pieces if piece.change not in left_out).split()


class TestComparing:
    def test_words_that_went_and_words_that_came(self) -> None:
        assert compare("One in five seats is empty.", "One in four seats stays empty.") == [
            Piece(Change.KEPT, "One in "),
            Piece(Change.REMOVED, "five "),
            Piece(Change.ADDED, "four "),
            Piece(Change.KEPT, "seats "),
            Piece(Change.REMOVED, "is "),
            Piece(Change.ADDED, "stays "),
            Piece(Change.KEPT, "empty."),
        ]

    @pytest.mark.parametrize(
        ("before", "after", "pieces"),
        [
            ("", "", []),
            ("", "New.", [Piece(Change.ADDED, "New.")]),
            ("Old.", "", [Piece(Change.REMOVED, "Old.")]),
            ("Same words", " Same  words\n", [Piece(Change.KEPT, "Same  words")]),
        ],
    )
    def test_edges(self, before: str, after: str, pieces: list[Piece]) -> None:
        assert compare(before, after) == pieces

    def test_a_new_paragraph_is_a_change(self) -> None:
        assert [piece.change for piece in compare("A b", "A\n\nb")] == [
            Change.REMOVED,
            Change.ADDED,
            Change.KEPT,
        ]

    @given(TEXTS, TEXTS)
    def test_both_texts_can_be_read_from_the_pieces(self, before: str, after: str) -> None:
        pieces = compare(before, after)
        assert read(pieces, Change.ADDED) == before.split()
        assert read(pieces, Change.REMOVED) == after.split()


class TestMerging:
    def test_changes_in_different_places_are_both_kept(self) -> None:
        base = "One in five seats travels empty. Patients wait for weeks."
        theirs = "One in four seats travels empty. Patients wait for weeks."
        yours = "One in five seats travels empty. Many patients wait for weeks. It costs money."
        text = "One in four seats travels empty. Many patients wait for weeks. It costs money."
        assert merge(base, theirs, yours) == Merged(text, clean=True)

    def test_of_one_sentence_rewritten_twice_both_are_kept(self) -> None:
        base = "Seats are empty. Patients wait."
        theirs = "Nearly all seats are taken. Patients wait."
        yours = "Most seats are broken. Patients wait. Drivers leave."
        text = "Nearly all seats are taken. Most seats are broken. Patients wait. Drivers leave."
        assert merge(base, theirs, yours) == Merged(text, clean=False)

    def test_what_both_wrote_alike_stands_once(self) -> None:
        assert merge("A.", "A. B.", "A. B.") == Merged("A. B.", clean=True)

    def test_two_texts_written_from_nothing_both_stand(self) -> None:
        assert merge("", "Theirs.", "Yours.") == Merged("Theirs. Yours.", clean=False)

    def test_what_one_took_out_stays_out(self) -> None:
        assert merge("A. B. C.", "A. C.", "A. B. C. D.") == Merged("A. C. D.", clean=True)

    @given(TEXTS, TEXTS)
    def test_a_text_that_was_not_touched_gives_way(self, base: str, changed: str) -> None:
        assert merge(base, base, changed).text.split() == changed.split()
        assert merge(base, changed, base).text.split() == changed.split()

    @given(TEXTS, TEXTS, TEXTS)
    def test_no_word_that_somebody_added_is_lost(self, base: str, theirs: str, yours: str) -> None:
        added = {*theirs.split(), *yours.split()} - set(base.split())
        assert added - set(merge(base, theirs, yours).text.split()) == set()
